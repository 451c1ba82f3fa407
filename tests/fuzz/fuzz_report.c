/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a report: what decodes can be encoded, shown, and decoded again to the same bytes.
 */
#include "common/report.h"
#include "common/report_json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_again(const struct report *report)
{
    uint8_t *first = NULL;
    uint8_t *second = NULL;
    size_t first_length = 0;
    size_t second_length = 0;
    struct report *decoded = NULL;
    if (report_encode(report, &first, &first_length) != 0 ||
        report_decode(first, first_length, &decoded) != REPORT_OK ||
        report_encode(decoded, &second, &second_length) != 0 || first_length != second_length ||
        memcmp(first, second, first_length) != 0)
        abort();
    report_free(decoded);
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report *report = NULL;
    struct report *head = NULL;
    bool has_head = report_decode_head(data, size, &head) == REPORT_OK;
    if (has_head)
        report_free(head);
    if (report_decode(data, size, &report) != REPORT_OK)
        return 0;
    if (!has_head) /* what is a report has one */
        abort();
    encode_again(report);
    struct json_writer *writer = json_writer_new();
    if (!writer)
        abort();
    report_put_json(report, writer);
    free(json_writer_text(writer, false));
    json_writer_free(writer);
    report_free(report);
    return 0;
}
