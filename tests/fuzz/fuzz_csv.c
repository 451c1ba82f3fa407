/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Registers come from other offices: rows, cells and lines stay within their bounds, whatever the
 * encoding; a file as a whole is taken or refused with words, and a dry run leaves nothing. The
 * first byte's low bits choose the kind and the encoding that are asked for.
 */
#include "collector/import/csv_rows.h"
#include "collector/import/import.h"
#include "collector/plan/plan.h"
#include "collector/registry/registers.h"
#include "collector/registry/registry.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_NS    UINT64_C(1546300800000000000) /* 2019-01-01 */
#define LAST_DAY  20000
#define KIND_BITS 7u

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
    if (bytes > CSV_ROW_BYTES_MAX)
        abort();
    return 0;
}

static void read_rows(const uint8_t *data, size_t size)
{
    size_t last_line = 1;
    struct conf_error error = {""};
    int status = csv_rows_parse("x.csv", (const char *)data, size, take_row, &last_line, &error);
    if ((status != 0) != (error.text[0] != '\0'))
        abort();
}

struct desk {
    struct plan *plan;
    struct registry *registry;
};

/* One for all inputs: a dry run leaves it as it was. */
static struct desk open_desk(void)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct conf_error error = {""};
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    struct desk desk = {plan_open(plan_file, areas_file, &error), registry_open(":memory:")};
    if (!desk.plan || !desk.registry)
        abort();
    return desk;
}

static void import(const struct desk *desk, const uint8_t *data, size_t size)
{
    struct conf_error error = {""};
    struct import_result result = {.rows = 0};
    const struct import_request request = {
        .path = "x.csv",
        .kind = size > 0 ? (enum import_kind)(data[0] & KIND_BITS) : IMPORT_ANY,
        .encoding = size > 0 ? (enum csv_encoding)(data[0] >> 3 & 1) * CSV_ENCODING_GB18030
                             : CSV_ENCODING_ANY,
        .dry_run = true,
        .now_ns = NOW_NS,
    };
    size_t skip = size > 0 ? 1 : 0;
    int status = import_bytes(desk->plan, desk->registry, &request, (const char *)data + skip,
                              size - skip, &result, &error);
    if ((status != 0) != (error.text[0] != '\0') || result.changed > result.rows)
        abort();
    for (int kind = 0; status == 0 && kind < REGISTER_KINDS; kind++) {
        void *rows = NULL;
        size_t count = 0;
        if (registry_list_register(desk->registry, (enum register_kind)kind, LAST_DAY, 0, &rows,
                                   &count) != 0 ||
            count != 0)
            abort();
        free(rows);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct desk desk;
    if (!desk.plan)
        desk = open_desk();
    read_rows(data, size);
    import(&desk, data, size);
    return 0;
}
