/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Terminals in the window of activity. A terminal that several nodes list (it moved, an old entry
 * stayed behind) is one, at the node that listed it last. A node tells all that it lists once a
 * day, so what it has not listed for some days is gone; how many days is slack for lost reports.
 */
#include "collector/registry/day_sets.h"
#include "collector/registry/evidence_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_DAYS 3

/* Where terminals of a node and technology are counted. */
struct place {
    int64_t node_id;
    enum access_technology technology;
    size_t node, lines; /* in the evidence */
    int64_t last_day;   /* of its polls in the window */
};

/* A terminal, by the row id of its element: where it was listed last. */
struct terminal {
    int64_t day;  /* 0: not met */
    size_t place; /* 0: none; else one more than its number */
    bool ran;     /* at any node, in the window */
    bool ran_recently;
    bool is_mdu;
};

struct census {
    struct collecting *collecting;
    struct place *places;
    size_t place_count;
    struct terminal *terminals;
    struct element_facts *facts;
    int64_t terminal_count; /* ids are below, in both */
    int64_t month;          /* that passes by */
    uint32_t mask, recent;  /* its days in the window, and in the shorter one */
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    if (x->node_id != y->node_id)
        return x->node_id < y->node_id ? -1 : 1;
    return (int)x->technology - (int)y->technology;
}

static int compare_names(const void *key, const void *element)
{
    const struct node_evidence *x = key;
    const struct node_evidence *y = element;
    int order = strcmp(x->operator_name, y->operator_name);
    if (order == 0)
        order = strcmp(x->access_node, y->access_node);
    return order != 0 ? order : (int)x->residence - (int)y->residence;
}

/* The lines of the evidence that a branch of the database became; false where it became none. */
static bool find_lines(const struct evidence *evidence, const struct rows *rows,
                       struct place *place)
{
    struct node_evidence key = {.residence = (enum residence)rows_int(rows, 4)};
    rows_text(rows, 2, key.operator_name, sizeof key.operator_name);
    rows_text(rows, 3, key.access_node, sizeof key.access_node);
    const struct node_evidence *node = evidence->node_count
                                           ? bsearch(&key, evidence->nodes, evidence->node_count,
                                                     sizeof *evidence->nodes, compare_names)
                                           : NULL;
    for (size_t i = 0; node && i < node->line_count; i++) {
        if (node->lines[i].technology != place->technology)
            continue;
        place->node = (size_t)(node - evidence->nodes);
        place->lines = i;
        return true;
    }
    return false;
}

/* A node that was polled under two classes of residence counts under the later one. */
static int add_place(struct census *census, const struct rows *rows)
{
    struct place place = {.node_id = rows_int(rows, 0),
                          .technology = (enum access_technology)rows_int(rows, 1),
                          .last_day = rows_int(rows, 5)};
    if (!find_lines(census->collecting->out, rows, &place))
        return 0;
    if (census->place_count > 0 &&
        compare_places(&census->places[census->place_count - 1], &place) == 0) {
        census->places[census->place_count - 1] = place;
        return 0;
    }
    struct place *grown = array_grow(census->places, census->place_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    census->places = grown;
    grown[census->place_count++] = place;
    return 0;
}

static int collect_places(struct census *census)
{
    struct rows *rows = database_select(
        census->collecting->reports,
        "SELECT n.id, b.technology, o.name, n.name, b.residence, MAX(d.day) AS last"
        " FROM operator o JOIN access_node n ON n.operator_id = o.id"
        " JOIN branch b ON b.node_id = n.id"
        " JOIN branch_day d ON d.branch_id = b.id AND d.day BETWEEN ?1 AND ?2"
        " AND d.polled_ns IS NOT NULL GROUP BY b.id ORDER BY n.id, b.technology, last",
        WITH(int_value(census->collecting->first_day), int_value(census->collecting->last_day)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int added = add_place(census, rows);
        if (added != 0) {
            rows_end(rows);
            status = added;
        }
    }
    return status;
}

static int64_t last_listed(int64_t month, uint32_t days)
{
    int64_t day = month_first_day(month) - 1;
    for (; days; days >>= 1)
        day++;
    return day;
}

static const struct place *find_place(const struct census *census, int64_t node_id,
                                      enum access_technology technology)
{
    const struct place key = {.node_id = node_id, .technology = technology};
    return census->place_count
               ? bsearch(&key, census->places, census->place_count, sizeof key, compare_places)
               : NULL;
}

/* A terminal at a node in a month, youngest month first. */
static void take_mark(struct census *census, const struct place *place, const struct day_mark *mark)
{
    struct terminal *terminal = &census->terminals[mark->id];
    uint32_t listed = mark->days & census->mask;
    terminal->ran = terminal->ran || (mark->run & census->mask) != 0;
    terminal->ran_recently = terminal->ran_recently || (mark->run & census->recent) != 0;
    terminal->is_mdu = census->facts[mark->id].model_class == MODEL_MULTIPLE;
    if (!place || !listed)
        return;
    int64_t day = last_listed(census->month, listed);
    size_t number = (size_t)(place - census->places) + 1;
    bool lists_it = day > place->last_day - LISTED_DAYS;
    if (lists_it && terminal->place != number) /* else counted in the month after */
        census->collecting->out->nodes[place->node].lines[place->lines].listed++;
    /* On one day: the first in the order of the evidence, which no order of arrival changes. */
    bool first = day == terminal->day && place->node < census->places[terminal->place - 1].node;
    if (lists_it && (day > terminal->day || first)) {
        terminal->day = day;
        terminal->place = number;
    }
}

/* Neighbours at a node are of one technology, as a rule. */
static void take_marks(void *ctx, int64_t node_id, const struct day_mark *marks, size_t count)
{
    struct census *census = ctx;
    enum access_technology technology = TECHNOLOGY_COUNT;
    const struct place *place = NULL;
    for (size_t i = 0; i < count; i++) {
        if (marks[i].id >= census->terminal_count || !(marks[i].days & census->mask))
            continue;
        enum access_technology own = (enum access_technology)census->facts[marks[i].id].technology;
        if (own != technology)
            place = find_place(census, node_id, own);
        technology = own;
        take_mark(census, place, &marks[i]);
    }
}

static int take_month(struct census *census, int64_t month)
{
    census->month = month;
    census->mask = month_mask(month, census->collecting->first_day, census->collecting->last_day);
    census->recent =
        month_mask(month, census->collecting->recent_after + 1, census->collecting->last_day);
    return day_sets_visit(census->collecting->reports, DAYS_OF_TERMINALS, month, take_marks,
                          census);
}

static void credit(struct census *census)
{
    for (int64_t i = 0; i < census->terminal_count; i++) {
        const struct terminal *terminal = &census->terminals[i];
        if (terminal->place == 0)
            continue;
        const struct place *place = &census->places[terminal->place - 1];
        struct node_lines *lines = &census->collecting->out->nodes[place->node].lines[place->lines];
        lines->terminals++;
        lines->terminals_run += terminal->ran;
        lines->mdus += terminal->is_mdu;
        lines->mdus_run += terminal->is_mdu && terminal->ran;
        lines->terminals_run_recent += terminal->ran_recently;
        lines->mdus_run_recent += terminal->is_mdu && terminal->ran_recently;
    }
}

static int make_room(struct census *census)
{
    int status =
        element_facts_read(census->collecting->reports, &census->facts, &census->terminal_count);
    if (status != 0)
        return status;
    census->terminals = calloc((size_t)census->terminal_count + 1, sizeof *census->terminals);
    return census->terminals ? 0 : -ENOMEM;
}

int collect_terminals(struct collecting *collecting)
{
    struct census census = {.collecting = collecting};
    uint32_t bit = 0;
    int64_t first = month_of_day(collecting->first_day, &bit);
    int status = collect_places(&census);
    if (status == 0)
        status = make_room(&census);
    for (int64_t month = month_of_day(collecting->last_day, &bit); month >= first && status == 0;
         month--)
        status = take_month(&census, month);
    if (status == 0)
        credit(&census);
    free(census.places);
    free(census.terminals);
    free(census.facts);
    return status;
}
