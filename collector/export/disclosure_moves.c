/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/disclosure_moves.h"

#include <stdlib.h>
#include <string.h>

#define CORNERS_MAX (1 << DISCLOSURE_AXES)
/* Boxes that are weighed for one cell, before the best so far is taken: it bounds the time where
 * there are thousands of kinds, and there the first few thousand boxes hold a good one. */
#define BOXES_MAX 20000

/* All units of one kind. */
struct atom {
    struct disclosure_place place;
    uint64_t count;
    size_t first, cells; /* the cells it belongs to: moves->members[first...] */
};

struct moves {
    const struct disclosure_rules *rules;
    struct disclosure_cell *cells;
    size_t cell_count;
    size_t *by_place; /* cells in the order of their places */
    struct atom *atoms;
    size_t atom_count;
    size_t *members;
    size_t member_count;
    int8_t *change;  /* of each cell by the box in hand; 0 between boxes */
    bool *listed;    /* cells in touched */
    size_t *touched; /* the cells of its corners */
    bool *taken;     /* atoms from which moves for the cell in hand take units already */
};

/* Corners by the axis sets in which they are like the second atom: a bit a set. */
struct box {
    size_t corners[CORNERS_MAX];
    size_t count;
    uint64_t up, down; /* how often the move can be made, and its reverse */
    double cost;
};

static int compare_places(const struct disclosure_place *a, const struct disclosure_place *b)
{
    return memcmp(a, b, sizeof *a);
}

static int compare_atoms(const void *a, const void *b)
{
    return compare_places(&((const struct atom *)a)->place, &((const struct atom *)b)->place);
}

/* A cell's index with its place, to sort by. */
struct placed {
    struct disclosure_place place;
    size_t cell;
};

static int compare_placed(const void *a, const void *b)
{
    return compare_places(&((const struct placed *)a)->place, &((const struct placed *)b)->place);
}

static bool sort_cells(struct moves *moves)
{
    size_t count = moves->cell_count;
    struct placed *placed = calloc(count ? count : 1, sizeof *placed);
    moves->by_place = calloc(count ? count : 1, sizeof *moves->by_place);
    if (placed && moves->by_place) {
        for (size_t i = 0; i < count; i++)
            placed[i] = (struct placed){moves->cells[i].place, i};
        qsort(placed, count, sizeof *placed, compare_placed);
        for (size_t i = 0; i < count; i++)
            moves->by_place[i] = placed[i].cell;
    }
    free(placed);
    return placed && moves->by_place;
}

static size_t find_cell(const struct moves *moves, const struct disclosure_place *place)
{
    size_t low = 0;
    size_t high = moves->cell_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t cell = moves->by_place[middle];
        int order = compare_places(&moves->cells[cell].place, place);
        if (order == 0)
            return cell;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

size_t moves_cells_of(const struct moves *moves, const struct disclosure_place *place,
                      size_t out_cells[static 1 << DISCLOSURE_AXES])
{
    size_t count = 0;
    for (unsigned any = 0; any < 1U << DISCLOSURE_AXES; any++) {
        struct disclosure_place margin = *place;
        for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
            if (any & 1U << axis)
                margin.at[axis] = DISCLOSURE_ANY;
        size_t cell = find_cell(moves, &margin);
        if (cell != SIZE_MAX)
            out_cells[count++] = cell;
    }
    return count;
}

static bool gather_atoms(struct moves *moves, const struct disclosure_part *parts, size_t count)
{
    moves->atoms = calloc(count ? count : 1, sizeof *moves->atoms);
    if (!moves->atoms)
        return false;
    size_t filled = 0;
    for (size_t i = 0; i < count; i++)
        if (parts[i].count > 0)
            moves->atoms[filled++] =
                (struct atom){.place = parts[i].place, .count = parts[i].count};
    if (filled > 0)
        qsort(moves->atoms, filled, sizeof *moves->atoms, compare_atoms);
    for (size_t i = 0; i < filled; i++) {
        struct atom *last = moves->atom_count ? &moves->atoms[moves->atom_count - 1] : NULL;
        if (last && compare_places(&last->place, &moves->atoms[i].place) == 0)
            last->count += moves->atoms[i].count;
        else
            moves->atoms[moves->atom_count++] = moves->atoms[i];
    }
    return true;
}

static bool gather_members(struct moves *moves)
{
    size_t capacity = (moves->atom_count + 1) << DISCLOSURE_AXES;
    moves->members = calloc(capacity, sizeof *moves->members);
    if (!moves->members)
        return false;
    for (size_t i = 0; i < moves->atom_count; i++) {
        struct atom *atom = &moves->atoms[i];
        atom->first = moves->member_count;
        atom->cells = moves_cells_of(moves, &atom->place, moves->members + atom->first);
        moves->member_count += atom->cells;
    }
    return true;
}

struct moves *moves_new(const struct disclosure_rules *rules, const struct disclosure_part *parts,
                        size_t part_count, struct disclosure_cell *cells, size_t cell_count)
{
    struct moves *moves = calloc(1, sizeof *moves);
    if (!moves)
        return NULL;
    *moves = (struct moves){.rules = rules, .cells = cells, .cell_count = cell_count};
    moves->change = calloc(cell_count ? cell_count : 1, sizeof *moves->change);
    moves->touched = calloc(cell_count ? cell_count : 1, sizeof *moves->touched);
    moves->listed = calloc(cell_count ? cell_count : 1, sizeof *moves->listed);
    bool whole = moves->change && moves->touched && moves->listed && sort_cells(moves) &&
                 gather_atoms(moves, parts, part_count) && gather_members(moves);
    if (whole)
        moves->taken = calloc(moves->atom_count ? moves->atom_count : 1, sizeof *moves->taken);
    if (whole && moves->taken)
        return moves;
    moves_free(moves);
    return NULL;
}

void moves_free(struct moves *moves)
{
    if (!moves)
        return;
    free(moves->by_place);
    free(moves->atoms);
    free(moves->members);
    free(moves->change);
    free(moves->listed);
    free(moves->touched);
    free(moves->taken);
    free(moves);
}

static bool is_in(const struct disclosure_place *place, const struct disclosure_cell *cell)
{
    for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
        if (cell->place.at[axis] != DISCLOSURE_ANY && cell->place.at[axis] != place->at[axis])
            return false;
    return true;
}

static const struct atom *find_atom(const struct moves *moves, const struct disclosure_place *place)
{
    const struct atom wanted = {.place = *place};
    return bsearch(&wanted, moves->atoms, moves->atom_count, sizeof wanted, compare_atoms);
}

/* Copies the axes of a set. */
static void take_axes(uint8_t axis_set, const struct disclosure_place *from,
                      struct disclosure_place *to)
{
    for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
        if (axis_set & 1U << axis)
            to->at[axis] = from->at[axis];
}

static bool is_odd(size_t corner)
{
    bool odd = false;
    for (; corner; corner >>= 1)
        odd ^= corner & 1;
    return odd;
}

/* The axis sets in which two atoms differ; returns how many. */
static size_t differing_sets(const struct disclosure_rules *rules, const struct atom *a,
                             const struct atom *b, uint8_t out_sets[static DISCLOSURE_AXES])
{
    size_t count = 0;
    for (size_t s = 0; s < rules->axis_set_count; s++) {
        struct disclosure_place changed = a->place;
        take_axes(rules->axis_sets[s], &b->place, &changed);
        if (compare_places(&changed, &a->place) != 0)
            out_sets[count++] = rules->axis_sets[s];
    }
    return count;
}

/* The box that two atoms span along the axis sets, where all its corners occur and it can be moved.
 */
static bool span(const struct moves *moves, const struct atom *a, const struct atom *b,
                 const uint8_t *sets, size_t dimension, bool only_up, struct box *box)
{
    box->count = (size_t)1 << dimension;
    box->up = box->down = UINT64_MAX;
    for (size_t corner = 0; corner < box->count; corner++) {
        struct disclosure_place place = a->place;
        for (size_t s = 0; s < dimension; s++)
            if (corner & (size_t)1 << s)
                take_axes(sets[s], &b->place, &place);
        const struct atom *atom = find_atom(moves, &place);
        if (!atom)
            return false;
        box->corners[corner] = (size_t)(atom - moves->atoms);
        bool odd = is_odd(corner);
        uint64_t *room = odd ? &box->up : &box->down;
        if (odd && moves->taken[box->corners[corner]])
            return false;
        if (atom->count - 1 < *room)
            *room = atom->count - 1;
    }
    if (only_up)
        box->down = 0;
    return box->up + box->down > 0;
}

/* What every cell gains by one move of the box, in moves->change; returns how many are touched. */
static size_t apply(struct moves *moves, const struct box *box)
{
    size_t touched = 0;
    for (size_t corner = 0; corner < box->count; corner++) {
        const struct atom *atom = &moves->atoms[box->corners[corner]];
        for (size_t i = 0; i < atom->cells; i++) {
            size_t cell = moves->members[atom->first + i];
            if (!moves->listed[cell])
                moves->touched[touched++] = cell;
            moves->listed[cell] = true;
            moves->change[cell] = (int8_t)(moves->change[cell] + (is_odd(corner) ? -1 : 1));
        }
    }
    return touched;
}

static void unapply(struct moves *moves, size_t touched)
{
    for (size_t i = 0; i < touched; i++) {
        moves->change[moves->touched[i]] = 0;
        moves->listed[moves->touched[i]] = false;
    }
}

/* Whether the box may be moved for a cell: it changes that cell, and none that is kept. Sets what
 * it costs: the cells that it makes one hide. */
static bool weigh(struct moves *moves, size_t cell, struct box *box)
{
    size_t touched = apply(moves, box);
    bool fit = moves->change[cell] != 0;
    box->cost = 0;
    for (size_t i = 0; i < touched && fit; i++) {
        const struct disclosure_cell *other = &moves->cells[moves->touched[i]];
        if (moves->change[moves->touched[i]] == 0 || !other->shown)
            continue;
        fit = !other->kept;
        box->cost += other->cost;
    }
    unapply(moves, touched);
    return fit;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

/* What is paid for a unit of the width that is wanted; a small extra prefers the smaller box. */
static double price(const struct box *box, uint64_t wanted)
{
    uint64_t gain = at_most(box->up + box->down, wanted);
    return (box->cost + 0.001 * (double)box->count) / (double)gain;
}

/* The search for one cell. */
struct search {
    size_t cell, weighed;
    uint64_t wanted;
    bool only_up, found;
    struct box best;
};

static void try_box(struct moves *moves, struct search *search, const struct atom *a,
                    const struct atom *b, const uint8_t *sets, size_t dimension)
{
    struct box box;
    if (!span(moves, a, b, sets, dimension, search->only_up, &box))
        return;
    search->weighed++;
    if (!weigh(moves, search->cell, &box) ||
        (search->found && price(&box, search->wanted) >= price(&search->best, search->wanted)))
        return;
    search->best = box;
    search->found = true;
}

/* The boxes of two atoms: along all sets in which they differ, then along ever fewer sets, the last
 * ones together, down to a mere exchange between the two. */
static void try_boxes(struct moves *moves, struct search *search, size_t from, size_t to)
{
    const struct atom *a = &moves->atoms[from];
    const struct atom *b = &moves->atoms[to];
    uint8_t sets[DISCLOSURE_AXES];
    size_t dimension = differing_sets(moves->rules, a, b, sets);
    try_box(moves, search, a, b, sets, dimension);
    while (dimension > 1) {
        dimension--;
        sets[dimension - 1] |= sets[dimension];
        try_box(moves, search, a, b, sets, dimension);
    }
}

/* The cheapest box, with the cell's own units on its + side. */
static void choose(struct moves *moves, struct search *search)
{
    search->found = false;
    search->weighed = 0;
    for (size_t from = 0; from < moves->atom_count && search->weighed < BOXES_MAX; from++) {
        if (!is_in(&moves->atoms[from].place, &moves->cells[search->cell]))
            continue;
        for (size_t to = 0; to < moves->atom_count && search->weighed < BOXES_MAX; to++)
            if (to != from)
                try_boxes(moves, search, from, to);
    }
}

/* Hides what the box changes; each of them has at least the box's width. */
static void hide(struct moves *moves, const struct box *box)
{
    size_t touched = apply(moves, box);
    for (size_t i = 0; i < touched; i++) {
        struct disclosure_cell *cell = &moves->cells[moves->touched[i]];
        if (moves->change[moves->touched[i]] == 0)
            continue;
        cell->shown = false;
        if (cell->width < box->up + box->down)
            cell->width = box->up + box->down;
    }
    unapply(moves, touched);
    for (size_t corner = 0; corner < box->count; corner++)
        if (is_odd(corner))
            moves->taken[box->corners[corner]] = true;
}

/* One box may be too small: several add up where each takes its units from atoms of its own. Only
 * the first counts for its reverse too, since all give back from the same ones. */
bool moves_protect(struct moves *moves, size_t cell)
{
    uint64_t wanted = moves->rules->count_min;
    uint64_t width = 0;
    struct search search = {.cell = cell, .found = true};
    memset(moves->taken, 0, moves->atom_count * sizeof *moves->taken);
    while (width < wanted && search.found) {
        search.wanted = wanted - width;
        search.only_up = width > 0;
        choose(moves, &search);
        if (!search.found)
            break;
        hide(moves, &search.best);
        width += search.best.up + search.best.down;
    }
    if (moves->cells[cell].width < width)
        moves->cells[cell].width = width;
    return width >= wanted;
}
