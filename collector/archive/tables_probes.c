/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who was to report, and what came: by the window of activity (completeness of the figures), and by
 * the year (the ledger, which coverage.csv shows).
 */
#include "collector/archive/column.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROBE(member) COLUMN_AT(struct probe_evidence, member)

static const struct archive_column probe_columns[] = {
    {"operator", COLUMN_TEXT, PROBE(operator_name)},
    {"probe", COLUMN_TEXT, PROBE(probe_name)},
    {"expected_intervals", COLUMN_U64, PROBE(expected_intervals)},
    {"arrived_intervals", COLUMN_U64, PROBE(arrived_intervals)},
    {"gap_intervals", COLUMN_U64, PROBE(gap_intervals)},
    {"untrusted_clock_intervals", COLUMN_U64, PROBE(untrusted_clock_intervals)},
    {"captured_octets", COLUMN_U64, PROBE(captured_octets)},
    {"interface_octets", COLUMN_OPTIONAL_U64, PROBE(interface_octets)},
    {"dropped_packets", COLUMN_U64, PROBE(dropped_packets)},
    {"packets", COLUMN_U64, PROBE(packets)},
    {"last_report_ns", COLUMN_U64, PROBE(last_report_ns)},
    {"covered_days", COLUMN_U64, PROBE(covered_days)},
    {"last_covered_date", COLUMN_DAY, PROBE(last_covered_day)},
};

static int each_probe(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->probe_count && status == 0; i++)
        status = take(ctx, &evidence->probes[i]);
    return status;
}

static int add_probe(struct archive *archive, const void *row)
{
    struct evidence *evidence = archive->inputs->evidence;
    struct probe_evidence *grown =
        array_grow(evidence->probes, evidence->probe_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    evidence->probes = grown;
    memcpy(&grown[evidence->probe_count++], row, sizeof *grown);
    return 0;
}

static void sort_evidence(struct archive *archive)
{
    evidence_sort(archive->inputs->evidence);
}

const struct archive_table archive_probes = {
    "probes.csv",  COLUMNS_OF(probe_columns), sizeof(struct probe_evidence), each_probe, add_probe,
    sort_evidence,
};

#define LEDGER(member) COLUMN_AT(struct ledger_probe, member)

static const struct archive_column ledger_columns[] = {
    {"operator", COLUMN_TEXT, LEDGER(operator_name)},
    {"probe", COLUMN_TEXT, LEDGER(probe_name)},
    {"expected", COLUMN_U64, LEDGER(expected)},
    {"arrived", COLUMN_U64, LEDGER(arrived)},
    {"untrusted_clock", COLUMN_U64, LEDGER(untrusted)},
    {"missing_declared", COLUMN_U64, LEDGER(missing[LEDGER_DECLARED])},
    {"missing_refused", COLUMN_U64, LEDGER(missing[LEDGER_REFUSED])},
    {"missing_clock", COLUMN_U64, LEDGER(missing[LEDGER_CLOCK])},
    {"missing_silent", COLUMN_U64, LEDGER(missing[LEDGER_SILENT])},
    {"gaps", COLUMN_U64, LEDGER(gaps_found)},
};
_Static_assert(LEDGER_REASONS == 4, "one column a reason");

static int each_ledger(const struct archive *archive, archive_row_fn take, void *ctx)
{
    int status = 0;
    for (size_t i = 0; i < archive->ledger->probe_count && status == 0; i++)
        status = take(ctx, &archive->ledger->probes[i]);
    return status;
}

static int add_ledger(struct archive *archive, const void *row)
{
    struct ledger *ledger = archive->ledger;
    struct ledger_probe *grown = array_grow(ledger->probes, ledger->probe_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    ledger->probes = grown;
    memcpy(&grown[ledger->probe_count++], row, sizeof *grown);
    return 0;
}

static int compare_ledger(const void *a, const void *b)
{
    const struct ledger_probe *x = a;
    const struct ledger_probe *y = b;
    int order = strcmp(x->operator_name, y->operator_name);
    return order ? order : strcmp(x->probe_name, y->probe_name);
}

static void sort_ledger(struct archive *archive)
{
    if (archive->ledger->probe_count)
        qsort(archive->ledger->probes, archive->ledger->probe_count,
              sizeof *archive->ledger->probes, compare_ledger);
}

const struct archive_table archive_ledger = {
    "ledger.csv", COLUMNS_OF(ledger_columns), sizeof(struct ledger_probe), each_ledger, add_ledger,
    sort_ledger,
};
