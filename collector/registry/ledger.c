/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/ledger.h"

#include "collector/registry/registry_private.h"

#include "common/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define DAY_MS   UINT64_C(86400000)
#define GRACE_NS (60 * CLOCK_NS_PER_S) /* on its way, received and committed */

/* One report in its place. schedule_ms: what its probe promised on that day. */
struct place {
    uint64_t start_ns, end_ns, schedule_ms, sequence;
    int64_t boot_id;
};

/* A walk through one probe's time. */
struct walk {
    struct registry *registry;
    const struct ledger_query *query;
    struct ledger_probe *probe;
    int64_t probe_id;
    struct place last;  /* the latest report before what follows; schedule_ms 0: none yet */
    uint64_t cursor_ns; /* all before it is accounted for */
};

/* Keeps the latest gaps: the oldest gives way. */
static int add_gap(struct walk *walk, const struct ledger_gap *gap)
{
    struct ledger_probe *probe = walk->probe;
    struct ledger_gap *before = probe->gap_count ? &probe->gaps[probe->gap_count - 1] : NULL;
    probe->missing[gap->reason] += gap->intervals;
    probe->expected += gap->intervals;
    if (before && before->reason == gap->reason && before->to_ns >= gap->from_ns) {
        before->to_ns = gap->to_ns; /* one gap, seen in two days */
        before->intervals += gap->intervals;
        return 0;
    }
    probe->gaps_found++;
    if (walk->query->gaps_max == 0)
        return 0;
    if (probe->gap_count == walk->query->gaps_max) {
        for (size_t i = 1; i < probe->gap_count; i++)
            probe->gaps[i - 1] = probe->gaps[i];
        probe->gap_count--;
    } else {
        struct ledger_gap *grown = array_grow(probe->gaps, probe->gap_count, sizeof *grown);
        if (!grown)
            return -ENOMEM;
        probe->gaps = grown;
    }
    probe->gaps[probe->gap_count++] = *gap;
    return 0;
}

/* Sequences of a boot after `after` and before `before` that were declared lost, or refused. */
static int count_gaps(struct walk *walk, int64_t boot_id, uint64_t after, uint64_t before,
                      uint64_t out[static LEDGER_REASONS])
{
    struct rows *rows = database_select(
        walk->registry->database,
        "SELECT refused, SUM(MIN(last_sequence, ?3 - 1) - MAX(first_sequence, ?2 + 1) + 1)"
        " FROM gap WHERE boot_id = ?1 AND first_sequence < ?3 AND last_sequence > ?2"
        " GROUP BY refused",
        WITH(int_value(boot_id), u64_value(after), u64_value(before)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1)
        out[rows_int(rows, 0) ? LEDGER_REFUSED : LEDGER_DECLARED] += rows_u64(rows, 1);
    return status;
}

/* Why `missing` intervals before `next` (NULL: the window's end) are not there. */
static int explain(struct walk *walk, const struct place *next, uint64_t missing,
                   uint64_t out[static LEDGER_REASONS])
{
    const struct place *last = &walk->last;
    bool same_boot = next && next->boot_id == last->boot_id;
    uint64_t told[LEDGER_REASONS] = {0};
    int status = count_gaps(walk, last->boot_id, last->sequence,
                            same_boot ? next->sequence : (uint64_t)INT64_MAX, told);
    if (status == 0 && next && !same_boot)
        status = count_gaps(walk, next->boot_id, 0, next->sequence, told);
    if (status != 0)
        return status;
    uint64_t between =
        same_boot && next->sequence > last->sequence + 1 ? next->sequence - last->sequence - 1 : 0;
    uint64_t known = told[LEDGER_DECLARED] + told[LEDGER_REFUSED];
    /* Within a boot, a time without a sequence is the clock's doing. */
    told[LEDGER_SILENT] = !same_boot ? missing : between > known ? between - known : 0;
    static const enum ledger_reason order[] = {LEDGER_DECLARED, LEDGER_REFUSED, LEDGER_SILENT};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        uint64_t count = told[order[i]] < missing ? told[order[i]] : missing;
        out[order[i]] = count;
        missing -= count;
    }
    out[LEDGER_CLOCK] = missing;
    return 0;
}

static int account(struct walk *walk, const struct place *next, uint64_t missing)
{
    uint64_t counts[LEDGER_REASONS] = {0};
    uint64_t from_ns = walk->cursor_ns;
    int status = explain(walk, next, missing, counts);
    for (int i = 0; i < LEDGER_REASONS && status == 0; i++) {
        uint64_t to_ns = from_ns + counts[i] * walk->last.schedule_ms * CLOCK_NS_PER_MS;
        const struct ledger_gap gap = {from_ns, to_ns, counts[i], (enum ledger_reason)i};
        if (counts[i])
            status = add_gap(walk, &gap);
        from_ns = to_ns;
    }
    return status;
}

/* A report that begins half an interval after the one before is another interval (a restart cuts
 * one in two). */
static int take_report(struct walk *walk, const struct place *place, bool trusted)
{
    int status = 0;
    bool first = walk->last.schedule_ms == 0;
    double schedule_ns = (double)walk->last.schedule_ms * (double)CLOCK_NS_PER_MS;
    if (first)
        walk->cursor_ns = place->start_ns;
    if (!first && place->start_ns > walk->cursor_ns) {
        double hole = (double)(place->start_ns - walk->cursor_ns) / schedule_ns;
        if (hole >= 0.5)
            status = account(walk, place, (uint64_t)(hole + 0.5));
    }
    if (first || (double)(place->start_ns - walk->last.start_ns) >= schedule_ns / 2) {
        walk->probe->arrived++;
        walk->probe->expected++;
        walk->probe->untrusted += !trusted;
    }
    walk->last = *place;
    if (place->end_ns > walk->cursor_ns)
        walk->cursor_ns = place->end_ns;
    return status;
}

#define PLACES                                                                                     \
    "SELECT r.start_ns, r.interval_ms, r.boot_id, r.sequence, r.wall_trusted FROM report r"        \
    " WHERE r.probe_id = ?1 AND r.start_ns >= ?2 AND r.start_ns < ?3"

static struct place read_place(const struct rows *rows, uint64_t schedule_ms)
{
    uint64_t start_ns = rows_u64(rows, 0);
    return (struct place){.start_ns = start_ns,
                          .end_ns = start_ns + rows_u64(rows, 1) * CLOCK_NS_PER_MS,
                          .schedule_ms = schedule_ms,
                          .boot_id = rows_int(rows, 2),
                          .sequence = rows_u64(rows, 3)};
}

static int scan(struct walk *walk, uint64_t from_ns, uint64_t to_ns, uint64_t schedule_ms)
{
    struct rows *rows =
        database_select(walk->registry->database, PLACES " ORDER BY r.start_ns, r.id",
                        WITH(int_value(walk->probe_id), u64_value(from_ns), u64_value(to_ns)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct place place = read_place(rows, schedule_ms);
        int taken = take_report(walk, &place, rows_int(rows, 4) != 0);
        if (taken != 0) {
            rows_end(rows);
            return taken;
        }
    }
    return status;
}

/* The latest report of a stretch becomes the last one. 1, 0 when there is none, or an errno. */
static int jump(struct walk *walk, uint64_t from_ns, uint64_t to_ns, uint64_t schedule_ms)
{
    struct rows *rows = database_select(
        walk->registry->database, PLACES " ORDER BY r.start_ns DESC, r.id DESC LIMIT 1",
        WITH(int_value(walk->probe_id), u64_value(from_ns), u64_value(to_ns)));
    int status = rows ? rows_next(rows) : -errno;
    if (status == 1) {
        walk->last = read_place(rows, schedule_ms ? schedule_ms : rows_u64(rows, 1));
        walk->cursor_ns = walk->last.end_ns;
        rows_end(rows);
    }
    return status;
}

/* A day of which everything arrived, on the grid of the day before, need not be read. */
static int walk_day(struct walk *walk, const struct rows *day)
{
    const struct ledger_query *query = walk->query;
    uint64_t begin_ns = clock_city_day_start_ns(rows_int(day, 0));
    uint64_t end_ns = clock_city_day_start_ns(rows_int(day, 0) + 1);
    uint64_t schedule_ms = rows_u64(day, 1);
    uint64_t arrived = rows_u64(day, 2);
    bool whole = walk->last.schedule_ms == schedule_ms && begin_ns >= query->from_ns &&
                 end_ns <= query->to_ns && arrived * schedule_ms == DAY_MS &&
                 walk->cursor_ns >= begin_ns &&
                 walk->cursor_ns < begin_ns + schedule_ms * CLOCK_NS_PER_MS;
    if (!whole)
        return scan(walk, begin_ns > query->from_ns ? begin_ns : query->from_ns,
                    end_ns < query->to_ns ? end_ns : query->to_ns, schedule_ms);
    walk->probe->arrived += arrived;
    walk->probe->expected += arrived;
    walk->probe->untrusted += rows_u64(day, 3);
    return jump(walk, begin_ns, end_ns, schedule_ms) < 0 ? -EIO : 0;
}

static int walk_days(struct walk *walk)
{
    struct rows *rows = database_select(
        walk->registry->database,
        "SELECT day, interval_ms, arrived, untrusted FROM probe_day WHERE probe_id = ?1"
        " AND day BETWEEN ?2 AND ?3 ORDER BY day",
        WITH(int_value(walk->probe_id), int_value(clock_city_day(walk->query->from_ns)),
             int_value(clock_city_day(walk->query->to_ns))));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int walked = walk_day(walk, rows);
        if (walked != 0) {
            rows_end(rows);
            return walked;
        }
    }
    return status;
}

/* From the last report to the window's end. */
static int walk_tail(struct walk *walk)
{
    uint64_t end_ns = walk->query->to_ns > GRACE_NS ? walk->query->to_ns - GRACE_NS : 0;
    if (walk->last.schedule_ms == 0 || end_ns <= walk->cursor_ns)
        return 0;
    uint64_t missing = (end_ns - walk->cursor_ns) / (walk->last.schedule_ms * CLOCK_NS_PER_MS);
    return missing ? account(walk, NULL, missing) : 0;
}

/* A probe that reported before the window is expected from its beginning. */
static int walk_probe(struct walk *walk)
{
    int status = jump(walk, 0, walk->query->from_ns, 0);
    if (status < 0)
        return status;
    if (walk->cursor_ns < walk->query->from_ns)
        walk->cursor_ns = walk->query->from_ns;
    status = walk_days(walk);
    return status == 0 ? walk_tail(walk) : status;
}

static int add_probe(struct registry *registry, struct ledger *ledger,
                     const struct ledger_query *query, const struct rows *rows)
{
    struct ledger_probe *grown = array_grow(ledger->probes, ledger->probe_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    ledger->probes = grown;
    struct ledger_probe *probe = &grown[ledger->probe_count++];
    *probe = (struct ledger_probe){.expected = 0};
    rows_text(rows, 1, probe->operator_name, sizeof probe->operator_name);
    rows_text(rows, 2, probe->probe_name, sizeof probe->probe_name);
    struct walk walk = {
        .registry = registry, .query = query, .probe = probe, .probe_id = rows_int(rows, 0)};
    int status = walk_probe(&walk);
    if (status == 0 && probe->expected == 0)
        ledger->probe_count--; /* it has no gaps either */
    return status;
}

static int read_probes(struct registry *registry, const struct ledger_query *query,
                       struct ledger *ledger)
{
    struct rows *rows = database_select(registry->database,
                                        "SELECT p.id, o.name, p.name FROM probe p JOIN operator o"
                                        " ON o.id = p.operator_id ORDER BY o.name, p.name",
                                        WITHOUT);
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int added = add_probe(registry, ledger, query, rows);
        if (added != 0) {
            rows_end(rows);
            return added;
        }
    }
    return status;
}

int registry_read_ledger(struct registry *registry, const struct ledger_query *query,
                         struct ledger **out_ledger)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return -ENOMEM;
    ledger->from_ns = query->from_ns;
    ledger->to_ns = query->to_ns;
    int status = database_begin_read(registry->database);
    if (status == 0) {
        status = read_probes(registry, query, ledger);
        database_rollback(registry->database); /* nothing was written */
    }
    if (status == 0)
        *out_ledger = ledger;
    else
        ledger_free(ledger);
    return status;
}
