/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the names of definition.h stand for: for each quantity a method, which turns evidence into
 * the counts, bounds and value of one figure by the figure's definition. A method judges nothing.
 * Internal to the room.
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
 * whose indicator, definition, target, area and operator stand already. 0 or -ENOMEM. */
typedef int (*method_fn)(const struct method_context *context, struct figure *figure);

struct method {
    method_fn compute;
    bool lower_bound_proves; /* a verified count: 3.8, "a lower bound may prove MET" */
};

const struct method *method_of(enum quantity quantity);

int method_fibre_share(const struct method_context *context, struct figure *figure);
int method_capable_share(const struct method_context *context, struct figure *figure);
int method_access_capability(const struct method_context *context, struct figure *figure);
int method_mean_rate(const struct method_context *context, struct figure *figure);
int method_lines(const struct method_context *context, struct figure *figure);
int method_contracted_lines(const struct method_context *context, struct figure *figure);
int method_contracted_rate(const struct method_context *context, struct figure *figure);
int method_imported(const struct method_context *context, struct figure *figure);
int method_access_points(const struct method_context *context, struct figure *figure);
int method_deployed_points(const struct method_context *context, struct figure *figure);
int method_capacity(const struct method_context *context, struct figure *figure);
int method_utilisation(const struct method_context *context, struct figure *figure);
int method_hours_above(const struct method_context *context, struct figure *figure);
int method_venues(const struct method_context *context, struct figure *figure);
int method_covered_venues(const struct method_context *context, struct figure *figure);
int method_achieved_rate(const struct method_context *context, struct figure *figure);
int method_fast_lines(const struct method_context *context, struct figure *figure);
int method_destination_lines(const struct method_context *context, struct figure *figure);
int method_destination_octets(const struct method_context *context, struct figure *figure);
int method_destination_rtt(const struct method_context *context, struct figure *figure);
int method_destination_loss(const struct method_context *context, struct figure *figure);
int method_destination_seen(const struct method_context *context, struct figure *figure);
int method_wlan_users(const struct method_context *context, struct figure *figure);
int method_wlan_octets(const struct method_context *context, struct figure *figure);
int method_declared(const struct method_context *context, struct figure *figure);
/* Leaves the figure without a value: an index, or what no report carries. */
int method_none(const struct method_context *context, struct figure *figure);

/* Which lines a population is. */
enum settlement population_settlement(enum population population);
enum residence population_residence(enum population population);

/* An imported variable of the figure's area; for the city the sum of the areas where it has no row
 * of its own and every area has one. Date and vintage go into the figure where denominator is true.
 * Unknown when nothing is imported. */
struct optional_double method_variable(const struct method_context *context, const char *variable,
                                       bool denominator, struct figure *figure);
/* The imported variable that the definition divides by, into the figure. */
void method_divide_by_imported(const struct method_context *context, struct figure *figure);

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
