/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/walk.h"

#include <stdlib.h>
#include <string.h>

#define STREAK_TO_GROW   24   /* good answers before a larger question is tried */
#define STREAK_TO_FORGET 2000 /* and before a size is tried again that has failed */
#define SEEN_FIRST       256

void walk_start(struct walk *walk, const struct oid *columns, size_t count,
                const struct walk_limits *limits, const struct varbind_set *set)
{
    walk->count = count < WALK_COLUMNS_MAX ? count : WALK_COLUMNS_MAX;
    walk->limits = *limits;
    walk->first_row = varbind_set_count(set);
    walk->checking = false;
    walk->shrunk = false;
    walk->asked_count = 0;
    for (size_t i = 0; i < walk->count; i++) {
        struct walk_column *column = &walk->columns[i];
        oid_copy(&column->column, &columns[i]);
        oid_copy(&column->last, &columns[i]);
        column->state = WALK_MORE;
        column->rows = column->bytes = column->backward = 0;
        column->left_out = column->odd_types = 0;
        column->seen = (struct walk_seen){.hashes = NULL};
    }
}

void walk_fini(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        free(walk->columns[i].seen.hashes);
    walk->count = 0;
}

void walk_stop(struct walk *walk, enum walk_state state)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->columns[i].state == WALK_MORE)
            walk->columns[i].state = state;
}

/* How many rows to ask for: not many more than are there, when that is known from the last poll. */
static unsigned repetitions_for(const struct walk *walk, const struct walk_pace *pace)
{
    size_t rows = 0;
    for (size_t i = 0; i < walk->asked_count; i++)
        if (walk->columns[walk->asked[i]].rows > rows)
            rows = walk->columns[walk->asked[i]].rows;
    unsigned wanted = pace->repetitions;
    if (pace->rows >= rows && pace->rows > 0 && pace->rows - rows + 1 < wanted)
        wanted = (unsigned)(pace->rows - rows) + 1; /* one more shows the end */
    return wanted;
}

void walk_request(struct walk *walk, const struct walk_pace *pace,
                  struct source_request *out_request)
{
    unsigned width = walk->checking ? 1 : pace->columns ? pace->columns : WALK_COLUMNS_MAX;
    walk->asked_count = 0;
    for (size_t i = 0; i < walk->count && walk->asked_count < width; i++) {
        if (walk->columns[i].state != WALK_MORE)
            continue;
        oid_copy(&out_request->names[walk->asked_count], &walk->columns[i].last);
        walk->asked[walk->asked_count++] = i;
    }
    bool one = walk->checking || pace->get_next_only;
    walk->asked_repetitions = one ? 1 : repetitions_for(walk, pace);
    out_request->operation = one ? SOURCE_GET_NEXT : SOURCE_GET_BULK;
    out_request->name_count = walk->asked_count;
    out_request->max_repetitions = walk->asked_repetitions;
    out_request->impatient = !one && walk->asked_count * walk->asked_repetitions > pace->proven;
}

/* Asks for less by one step; false when there is no less. */
static bool slow_down(const struct walk *walk, struct walk_pace *pace)
{
    if (pace->repetitions_max == 0)
        pace->repetitions_max = pace->repetitions;
    if (walk->asked_repetitions < pace->repetitions) /* less was asked than the pace allows */
        pace->repetitions = walk->asked_repetitions > 1 ? walk->asked_repetitions : 1;
    pace->failed = (unsigned)walk->asked_count * walk->asked_repetitions;
    pace->streak = 0;
    if (!pace->get_next_only && pace->repetitions > 1)
        pace->repetitions /= 2;
    else if (walk->asked_count > 1)
        pace->columns = (unsigned)walk->asked_count / 2;
    else if (!pace->get_next_only)
        pace->get_next_only = true;
    else
        return false;
    return true;
}

/* After enough good answers asks for more by one step, short of what has failed. */
static void speed_up(struct walk_pace *pace, const struct walk *walk)
{
    unsigned asked = (unsigned)walk->asked_count * walk->asked_repetitions;
    if (asked > pace->proven)
        pace->proven = asked;
    if (pace->failed == 0)
        return; /* never slowed down */
    pace->streak++;
    if (pace->streak >= STREAK_TO_FORGET)
        pace->failed = UINT32_MAX;
    if (pace->streak < STREAK_TO_GROW)
        return;
    unsigned columns = pace->columns ? pace->columns : WALK_COLUMNS_MAX;
    unsigned rows = pace->get_next_only ? 1 : pace->repetitions;
    bool widen = columns < WALK_COLUMNS_MAX && columns * 2 * rows < pace->failed;
    bool lengthen = !widen && !pace->get_next_only && pace->repetitions < pace->repetitions_max &&
                    (unsigned)walk->asked_count * 2 * pace->repetitions < pace->failed;
    if (widen)
        pace->columns = columns * 2 < WALK_COLUMNS_MAX ? columns * 2 : WALK_COLUMNS_MAX;
    if (lengthen)
        pace->repetitions = pace->repetitions * 2 < pace->repetitions_max ? pace->repetitions * 2
                                                                          : pace->repetitions_max;
    if (widen || lengthen)
        pace->streak = 0;
}

static bool is_exception(enum value_type type)
{
    return type == VALUE_NO_SUCH_OBJECT || type == VALUE_NO_SUCH_INSTANCE;
}

/* 1: new; 0: was there. That an agent may forge equal hashes costs nothing but its own rows. */
static int seen_put(struct walk_seen *seen, uint64_t hash)
{
    size_t i = (size_t)hash & (seen->capacity - 1);
    for (; seen->hashes[i] != 0; i = (i + 1) & (seen->capacity - 1))
        if (seen->hashes[i] == hash)
            return 0;
    seen->hashes[i] = hash;
    seen->count++;
    return 1;
}

static bool seen_grow(struct walk_seen *seen)
{
    struct walk_seen larger = {.capacity = seen->capacity ? seen->capacity * 4 : SEEN_FIRST};
    larger.hashes = calloc(larger.capacity, sizeof larger.hashes[0]);
    if (!larger.hashes)
        return false;
    for (size_t i = 0; i < seen->capacity; i++)
        if (seen->hashes[i] != 0)
            (void)seen_put(&larger, seen->hashes[i]);
    free(seen->hashes);
    *seen = larger;
    return true;
}

static bool seen_add(struct walk_seen *seen, uint64_t hash, int *out_new)
{
    if (seen->count + 1 > seen->capacity / 2 && !seen_grow(seen))
        return false;
    *out_new = seen_put(seen, hash);
    return true;
}

/* The names that came before the first step back. */
static bool remember(const struct walk *walk, struct walk_column *column,
                     const struct varbind_set *set)
{
    size_t count = 0;
    int unused = 0;
    const struct varbind_row *rows = varbind_set_arrivals(set, walk->first_row, &count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].arc_count >= column->column.length &&
            memcmp(rows[i].arcs, column->column.arcs,
                   column->column.length * sizeof rows[i].arcs[0]) == 0 &&
            !seen_add(&column->seen, oid_hash(rows[i].arcs, rows[i].arc_count), &unused))
            return false;
    return true;
}

/* False for a name that came before: a loop. */
static bool is_new(const struct walk *walk, struct walk_column *column, const struct oid *name,
                   const struct varbind_set *set)
{
    int order = oid_compare(name, &column->last);
    if (order == 0)
        return false;
    if (order < 0) {
        if (column->backward++ == 0 && !remember(walk, column, set))
            return false;
    } else if (column->backward == 0)
        return true;
    int added = 0;
    return seen_add(&column->seen, oid_hash(name->arcs, name->length), &added) && added == 1;
}

/* Keeps one row, or says why the column ends here. */
static enum walk_state take(const struct walk *walk, struct walk_column *column,
                            const struct varbind *varbind, struct varbind_set *set)
{
    if (varbind->type == VALUE_END_OF_MIB_VIEW)
        return WALK_DONE;
    if (is_exception(varbind->type)) /* not an answer to GETNEXT (RFC 3416 §4.2.2): a column that */
        return column->rows > 0 ? WALK_BROKEN : WALK_DONE; /* is not there, or one with a hole */
    if (!oid_has_prefix(&varbind->name, &column->column))
        return oid_compare(&varbind->name, &column->column) < 0 ? WALK_LOOP : WALK_DONE;
    if (!is_new(walk, column, &varbind->name, set))
        return WALK_LOOP;
    size_t bytes = column->bytes + varbind->length + varbind->name.length * sizeof(uint32_t);
    if (column->rows >= walk->limits.rows_max || bytes > walk->limits.bytes_max)
        return WALK_CAPPED;
    oid_copy(&column->last, &varbind->name);
    column->bytes = bytes;
    if (column->rows++ == 0)
        column->type = varbind->type;
    column->odd_types += varbind->type != column->type;
    if (varbind->type == VALUE_NULL || varbind->length > WALK_VALUE_BYTES_MAX) {
        column->left_out++;
        return WALK_MORE;
    }
    return varbind_set_add(set, varbind) == 0 ? WALK_MORE : WALK_CAPPED;
}

/* Repetition by repetition, one varbind a column (RFC 3416 §4.2.3); kept column by column. */
static void take_all(struct walk *walk, const struct source_answer *answer, struct varbind_set *set)
{
    for (size_t c = 0; c < walk->asked_count; c++) {
        struct walk_column *column = &walk->columns[walk->asked[c]];
        for (size_t i = c; i < answer->varbind_count && column->state == WALK_MORE;
             i += walk->asked_count)
            column->state = take(walk, column, &answer->varbinds[i], set);
    }
}

static void end_asked(struct walk *walk, size_t place, enum walk_state state)
{
    walk->columns[walk->asked[place]].state = state;
}

/* An error that names its culprit ends one column; else the columns are asked for one by one. */
static void take_error(struct walk *walk, struct walk_pace *pace, size_t error_index,
                       enum walk_state state)
{
    if (walk->asked_count == 1)
        end_asked(walk, 0, state);
    else if (error_index >= 1 && error_index <= walk->asked_count)
        end_asked(walk, error_index - 1, state);
    else {
        pace->failed = (unsigned)walk->asked_count * walk->asked_repetitions;
        pace->streak = 0;
        pace->columns = 1;
    }
}

/* Nothing came. A large question may have been too large: a small one tells. */
static void take_silence(struct walk *walk, const struct walk_pace *pace)
{
    if (walk->checking || (pace->get_next_only && walk->asked_count == 1)) {
        walk_stop(walk, WALK_SILENT);
        return;
    }
    walk->checking = true;
    walk->silent_count = walk->asked_count;
    walk->silent_repetitions = walk->asked_repetitions;
}

/* The small question was answered: it was the size. */
static void take_check(struct walk *walk, struct walk_pace *pace)
{
    walk->checking = false;
    walk->asked_count = walk->silent_count;
    walk->asked_repetitions = walk->silent_repetitions;
    (void)slow_down(walk, pace);
}

/* Where one GETNEXT is too big, it is not the size: the pace is what it was before. */
static void take_too_big(struct walk *walk, struct walk_pace *pace)
{
    if (!walk->shrunk)
        walk->pace_before = *pace;
    walk->shrunk = true;
    if (!walk->checking && slow_down(walk, pace))
        return;
    end_asked(walk, 0, WALK_BROKEN);
    *pace = walk->pace_before;
    walk->shrunk = false;
}

static enum walk_state state_of(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->columns[i].state == WALK_MORE)
            return WALK_MORE;
    return WALK_DONE;
}

enum walk_state walk_answer(struct walk *walk, struct walk_pace *pace,
                            const struct source_answer *answer, struct varbind_set *set)
{
    bool check = walk->checking;
    switch (answer->status) {
    case SOURCE_OK:
        if (answer->varbind_count == 0)
            take_error(walk, pace, 0, WALK_BROKEN);
        take_all(walk, answer, set);
        if (answer->varbind_count > 0 && !check)
            speed_up(pace, walk);
        break;
    case SOURCE_TOO_BIG:
        take_too_big(walk, pace);
        break;
    case SOURCE_TIMEOUT:
        take_silence(walk, pace);
        return state_of(walk);
    case SOURCE_NO_SUCH_NAME:
        take_error(walk, pace, answer->error_index, WALK_DONE);
        break;
    default:
        take_error(walk, pace, answer->error_index, WALK_BROKEN);
        break;
    }
    if (check)
        take_check(walk, pace);
    return state_of(walk);
}
