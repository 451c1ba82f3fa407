/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/decimals.h"

#include <math.h>
#include <string.h>

bool decimals_look_equal(double a, double b, unsigned decimals)
{
    double scale = pow(10, decimals);
    return fabs(round(a * scale) - round(b * scale)) < 0.5;
}

unsigned decimals_beside(const char *unit, uint64_t decimals, double value,
                         struct optional_double target)
{
    bool share = strcmp(unit, "%") == 0;
    unsigned shown = share && decimals == 0     ? 1
                     : decimals <= DECIMALS_MAX ? (unsigned)decimals
                                                : DECIMALS_MAX;
    if (!target.known)
        return shown;
    double distance = fabs(value - target.value);
    if (share && distance > 0 && distance < 0.1 && shown < 2)
        shown = 2;
    while (distance > 0 && shown < DECIMALS_MAX && decimals_look_equal(value, target.value, shown))
        shown++;
    return shown;
}

unsigned decimals_of_figure(const struct figure *figure)
{
    const struct plan_definition *definition = figure->definition;
    return decimals_beside(definition->unit, definition->decimals, figure->value.value,
                           figure->target ? figure->target->value : (struct optional_double){0});
}
