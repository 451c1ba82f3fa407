/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Terminals and access points one by one: an exact set by pseudonym over all devices of an
 * operator.
 */
#include "collector/registry/day_sets.h"
#include "collector/registry/registry_private.h"

#include <errno.h>
#include <stdlib.h>

/* A node's lists that strangers could make endless. */
#define NETWORKS_MAX (2 * REPORT_NETWORKS_MAX) /* a day */
#define SOURCES_MAX  (4 * REPORT_SOURCES_MAX)

/* 0 in *out_id where the probe's cap is reached. */
static int ensure_element(struct registry *registry, struct intake_place *place,
                          enum element_kind kind, uint64_t pseudonym, struct id_supply *supply,
                          int64_t *out_id)
{
    int status = database_get(
        registry->database,
        "SELECT id FROM element WHERE operator_id = ?1 AND kind = ?2 AND pseudonym = ?3",
        WITH(int_value(place->operator_id), int_value(kind), u64_value(pseudonym)), out_id);
    if (status != -ENOENT)
        return status;
    *out_id = 0;
    if (place->opened_lines >= place->caps.lines_max) {
        place->over_cap++;
        return 0;
    }
    place->opened_lines++;
    status = id_supply_take(registry->database, supply, out_id);
    if (status == 0)
        status = database_run(registry->database,
                              "INSERT INTO element (id, operator_id, kind, pseudonym)"
                              " VALUES (?1, ?2, ?3, ?4)",
                              WITH(int_value(*out_id), int_value(place->operator_id),
                                   int_value(kind), u64_value(pseudonym)));
    return status < 0 ? status : 0;
}

static enum day_family family_of(enum element_kind kind)
{
    return kind == ELEMENT_TERMINAL ? DAYS_OF_TERMINALS : DAYS_OF_WTPS;
}

static int name_elements(struct registry *registry, struct intake_place *place,
                         const struct report_elements *group, const struct element_poll *poll,
                         struct day_mark *marks, size_t *out_count)
{
    uint32_t bit = 0;
    (void)month_of_day(poll->day, &bit);
    uint32_t run = group->state == ELEMENT_RUN ? bit : 0;
    struct id_supply supply = {.family = family_of(group->kind), .place = poll->node_id};
    int status = 0;
    *out_count = 0;
    for (size_t i = 0; i < group->pseudonym_count && status == 0; i++) {
        int64_t id = 0;
        status = ensure_element(registry, place, group->kind, group->pseudonyms[i], &supply, &id);
        if (id != 0)
            marks[(*out_count)++] = (struct day_mark){.id = id, .days = bit, .run = run};
    }
    return status == 0 ? id_supply_put_back(registry->database, &supply) : status;
}

static int take_group(struct registry *registry, struct intake_place *place,
                      const struct report_elements *group, const struct element_poll *poll)
{
    const struct element_facts facts = {(uint8_t)group->technology, (uint8_t)group->model_class,
                                        (uint8_t)group->service};
    uint32_t bit = 0;
    size_t count = 0;
    if (group->pseudonym_count == 0)
        return 0;
    struct day_mark *marks = malloc(group->pseudonym_count * sizeof *marks);
    if (!marks)
        return -ENOMEM;
    int status = name_elements(registry, place, group, poll, marks, &count);
    if (status == 0)
        status = day_sets_add(registry->database, family_of(group->kind),
                              month_of_day(poll->day, &bit), poll->node_id, marks, count);
    if (status == 0)
        status = element_facts_add(registry->database, marks, count, &facts, poll->polled_ns);
    free(marks);
    return status;
}

static bool has_running_wtps(const struct report_inventory *inventory)
{
    for (size_t i = 0; i < inventory->element_count; i++)
        if (inventory->elements[i].kind == ELEMENT_WTP &&
            inventory->elements[i].state == ELEMENT_RUN)
            return true;
    return false;
}

/* 1, 0 where the table has as many rows of that node as it may have, or a negated errno. The select
 * tells both: whether the row is there, else how many others are. */
static int has_room(struct registry *registry, const char *sql, const struct value *values,
                    size_t value_count, int64_t limit)
{
    int64_t others = 0;
    int status = database_get(registry->database, sql, values, value_count, &others);
    return status == 0 ? others < limit : status;
}

static int take_network(struct registry *registry, const struct report_network *network,
                        const struct element_poll *poll)
{
    int status =
        has_room(registry,
                 "SELECT IIF(EXISTS (SELECT 1 FROM network_day WHERE node_id = ?1 AND"
                 " day = ?2 AND ssid = ?3), 0, (SELECT COUNT(*) FROM network_day"
                 " WHERE node_id = ?1 AND day = ?2))",
                 WITH(int_value(poll->node_id), int_value(poll->day), text_value(network->ssid)),
                 NETWORKS_MAX);
    if (status != 1)
        return status;
    status = database_run(
        registry->database,
        "INSERT INTO network_day VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET"
        " networks = MAX(networks, ?4), stations_max = CASE WHEN ?5 IS NULL THEN stations_max"
        " ELSE MAX(IFNULL(stations_max, 0), ?5) END",
        WITH(int_value(poll->node_id), int_value(poll->day), text_value(network->ssid),
             u64_value(network->networks), optional_value(network->stations)));
    return status < 0 ? status : 1;
}

static int take_source(struct registry *registry, const struct report_source *source,
                       const struct element_poll *poll)
{
    int status =
        has_room(registry,
                 "SELECT IIF(EXISTS (SELECT 1 FROM node_source WHERE node_id = ?1 AND"
                 " quantity = ?2 AND technology = ?3 AND source = ?4), 0, (SELECT COUNT(*) FROM"
                 " node_source WHERE node_id = ?1))",
                 WITH(int_value(poll->node_id), text_value(source->quantity),
                      int_value(source->technology), text_value(source->source)),
                 SOURCES_MAX);
    if (status != 1)
        return status;
    status = database_run(
        registry->database,
        "INSERT INTO node_source VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT DO UPDATE SET confidence = ?5, published = ?6, value = ?7, told_ns = ?8"
        " WHERE told_ns <= ?8",
        WITH(int_value(poll->node_id), text_value(source->quantity), int_value(source->technology),
             text_value(source->source), int_value(source->confidence),
             int_value(source->published), optional_value(source->value),
             u64_value(poll->polled_ns)));
    return status < 0 ? status : 1;
}

/* What finds no room is left out, and counted. */
static int take_lists(struct registry *registry, struct intake_place *place,
                      const struct report_inventory *inventory, const struct element_poll *poll)
{
    int status = 1;
    for (size_t i = 0; i < inventory->network_count && status >= 0; i++) {
        status = take_network(registry, &inventory->networks[i], poll);
        place->over_cap += status == 0;
    }
    for (size_t i = 0; i < inventory->source_count && status >= 0; i++) {
        status = take_source(registry, &inventory->sources[i], poll);
        place->over_cap += status == 0;
    }
    return status < 0 ? status : 0;
}

int elements_take_inventory(struct registry *registry, struct intake_place *place,
                            const struct report_inventory *inventory,
                            const struct element_poll *poll)
{
    int status = 0;
    for (size_t i = 0; i < inventory->element_count && status == 0; i++)
        status = take_group(registry, place, &inventory->elements[i], poll);
    const struct report_elements running = {.kind = ELEMENT_WTP,
                                            .state = ELEMENT_RUN,
                                            .pseudonyms = inventory->wtp_pseudonyms,
                                            .pseudonym_count = inventory->wtp_pseudonym_count};
    if (status == 0 && !has_running_wtps(inventory)) /* an older probe: it names only these */
        status = take_group(registry, place, &running, poll);
    return status == 0 ? take_lists(registry, place, inventory, poll) : status;
}
