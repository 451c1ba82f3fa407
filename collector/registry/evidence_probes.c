/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The ledger of intervals: what each probe's schedule promised within the window, from its first
 * report there, against what arrived and what it declared lost.
 */
#include "collector/registry/evidence_private.h"

#include "common/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COVERED_MS          (UINT64_C(20) * 3600 * 1000)
#define COVERED_WINDOW_DAYS 31

/* A stretch of time with one schedule. */
struct schedule {
    uint64_t from_ns, interval_ms;
    double expected; /* intervals of the stretches before */
};

static void end_stretch(struct schedule *schedule, uint64_t until_ns)
{
    if (schedule->interval_ms == 0 || until_ns <= schedule->from_ns)
        return;
    schedule->expected +=
        (double)(until_ns - schedule->from_ns) / (double)(schedule->interval_ms * CLOCK_NS_PER_MS);
    schedule->from_ns = until_ns;
}

static void add_day(struct probe_evidence *probe, const struct rows *rows)
{
    probe->arrived_intervals += rows_u64(rows, 2);
    probe->untrusted_clock_intervals += rows_u64(rows, 3);
    probe->captured_octets += rows_u64(rows, 4);
    probe->interface_octets = optional_u64_add(probe->interface_octets, rows_optional(rows, 5));
    probe->dropped_packets += rows_u64(rows, 6);
    probe->packets += rows_u64(rows, 7);
}

/* The hours are not kept: a day is covered by the time of its intervals (indicators.md 3.7). */
static void cover_day(const struct collecting *collecting, const struct rows *rows,
                      struct probe_evidence *probe)
{
    int64_t day = rows_int(rows, 0);
    if (rows_u64(rows, 1) * rows_u64(rows, 2) < COVERED_MS)
        return;
    probe->covered_days += day > collecting->last_day - COVERED_WINDOW_DAYS;
    probe->last_covered_day = day;
}

/* Days without a report keep the schedule of the day before: that is what is missing. */
static int fold_days(struct collecting *collecting, int64_t probe_id, uint64_t first_ns,
                     struct probe_evidence *probe)
{
    struct rows *rows = database_select(
        collecting->reports,
        "SELECT day, interval_ms, arrived, untrusted, captured_octets, interface_octets,"
        " dropped_packets, packets FROM probe_day WHERE probe_id = ?1 AND day BETWEEN ?2 AND ?3"
        " ORDER BY day",
        WITH(int_value(probe_id), int_value(collecting->first_day),
             int_value(collecting->last_day)));
    struct schedule schedule = {.from_ns = first_ns};
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        end_stretch(&schedule, clock_city_day_start_ns(rows_int(rows, 0)));
        schedule.interval_ms = rows_u64(rows, 1);
        add_day(probe, rows);
        cover_day(collecting, rows, probe);
    }
    end_stretch(&schedule, collecting->end_ns);
    probe->expected_intervals = (uint64_t)floor(schedule.expected + 1e-6);
    return status;
}

/* Intervals of one declared gap that lie in the window: its place follows from the reports of the
 * same boot before or after it. Those that arrived nevertheless (a receipt was lost) are no gap. */
static uint64_t gap_in_window(const struct collecting *collecting, const struct rows *rows)
{
    double first = (double)rows_u64(rows, 0);
    double last = (double)rows_u64(rows, 1);
    double arrived = (double)rows_u64(rows, 2);
    double interval_ns = (double)rows_u64(rows, 5) * (double)CLOCK_NS_PER_MS;
    double known_start = (double)rows_u64(rows, 4);
    double known_sequence = (double)rows_u64(rows, 3);
    double from = (double)clock_city_day_start_ns(collecting->first_day);
    double to = (double)clock_city_day_start_ns(collecting->last_day + 1);
    double begin = known_start + (first - known_sequence) * interval_ns;
    double count = last - first + 1 - arrived;
    double end = begin + (last - first + 1) * interval_ns;
    if (count <= 0 || interval_ns <= 0 || end <= from || begin >= to)
        return 0;
    double inside = ((end < to ? end : to) - (begin > from ? begin : from)) / (end - begin);
    return (uint64_t)(count * inside + 0.5);
}

static int fold_gaps(struct collecting *collecting, int64_t probe_id, struct probe_evidence *probe)
{
    /* The anchor: the nearest report before the gap, else the nearest after it, of that boot. */
    struct rows *rows =
        database_select(collecting->reports,
                        "SELECT g.first_sequence, g.last_sequence,"
                        " (SELECT COUNT(*) FROM report r WHERE r.boot_id = g.boot_id"
                        "  AND r.sequence BETWEEN g.first_sequence AND g.last_sequence),"
                        " a.sequence, a.start_ns, a.interval_ms"
                        " FROM boot b JOIN gap g ON g.boot_id = b.id AND NOT g.refused"
                        " JOIN report a ON a.boot_id = g.boot_id AND a.sequence = IFNULL("
                        "  (SELECT MAX(sequence) FROM report WHERE boot_id = g.boot_id"
                        "   AND sequence < g.first_sequence),"
                        "  (SELECT MIN(sequence) FROM report WHERE boot_id = g.boot_id"
                        "   AND sequence > g.last_sequence))"
                        " WHERE b.probe_id = ?1",
                        WITH(int_value(probe_id)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1)
        probe->gap_intervals += gap_in_window(collecting, rows);
    return status;
}

static int add_probe(struct evidence *evidence, const struct rows *rows)
{
    struct probe_evidence *grown =
        array_grow(evidence->probes, evidence->probe_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    evidence->probes = grown;
    struct probe_evidence *probe = &grown[evidence->probe_count++];
    *probe = (struct probe_evidence){.last_report_ns = rows_u64(rows, 4)};
    rows_text(rows, 0, probe->operator_name, sizeof probe->operator_name);
    rows_text(rows, 1, probe->probe_name, sizeof probe->probe_name);
    return 0;
}

int collect_probes(struct collecting *collecting)
{
    struct rows *rows = database_select(
        collecting->reports,
        "SELECT o.name, p.name, p.id,"
        " (SELECT MIN(r.start_ns) FROM report r WHERE r.probe_id = p.id"
        "  AND r.start_ns >= ?1 AND r.start_ns < ?2) AS first_ns,"
        " (SELECT r.start_ns + r.interval_ms * 1000000 FROM report r WHERE r.probe_id = p.id"
        "  AND r.start_ns >= ?1 AND r.start_ns < ?2 ORDER BY r.start_ns DESC LIMIT 1)"
        " FROM operator o JOIN probe p ON p.operator_id = o.id WHERE first_ns IS NOT NULL"
        " ORDER BY o.name, p.name",
        WITH(u64_value(clock_city_day_start_ns(collecting->first_day)),
             u64_value(clock_city_day_start_ns(collecting->last_day + 1))));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int64_t probe_id = rows_int(rows, 2);
        uint64_t first_ns = rows_u64(rows, 3);
        int folded = add_probe(collecting->out, rows);
        struct probe_evidence *probe = &collecting->out->probes[collecting->out->probe_count - 1];
        if (folded == 0)
            folded = fold_days(collecting, probe_id, first_ns, probe);
        if (folded == 0)
            folded = fold_gaps(collecting, probe_id, probe);
        if (folded != 0) {
            rows_end(rows);
            status = folded;
        }
    }
    return status;
}
