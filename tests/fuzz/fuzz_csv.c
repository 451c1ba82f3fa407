/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Registers come from other offices: rows, cells and lines stay within their bounds.
 */
#include "collector/import/csv_rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take_row(void *ctx, const struct csv_row *row)
{
    size_t *last_line = ctx;
    if (row->line < *last_line || row->cell_count == 0 || row->cell_count > CSV_CELLS_MAX)
        abort();
    *last_line = row->line;
    size_t bytes = 0;
    for (size_t i = 0; i < row->cell_count; i++)
        bytes += strlen(row->cells[i]);
    if (bytes > (1 << 13))
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t last_line = 1;
    struct conf_error error = {""};
    int status = csv_rows_parse("x.csv", (const char *)data, size, take_row, &last_line, &error);
    if ((status != 0) != (error.text[0] != '\0'))
        abort();
    return 0;
}
