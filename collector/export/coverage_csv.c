/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/coverage_csv.h"

#include "collector/registry/ledger.h"

#include "common/clock.h"

struct optional_double coverage_completeness(const struct ledger_probe *probe)
{
    if (probe->expected == 0)
        return (struct optional_double){0};
    return optional_double((double)probe->arrived / (double)probe->expected);
}

static void write_row(struct csv_writer *writer, const struct ledger *ledger,
                      const struct ledger_probe *probe)
{
    char from[CLOCK_TIME_BYTES];
    char to[CLOCK_TIME_BYTES];
    clock_format_city_time(ledger->from_ns, from);
    clock_format_city_time(ledger->to_ns, to);
    csv_writer_text(writer, probe->operator_name);
    csv_writer_text(writer, probe->probe_name);
    csv_writer_text(writer, from);
    csv_writer_text(writer, to);
    csv_writer_unsigned(writer, probe->expected);
    csv_writer_unsigned(writer, probe->arrived);
    csv_writer_number(writer, coverage_completeness(probe));
    csv_writer_unsigned(writer, probe->untrusted);
    for (int reason = 0; reason < LEDGER_REASONS; reason++)
        csv_writer_unsigned(writer, probe->missing[reason]);
    csv_writer_unsigned(writer, probe->gaps_found);
    csv_writer_end_row(writer);
}

void coverage_csv(struct csv_writer *writer, const struct ledger *ledger)
{
    static const char *const columns[] = {
        "operator",
        "probe",
        "from",
        "to",
        "expected",
        "arrived",
        "completeness",
        "untrusted_clock",
        "missing_declared",
        "missing_refused",
        "missing_clock",
        "missing_silent",
        "gaps",
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        csv_writer_text(writer, columns[i]);
    csv_writer_end_row(writer);
    for (size_t i = 0; i < ledger->probe_count; i++)
        write_row(writer, ledger, &ledger->probes[i]);
}
