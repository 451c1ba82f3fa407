/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a request target: a parsed one must be text within its bounds.
 */
#include "collector/http/target.h"

#include "common/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target;
    if (target_parse((const char *)data, size, &target) != TARGET_OK)
        return 0;
    if (target.path[0] != '/' || target.parameter_count > TARGET_PARAMETERS_MAX)
        abort();
    for (size_t i = 0; i < target.parameter_count; i++) {
        const char *value = target.parameters[i].value;
        if (!utf8_is_valid((const uint8_t *)value, strlen(value)) || strpbrk(value, "\r\n"))
            abort();
        if (target_value(&target, target.parameters[i].name) != value)
            abort();
    }
    return 0;
}
