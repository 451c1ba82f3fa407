/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/outbox/gap_list.h"

#include <string.h>

static bool goes_on(const struct report_gap *gap, const struct report_gap *next)
{
    return memcmp(gap->boot_id, next->boot_id, sizeof gap->boot_id) == 0 &&
           gap->first_sequence <= next->first_sequence &&
           next->first_sequence <= gap->last_sequence + 1;
}

bool gap_list_add(struct gap_list *list, const struct report_gap *gap)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!goes_on(&list->gaps[i], gap))
            continue;
        if (list->gaps[i].last_sequence < gap->last_sequence)
            list->gaps[i].last_sequence = gap->last_sequence;
        return true;
    }
    if (list->count == REPORT_GAPS_MAX)
        return false;
    list->gaps[list->count++] = *gap;
    return true;
}

size_t gap_list_move(struct gap_list *list, struct report *report)
{
    size_t moved = 0;
    for (; moved < list->count; moved++) {
        struct report_gap *gap = report_add_gap(report);
        if (!gap)
            break;
        *gap = list->gaps[moved];
    }
    list->count -= moved;
    memmove(list->gaps, list->gaps + moved, list->count * sizeof *list->gaps);
    return moved;
}
