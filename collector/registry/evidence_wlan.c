/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * WLAN controllers in the month that holds the instant. A WTP that several controllers of an
 * operator show (a standby, a move) is one WTP: its days are united, and it counts at the
 * controller where it ran on the most.
 */
#include "collector/registry/day_sets.h"
#include "collector/registry/evidence_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct controller_slot {
    int64_t node_id;
    size_t controller;
};

struct controller_map {
    struct controller_slot *slots;
    size_t count;
};

static int compare_slots(const void *a, const void *b)
{
    const struct controller_slot *x = a;
    const struct controller_slot *y = b;
    return (x->node_id > y->node_id) - (x->node_id < y->node_id);
}

static const struct controller_slot *find_slot(const struct controller_map *map, int64_t node_id)
{
    const struct controller_slot key = {.node_id = node_id};
    return map->count ? bsearch(&key, map->slots, map->count, sizeof *map->slots, compare_slots)
                      : NULL;
}

/* Rows come by operator, node, day: a new node id is a new controller. */
static int take_day(struct evidence *evidence, struct controller_map *map, const struct rows *rows)
{
    int64_t node_id = rows_int(rows, 2);
    if (map->count == 0 || map->slots[map->count - 1].node_id != node_id) {
        struct controller_slot *grown = array_grow(map->slots, map->count, sizeof *map->slots);
        if (grown)
            map->slots = grown;
        struct controller_evidence *added = grown ? evidence_add_controller(evidence) : NULL;
        if (!added)
            return -ENOMEM;
        rows_text(rows, 0, added->operator_name, sizeof added->operator_name);
        rows_text(rows, 1, added->access_node, sizeof added->access_node);
        added->reported = true;
        map->slots[map->count++] =
            (struct controller_slot){node_id, evidence->controller_count - 1};
    }
    struct controller_evidence *controller = &evidence->controllers[evidence->controller_count - 1];
    struct optional_u64 configured = rows_optional(rows, 4);
    struct optional_u64 run = rows_optional(rows, 5);
    rows_text(rows, 3, controller->area, sizeof controller->area);
    if (configured.known)
        controller->configured = configured;
    if (run.known && (!controller->run_max.known || run.value > controller->run_max.value))
        controller->run_max = run;
    return 0;
}

static int collect_days(struct collecting *collecting, struct controller_map *map)
{
    struct rows *rows = database_select(
        collecting->reports,
        "SELECT o.name, n.name, n.id, a.name, c.wtp_configured, c.wtp_run_max FROM operator o"
        " JOIN access_node n ON n.operator_id = o.id"
        " JOIN controller_day c ON c.node_id = n.id AND c.day BETWEEN ?1 AND ?2"
        " JOIN area a ON a.id = c.area_id ORDER BY o.name, n.name, c.day",
        WITH(int_value(collecting->month_first_day), int_value(collecting->last_day)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int taken = take_day(collecting->out, map, rows);
        if (taken != 0) {
            rows_end(rows);
            status = taken;
        }
    }
    if (status == 0 && map->count)
        qsort(map->slots, map->count, sizeof *map->slots, compare_slots);
    return status;
}

static unsigned count_days(uint32_t days)
{
    unsigned count = 0;
    for (; days; days &= days - 1)
        count++;
    return count;
}

/* One WTP in the month. */
struct wtp_days {
    uint32_t days; /* at any controller */
    unsigned best_days;
    size_t controller; /* where it ran on the most days; the first by name on a tie */
    bool placed;
};

/* One sweep over the month: the rows of a block pass by together. */
struct sweep {
    struct collecting *collecting;
    const struct controller_map *map;
    struct element_facts *facts; /* by element id */
    int64_t fact_count;
    uint32_t mask; /* days of the month in the window */
    int64_t block;
    struct wtp_days wtps[BLOCK_IDS];
};

static void credit(const struct sweep *sweep, int64_t id, const struct wtp_days *wtp)
{
    if (!wtp->placed)
        return;
    bool is_private = id < sweep->fact_count && sweep->facts[id].service == WLAN_PRIVATE;
    struct controller_evidence *controller = &sweep->collecting->out->controllers[wtp->controller];
    controller->named_seen++;
    if (count_days(wtp->days) < sweep->collecting->query->presence_days)
        return;
    controller->named_present++;
    controller->private_present += is_private;
}

static void credit_block(struct sweep *sweep)
{
    for (int64_t i = 0; i < BLOCK_IDS; i++)
        credit(sweep, sweep->block * BLOCK_IDS + i, &sweep->wtps[i]);
    memset(sweep->wtps, 0, sizeof sweep->wtps);
}

static void add_days(struct wtp_days *wtp, const struct controller_slot *slot, uint32_t days)
{
    unsigned count = count_days(days);
    wtp->days |= days;
    if (!slot || (wtp->placed && (count < wtp->best_days ||
                                  (count == wtp->best_days && slot->controller > wtp->controller))))
        return;
    wtp->placed = true;
    wtp->best_days = count;
    wtp->controller = slot->controller;
}

static void take_marks(void *ctx, int64_t node_id, const struct day_mark *marks, size_t count)
{
    struct sweep *sweep = ctx;
    const struct controller_slot *slot = find_slot(sweep->map, node_id);
    if (count && marks[0].id / BLOCK_IDS != sweep->block) {
        credit_block(sweep);
        sweep->block = marks[0].id / BLOCK_IDS;
    }
    for (size_t i = 0; i < count; i++)
        if (marks[i].run & sweep->mask)
            add_days(&sweep->wtps[marks[i].id % BLOCK_IDS], slot, marks[i].run & sweep->mask);
}

static int count_wtps(struct collecting *collecting, const struct controller_map *map)
{
    uint32_t bit = 0;
    int64_t month = month_of_day(collecting->last_day, &bit);
    struct sweep sweep = {.collecting = collecting,
                          .map = map,
                          .mask =
                              month_mask(month, collecting->month_first_day, collecting->last_day)};
    int status = element_facts_read(collecting->reports, &sweep.facts, &sweep.fact_count);
    if (status == 0)
        status = day_sets_visit(collecting->reports, DAYS_OF_WTPS, month, take_marks, &sweep);
    credit_block(&sweep);
    free(sweep.facts);
    return status;
}

int collect_controllers(struct collecting *collecting)
{
    struct controller_map map = {.count = 0};
    int status = collect_days(collecting, &map);
    if (status == 0)
        status = count_wtps(collecting, &map);
    free(map.slots);
    return status;
}
