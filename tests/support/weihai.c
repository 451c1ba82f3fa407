/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/weihai.h"

#include <stdio.h>
#include <stdlib.h>

struct plan *weihai_plan(void)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512], areas_file[512];
    struct conf_error error = {""};
    source = source ? source : ".";
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg", source);
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg", source);
    struct plan *plan = plan_open(plan_file, areas_file, &error);
    if (!plan)
        (void)fprintf(stderr, "%s\n", error.text);
    return plan;
}
