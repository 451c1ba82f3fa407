/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/probe_health.h"

#include "collector/registry/registry_private.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>

#define DAY_NS (86400 * CLOCK_NS_PER_S)

/* Of a boot: how many sequences lie between the contiguous one and the highest that came. */
#define AWAITED                                                                                    \
    "(SELECT IFNULL(SUM(MAX(0, (SELECT MAX(r.sequence) FROM report r WHERE r.boot_id = b.id)"      \
    " - b.contiguous - (SELECT COUNT(*) FROM report r WHERE r.boot_id = b.id"                      \
    "  AND r.sequence > b.contiguous))), 0)"                                                       \
    " FROM boot b WHERE b.probe_id = p.id AND b.last_arrived_ns > ?2)"

static void read_health(const struct rows *rows, struct probe_health *out)
{
    *out = (struct probe_health){.probe_id = rows_int(rows, 0),
                                 .interval_ms = rows_u64(rows, 3),
                                 .wall_trusted = rows_int(rows, 4) != 0,
                                 .last_arrived_ns = rows_u64(rows, 5),
                                 .awaited = rows_u64(rows, 6),
                                 .captured_octets = rows_u64(rows, 7),
                                 .interface_octets = rows_optional(rows, 8)};
    rows_text(rows, 1, out->operator_name, sizeof out->operator_name);
    rows_text(rows, 2, out->probe_name, sizeof out->probe_name);
}

static void read_alert(const struct rows *rows, struct stored_alert *out)
{
    *out = (struct stored_alert){
        .probe_id = rows_int(rows, 0), .since_ns = rows_u64(rows, 4), .value = rows_real(rows, 5)};
    rows_text(rows, 1, out->operator_name, sizeof out->operator_name);
    rows_text(rows, 2, out->probe_name, sizeof out->probe_name);
    rows_text(rows, 3, out->rule, sizeof out->rule);
}

int registry_list_probe_health(struct registry *registry, uint64_t now_ns,
                               struct probe_health **out_list, size_t *out_count)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT p.id, o.name, p.name, p.interval_ms, p.wall_trusted, p.last_arrived_ns, " AWAITED
        ", IFNULL(d.captured_octets, 0), d.interface_octets"
        " FROM probe p JOIN operator o ON o.id = p.operator_id"
        " LEFT JOIN probe_day d ON d.probe_id = p.id AND d.day = ?1 ORDER BY p.id",
        WITH(int_value(clock_city_day(now_ns)), u64_value(now_ns > DAY_NS ? now_ns - DAY_NS : 0)));
    struct probe_health *list = NULL;
    size_t count = 0;
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct probe_health *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
        } else {
            list = grown;
            read_health(rows, &list[count++]);
        }
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_list = list;
    *out_count = count;
    return 0;
}

int registry_list_alerts(struct registry *registry, struct stored_alert **out_alerts,
                         size_t *out_count)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT a.probe_id, o.name, p.name, a.rule, a.since_ns, a.value FROM alert a"
        " JOIN probe p ON p.id = a.probe_id JOIN operator o ON o.id = p.operator_id"
        " ORDER BY o.name, p.name, a.rule",
        WITHOUT);
    struct stored_alert *list = NULL;
    size_t count = 0;
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct stored_alert *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
        } else {
            list = grown;
            read_alert(rows, &list[count++]);
        }
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_alerts = list;
    *out_count = count;
    return 0;
}

int registry_put_alert(struct registry *registry, const char *rule,
                       const struct stored_alert *alert)
{
    int status = database_run(registry->database,
                              "INSERT INTO alert (probe_id, rule, since_ns, value)"
                              " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                              WITH(int_value(alert->probe_id), text_value(rule),
                                   u64_value(alert->since_ns), real_value(alert->value)));
    return status < 0 ? status : 0;
}

int registry_clear_alert(struct registry *registry, const char *rule, int64_t probe_id)
{
    int status =
        database_run(registry->database, "DELETE FROM alert WHERE probe_id = ?1 AND rule = ?2",
                     WITH(int_value(probe_id), text_value(rule)));
    return status < 0 ? status : 0;
}
