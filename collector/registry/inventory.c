/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one report says of access nodes, controllers and interfaces, added to the tables of days.
 * Adding is commutative (sums, maxima, the youngest poll), so that the order of arrival, and a
 * report that comes late, make no difference.
 */
#include "collector/registry/known.h"
#include "collector/registry/registry_private.h"
#include "collector/registry/series_index.h"
#include "collector/registry/traffic.h"

#include "common/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The id of what is known, or by SELECT, or by INSERT (sql[0], sql[1]). What a probe names anew
 * counts against its cap; 0 in *out_id where that is reached. */
static int ensure(struct registry *registry, struct intake_place *place,
                  const struct known_key *key, const char *const sql[2], const struct value *values,
                  size_t value_count, int64_t *out_id)
{
    if (known_find(registry->known, key, out_id))
        return 0;
    int status = database_get(registry->database, sql[0], values, value_count, out_id);
    if (status == -ENOENT) {
        *out_id = 0;
        if (place && place->opened_series >= place->caps.series_max)
            return 0;
        if (place)
            place->opened_series++;
        status = database_get(registry->database, sql[1], values, value_count, out_id);
    }
    if (status == 0)
        (void)known_put(registry->known, key, *out_id); /* else it is looked up again */
    return status;
}

static int ensure_area(struct registry *registry, struct intake_place *place, const char *name,
                       int64_t *out_id)
{
    static const char *const sql[2] = {
        "SELECT id FROM area WHERE name = ?1",
        "INSERT INTO area (name) VALUES (?1) RETURNING id",
    };
    const struct known_key key = known_key(KNOWN_AREA, NULL, 0, name, strlen(name));
    return ensure(registry, place, &key, sql, WITH(text_value(name)), out_id);
}

static int ensure_node(struct registry *registry, struct intake_place *place, const char *name,
                       int64_t *out_id)
{
    static const char *const sql[2] = {
        "SELECT id FROM access_node WHERE operator_id = ?1 AND name = ?2",
        "INSERT INTO access_node (operator_id, name) VALUES (?1, ?2) RETURNING id",
    };
    const struct known_key key = known_key(KNOWN_NODE, &place->operator_id, 1, name, strlen(name));
    return ensure(registry, place, &key, sql, WITH(int_value(place->operator_id), text_value(name)),
                  out_id);
}

static int ensure_interface(struct registry *registry, struct intake_place *place, int64_t node_id,
                            const char *name, int64_t *out_id)
{
    static const char *const sql[2] = {
        "SELECT id FROM interface WHERE node_id = ?1 AND name = ?2",
        "INSERT INTO interface (node_id, name) VALUES (?1, ?2) RETURNING id",
    };
    const struct known_key key = known_key(KNOWN_INTERFACE, &node_id, 1, name, strlen(name));
    return ensure(registry, place, &key, sql, WITH(int_value(node_id), text_value(name)), out_id);
}

int inventory_ensure_class(struct registry *registry, struct intake_place *place, const char *name,
                           int64_t *out_id)
{
    static const char *const sql[2] = {
        "SELECT id FROM traffic_class WHERE operator_id = ?1 AND name = ?2",
        "INSERT INTO traffic_class (operator_id, name) VALUES (?1, ?2) RETURNING id",
    };
    const struct known_key key = known_key(KNOWN_CLASS, &place->operator_id, 1, name, strlen(name));
    return ensure(registry, place, &key, sql, WITH(int_value(place->operator_id), text_value(name)),
                  out_id);
}

int series_open(struct registry *registry, struct intake_place *place,
                const struct series_place *series, uint64_t step_s, int64_t *out_id)
{
    static const char *const sql[2] = {
        "SELECT id FROM series WHERE kind = ?1 AND probe_id = ?2"
        " AND node_id = ?3 AND technology = ?4 AND interface_id = ?5 AND ?6",
        "INSERT INTO series (kind, probe_id, node_id, technology, interface_id,"
        " step_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
    };
    const int64_t columns[] = {series->kind, place->probe_id, series->node_id, series->technology,
                               series->interface_id};
    const struct known_key key = known_key(KNOWN_SERIES, columns, 5, NULL, 0);
    return ensure(registry, place, &key, sql,
                  WITH(int_value(series->kind), int_value(place->probe_id),
                       int_value(series->node_id), int_value(series->technology),
                       int_value(series->interface_id), u64_value(step_s)),
                  out_id);
}

uint64_t schedule_step_s(const struct intake_place *place)
{
    uint64_t step_s = (place->schedule_ms + 500) / 1000;
    return step_s ? step_s : 1;
}

/* The node, its area and one series; false in *out_taken, and counted, where the cap is reached. */
struct element {
    int64_t node_id, area_id;
    uint64_t step_s;
};

static int open_element(struct registry *registry, struct intake_place *place, const char *node,
                        const char *area, struct element *out)
{
    int status = ensure_node(registry, place, node, &out->node_id);
    if (status == 0)
        status = ensure_area(registry, place, area, &out->area_id);
    return status;
}

static int open_element_series(struct registry *registry, struct intake_place *place,
                               const struct element *element, struct series_place series,
                               bool *out_taken)
{
    int64_t id = 0;
    int status = 0;
    if (element->node_id && element->area_id) {
        series.node_id = element->node_id;
        status = series_open(registry, place, &series, element->step_s, &id);
    }
    *out_taken = status == 0 && id != 0;
    if (status == 0 && id == 0)
        place->over_cap++;
    return status;
}

static int ensure_branch(struct registry *registry, int64_t node_id, enum residence residence,
                         enum access_technology technology, int64_t *out_id)
{
    static const char *const sql[2] = {
        "SELECT id FROM branch WHERE node_id = ?1 AND residence = ?2 AND technology = ?3",
        "INSERT INTO branch (node_id, residence, technology) VALUES (?1, ?2, ?3) RETURNING id",
    };
    const int64_t columns[] = {node_id, (int64_t)residence, (int64_t)technology};
    const struct known_key key = known_key(KNOWN_BRANCH, columns, 3, NULL, 0);
    return ensure(registry, NULL, &key, sql,
                  WITH(int_value(node_id), int_value(residence), int_value(technology)), out_id);
}

/* What a branch's row of the day says of its place: the key, and the value to compare. */
static struct known_key branch_day_key(int64_t branch_id, int64_t day)
{
    return known_key(KNOWN_BRANCH_DAY, (const int64_t[]){branch_id, day}, 2, NULL, 0);
}

static int64_t branch_place(int64_t area_id, enum settlement settlement)
{
    return area_id * 16 + (int64_t)settlement;
}

/* Written once, and again only when another place is said: most reports say what is there. */
static int see_branch(struct registry *registry, const struct intake_place *place,
                      const struct report_cell *cell, int64_t branch_id, int64_t area_id)
{
    const struct known_key key = branch_day_key(branch_id, place->day);
    int64_t told = branch_place(area_id, cell->settlement);
    int64_t before = 0;
    if (known_find(registry->known, &key, &before) && before == told)
        return 0;
    int status =
        database_run(registry->database,
                     "INSERT INTO branch_day (branch_id, day, area_id, settlement, confidence)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)"
                     " ON CONFLICT DO UPDATE SET area_id = ?3, settlement = ?4",
                     WITH(int_value(branch_id), int_value(place->day), int_value(area_id),
                          int_value(cell->settlement), int_value(CONFIDENCE_SEEN)));
    if (status >= 0)
        (void)known_put(registry->known, &key, told); /* else it is written again */
    return status < 0 ? status : 0;
}

static int take_cell(struct registry *registry, struct intake_place *place,
                     const struct report_cell *cell, uint64_t step_s)
{
    struct element element = {.step_s = step_s};
    bool taken = false;
    int64_t branch_id = 0;
    int status = open_element(registry, place, cell->access_node, cell->area, &element);
    if (status == 0)
        status = open_element_series(
            registry, place, &element,
            (struct series_place){.kind = SERIES_TRAFFIC, .technology = (int)cell->technology},
            &taken);
    if (status != 0 || !taken)
        return status;
    status =
        ensure_branch(registry, element.node_id, cell->residence, cell->technology, &branch_id);
    if (status == 0)
        status = see_branch(registry, place, cell, branch_id, element.area_id);
    if (status == 0)
        status = traffic_take_cell(registry, place, cell, element.area_id);
    return status < 0 ? status : lines_take_cell(registry, place, cell, branch_id);
}

/* CAPABILITY_CLASSES counts, big-endian: a blob that any reader of the file can take apart. */
static void pack_capability(const struct report_lines *lines,
                            uint8_t out[static CAPABILITY_CLASSES * 8])
{
    for (size_t i = 0; i < CAPABILITY_CLASSES; i++)
        for (size_t byte = 0; byte < 8; byte++)
            out[i * 8 + byte] = (uint8_t)(lines->capability[i] >> (56 - 8 * byte));
}

struct poll {
    const struct report_inventory *inventory;
    struct element element;
    uint64_t polled_ns;
    int64_t day;
};

static int take_lines(struct registry *registry, struct intake_place *place,
                      const struct poll *poll, const struct report_lines *lines)
{
    uint8_t packed[CAPABILITY_CLASSES * 8];
    bool taken = false;
    int64_t branch_id = 0;
    int status = open_element_series(
        registry, place, &poll->element,
        (struct series_place){.kind = SERIES_LINES, .technology = (int)lines->technology}, &taken);
    if (status != 0 || !taken)
        return status;
    status = ensure_branch(registry, poll->element.node_id, poll->inventory->residence,
                           lines->technology, &branch_id);
    if (status != 0)
        return status;
    pack_capability(lines, packed);
    /* The youngest poll of the day says what is provisioned; what it does not say, another may. */
    status = database_run(
        registry->database,
        "INSERT INTO branch_day (branch_id, day, area_id, settlement, polled_ns, provisioned,"
        " active_max, capability, capability_measured, confidence, named)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        " ON CONFLICT DO UPDATE SET area_id = ?3, settlement = ?4,"
        " provisioned = CASE WHEN polled_ns > ?5 THEN IFNULL(provisioned, ?6)"
        "                    ELSE IFNULL(?6, provisioned) END,"
        " named = CASE WHEN polled_ns > ?5 THEN IFNULL(named, ?11) ELSE IFNULL(?11, named) END,"
        " capability_measured = CASE WHEN ?8 IS NULL OR polled_ns > ?5 AND capability IS NOT NULL"
        "                            THEN capability_measured ELSE ?9 END,"
        " capability = CASE WHEN polled_ns > ?5 THEN IFNULL(capability, ?8)"
        "                   ELSE IFNULL(?8, capability) END,"
        " active_max = CASE WHEN ?7 IS NULL THEN active_max"
        "                   ELSE MAX(IFNULL(active_max, 0), ?7) END,"
        " polled_ns = MAX(IFNULL(polled_ns, 0), ?5), confidence = MIN(confidence, ?10)",
        WITH(int_value(branch_id), int_value(poll->day), int_value(poll->element.area_id),
             int_value(poll->inventory->settlement), u64_value(poll->polled_ns),
             optional_value(lines->provisioned), optional_value(lines->active),
             lines->capability_known ? blob_value(packed, sizeof packed)
                                     : (struct value){.type = VALUE_NULL},
             int_value(lines->capability_measured), int_value(poll->inventory->confidence),
             optional_value(lines->named)));
    const struct known_key key = branch_day_key(branch_id, poll->day);
    if (status >= 0)
        (void)known_put(registry->known, &key,
                        branch_place(poll->element.area_id, poll->inventory->settlement));
    return status < 0 ? status : 0;
}

static int take_controller(struct registry *registry, struct intake_place *place,
                           const struct poll *poll)
{
    const struct report_inventory *inventory = poll->inventory;
    bool taken = false;
    int status = open_element_series(registry, place, &poll->element,
                                     (struct series_place){.kind = SERIES_WLAN}, &taken);
    if (status != 0 || !taken)
        return status;
    status = database_run(
        registry->database,
        "INSERT INTO controller_day VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE"
        " SET area_id = ?3,"
        " wtp_configured = CASE WHEN polled_ns > ?4 THEN IFNULL(wtp_configured, ?5)"
        "                       ELSE IFNULL(?5, wtp_configured) END,"
        " wtp_run_max = CASE WHEN ?6 IS NULL THEN wtp_run_max"
        "                    ELSE MAX(IFNULL(wtp_run_max, 0), ?6) END,"
        " stations_max = CASE WHEN ?7 IS NULL THEN stations_max"
        "                     ELSE MAX(IFNULL(stations_max, 0), ?7) END,"
        " polled_ns = MAX(polled_ns, ?4)",
        WITH(int_value(poll->element.node_id), int_value(poll->day),
             int_value(poll->element.area_id), u64_value(poll->polled_ns),
             optional_value(inventory->wtp_configured), optional_value(inventory->wtp_run),
             optional_value(inventory->stations_associated)));
    return status < 0 ? status : 0;
}

static bool is_controller(const struct report_inventory *inventory)
{
    for (size_t i = 0; i < inventory->element_count; i++)
        if (inventory->elements[i].kind == ELEMENT_WTP)
            return true;
    return inventory->wtp_configured.known || inventory->wtp_run.known ||
           inventory->stations_associated.known || inventory->wtp_pseudonym_count > 0;
}

/* Octets over the 5-minute slots that the delta covers, as evenly as the delta says nothing else.
 * A delta over more than two intervals is no evidence of any 5 minutes (indicators.md 3.7). */
static int take_octets(struct registry *registry, int64_t interface_id, uint64_t end_ns,
                       const struct report_interface *interface)
{
    uint64_t length_ns = interface->duration_ms * CLOCK_NS_PER_MS;
    uint64_t from = end_ns - length_ns;
    int status = 0;
    uint64_t in_before = 0;
    uint64_t out_before = 0;
    for (uint64_t slot = from / REGISTRY_SLOT_NS; slot * REGISTRY_SLOT_NS < end_ns && status >= 0;
         slot++) {
        uint64_t slot_end = (slot + 1) * REGISTRY_SLOT_NS;
        uint64_t until = slot_end < end_ns ? slot_end : end_ns;
        uint64_t begin = slot * REGISTRY_SLOT_NS > from ? slot * REGISTRY_SLOT_NS : from;
        double share = (double)(until - from) / (double)length_ns;
        uint64_t in = (uint64_t)((double)interface->in_octets.value * share + 0.5);
        uint64_t out = (uint64_t)((double)interface->out_octets.value * share + 0.5);
        int64_t ms = (int64_t)((until - begin) / CLOCK_NS_PER_MS);
        status = database_run(
            registry->database,
            "INSERT INTO interface_slot VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET"
            " in_octets = in_octets + ?3, in_ms = in_ms + ?4, out_octets = out_octets + ?5,"
            " out_ms = out_ms + ?6",
            WITH(int_value(interface_id), u64_value(slot),
                 u64_value(interface->in_octets.known ? in - in_before : 0),
                 int_value(interface->in_octets.known ? ms : 0),
                 u64_value(interface->out_octets.known ? out - out_before : 0),
                 int_value(interface->out_octets.known ? ms : 0)));
        in_before = in;
        out_before = out;
    }
    return status < 0 ? status : 0;
}

static int take_interface(struct registry *registry, struct intake_place *place,
                          const struct poll *poll, const struct report_interface *interface)
{
    int64_t id = 0;
    bool taken = false;
    int status = ensure_interface(registry, place, poll->element.node_id, interface->name, &id);
    if (status != 0)
        return status;
    if (id == 0) {
        place->over_cap++;
        return 0;
    }
    status = open_element_series(
        registry, place, &poll->element,
        (struct series_place){.kind = SERIES_INTERFACE, .interface_id = id}, &taken);
    if (status != 0 || !taken)
        return status;
    status = database_run(
        registry->database,
        "INSERT INTO interface_day VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
        " area_id = ?3, role = ?5, up = ?6,"
        " high_speed_mbit_s = IFNULL(?7, high_speed_mbit_s), polled_ns = ?4"
        " WHERE polled_ns <= ?4",
        WITH(int_value(id), int_value(poll->day), int_value(poll->element.area_id),
             u64_value(poll->polled_ns), int_value(interface->role), int_value(interface->up),
             optional_value(interface->high_speed_mbit_s)));
    uint64_t longest_ms = 2 * poll->element.step_s * 1000;
    if (longest_ms < 2 * REGISTRY_SLOT_NS / CLOCK_NS_PER_MS)
        longest_ms = 2 * REGISTRY_SLOT_NS / CLOCK_NS_PER_MS;
    bool counts = (interface->in_octets.known || interface->out_octets.known) &&
                  interface->duration_ms > 0 && interface->duration_ms <= longest_ms;
    if (status >= 0 && counts)
        status = take_octets(registry, id, poll->polled_ns, interface);
    return status < 0 ? status : 0;
}

/* The device's own time where the probe's clock is trusted and the poll is of this interval. */
static uint64_t polled_at(const struct intake_place *place, const struct report *report,
                          const struct report_inventory *inventory)
{
    uint64_t slack = place->end_ns - place->start_ns;
    bool sound = report->wall_trusted && inventory->polled_unix_ns + slack >= place->start_ns &&
                 inventory->polled_unix_ns <= place->end_ns + slack;
    return sound ? inventory->polled_unix_ns : place->end_ns - 1;
}

static int take_inventory(struct registry *registry, struct intake_place *place,
                          const struct report *report, const struct report_inventory *inventory)
{
    if (inventory->outcome == POLL_FAILED)
        return 0;
    struct poll poll = {.inventory = inventory, .element = {.step_s = schedule_step_s(place)}};
    poll.polled_ns = polled_at(place, report, inventory);
    poll.day = clock_city_day(poll.polled_ns);
    int status =
        open_element(registry, place, inventory->access_node, inventory->area, &poll.element);
    if (status == 0 && (!poll.element.node_id || !poll.element.area_id)) {
        place->over_cap++;
        return 0;
    }
    for (size_t i = 0; i < inventory->line_count && status == 0; i++)
        status = take_lines(registry, place, &poll, &inventory->lines[i]);
    if (status == 0 && is_controller(inventory))
        status = take_controller(registry, place, &poll);
    if (status == 0) {
        const struct element_poll listed = {poll.element.node_id, poll.day, poll.polled_ns};
        status = elements_take_inventory(registry, place, inventory, &listed);
    }
    for (size_t i = 0; i < inventory->interface_count && status == 0; i++)
        status = take_interface(registry, place, &poll, &inventory->interfaces[i]);
    return status;
}

int inventory_take_report(struct registry *registry, struct intake_place *place,
                          const struct report *report)
{
    int64_t id = 0;
    int status = series_open(registry, place, &(struct series_place){.kind = SERIES_PROBE},
                             schedule_step_s(place), &id);
    for (size_t i = 0; i < report->cell_count && status == 0; i++)
        status = take_cell(registry, place, &report->cells[i], schedule_step_s(place));
    for (size_t i = 0; i < report->inventory_count && status == 0; i++)
        status = take_inventory(registry, place, report, &report->inventories[i]);
    return status;
}
