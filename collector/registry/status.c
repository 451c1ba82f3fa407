/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What status pages and /metrics ask for, quarantine, and the broom.
 */
#include "collector/registry/registry_private.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>

#define QUARANTINE_FAULT_ROWS 100
#define QUARANTINE_ROWS       2000
#define SLOT_DAYS             800
#define PRUNE_ROWS            500 /* a call: a commit must never wait long behind the broom */

int registry_read_stats(struct registry *registry, struct registry_stats *out_stats)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT (SELECT COUNT(*) FROM probe), (SELECT IFNULL(SUM(reports), 0) FROM probe),"
        " (SELECT IFNULL(SUM(last_sequence - first_sequence + 1), 0) FROM gap WHERE NOT refused),"
        /* no line is ever deleted, so the highest id is how many there are */
        " (SELECT COUNT(*) FROM line), (SELECT COUNT(*) FROM element WHERE kind = 1),"
        " (SELECT COUNT(*) FROM access_node), (SELECT COUNT(*) FROM interface),"
        " (SELECT COUNT(*) FROM series), (SELECT IFNULL(SUM(count), 0) FROM quarantine_count),"
        " (SELECT IFNULL(SUM(over_cap), 0) FROM probe), (SELECT IFNULL(MAX(id), 0) FROM report),"
        " (SELECT report_id FROM series_mark),"
        " (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)",
        WITHOUT);
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -EIO;
    uint64_t *const fields[] = {
        &out_stats->probes,         &out_stats->reports,        &out_stats->gaps,
        &out_stats->lines,          &out_stats->wtps,           &out_stats->access_nodes,
        &out_stats->interfaces,     &out_stats->series,         &out_stats->quarantined,
        &out_stats->over_cap,       &out_stats->last_report_id, &out_stats->series_report_id,
        &out_stats->database_bytes,
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        *fields[i] = rows_u64(rows, (int)i);
    rows_end(rows);
    return 0;
}

static void read_status(const struct rows *rows, struct probe_status *out)
{
    *out = (struct probe_status){.id = rows_int(rows, 0),
                                 .interval_ms = rows_u64(rows, 4),
                                 .wall_trusted = rows_int(rows, 5) != 0,
                                 .first_start_ns = rows_u64(rows, 6),
                                 .last_start_ns = rows_u64(rows, 7),
                                 .last_arrived_ns = rows_u64(rows, 8),
                                 .online_known = !rows_is_null(rows, 9),
                                 .online = rows_int(rows, 9) != 0,
                                 .reports = rows_u64(rows, 10),
                                 .gap_intervals = rows_u64(rows, 11),
                                 .refused = rows_u64(rows, 12),
                                 .series = rows_u64(rows, 13),
                                 .over_cap = rows_u64(rows, 14)};
    rows_text(rows, 1, out->operator_name, sizeof out->operator_name);
    rows_text(rows, 2, out->probe_name, sizeof out->probe_name);
    rows_text(rows, 3, out->agent_version, sizeof out->agent_version);
}

int registry_list_probes(struct registry *registry, struct probe_status **out_probes,
                         size_t *out_count)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT p.id, o.name, p.name, p.agent_version, p.interval_ms, p.wall_trusted,"
        " p.first_start_ns, p.last_start_ns, p.last_arrived_ns, p.online,"
        " p.reports,"
        " (SELECT IFNULL(SUM(g.last_sequence - g.first_sequence + 1), 0) FROM boot b"
        "  JOIN gap g ON g.boot_id = b.id WHERE b.probe_id = p.id AND NOT g.refused),"
        " (SELECT COUNT(*) FROM boot b JOIN gap g ON g.boot_id = b.id"
        "  WHERE b.probe_id = p.id AND g.refused),"
        " (SELECT COUNT(*) FROM series s WHERE s.probe_id = p.id), p.over_cap"
        " FROM probe p JOIN operator o ON o.id = p.operator_id ORDER BY o.name, p.name",
        WITHOUT);
    struct probe_status *list = NULL;
    size_t count = 0;
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct probe_status *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
        } else {
            list = grown;
            read_status(rows, &list[count++]);
        }
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_probes = list;
    *out_count = count;
    return 0;
}

int registry_list_quarantine(struct registry *registry, struct quarantine_count **out_counts,
                             size_t *out_count)
{
    struct rows *rows = database_select(
        registry->database, "SELECT fault, count, last_ns FROM quarantine_count ORDER BY fault",
        WITHOUT);
    struct quarantine_count *list = NULL;
    size_t count = 0;
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct quarantine_count *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
        } else {
            list = grown;
            struct quarantine_count *item = &list[count++];
            rows_text(rows, 0, item->fault, sizeof item->fault);
            item->count = rows_u64(rows, 1);
            item->last_ns = rows_u64(rows, 2);
        }
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_counts = list;
    *out_count = count;
    return 0;
}

/* The oldest go first: of the fault, then of all. */
static int trim_quarantine(struct database *database, const char *fault)
{
    int status = database_run(database,
                              "DELETE FROM quarantine WHERE fault = ?1 AND id <="
                              " (SELECT id FROM quarantine WHERE fault = ?1 ORDER BY id DESC"
                              "  LIMIT 1 OFFSET ?2)",
                              WITH(text_value(fault), int_value(QUARANTINE_FAULT_ROWS)));
    if (status >= 0)
        status = database_run(database,
                              "DELETE FROM quarantine WHERE id <= (SELECT id FROM quarantine"
                              " ORDER BY id DESC LIMIT 1 OFFSET ?1)",
                              WITH(int_value(QUARANTINE_ROWS)));
    return status;
}

static int put_item(struct database *database, const struct quarantine_item *item)
{
    size_t head = item->length < QUARANTINE_HEAD_BYTES ? item->length : QUARANTINE_HEAD_BYTES;
    int status = database_run(
        database,
        "INSERT INTO quarantine_count VALUES (?1, ?3, ?2)"
        " ON CONFLICT DO UPDATE SET count = count + ?3, last_ns = ?2",
        WITH(text_value(item->fault), u64_value(item->arrived_ns), u64_value(item->repeats + 1)));
    if (status >= 0)
        status = database_run(database,
                              "INSERT INTO quarantine (arrived_ns, fault, operator, probe, length,"
                              " head) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                              WITH(u64_value(item->arrived_ns), text_value(item->fault),
                                   text_value(item->topic ? item->topic->operator_name : ""),
                                   text_value(item->topic ? item->topic->probe_name : ""),
                                   u64_value(item->length),
                                   blob_value(head ? (const void *)item->payload : "", head)));
    return status < 0 ? status : trim_quarantine(database, item->fault);
}

int registry_quarantine(struct registry *registry, const struct quarantine_item *items,
                        size_t count)
{
    struct database *database = registry->database;
    int status = database_begin(database);
    if (status < 0)
        return status;
    for (size_t i = 0; i < count && status >= 0; i++)
        status = put_item(database, &items[i]);
    if (status >= 0)
        return database_commit(database);
    database_rollback(database);
    return status;
}

int registry_prune(struct registry *registry, uint64_t payloads_before_ns, uint64_t now_ns)
{
    uint64_t kept_ns = SLOT_DAYS * 86400 * CLOCK_NS_PER_S;
    uint64_t oldest_slot = now_ns > kept_ns ? (now_ns - kept_ns) / REGISTRY_SLOT_NS : 0;
    /* Ids rise with arrival: the oldest payloads are the first of the table. */
    int payloads = database_run(registry->database,
                                "DELETE FROM payload WHERE report_id IN (SELECT p.report_id FROM"
                                " (SELECT report_id FROM payload ORDER BY report_id LIMIT ?2) p"
                                " JOIN report r ON r.id = p.report_id WHERE r.arrived_ns < ?1)",
                                WITH(u64_value(payloads_before_ns), int_value(PRUNE_ROWS)));
    if (payloads < 0)
        return payloads;
    int slots = database_run(registry->database,
                             "DELETE FROM interface_slot WHERE (interface_id, slot) IN"
                             " (SELECT i.id, s.slot FROM interface i JOIN interface_slot s"
                             "  ON s.interface_id = i.id AND s.slot < ?1 LIMIT ?2)",
                             WITH(u64_value(oldest_slot), int_value(PRUNE_ROWS)));
    return slots < 0 ? slots : payloads + slots;
}
