/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/journal.h"

#include "collector/registry/registry_private.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>

/* A report that was placed outside of these is placed where it arrived. */
#define EARLIEST_NS     (UINT64_C(1420070400) * CLOCK_NS_PER_S) /* 2015-01-01 */
#define EARLY_NS        (600 * CLOCK_NS_PER_S)
#define GAPS_NEAR       16 /* a sane probe declares each loss once */
#define JOURNAL_ID_NONE INT64_C(0)

/* The id of a name in a table of (id, name), made when absent. */
static int ensure_operator(struct registry *registry, const char *name, int64_t *out_id)
{
    int status = database_get(registry->database, "SELECT id FROM operator WHERE name = ?1",
                              WITH(text_value(name)), out_id);
    if (status != -ENOENT)
        return status;
    return database_get(registry->database, "INSERT INTO operator (name) VALUES (?1) RETURNING id",
                        WITH(text_value(name)), out_id);
}

static int read_probe(struct registry *registry, const struct report *report,
                      struct intake_place *place)
{
    struct rows *rows =
        database_select(registry->database,
                        "SELECT id, opened_series, opened_lines, over_cap, interval_ms FROM probe"
                        " WHERE operator_id = ?1 AND name = ?2",
                        WITH(int_value(place->operator_id), text_value(report->probe_name)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    place->probe_id = rows_int(rows, 0);
    place->opened_series = rows_u64(rows, 1);
    place->opened_lines = rows_u64(rows, 2);
    place->over_cap = rows_u64(rows, 3);
    place->known_schedule_ms = rows_u64(rows, 4);
    rows_end(rows);
    return 0;
}

static int ensure_probe(struct registry *registry, const struct journal_entry *entry,
                        struct intake_place *place)
{
    const struct report *report = entry->report;
    int status = ensure_operator(registry, report->operator_name, &place->operator_id);
    if (status == 0)
        status = read_probe(registry, report, place);
    if (status != -ENOENT)
        return status;
    return database_get(registry->database,
                        "INSERT INTO probe (operator_id, name, first_start_ns, last_start_ns,"
                        " last_arrived_ns) VALUES (?1, ?2, ?3, 0, ?3) RETURNING id",
                        WITH(int_value(place->operator_id), text_value(report->probe_name),
                             u64_value(entry->arrived_ns)),
                        &place->probe_id);
}

static int ensure_boot(struct registry *registry, const struct intake_place *place,
                       const uint8_t boot_id[static REPORT_BOOT_ID_BYTES], int64_t *out_id)
{
    return database_get(registry->database,
                        "INSERT INTO boot (probe_id, boot_id, last_arrived_ns) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT DO UPDATE SET last_arrived_ns = ?3 RETURNING id",
                        WITH(int_value(place->probe_id), blob_value(boot_id, REPORT_BOOT_ID_BYTES),
                             u64_value(place->arrived_ns)),
                        out_id);
}

static int put_anchor(struct registry *registry, int64_t boot_id, int64_t anchor_ns, bool trusted)
{
    int status = database_run(registry->database,
                              "UPDATE boot SET anchor_ns = ?2, anchor_trusted = ?3 WHERE id = ?1",
                              WITH(int_value(boot_id), int_value(anchor_ns), int_value(trusted)));
    return status < 0 ? status : 0;
}

/* See journal.h: where a report without a trusted clock stands. */
static int place_untrusted(struct registry *registry, const struct report *report,
                           struct intake_place *place)
{
    int64_t mono = (int64_t)report->interval_start_mono_ns;
    int64_t latest = (int64_t)(place->arrived_ns - report->interval_ms * CLOCK_NS_PER_MS);
    struct rows *rows = database_select(registry->database,
                                        "SELECT anchor_ns, anchor_trusted FROM boot WHERE id = ?1",
                                        WITH(int_value(place->boot_id)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    bool known = !rows_is_null(rows, 0);
    int64_t anchor = rows_int(rows, 0);
    bool trusted = rows_int(rows, 1) != 0;
    rows_end(rows);
    status = 0;
    if (!known || (!trusted && latest - mono < anchor)) {
        anchor = latest - mono;
        status = put_anchor(registry, place->boot_id, anchor, false);
    }
    int64_t start = mono + anchor;
    bool possible =
        start >= (int64_t)EARLIEST_NS && start <= (int64_t)(place->arrived_ns + EARLY_NS);
    place->start_ns = (uint64_t)(possible ? start : latest);
    return status;
}

static int place_report(struct registry *registry, const struct report *report,
                        struct intake_place *place)
{
    int status = 0;
    if (report->wall_trusted) {
        place->start_ns = report->interval_start_unix_ns;
        status = put_anchor(
            registry, place->boot_id,
            (int64_t)(report->interval_start_unix_ns - report->interval_start_mono_ns), true);
    } else {
        status = place_untrusted(registry, report, place);
    }
    place->end_ns = place->start_ns + report->interval_ms * CLOCK_NS_PER_MS;
    place->day = clock_city_day(place->start_ns);
    return status;
}

/* The next sequence is there, or declared lost: *sequence moves on. 1, 0 at the end, or -errno. */
static int step_contiguous(struct registry *registry, int64_t boot_id, int64_t *sequence)
{
    int64_t next = *sequence + 1;
    int64_t found = 0;
    int status = database_get(registry->database,
                              "SELECT 1 FROM report WHERE boot_id = ?1 AND sequence = ?2",
                              WITH(int_value(boot_id), int_value(next)), &found);
    if (status == 0) {
        *sequence = next;
        return 1;
    }
    if (status == -ENOENT)
        status =
            database_get(registry->database,
                         "SELECT MAX(last_sequence) FROM (SELECT last_sequence FROM gap"
                         " WHERE boot_id = ?1 AND first_sequence <= ?2"
                         " ORDER BY first_sequence DESC LIMIT ?3) WHERE last_sequence >= ?2",
                         WITH(int_value(boot_id), int_value(next), int_value(GAPS_NEAR)), sequence);
    return status == 0 ? 1 : status == -ENOENT ? 0 : status;
}

static int advance_contiguous(struct registry *registry, int64_t boot_id)
{
    int64_t before = 0;
    int status = database_get(registry->database, "SELECT contiguous FROM boot WHERE id = ?1",
                              WITH(int_value(boot_id)), &before);
    int64_t sequence = before;
    while (status >= 0 && (status = step_contiguous(registry, boot_id, &sequence)) == 1)
        continue;
    if (status == 0 && sequence != before)
        status = database_run(registry->database, "UPDATE boot SET contiguous = ?2 WHERE id = ?1",
                              WITH(int_value(boot_id), int_value(sequence)));
    return status < 0 ? status : 0;
}

static int put_gap(struct registry *registry, int64_t boot_id, uint64_t first, uint64_t last,
                   const struct value refused_and_arrived[2])
{
    int status = database_run(registry->database,
                              "INSERT OR IGNORE INTO gap (boot_id, first_sequence, last_sequence,"
                              " refused, arrived_ns) VALUES (?1, ?2, ?3, ?4, ?5)",
                              WITH(int_value(boot_id), u64_value(first), u64_value(last),
                                   refused_and_arrived[0], refused_and_arrived[1]));
    return status < 0 ? status : 0;
}

static int take_gaps(struct registry *registry, const struct intake_place *place,
                     const struct report *report)
{
    int status = 0;
    for (size_t i = 0; i < report->gap_count && status == 0; i++) {
        const struct report_gap *gap = &report->gaps[i];
        int64_t boot_id = JOURNAL_ID_NONE;
        status = ensure_boot(registry, place, gap->boot_id, &boot_id);
        if (status == 0)
            status = put_gap(registry, boot_id, gap->first_sequence, gap->last_sequence,
                             (const struct value[2]){int_value(0), u64_value(place->arrived_ns)});
        if (status == 0)
            status = advance_contiguous(registry, boot_id);
    }
    return status;
}

static int insert_report(struct registry *registry, const struct journal_entry *entry,
                         struct intake_place *place)
{
    const struct report *report = entry->report;
    int status = database_get(
        registry->database,
        "INSERT INTO report (boot_id, sequence, probe_id, start_ns, interval_ms, arrived_ns,"
        " wall_trusted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        WITH(int_value(place->boot_id), u64_value(report->sequence), int_value(place->probe_id),
             u64_value(place->start_ns), u64_value(report->interval_ms),
             u64_value(entry->arrived_ns), int_value(report->wall_trusted)),
        &place->report_id);
    if (status == 0)
        status = database_run(
            registry->database, "INSERT INTO payload (report_id, bytes) VALUES (?1, ?2)",
            WITH(int_value(place->report_id), blob_value(entry->payload, entry->length)));
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
    int status = database_get(registry->database,
                              "SELECT 1 FROM report WHERE probe_id = ?1 AND start_ns > ?2"
                              " AND start_ns < ?3 AND id <> ?4 LIMIT 1",
                              WITH(int_value(place->probe_id), u64_value(place->start_ns - half),
                                   u64_value(place->start_ns + half), int_value(place->report_id)),
                              &other);
    return status == 0 ? 0 : status == -ENOENT ? 1 : status;
}

static int take_probe_day(struct registry *registry, const struct intake_place *place,
                          const struct report *report)
{
    uint64_t captured = 0;
    uint64_t dropped = 0;
    uint64_t packets = 0;
    struct optional_u64 interface_octets = {.known = false};
    for (size_t i = 0; i < report->observation_count; i++) {
        const struct report_observation *o = &report->observations[i];
        packets += report_scaled_packets(o); /* as the drops are */
        dropped += o->dropped_packet_delta_count;
        if (o->interface_octets.known)
            captured += report_scaled_octets(o);
        interface_octets = optional_u64_add(interface_octets, o->interface_octets);
    }
    int arrived = is_first_of_interval(registry, place);
    if (arrived < 0)
        return arrived;
    int status = database_run(
        registry->database,
        "INSERT INTO probe_day VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE"
        " SET interval_ms = MAX(interval_ms, ?3), arrived = arrived + ?4, untrusted = untrusted + "
        "?5,"
        " captured_octets = captured_octets + ?6,"
        " interface_octets = CASE WHEN ?7 IS NULL THEN interface_octets"
        " ELSE IFNULL(interface_octets, 0) + ?7 END,"
        " dropped_packets = dropped_packets + ?8, packets = packets + ?9",
        WITH(int_value(place->probe_id), int_value(place->day), u64_value(place->schedule_ms),
             int_value(arrived), int_value(!report->wall_trusted), u64_value(captured),
             optional_value(interface_octets), u64_value(dropped), u64_value(packets)));
    return status < 0 ? status : 0;
}

static int update_probe(struct registry *registry, const struct intake_place *place,
                        const struct report *report)
{
    int status = database_run(
        registry->database,
        "UPDATE probe SET agent_version = ?2, configuration_hash = ?3, interval_ms = ?4,"
        " wall_trusted = ?5, first_start_ns = MIN(first_start_ns, ?6),"
        " last_start_ns = MAX(last_start_ns, ?6), last_arrived_ns = MAX(last_arrived_ns, ?7),"
        " reports = reports + 1, opened_series = ?8, opened_lines = ?9, over_cap = ?10 WHERE id = "
        "?1",
        WITH(int_value(place->probe_id), text_value(report->agent_version),
             u64_value(report->configuration_hash), u64_value(place->schedule_ms),
             int_value(report->wall_trusted), u64_value(place->start_ns),
             u64_value(place->arrived_ns), u64_value(place->opened_series),
             u64_value(place->opened_lines), u64_value(place->over_cap)));
    return status < 0 ? status : 0;
}

/* Everything of a report that is not known yet. */
static int take_report(struct registry *registry, const struct journal_entry *entry,
                       struct intake_place *place)
{
    const struct report *report = entry->report;
    int status = place_report(registry, report, place);
    if (status == 0)
        status = insert_report(registry, entry, place);
    if (status == 0)
        status = follow_schedule(registry, place);
    if (status == 0)
        status = take_gaps(registry, place, report);
    if (status == 0)
        status = take_probe_day(registry, place, report);
    if (status == 0)
        status = inventory_take_report(registry, place, report);
    return status == 0 ? update_probe(registry, place, report) : status;
}

static int take_entry(struct registry *registry, struct journal_entry *entry,
                      const struct journal_caps *caps)
{
    struct intake_place place = {
        .arrived_ns = entry->arrived_ns, .schedule_ms = entry->report->schedule_ms, .caps = *caps};
    int64_t known = 0;
    const struct value sequence = u64_value(entry->report->sequence);
    entry->is_new = false;
    int status = ensure_probe(registry, entry, &place);
    if (status == 0)
        status = ensure_boot(registry, &place, entry->report->boot_id, &place.boot_id);
    if (status == 0)
        status = database_get(registry->database,
                              "SELECT 1 FROM report WHERE boot_id = ?1 AND sequence = ?2",
                              WITH(int_value(place.boot_id), sequence), &known);
    if (status != -ENOENT)
        return status;
    if (entry->refused)
        status = put_gap(registry, place.boot_id, entry->report->sequence, entry->report->sequence,
                         (const struct value[2]){int_value(1), u64_value(entry->arrived_ns)});
    else
        status = take_report(registry, entry, &place);
    entry->is_new = true;
    return status == 0 ? advance_contiguous(registry, place.boot_id) : status;
}

int registry_commit_reports(struct registry *registry, struct journal_entry *entries, size_t count,
                            const struct journal_caps *caps)
{
    int status = database_begin(registry->database);
    if (status != 0)
        return status;
    for (size_t i = 0; i < count && status == 0; i++)
        status = take_entry(registry, &entries[i], caps);
    if (status == 0)
        return database_commit(registry->database);
    database_rollback(registry->database);
    return status;
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
    int status = ensure_operator(registry, operator_name, &operator_id);
    if (status == 0)
        status = database_run(
            registry->database,
            "INSERT INTO probe (operator_id, name, first_start_ns, last_start_ns, last_arrived_ns,"
            " online, online_ns) VALUES (?1, ?2, ?4, 0, 0, ?3, ?4) ON CONFLICT DO UPDATE"
            " SET online = ?3, online_ns = ?4",
            WITH(int_value(operator_id), text_value(probe_name), int_value(online),
                 u64_value(now_ns)));
    return status < 0 ? status : 0;
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
