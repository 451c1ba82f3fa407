/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Access nodes in the window of activity: what their devices said, and the exact count of lines
 * with traffic. A line that was seen at several places counts once, at that of its last day.
 */
#include "collector/registry/day_sets.h"
#include "collector/registry/evidence_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a branch of the database stands in the evidence. */
struct branch_slot {
    int64_t branch_id;
    size_t node, lines;
};

struct branch_map {
    struct branch_slot *slots; /* by branch id */
    size_t count;
};

static int compare_slots(const void *a, const void *b)
{
    const struct branch_slot *x = a;
    const struct branch_slot *y = b;
    return (x->branch_id > y->branch_id) - (x->branch_id < y->branch_id);
}

static const struct branch_slot *find_slot(const struct branch_map *map, int64_t branch_id)
{
    const struct branch_slot key = {.branch_id = branch_id};
    return map->count ? bsearch(&key, map->slots, map->count, sizeof *map->slots, compare_slots)
                      : NULL;
}

enum branch_column { BRANCH_ID, BRANCH_OPERATOR, BRANCH_NODE, BRANCH_RESIDENCE, BRANCH_TECHNOLOGY };

enum day_column {
    DAY_DAY,
    DAY_AREA,
    DAY_SETTLEMENT,
    DAY_PROVISIONED,
    DAY_ACTIVE_MAX,
    DAY_CAPABILITY,
    DAY_MEASURED,
    DAY_CONFIDENCE,
    DAY_NAMED,
};

static bool is_same_node(const struct node_evidence *node, const struct node_evidence *other)
{
    return strcmp(node->operator_name, other->operator_name) == 0 &&
           strcmp(node->access_node, other->access_node) == 0 &&
           node->residence == other->residence;
}

/* Branches come by operator, node, residence, technology: a new key is a new element. */
static struct node_evidence *node_of_branch(struct evidence *evidence, const struct rows *branch)
{
    struct node_evidence key = {.residence = (enum residence)rows_int(branch, BRANCH_RESIDENCE)};
    rows_text(branch, BRANCH_OPERATOR, key.operator_name, sizeof key.operator_name);
    rows_text(branch, BRANCH_NODE, key.access_node, sizeof key.access_node);
    struct node_evidence *last =
        evidence->node_count ? &evidence->nodes[evidence->node_count - 1] : NULL;
    if (last && is_same_node(last, &key))
        return last;
    struct node_evidence *node = evidence_add_node(evidence);
    if (!node)
        return NULL;
    *node = key;
    node->reported = true;
    node->last_day = INT64_MIN;
    node->confidence = CONFIDENCE_SEEN;
    return node;
}

static void unpack_capability(const struct rows *rows, struct node_lines *lines)
{
    size_t length = 0;
    const uint8_t *bytes = rows_blob(rows, DAY_CAPABILITY, &length);
    if (length != CAPABILITY_CLASSES * 8)
        return;
    for (size_t i = 0; i < CAPABILITY_CLASSES; i++) {
        lines->capability[i] = 0;
        for (size_t byte = 0; byte < 8; byte++)
            lines->capability[i] = lines->capability[i] << 8 | bytes[i * 8 + byte];
    }
    lines->capability_known = true;
    lines->capability_measured = rows_int(rows, DAY_MEASURED) != 0;
}

static void raise_to(struct optional_u64 *most, struct optional_u64 value)
{
    if (value.known && (!most->known || value.value > most->value))
        *most = value;
}

/* One day, the youngest first: what is known already stands. */
static void fold_day(struct node_lines *lines, const struct rows *rows, int64_t recent_after,
                     enum confidence *weakest)
{
    struct optional_u64 active = rows_optional(rows, DAY_ACTIVE_MAX);
    enum confidence confidence = (enum confidence)rows_int(rows, DAY_CONFIDENCE);
    if (!lines->provisioned.known) {
        lines->provisioned = rows_optional(rows, DAY_PROVISIONED);
        if (lines->provisioned.known)
            lines->named = rows_optional(rows, DAY_NAMED);
    }
    raise_to(&lines->active_max, active);
    if (rows_int(rows, DAY_DAY) > recent_after)
        raise_to(&lines->active_max_recent, active);
    if (!lines->capability_known && !rows_is_null(rows, DAY_CAPABILITY))
        unpack_capability(rows, lines);
    if (confidence < *weakest)
        *weakest = confidence;
}

/* Where the node lay on its last day; of branches of one day the last one says so. */
static int place_node(struct collecting *collecting, const struct rows *day,
                      struct node_evidence *node)
{
    if (rows_int(day, DAY_DAY) < node->last_day)
        return 0;
    node->last_day = rows_int(day, DAY_DAY);
    node->settlement = (enum settlement)rows_int(day, DAY_SETTLEMENT);
    struct rows *area = database_select(collecting->reports, "SELECT name FROM area WHERE id = ?1",
                                        WITH(int_value(rows_int(day, DAY_AREA))));
    int status = area ? rows_next(area) : -errno;
    if (status < 1)
        return status;
    rows_text(area, 0, node->area, sizeof node->area);
    rows_end(area);
    return 0;
}

/* A new row of the evidence for a branch that has a day in the window. */
static struct node_lines *open_branch(struct collecting *collecting, struct branch_map *map,
                                      const struct rows *branch)
{
    struct evidence *evidence = collecting->out;
    struct branch_slot *grown = array_grow(map->slots, map->count, sizeof *map->slots);
    if (grown)
        map->slots = grown;
    struct node_evidence *node = grown ? node_of_branch(evidence, branch) : NULL;
    struct node_lines *lines =
        node ? evidence_add_lines(node, (enum access_technology)rows_int(branch, BRANCH_TECHNOLOGY))
             : NULL;
    if (lines)
        map->slots[map->count++] = (struct branch_slot){.branch_id = rows_int(branch, BRANCH_ID),
                                                        .node = evidence->node_count - 1,
                                                        .lines = node->line_count - 1};
    return lines;
}

/* The days of one branch, one after the other as they lie in the table: nothing is sorted. */
static int take_branch(struct collecting *collecting, struct branch_map *map,
                       const struct rows *branch)
{
    struct rows *days = database_select(
        collecting->reports,
        "SELECT day, area_id, settlement, provisioned, active_max, capability, capability_measured,"
        " confidence, named FROM branch_day WHERE branch_id = ?1 AND day BETWEEN ?2 AND ?3"
        " ORDER BY day DESC",
        WITH(int_value(rows_int(branch, BRANCH_ID)), int_value(collecting->first_day),
             int_value(collecting->last_day)));
    struct node_lines *lines = NULL;
    int status = days ? 1 : -errno;
    while (status > 0 && (status = rows_next(days)) == 1) {
        int taken = 0;
        if (!lines) {
            lines = open_branch(collecting, map, branch);
            taken = lines ? place_node(collecting, days,
                                       &collecting->out->nodes[collecting->out->node_count - 1])
                          : -ENOMEM;
        }
        if (taken != 0) {
            rows_end(days);
            return taken;
        }
        fold_day(lines, days, collecting->recent_after,
                 &collecting->out->nodes[collecting->out->node_count - 1].confidence);
    }
    return status;
}

static int collect_branches(struct collecting *collecting, struct branch_map *map)
{
    struct rows *branches =
        database_select(collecting->reports,
                        "SELECT b.id, o.name, n.name, b.residence, b.technology"
                        " FROM operator o JOIN access_node n ON n.operator_id = o.id"
                        " JOIN branch b ON b.node_id = n.id"
                        " ORDER BY o.name, n.name, b.residence, b.technology",
                        WITHOUT);
    int status = branches ? 1 : -errno;
    while (status > 0 && (status = rows_next(branches)) == 1) {
        int taken = take_branch(collecting, map, branches);
        if (taken != 0) {
            rows_end(branches);
            status = taken;
        }
    }
    if (status == 0 && map->count)
        qsort(map->slots, map->count, sizeof *map->slots, compare_slots);
    return status;
}

/* Lines that were counted, by row id. */
struct line_set {
    uint8_t *bits;
    uint64_t size; /* ids are below */
};

static int line_set_init(struct line_set *set, struct database *database)
{
    int64_t highest = 0;
    int status = database_get(database, "SELECT MAX(id) FROM line", WITHOUT, &highest);
    if (status != 0 && status != -ENOENT)
        return status;
    set->size = (uint64_t)highest + 1;
    set->bits = calloc((size_t)(set->size / 8 + 1), 1);
    return set->bits ? 0 : -ENOMEM;
}

static bool line_set_add(struct line_set *set, int64_t id)
{
    uint64_t at = (uint64_t)id;
    if (at >= set->size || (set->bits[at / 8] >> (at % 8) & 1) != 0)
        return false;
    set->bits[at / 8] = (uint8_t)(set->bits[at / 8] | 1u << (at % 8));
    return true;
}

/* LINE_KEY_NONE says nothing, so it is the weakest. */
static int weakness(enum line_key_kind kind)
{
    return kind == LINE_KEY_NONE ? LINE_KEY_COUNT : (int)kind;
}

/* The best place of a line in a month. */
struct candidate {
    bool met;
    uint32_t last_bit; /* highest day of the month */
    const struct branch_slot *slot;
};

/* One sweep over a month: the rows of a block pass by together. */
struct sweep {
    struct collecting *collecting;
    const struct branch_map *map;
    struct line_set *set; /* counted in a younger month */
    const uint8_t *kinds; /* by line id */
    int64_t kind_count;
    uint32_t mask;   /* days of the month in the window */
    uint32_t recent; /* and in the shorter one */
    int64_t block;
    struct candidate best[BLOCK_IDS];
};

static void credit(struct sweep *sweep, int64_t id, const struct candidate *line)
{
    if (!line->met || !line->slot || !line_set_add(sweep->set, id))
        return;
    struct node_lines *lines =
        &sweep->collecting->out->nodes[line->slot->node].lines[line->slot->lines];
    enum line_key_kind kind =
        id < sweep->kind_count ? (enum line_key_kind)sweep->kinds[id] : LINE_KEY_NONE;
    if (lines->seen == 0 || weakness(kind) > weakness(lines->seen_key_kind))
        lines->seen_key_kind = kind;
    lines->seen++;
    lines->seen_recent += (line->last_bit & sweep->recent) != 0;
}

static void credit_block(struct sweep *sweep)
{
    for (int64_t i = 0; i < BLOCK_IDS; i++)
        credit(sweep, sweep->block * BLOCK_IDS + i, &sweep->best[i]);
    memset(sweep->best, 0, sizeof sweep->best);
}

/* Later in the month goes before; on one day the first in the order of the evidence. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
    if (!b->met || a->last_bit != b->last_bit)
        return !b->met || a->last_bit > b->last_bit;
    if (!a->slot || !b->slot)
        return a->slot != NULL;
    return a->slot->node != b->slot->node ? a->slot->node < b->slot->node
                                          : a->slot->lines < b->slot->lines;
}

static uint32_t highest_bit(uint32_t days)
{
    while (days & (days - 1))
        days &= days - 1;
    return days;
}

static void take_marks(void *ctx, int64_t branch_id, const struct day_mark *marks, size_t count)
{
    struct sweep *sweep = ctx;
    const struct branch_slot *slot = find_slot(sweep->map, branch_id);
    if (count && marks[0].id / BLOCK_IDS != sweep->block) {
        credit_block(sweep);
        sweep->block = marks[0].id / BLOCK_IDS;
    }
    for (size_t i = 0; i < count; i++) {
        const struct candidate next = {
            .met = true, .last_bit = highest_bit(marks[i].days & sweep->mask), .slot = slot};
        struct candidate *best = &sweep->best[marks[i].id % BLOCK_IDS];
        if (next.last_bit && is_better(&next, best))
            *best = next;
    }
}

static int count_month(struct sweep *sweep, int64_t month)
{
    struct collecting *collecting = sweep->collecting;
    sweep->mask = month_mask(month, collecting->first_day, collecting->last_day);
    sweep->recent = month_mask(month, collecting->recent_after + 1, collecting->last_day);
    int status = day_sets_visit(collecting->reports, DAYS_OF_LINES, month, take_marks, sweep);
    credit_block(sweep);
    return status;
}

/* Youngest month first: the place of a line's last day is met first, and the set keeps it. */
static int count_lines(struct collecting *collecting, const struct branch_map *map)
{
    uint32_t bit = 0;
    int64_t first = month_of_day(collecting->first_day, &bit);
    uint8_t *kinds = NULL;
    struct line_set set = {.size = 0};
    struct sweep sweep = {.collecting = collecting, .map = map, .set = &set};
    int status = line_facts_read(collecting->reports, &kinds, &sweep.kind_count);
    sweep.kinds = kinds;
    if (status == 0)
        status = line_set_init(&set, collecting->reports);
    for (int64_t month = month_of_day(collecting->last_day, &bit); month >= first && status == 0;
         month--)
        status = count_month(&sweep, month);
    free(kinds);
    free(set.bits);
    return status;
}

int collect_nodes(struct collecting *collecting)
{
    struct branch_map map = {.count = 0};
    int status = collect_branches(collecting, &map);
    if (status == 0)
        status = count_lines(collecting, &map);
    free(map.slots);
    return status;
}
