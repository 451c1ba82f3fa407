/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Venues of the register, and on which days of the instant's month what serves them was known of
 * and ran. A day is a bit of the month; the month is read in one sweep.
 */
#include "collector/registry/day_sets.h"
#include "collector/registry/evidence_private.h"
#include "collector/registry/registers.h"

#include "common/array.h"
#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What serves a venue: all of a controller's access points by its node, one by its element; and of
 * that one the controller, which knows of it on each day that it reports. */
enum link_kind { LINK_CONTROLLER, LINK_KNOWN_BY, LINK_POINT };
struct venue_link {
    enum link_kind kind;
    int64_t id;
    size_t venue;
};

struct venue_days {
    uint32_t known, run;
};

struct venue_sweep {
    struct collecting *collecting;
    struct venue_link *links; /* sorted */
    size_t link_count;
    struct venue_days *days; /* by venue of the evidence */
    uint32_t mask;           /* days of the month in the window */
};

static int compare_links(const void *a, const void *b)
{
    const struct venue_link *x = a;
    const struct venue_link *y = b;
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->venue > y->venue) - (x->venue < y->venue);
}

static uint64_t count_days(uint32_t days)
{
    uint64_t count = 0;
    for (; days; days &= days - 1)
        count++;
    return count;
}

static bool is_open(const struct collecting *collecting, const struct venue *venue)
{
    bool opened =
        !venue->opened_day.known || (int64_t)venue->opened_day.value <= collecting->last_day;
    bool closed =
        venue->closed_day.known && (int64_t)venue->closed_day.value <= collecting->last_day;
    return opened && !closed;
}

/* --- the register --- */

/* A link to what is known by then; a name that no report has told yet is none. */
static int add_link(struct venue_sweep *sweep, const struct venue *row, enum link_kind kind)
{
    struct database *reports = sweep->collecting->reports;
    struct venue_link link = {.kind = kind, .venue = sweep->collecting->out->venue_count - 1};
    int status =
        kind == LINK_POINT
            ? database_get(reports,
                           "SELECT e.id FROM operator o JOIN element e ON e.operator_id = o.id"
                           " AND e.kind = ?2 AND e.pseudonym = ?3 WHERE o.name = ?1",
                           WITH(text_value(row->operator_name), int_value(ELEMENT_WTP),
                                u64_value(strtoull(row->access_point, NULL, 16))),
                           &link.id)
            : database_get(reports,
                           "SELECT n.id FROM operator o JOIN access_node n ON n.operator_id = o.id"
                           " AND n.name = ?2 WHERE o.name = ?1",
                           WITH(text_value(row->operator_name), text_value(row->access_node)),
                           &link.id);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    struct venue_link *grown = array_grow(sweep->links, sweep->link_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    sweep->links = grown;
    grown[sweep->link_count++] = link;
    return 0;
}

/* Rows come by venue. */
static int take_row(struct venue_sweep *sweep, const struct venue *row)
{
    struct evidence *evidence = sweep->collecting->out;
    struct venue_evidence *last =
        evidence->venue_count ? &evidence->venues[evidence->venue_count - 1] : NULL;
    if (!last || strcmp(last->venue, row->venue) != 0) {
        last = evidence_add_venue(evidence);
        if (!last)
            return -ENOMEM;
        memcpy(last->venue, row->venue, sizeof last->venue);
        memcpy(last->area, row->area, sizeof last->area);
    }
    if (row->operator_name[0] == '\0')
        return 0;
    if (last->operator_name[0] == '\0')
        memcpy(last->operator_name, row->operator_name, sizeof last->operator_name);
    if (row->access_point[0] == '\0')
        return add_link(sweep, row, LINK_CONTROLLER);
    int status = row->access_node[0] ? add_link(sweep, row, LINK_KNOWN_BY) : 0;
    return status == 0 ? add_link(sweep, row, LINK_POINT) : status;
}

static int read_register(struct venue_sweep *sweep)
{
    struct collecting *collecting = sweep->collecting;
    struct registry imports = {.database = collecting->imports};
    void *rows = NULL;
    size_t count = 0;
    int year = 0;
    int month = 0;
    int day = 0;
    clock_civil_from_days(collecting->last_day, &year, &month, &day);
    int status =
        registry_list_register(&imports, REGISTER_VENUES, clock_days_from_civil(year, 12, 31),
                               collecting->query->as_known_ns, &rows, &count);
    const struct venue *venues = rows;
    for (size_t i = 0; i < count && status == 0; i++)
        if (is_open(collecting, &venues[i]))
            status = take_row(sweep, &venues[i]);
    free(rows);
    if (sweep->link_count)
        qsort(sweep->links, sweep->link_count, sizeof *sweep->links, compare_links);
    return status;
}

/* --- the month --- */

/* Unites days with those of every venue that a point or a controller serves. */
static void unite(const struct venue_sweep *sweep, enum link_kind kind, int64_t id,
                  struct venue_days days)
{
    const struct venue_link key = {.kind = kind, .id = id};
    size_t low = 0;
    size_t high = sweep->link_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_links(&sweep->links[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < sweep->link_count && sweep->links[low].kind == kind && sweep->links[low].id == id;
         low++) {
        struct venue_days *of = &sweep->days[sweep->links[low].venue];
        of->known |= days.known & sweep->mask;
        of->run |= days.run & sweep->mask;
    }
}

static void take_marks(void *ctx, int64_t node_id, const struct day_mark *marks, size_t count)
{
    const struct venue_sweep *sweep = ctx;
    struct venue_days all = {.known = 0};
    for (size_t i = 0; i < count; i++) {
        const struct venue_days days = {marks[i].days | marks[i].run, marks[i].run};
        unite(sweep, LINK_POINT, marks[i].id, days);
        all.known |= days.known;
        all.run |= days.run;
    }
    unite(sweep, LINK_CONTROLLER, node_id, all);
}

/* A controller that reported without listing a point is known, too. */
static int take_controllers(const struct venue_sweep *sweep)
{
    const struct collecting *collecting = sweep->collecting;
    struct rows *rows = database_select(
        collecting->reports,
        "SELECT node_id, day - ?1 FROM controller_day WHERE day BETWEEN ?1 AND ?2",
        WITH(int_value(collecting->month_first_day), int_value(collecting->last_day)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        const struct venue_days day = {.known = UINT32_C(1) << (rows_u64(rows, 1) & 31)};
        unite(sweep, LINK_CONTROLLER, rows_int(rows, 0), day);
        unite(sweep, LINK_KNOWN_BY, rows_int(rows, 0), day);
    }
    return status;
}

static int read_month(struct venue_sweep *sweep)
{
    struct collecting *collecting = sweep->collecting;
    struct evidence *evidence = collecting->out;
    uint32_t bit = 0;
    int64_t month = month_of_day(collecting->last_day, &bit);
    sweep->mask = month_mask(month, collecting->month_first_day, collecting->last_day);
    sweep->days = calloc(evidence->venue_count, sizeof *sweep->days);
    if (!sweep->days)
        return -ENOMEM;
    int status = take_controllers(sweep);
    if (status == 0)
        status = day_sets_visit(collecting->reports, DAYS_OF_WTPS, month, take_marks, sweep);
    for (size_t i = 0; i < evidence->venue_count; i++) {
        evidence->venues[i].known_days = count_days(sweep->days[i].known);
        evidence->venues[i].run_days = count_days(sweep->days[i].run);
    }
    return status;
}

int collect_venues(struct collecting *collecting)
{
    struct venue_sweep sweep = {.collecting = collecting};
    int status = read_register(&sweep);
    if (status == 0 && collecting->out->venue_count > 0)
        status = read_month(&sweep);
    free(sweep.links);
    free(sweep.days);
    return status;
}
