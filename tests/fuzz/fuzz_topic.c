/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a topic: what parses is built again to the same text.
 */
#include "common/topic.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    struct topic topic;
    char again[TOPIC_BYTES];
    if (topic_parse(text, &topic) == 0 &&
        (topic_build(topic.operator_name, topic.probe_name, topic.kind, again) != 0 ||
         strcmp(text, again) != 0))
        abort();
    free(text);
    return 0;
}
