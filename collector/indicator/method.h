/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The methods that an indicator of a plan may name: each turns evidence into the counts, bounds and
 * value of one figure. A method judges nothing. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_METHOD_H
#define LASTMILE_COLLECTOR_INDICATOR_METHOD_H

#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"
#include "collector/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct method_context {
    const struct plan *plan;
    const struct rule_settings *rules;
    const struct inputs *inputs;
    const struct evidence *evidence; /* of the inputs, as the window is */
    struct evidence_query window;
};

/* Fills value, bounds, numerator, denominator, coverage, unclassified, basis and source of a figure
 * whose indicator, target, area and operator stand already. 0 or -ENOMEM. */
typedef int (*method_fn)(const struct method_context *context, int parameter,
                         struct figure *figure);

struct method {
    const char *name;
    method_fn compute;
    int parameter;
    bool lower_bound_proves; /* a verified count: 3.8, "a lower bound may prove MET" */
};

/* By name; "" and an unknown name give the declared one. */
const struct method *method_find(const char *name);

int method_ftth_share(const struct method_context *context, int parameter, struct figure *figure);
int method_penetration(const struct method_context *context, int parameter, struct figure *figure);
int method_wlan_hotspots(const struct method_context *context, int parameter,
                         struct figure *figure);
/* parameter: enum settlement */
int method_access_capability(const struct method_context *context, int parameter,
                             struct figure *figure);
/* parameter: enum interface_role */
int method_interface_capacity(const struct method_context *context, int parameter,
                              struct figure *figure);
int method_declared(const struct method_context *context, int parameter, struct figure *figure);

/* Whether something of an operator in an area belongs to the figure: the city row takes all. */
bool figure_takes(const struct method_context *context, const struct figure *figure,
                  const char *operator_name, const char *area);

/* What an operator, or the statistics bureau, says itself: of the instant's year, else of the year
 * of the target that has passed (a milestone is declared once). NULL when nothing is. */
const struct declared_figure *method_find_declared(const struct method_context *context,
                                                   const struct figure *figure);

/* The basis that a coverage gives by the rules of 3.7. */
enum basis method_basis(const struct method_context *context, struct optional_double coverage);

/* Sets coverage, and with it the basis. registered = 0 leaves it unknown. */
void method_set_coverage(const struct method_context *context, double reported, double registered,
                         struct figure *figure);

#endif
