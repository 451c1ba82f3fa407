/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/role.h"

#include <string.h>

const struct conf_name role_names[] = {
    {"public", ROLE_PUBLIC},
    {"operator", ROLE_OPERATOR},
    {"commission", ROLE_COMMISSION},
    {"admin", ROLE_ADMIN},
    {"metrics", ROLE_METRICS},
    {NULL, 0},
};

bool viewer_sees_operator(const struct viewer *viewer, const char *operator_key)
{
    return viewer_sees_all_figures(viewer) ||
           (viewer->role == ROLE_OPERATOR && strcmp(viewer->operator_key, operator_key) == 0);
}

bool viewer_sees_all_figures(const struct viewer *viewer)
{
    return viewer->role == ROLE_COMMISSION || viewer->role == ROLE_ADMIN;
}
