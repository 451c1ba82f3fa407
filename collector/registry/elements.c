/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Terminals and access points one by one: an exact set by pseudonym over all devices of an
 * operator. A day is a bit of its month, so a set union is an OR and costs nothing to repeat.
 */
#include "collector/registry/registry_private.h"

#include <assert.h>
#include <errno.h>

/* All that a poll says of one element. */
struct sighting {
    const struct report_elements *group;
    uint64_t pseudonym;
    int64_t node_id, day;
    uint64_t polled_ns;
};

/* What was said before stands against what is said now: it is younger, or (whatever came first) a
 * standby's word against that of a node which serves the element itself. */
#define STANDS " ((?7 = 3) > (state = 3) OR (?7 = 3) = (state = 3) AND told_ns > ?10)"
static_assert(ELEMENT_STANDBY == 3, "the statements say so");

static int update_element(struct registry *registry, const struct value values[static 10],
                          int64_t *out_id)
{
    return database_get(
        registry->database,
        "UPDATE element SET first_day = MIN(first_day, ?9), last_day = MAX(last_day, ?9),"
        " technology = CASE WHEN ?4 = 0 OR told_ns > ?10 AND technology <> 0 THEN technology"
        "                   ELSE ?4 END,"
        " model_class = CASE WHEN ?5 = 0 OR told_ns > ?10 AND model_class <> 0 THEN model_class"
        "                    ELSE ?5 END,"
        " service = CASE WHEN ?6 = 0 OR told_ns > ?10 AND service <> 0 THEN service ELSE ?6 END,"
        " state = CASE WHEN" STANDS " THEN state ELSE ?7 END,"
        " node_id = CASE WHEN" STANDS " THEN node_id ELSE ?8 END,"
        " told_ns = CASE WHEN" STANDS " THEN told_ns ELSE ?10 END"
        " WHERE operator_id = ?1 AND kind = ?2 AND pseudonym = ?3 RETURNING id",
        values, 10, out_id);
}

static int ensure_element(struct registry *registry, struct intake_place *place,
                          const struct sighting *seen, int64_t *out_id)
{
    const struct report_elements *group = seen->group;
    const struct value values[] = {int_value(place->operator_id), int_value(group->kind),
                                   u64_value(seen->pseudonym),    int_value(group->technology),
                                   int_value(group->model_class), int_value(group->service),
                                   int_value(group->state),       int_value(seen->node_id),
                                   int_value(seen->day),          u64_value(seen->polled_ns)};
    int status = update_element(registry, values, out_id);
    if (status != -ENOENT)
        return status;
    *out_id = 0;
    if (place->opened_lines >= place->caps.lines_max) {
        place->over_cap++;
        return 0;
    }
    place->opened_lines++;
    return database_get(registry->database,
                        "INSERT INTO element (operator_id, kind, pseudonym, technology,"
                        " model_class, service, state, node_id, first_day, last_day, told_ns)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10) RETURNING id",
                        values, 10, out_id);
}

static int take_group(struct registry *registry, struct intake_place *place,
                      const struct report_elements *group, const struct element_poll *poll)
{
    uint32_t bit = 0;
    int64_t month = month_of_day(poll->day, &bit);
    int status = 0;
    for (size_t i = 0; i < group->pseudonym_count && status >= 0; i++) {
        const struct sighting seen = {group, group->pseudonyms[i], poll->node_id, poll->day,
                                      poll->polled_ns};
        int64_t id = 0;
        status = ensure_element(registry, place, &seen, &id);
        if (status == 0 && id != 0)
            status = database_run(registry->database,
                                  "INSERT INTO element_month VALUES (?1, ?2, ?3, ?4, ?5)"
                                  " ON CONFLICT DO UPDATE SET listed = listed | ?4, run = run | ?5",
                                  WITH(int_value(month), int_value(id), int_value(poll->node_id),
                                       int_value(bit),
                                       int_value(group->state == ELEMENT_RUN ? bit : 0)));
    }
    return status < 0 ? status : 0;
}

static bool has_running_wtps(const struct report_inventory *inventory)
{
    for (size_t i = 0; i < inventory->element_count; i++)
        if (inventory->elements[i].kind == ELEMENT_WTP &&
            inventory->elements[i].state == ELEMENT_RUN)
            return true;
    return false;
}

static int take_networks(struct registry *registry, const struct report_inventory *inventory,
                         const struct element_poll *poll)
{
    int status = 0;
    for (size_t i = 0; i < inventory->network_count && status >= 0; i++) {
        const struct report_network *network = &inventory->networks[i];
        status = database_run(
            registry->database,
            "INSERT INTO network_day VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET"
            " networks = MAX(networks, ?4), stations_max = CASE WHEN ?5 IS NULL THEN stations_max"
            " ELSE MAX(IFNULL(stations_max, 0), ?5) END",
            WITH(int_value(poll->node_id), int_value(poll->day), text_value(network->ssid),
                 u64_value(network->networks), optional_value(network->stations)));
    }
    return status < 0 ? status : 0;
}

static int take_sources(struct registry *registry, const struct report_inventory *inventory,
                        const struct element_poll *poll)
{
    int status = 0;
    for (size_t i = 0; i < inventory->source_count && status >= 0; i++) {
        const struct report_source *source = &inventory->sources[i];
        status = database_run(
            registry->database,
            "INSERT INTO node_source VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            " ON CONFLICT DO UPDATE SET confidence = ?5, published = ?6, value = ?7, told_ns = ?8"
            " WHERE told_ns <= ?8",
            WITH(int_value(poll->node_id), text_value(source->quantity),
                 int_value(source->technology), text_value(source->source),
                 int_value(source->confidence), int_value(source->published),
                 optional_value(source->value), u64_value(poll->polled_ns)));
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
    if (status == 0)
        status = take_networks(registry, inventory, poll);
    return status == 0 ? take_sources(registry, inventory, poll) : status;
}
