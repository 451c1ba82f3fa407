/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/series_index.h"

#include "collector/registry/registry_private.h"

#include <errno.h>
#include <stdlib.h>

#define SERIES_COLUMNS                                                                             \
    "SELECT s.id, s.kind, s.step_s, s.dirty, s.probe_id, o.name, p.name, IFNULL(n.name, ''),"      \
    " IFNULL(i.name, ''), s.technology FROM series s JOIN probe p ON p.id = s.probe_id"            \
    " JOIN operator o ON o.id = p.operator_id LEFT JOIN access_node n ON n.id = s.node_id"         \
    " LEFT JOIN interface i ON i.id = s.interface_id"

static void read_info(const struct rows *rows, struct series_info *out)
{
    *out = (struct series_info){.id = rows_int(rows, 0),
                                .kind = (enum series_kind)rows_int(rows, 1),
                                .step_s = rows_u64(rows, 2),
                                .dirty = rows_int(rows, 3) != 0,
                                .probe_id = rows_int(rows, 4),
                                .technology = (enum access_technology)rows_int(rows, 9)};
    rows_text(rows, 5, out->operator_name, sizeof out->operator_name);
    rows_text(rows, 6, out->probe_name, sizeof out->probe_name);
    rows_text(rows, 7, out->access_node, sizeof out->access_node);
    rows_text(rows, 8, out->interface_name, sizeof out->interface_name);
}

int registry_list_series(struct registry *registry, struct series_info **out_series,
                         size_t *out_count)
{
    struct rows *rows = database_select(
        registry->database,
        SERIES_COLUMNS " ORDER BY o.name, s.kind, n.name, i.name, s.technology, p.name", WITHOUT);
    struct series_info *list = NULL;
    size_t count = 0;
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct series_info *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
        } else {
            list = grown;
            read_info(rows, &list[count++]);
        }
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_series = list;
    *out_count = count;
    return 0;
}

int registry_find_series(struct registry *registry, int64_t id, struct series_info *out_series)
{
    struct rows *rows =
        database_select(registry->database, SERIES_COLUMNS " WHERE s.id = ?1", WITH(int_value(id)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    read_info(rows, out_series);
    rows_end(rows);
    return 0;
}

static int node_id_of(struct registry *registry, const struct series_key *key, int64_t *out_id)
{
    *out_id = 0;
    if (!key->access_node)
        return 0;
    return database_get(registry->database,
                        "SELECT n.id FROM probe p JOIN access_node n"
                        " ON n.operator_id = p.operator_id WHERE p.id = ?1 AND n.name = ?2",
                        WITH(int_value(key->probe_id), text_value(key->access_node)), out_id);
}

static int interface_id_of(struct registry *registry, const struct series_key *key, int64_t node_id,
                           int64_t *out_id)
{
    *out_id = 0;
    if (!key->interface_name)
        return 0;
    return database_get(registry->database,
                        "SELECT id FROM interface WHERE node_id = ?1 AND name = ?2",
                        WITH(int_value(node_id), text_value(key->interface_name)), out_id);
}

int registry_series_id(struct registry *registry, const struct series_key *key, int64_t *out_id,
                       uint64_t *out_step_s)
{
    int64_t node_id = 0;
    int64_t interface_id = 0;
    int status = node_id_of(registry, key, &node_id);
    if (status == 0)
        status = interface_id_of(registry, key, node_id, &interface_id);
    struct rows *rows = NULL;
    if (status == 0) {
        rows =
            database_select(registry->database,
                            "SELECT id, step_s FROM series WHERE kind = ?1 AND probe_id = ?2"
                            " AND node_id = ?3 AND technology = ?4 AND interface_id = ?5",
                            WITH(int_value(key->kind), int_value(key->probe_id), int_value(node_id),
                                 int_value(key->technology), int_value(interface_id)));
        status = rows ? rows_next(rows) : -errno;
    }
    if (status == 1) {
        *out_id = rows_int(rows, 0);
        *out_step_s = rows_u64(rows, 1);
        rows_end(rows);
        return 0;
    }
    if (status == 0 || status == -ENOENT) {
        *out_id = 0;
        *out_step_s = 0;
        status = 0;
    }
    return status;
}

int registry_read_series_mark(struct registry *registry, int64_t *out_report_id)
{
    return database_get(registry->database, "SELECT report_id FROM series_mark", WITHOUT,
                        out_report_id);
}

int registry_put_series_mark(struct registry *registry, int64_t report_id)
{
    int status = database_run(registry->database, "UPDATE series_mark SET report_id = ?1",
                              WITH(int_value(report_id)));
    return status < 0 ? status : 0;
}

int registry_mark_series(struct registry *registry, int64_t series_id, bool dirty)
{
    int status = database_run(registry->database,
                              "UPDATE series SET dirty = ?2 WHERE id = ?1 AND dirty <> ?2",
                              WITH(int_value(series_id), int_value(dirty)));
    return status < 0 ? status : 0;
}

int registry_mark_all_series(struct registry *registry)
{
    return database_run(registry->database, "UPDATE series SET dirty = 1 WHERE NOT dirty", WITHOUT);
}

int registry_next_dirty_probe(struct registry *registry, int64_t *out_probe_id)
{
    return database_get(registry->database, "SELECT MIN(probe_id) FROM series WHERE dirty", WITHOUT,
                        out_probe_id);
}
