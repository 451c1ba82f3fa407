/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/total.h"

#include <stdio.h>
#include <string.h>

const char total_withheld_en[] =
    "Withheld: one other operator is in it alone, whose figure it would give away.";
const char total_withheld_zh[] = "不予显示：其中只有一家其他运营商，显示即可推知其数据。";

static void add_other(struct total *total, const char *operator_key)
{
    if (!total->other[0])
        (void)snprintf(total->other, sizeof total->other, "%s", operator_key);
    else
        total->several = total->several || strcmp(total->other, operator_key) != 0;
}

void total_add(struct total *total, const struct viewer *viewer, const char *operator_key)
{
    if (viewer->role != ROLE_OPERATOR || strcmp(viewer->operator_key, operator_key) != 0)
        add_other(total, operator_key);
}

void total_unite(struct total *total, const struct total *more)
{
    if (more->other[0])
        add_other(total, more->other);
    total->several = total->several || more->several;
}

bool total_is_seen(const struct total *total, const struct viewer *viewer)
{
    return viewer_sees_all_figures(viewer) || !total->other[0] || total->several;
}

bool total_of_parts_is_seen(const struct total *total, const struct total *hidden,
                            const struct viewer *viewer)
{
    return total_is_seen(total, viewer) && total_is_seen(hidden, viewer);
}
