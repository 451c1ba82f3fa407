/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two lines turn out to be one: what the one has counted in this interval, and what its flows will
 * bring, is the other's.
 */
#include "probe/line/line_names.h"

static uint32_t add_up_to(uint32_t sum, uint32_t more)
{
    return sum > UINT32_MAX - more ? UINT32_MAX : sum + more;
}

/* The busiest seconds are added where both are in the same one. */
static void add_seconds(struct line *line, const struct line *old)
{
    uint64_t peak = old->peak_octets;
    if (old->second == line->second)
        line->second_octets += old->second_octets;
    else if (old->second_octets > peak)
        peak = old->second_octets;
    line->peak_octets = line->peak_octets > peak ? line->peak_octets : peak;
}

/* What either has reached is counted already. */
static void add_month(struct line_meter *meter, uint32_t from, uint32_t to)
{
    meter->lines[to].reached |= meter->lines[from].reached;
    size_t classes = meter->class_count > 0 ? meter->class_count - 1 : 0;
    for (size_t i = 0; i < classes; i++) {
        uint32_t *sum = &meter->month_octets[to * classes + i];
        *sum = add_up_to(*sum, meter->month_octets[from * classes + i]);
    }
}

/* Told once today is told, by whichever name. */
static void add_day(struct line *line, const struct line *old)
{
    if (old->city_day != LINE_NO_DAY &&
        (line->city_day == LINE_NO_DAY || old->city_day > line->city_day))
        line->city_day = old->city_day;
}

/* Of two places: where its own messages say, where its traffic is seen, any at all. */
static void choose_cell(const struct line_meter *meter, uint32_t from, uint32_t to)
{
    const struct line *old = &meter->lines[from];
    struct line *line = &meter->lines[to];
    bool unsettled = line->cell + 1u == meter->cell_count;
    bool seen = line_best_slot(meter, from) == LINE_NAME_SLOTS && line_node(meter, old->cell);
    if (line->flags & LINE_PLACED || !(old->flags & LINE_PLACED || seen || unsettled))
        return;
    line->flags |= old->flags & LINE_PLACED;
    if (line->cell == old->cell || line->cell == LINE_SUPPRESSED)
        return;
    line->cell = old->cell;
    line->device = 0;
}

/* Where a line is counted in the interval so far, if it is. */
static void count_active(struct line_meter *meter, const struct line *line, uint64_t by)
{
    if (!(line->flags & (LINE_ACTIVE | LINE_SESSION)))
        return;
    if (line->cell == LINE_SUPPRESSED)
        meter->totals.lines_suppressed += by;
    else
        meter->totals.lines_active += by;
}

static void move(struct line_meter *meter, uint32_t from, uint32_t to)
{
    struct line *old = &meter->lines[from], *line = &meter->lines[to];
    count_active(meter, old, UINT64_MAX); /* less by one */
    count_active(meter, line, UINT64_MAX);
    choose_cell(meter, from, to);
    line->flags |= (uint8_t)(old->flags & (LINE_ACTIVE | LINE_SESSION | LINE_PENDING));
    count_active(meter, line, 1);
    line->octets[0] += old->octets[0];
    line->octets[1] += old->octets[1];
    add_seconds(line, old);
    add_month(meter, from, to);
    add_day(line, old);
    if (old->seen_unix_ns > line->seen_unix_ns)
        line->seen_unix_ns = old->seen_unix_ns;
    old->flags = LINE_IN_USE | LINE_MOVED;
    old->cell = line->cell;
    old->moved_to = to;
    meter->totals.lines_known--;
}

static bool names_agree(const struct line_names *one, const struct line_names *other,
                        enum line_name_slot limit)
{
    for (unsigned i = 0; i < limit; i++)
        if (one->said[i] != 0 && other->said[i] != 0 && one->said[i] != other->said[i])
            return false;
    return true;
}

/* A line without a name may have been seen anywhere. */
static bool may_be_one(const struct line_meter *meter, uint32_t one, uint32_t other,
                       enum line_name_slot limit)
{
    const struct line *left = &meter->lines[one], *right = &meter->lines[other];
    bool left_named = line_best_slot(meter, one) != LINE_NAME_SLOTS;
    bool right_named = line_best_slot(meter, other) != LINE_NAME_SLOTS;
    if ((left->cell == LINE_SUPPRESSED) != (right->cell == LINE_SUPPRESSED) &&
        left->cell + 1u != meter->cell_count && right->cell + 1u != meter->cell_count)
        return false;
    if (!left_named || !right_named)
        return left_named || right_named;
    return names_agree(&meter->names[one], &meter->names[other], limit) &&
           !line_nodes_differ(line_node_of(meter, one), line_node_of(meter, other));
}

uint32_t line_join_below(struct line_meter *meter, uint32_t one, uint32_t other,
                         enum line_name_slot limit)
{
    one = line_now(meter, one);
    other = line_now(meter, other);
    if (one == other)
        return one;
    if (!may_be_one(meter, one, other, limit))
        return LINE_NONE;
    bool first = line_best_slot(meter, one) < line_best_slot(meter, other);
    uint32_t to = first ? one : other, from = first ? other : one;
    uint16_t *said = meter->names[to].said;
    for (size_t i = 0; i < LINE_NAME_SLOTS; i++)
        if (said[i] == 0)
            said[i] = meter->names[from].said[i];
    move(meter, from, to);
    return to;
}

uint32_t line_join(struct line_meter *meter, uint32_t one, uint32_t other)
{
    return line_join_below(meter, one, other, LINE_NAME_SLOTS);
}
