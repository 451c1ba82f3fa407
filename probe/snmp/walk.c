/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/walk.h"

/* An agent may go back this often in a column before its order is called a loop: each step back
 * costs a search through the column's rows. */
#define BACKWARD_MAX 256

void walk_start(struct walk *walk, const struct oid *column, const struct walk_limits *limits,
                const struct varbind_set *set)
{
    *walk = (struct walk){
        .column = *column, .last = *column, .limits = *limits, .first_row = varbind_set_count(set)};
}

void walk_request(const struct walk *walk, const struct walk_pace *pace,
                  struct source_request *out_request)
{
    out_request->operation = pace->get_next_only ? SOURCE_GET_NEXT : SOURCE_GET_BULK;
    out_request->names[0] = walk->last;
    out_request->name_count = 1;
    out_request->max_repetitions = pace->repetitions;
}

/* Slower by one step; false when there is no slower way to ask. */
static bool slow_down(struct walk_pace *pace)
{
    if (pace->get_next_only)
        return false;
    if (pace->repetitions > 1)
        pace->repetitions /= 2;
    else
        pace->get_next_only = true;
    return true;
}

static bool is_exception(enum value_type type)
{
    return type == VALUE_NO_SUCH_OBJECT || type == VALUE_NO_SUCH_INSTANCE ||
           type == VALUE_END_OF_MIB_VIEW;
}

/* Keeps one row, or says why the walk ends here. */
static enum walk_state take(struct walk *walk, const struct varbind *varbind,
                            struct varbind_set *set)
{
    if (is_exception(varbind->type) || !oid_has_prefix(&varbind->name, &walk->column))
        return WALK_DONE;
    int order = oid_compare(&varbind->name, &walk->last);
    if (order == 0)
        return WALK_LOOP;
    if (order < 0) {
        walk->backward++;
        if (walk->backward > BACKWARD_MAX ||
            varbind_set_arrived(set, walk->first_row, &varbind->name))
            return WALK_LOOP;
    }
    size_t bytes = walk->bytes + varbind->length + varbind->name.length * sizeof(uint32_t);
    if (walk->rows >= walk->limits.rows_max || bytes > walk->limits.bytes_max)
        return WALK_CAPPED;
    if (varbind_set_add(set, varbind) != 0)
        return WALK_CAPPED;
    walk->rows++;
    walk->bytes = bytes;
    walk->last = varbind->name;
    return WALK_MORE;
}

static enum walk_state take_all(struct walk *walk, const struct source_answer *answer,
                                struct varbind_set *set)
{
    if (answer->varbind_count == 0)
        return WALK_BROKEN;
    enum walk_state state = WALK_MORE;
    for (size_t i = 0; i < answer->varbind_count && state == WALK_MORE; i++)
        state = take(walk, &answer->varbinds[i], set);
    return state;
}

enum walk_state walk_answer(struct walk *walk, struct walk_pace *pace,
                            const struct source_answer *answer, struct varbind_set *set)
{
    switch (answer->status) {
    case SOURCE_OK:
        return take_all(walk, answer, set);
    case SOURCE_TOO_BIG:
        return slow_down(pace) ? WALK_MORE : WALK_BROKEN;
    case SOURCE_TIMEOUT:
        return slow_down(pace) ? WALK_MORE : WALK_SILENT;
    case SOURCE_NO_SUCH_NAME:
        return WALK_DONE;
    default:
        return WALK_BROKEN;
    }
}
