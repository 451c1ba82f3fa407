/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/journal.h"

#include "collector/registry/registry_private.h"
#include "collector/registry/senders.h"
#include "collector/registry/traffic.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A report that was placed outside of these is placed where it arrived. */
#define EARLIEST_NS (UINT64_C(1420070400) * CLOCK_NS_PER_S) /* 2015-01-01 */
#define EARLY_NS    (600 * CLOCK_NS_PER_S)
#define GAPS_NEAR   16 /* a sane probe declares each loss once */

static void put_anchor(struct boot_row *boot, int64_t anchor_ns, bool trusted)
{
    boot->anchor_ns = anchor_ns;
    boot->anchor_known = true;
    boot->anchor_trusted = trusted;
}

/* See journal.h: where a report without a trusted clock stands. */
static void place_untrusted(struct boot_row *boot, const struct report *report,
                            struct intake_place *place)
{
    int64_t mono = (int64_t)report->interval_start_mono_ns;
    int64_t latest = (int64_t)(place->arrived_ns - report->interval_ms * CLOCK_NS_PER_MS);
    if (!boot->anchor_known || (!boot->anchor_trusted && latest - mono < boot->anchor_ns))
        put_anchor(boot, latest - mono, false);
    int64_t start = mono + boot->anchor_ns;
    bool possible =
        start >= (int64_t)EARLIEST_NS && start <= (int64_t)(place->arrived_ns + EARLY_NS);
    place->start_ns = (uint64_t)(possible ? start : latest);
}

static void place_report(struct registry *registry, const struct report *report,
                         struct intake_place *place)
{
    struct boot_row *boot = senders_boot(registry, place->boot);
    if (report->wall_trusted) {
        place->start_ns = report->interval_start_unix_ns;
        put_anchor(boot, (int64_t)(report->interval_start_unix_ns - report->interval_start_mono_ns),
                   true);
    } else {
        place_untrusted(boot, report, place);
    }
    place->end_ns = place->start_ns + report->interval_ms * CLOCK_NS_PER_MS;
    place->day = clock_city_day(place->start_ns);
}

/* 1, 0 or a negated errno. Beyond the highest there is nothing to look for. */
static int is_stored(struct registry *registry, const struct boot_row *boot, int64_t sequence)
{
    int64_t found = 0;
    if (sequence > boot->highest)
        return 0;
    int status = database_get(registry->database,
                              "SELECT 1 FROM report WHERE boot_id = ?1 AND sequence = ?2",
                              WITH(int_value(boot->id), int_value(sequence)), &found);
    return status == 0 ? 1 : status == -ENOENT ? 0 : status;
}

/* The next sequence is there, or declared lost: *sequence moves on. 1, 0 at the end, or -errno. */
static int step_contiguous(struct registry *registry, const struct boot_row *boot, int64_t just_in,
                           int64_t *sequence)
{
    int64_t next = *sequence + 1;
    int status = next == just_in ? 1 : is_stored(registry, boot, next);
    if (status == 1)
        *sequence = next;
    if (status != 0 || !boot->has_gaps)
        return status;
    status =
        database_get(registry->database,
                     "SELECT MAX(last_sequence) FROM (SELECT last_sequence FROM gap"
                     " WHERE boot_id = ?1 AND first_sequence <= ?2"
                     " ORDER BY first_sequence DESC LIMIT ?3) WHERE last_sequence >= ?2",
                     WITH(int_value(boot->id), int_value(next), int_value(GAPS_NEAR)), sequence);
    return status == 0 ? 1 : status == -ENOENT ? 0 : status;
}

/* just_in: a sequence that has just been stored, or 0. */
static int advance_contiguous(struct registry *registry, size_t index, int64_t just_in)
{
    struct boot_row *boot = senders_boot(registry, index);
    int status = 1;
    while (status == 1)
        status = step_contiguous(registry, boot, just_in, &boot->contiguous);
    return status;
}

static int put_gap(struct registry *registry, size_t index, uint64_t first, uint64_t last,
                   const struct value refused_and_arrived[2])
{
    struct boot_row *boot = senders_boot(registry, index);
    boot->has_gaps = true;
    int status = database_run(registry->database,
                              "INSERT OR IGNORE INTO gap (boot_id, first_sequence, last_sequence,"
                              " refused, arrived_ns) VALUES (?1, ?2, ?3, ?4, ?5)",
                              WITH(int_value(boot->id), u64_value(first), u64_value(last),
                                   refused_and_arrived[0], refused_and_arrived[1]));
    return status < 0 ? status : 0;
}

static int take_gaps(struct registry *registry, struct intake_place *place,
                     const struct report *report)
{
    int status = 0;
    for (size_t i = 0; i < report->gap_count && status == 0; i++) {
        const struct report_gap *gap = &report->gaps[i];
        size_t boot = 0;
        status =
            senders_ensure_boot(registry, place->probe, gap->boot_id, place->arrived_ns, &boot);
        if (status == -EDQUOT) { /* one that it cannot have had */
            place->over_cap++;
            status = 0;
            continue;
        }
        if (status == 0)
            status = put_gap(registry, boot, gap->first_sequence, gap->last_sequence,
                             (const struct value[2]){int_value(0), u64_value(place->arrived_ns)});
        if (status == 0)
            status = advance_contiguous(registry, boot, 0);
    }
    return status;
}

static int insert_report(struct registry *registry, const struct journal_entry *entry,
                         struct intake_place *place)
{
    const struct report *report = entry->report;
    int status = database_run(
        registry->database,
        "INSERT INTO report (boot_id, sequence, probe_id, start_ns, interval_ms, arrived_ns,"
        " wall_trusted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        WITH(int_value(place->boot_id), u64_value(report->sequence), int_value(place->probe_id),
             u64_value(place->start_ns), u64_value(report->interval_ms),
             u64_value(entry->arrived_ns), int_value(report->wall_trusted)));
    if (status < 0)
        return status;
    place->report_id = database_last_id(registry->database);
    status =
        database_run(registry->database, "INSERT INTO payload (report_id, bytes) VALUES (?1, ?2)",
                     WITH(int_value(place->report_id), blob_value(entry->payload, entry->length)));
    struct boot_row *boot = senders_boot(registry, place->boot);
    if ((int64_t)report->sequence > boot->highest)
        boot->highest = (int64_t)report->sequence;
    return status < 0 ? status : 0;
}

/* Another schedule is another grid: the files are made anew. */
static int follow_schedule(struct registry *registry, const struct intake_place *place)
{
    if (place->schedule_ms == place->known_schedule_ms)
        return 0;
    int status = database_run(
        registry->database,
        "UPDATE series SET step_s = ?2, dirty = 1 WHERE probe_id = ?1 AND step_s <> ?2",
        WITH(int_value(place->probe_id), u64_value(schedule_step_s(place))));
    return status < 0 ? status : 0;
}

/* Two reports of one interval (a restart) are one interval that arrived. */
static int is_first_of_interval(struct registry *registry, const struct intake_place *place)
{
    int64_t other = 0;
    uint64_t half = place->schedule_ms * CLOCK_NS_PER_MS / 2;
    if (senders_probe(registry, place->probe)->last_start_ns + half <= place->start_ns)
        return 1; /* nothing is as young */
    int status = database_get(registry->database,
                              "SELECT 1 FROM report WHERE probe_id = ?1 AND start_ns > ?2"
                              " AND start_ns < ?3 AND id <> ?4 LIMIT 1",
                              WITH(int_value(place->probe_id), u64_value(place->start_ns - half),
                                   u64_value(place->start_ns + half), int_value(place->report_id)),
                              &other);
    return status == 0 ? 0 : status == -ENOENT ? 1 : status;
}

static void add_observations(struct probe_day *day, const struct report *report)
{
    for (size_t i = 0; i < report->observation_count; i++) {
        const struct report_observation *o = &report->observations[i];
        if (o->beside[0] != '\0')
            continue;                             /* another has counted the same */
        day->packets += report_scaled_packets(o); /* as the drops are */
        day->dropped_packets += o->dropped_packet_delta_count;
        if (o->interface_octets.known)
            day->captured_octets += report_scaled_octets(o);
        day->interface_octets = optional_u64_add(day->interface_octets, o->interface_octets);
    }
}

static int take_probe_day(struct registry *registry, const struct intake_place *place,
                          const struct report *report)
{
    struct probe_row *probe = senders_probe(registry, place->probe);
    int arrived = is_first_of_interval(registry, place);
    if (arrived < 0)
        return arrived;
    int status = probe->day.day != place->day ? senders_write_day(registry, probe) : 0;
    struct probe_day *day = &probe->day;
    if (day->reports++ == 0)
        day->day = place->day;
    if (day->schedule_ms < place->schedule_ms)
        day->schedule_ms = place->schedule_ms;
    day->arrived += (uint64_t)arrived;
    day->untrusted += !report->wall_trusted;
    add_observations(day, report);
    return status;
}

static void update_probe(struct probe_row *probe, const struct intake_place *place,
                         const struct report *report)
{
    (void)snprintf(probe->agent_version, sizeof probe->agent_version, "%s", report->agent_version);
    probe->configuration_hash = report->configuration_hash;
    probe->schedule_ms = place->schedule_ms;
    probe->wall_trusted = report->wall_trusted;
    if (place->start_ns < probe->first_start_ns)
        probe->first_start_ns = place->start_ns;
    if (place->start_ns > probe->last_start_ns)
        probe->last_start_ns = place->start_ns;
    if (place->arrived_ns > probe->last_arrived_ns)
        probe->last_arrived_ns = place->arrived_ns;
    probe->new_reports++;
    probe->opened_series = place->opened_series;
    probe->opened_lines = place->opened_lines;
    probe->over_cap = place->over_cap;
    probe->changed = true;
}

/* Everything of a report that is not known yet. */
static int take_report(struct registry *registry, const struct journal_entry *entry,
                       struct intake_place *place)
{
    const struct report *report = entry->report;
    place_report(registry, report, place);
    int status = insert_report(registry, entry, place);
    if (status == 0)
        status = follow_schedule(registry, place);
    if (status == 0)
        status = take_gaps(registry, place, report);
    if (status == 0)
        status = take_probe_day(registry, place, report);
    if (status == 0)
        status = inventory_take_report(registry, place, report);
    if (status == 0)
        update_probe(senders_probe(registry, place->probe), place, report);
    return status;
}

/* Who sends it. 0 or a negated errno. */
static int find_sender(struct registry *registry, const struct journal_entry *entry,
                       struct intake_place *place)
{
    const struct report *report = entry->report;
    int status = senders_ensure_operator(registry, report->operator_name, &place->operator_id);
    if (status == 0)
        status = senders_ensure_probe(registry, place->operator_id, report->probe_name,
                                      entry->arrived_ns, &place->probe);
    if (status != 0)
        return status;
    const struct probe_row *probe = senders_probe(registry, place->probe);
    place->probe_id = probe->id;
    place->opened_series = probe->opened_series;
    place->opened_lines = probe->opened_lines;
    place->over_cap = probe->over_cap;
    place->known_schedule_ms = probe->schedule_ms;
    status = senders_ensure_boot(registry, place->probe, report->boot_id, entry->arrived_ns,
                                 &place->boot);
    if (status == 0)
        place->boot_id = senders_boot(registry, place->boot)->id;
    return status;
}

static int take_entry(struct registry *registry, struct journal_entry *entry,
                      const struct journal_caps *caps)
{
    struct intake_place place = {
        .arrived_ns = entry->arrived_ns, .schedule_ms = entry->report->schedule_ms, .caps = *caps};
    const uint64_t sequence = entry->report->sequence;
    entry->is_new = entry->withheld = false;
    int status = find_sender(registry, entry, &place);
    entry->probe_id = place.probe_id;
    if (status == -EDQUOT) {
        struct probe_row *probe = senders_probe(registry, place.probe);
        probe->over_cap++;
        probe->changed = entry->withheld = true;
        return 0;
    }
    if (status == 0)
        status = is_stored(registry, senders_boot(registry, place.boot), (int64_t)sequence);
    if (status != 0)
        return status < 0 ? status : 0;
    if (entry->refused)
        status = put_gap(registry, place.boot, sequence, sequence,
                         (const struct value[2]){int_value(1), u64_value(entry->arrived_ns)});
    else
        status = take_report(registry, entry, &place);
    entry->is_new = true;
    if (status != 0)
        return status;
    return advance_contiguous(registry, place.boot, entry->refused ? 0 : (int64_t)sequence);
}

/* What is remembered is what is stored. */
static int end_batch(struct registry *registry, int status)
{
    if (status == 0)
        status = database_commit(registry->database);
    else
        database_rollback(registry->database);
    if (status != 0) {
        senders_forget(registry);
        traffic_forget(registry->traffic);
    }
    return status;
}

static int take_next(struct registry *registry, const struct journal_batch *batch, size_t index,
                     const struct journal_caps *caps)
{
    struct journal_entry entry = {.report = NULL};
    int status = batch->open(batch->ctx, index, &entry);
    if (status != 0)
        return status < 0 ? status : 0;
    status = take_entry(registry, &entry, caps);
    batch->close(batch->ctx, index, &entry);
    return status;
}

int registry_commit_batch(struct registry *registry, const struct journal_batch *batch,
                          const struct journal_caps *caps)
{
    senders_tidy(registry);
    int status = database_begin(registry->database);
    if (status != 0)
        return status;
    for (size_t i = 0; i < batch->count && status == 0; i++)
        status = take_next(registry, batch, i, caps);
    if (status == 0)
        status = traffic_flush(registry);
    if (status == 0)
        status = senders_write(registry);
    return end_batch(registry, status);
}

static int open_entry(void *ctx, size_t index, struct journal_entry *entry)
{
    *entry = ((const struct journal_entry *)ctx)[index];
    return 0;
}

static void close_entry(void *ctx, size_t index, struct journal_entry *entry)
{
    ((struct journal_entry *)ctx)[index] = *entry;
}

int registry_commit_reports(struct registry *registry, struct journal_entry *entries, size_t count,
                            const struct journal_caps *caps)
{
    return registry_commit_batch(
        registry,
        &(struct journal_batch){
            .count = count, .open = open_entry, .close = close_entry, .ctx = entries},
        caps);
}

int registry_read_receipt(struct registry *registry, const char *operator_name,
                          const char *probe_name, struct receipt *out_receipt)
{
    struct receipt receipt = {.boot_count = 0};
    struct rows *rows = database_select(
        registry->database,
        "SELECT b.boot_id, b.contiguous FROM boot b JOIN probe p ON p.id = b.probe_id"
        " JOIN operator o ON o.id = p.operator_id WHERE o.name = ?1 AND p.name = ?2"
        " ORDER BY b.last_arrived_ns DESC, b.id DESC LIMIT ?3",
        WITH(text_value(operator_name), text_value(probe_name), int_value(RECEIPT_BOOTS_MAX)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1 &&
           receipt.boot_count < RECEIPT_BOOTS_MAX) {
        struct receipt_boot *boot = &receipt.boots[receipt.boot_count++];
        size_t length = 0;
        const void *bytes = rows_blob(rows, 0, &length);
        if (length == sizeof boot->boot_id)
            memcpy(boot->boot_id, bytes, length);
        boot->contiguous_sequence = rows_u64(rows, 1);
    }
    if (status == 0 && receipt.boot_count == 0)
        status = -ENOENT;
    if (status == 0)
        *out_receipt = receipt;
    return status;
}

int registry_put_state(struct registry *registry, const char *operator_name, const char *probe_name,
                       bool online, uint64_t now_ns)
{
    /* A probe says that it is online before its first report comes: last arrived = never. */
    int64_t operator_id = 0;
    int status = database_begin(registry->database);
    if (status != 0)
        return status;
    status = senders_ensure_operator(registry, operator_name, &operator_id);
    if (status == 0)
        status = database_run(
            registry->database,
            "INSERT INTO probe (operator_id, name, first_start_ns, last_start_ns, last_arrived_ns,"
            " online, online_ns) VALUES (?1, ?2, ?4, 0, 0, ?3, ?4) ON CONFLICT DO UPDATE"
            " SET online = ?3, online_ns = ?4",
            WITH(int_value(operator_id), text_value(probe_name), int_value(online),
                 u64_value(now_ns)));
    return end_batch(registry, status < 0 ? status : 0);
}

static int visit_rows(struct rows *rows, journal_visit_fn visit, void *ctx)
{
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct journal_row row = {.report_id = rows_int(rows, 0),
                                  .probe_id = rows_int(rows, 1),
                                  .start_ns = rows_u64(rows, 2),
                                  .arrived_ns = rows_u64(rows, 3)};
        row.payload = rows_blob(rows, 4, &row.length);
        int verdict = visit(ctx, &row);
        if (verdict != 0) {
            rows_end(rows);
            return verdict < 0 ? verdict : 0;
        }
    }
    return status;
}

int registry_visit_journal(struct registry *registry, int64_t after_report_id, size_t limit,
                           journal_visit_fn visit, void *ctx)
{
    return visit_rows(
        database_select(registry->database,
                        "SELECT r.id, r.probe_id, r.start_ns, r.arrived_ns, p.bytes FROM report r"
                        " JOIN payload p ON p.report_id = r.id WHERE r.id > ?1 ORDER BY r.id"
                        " LIMIT ?2",
                        WITH(int_value(after_report_id), u64_value(limit))),
        visit, ctx);
}

int registry_visit_probe(struct registry *registry, int64_t probe_id, struct journal_place after,
                         size_t limit, journal_visit_fn visit, void *ctx)
{
    return visit_rows(
        database_select(registry->database,
                        "SELECT r.id, r.probe_id, r.start_ns, r.arrived_ns, p.bytes FROM report r"
                        " JOIN payload p ON p.report_id = r.id WHERE r.probe_id = ?1"
                        " AND (r.start_ns, r.id) > (?2, ?3) ORDER BY r.start_ns, r.id LIMIT ?4",
                        WITH(int_value(probe_id), u64_value(after.start_ns),
                             int_value(after.report_id), u64_value(limit))),
        visit, ctx);
}

int journal_visit_window(struct database *database, const struct journal_window *window,
                         journal_visit_fn visit, void *ctx)
{
    return visit_rows(
        database_select(database,
                        "SELECT r.id, r.probe_id, r.start_ns, r.arrived_ns, p.bytes FROM report r"
                        " JOIN payload p ON p.report_id = r.id WHERE r.start_ns >= ?1"
                        " AND r.start_ns < ?2 AND r.arrived_ns <= ?3 ORDER BY r.id",
                        WITH(u64_value(window->from_ns), u64_value(window->to_ns),
                             u64_value(window->arrived_until_ns))),
        visit, ctx);
}
