/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Methods over devices instead of lines: access points and interfaces.
 */
#include "collector/indicator/count_estimate.h"
#include "collector/indicator/method.h"

#include "collector/estimate/completeness.h"
#include "common/clock.h"

#include <stdio.h>
#include <string.h>

/* WTPs over the controllers of a scope. */
struct wtp_sum {
    double present, unnamed, high;
    double private; /* named, and known to offer no public network: not counted */
    double registered, registered_reported;
    size_t controllers, reported, unnamed_controllers;
    size_t registered_controllers, registered_controllers_reported;
    bool public_only;
    bool open;  /* a registered controller did not report, or did not say */
    bool sized; /* every registered controller has a registered number */
};

static double known_or_zero(struct optional_u64 count)
{
    return count.known ? (double)count.value : 0;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* A controller that names its WTPs gives those that ran on enough days; polls may have missed days,
 * so at most all that it ever named or counted. One that names none gives only its highest number.
 */
static void add_reported(const struct controller_evidence *controller, struct wtp_sum *sum)
{
    double run_max = known_or_zero(controller->run_max);
    sum->reported++;
    if (controller->named_seen > 0) {
        double private = sum->public_only ? (double)controller->private_present : 0;
        sum->private += private;
        sum->present += (double)controller->named_present - private;
        sum->high += larger(run_max, (double)controller->named_seen) - private;
        return;
    }
    if (!controller->run_max.known) {
        sum->open = true;
        return;
    }
    sum->unnamed += run_max;
    sum->high += run_max;
    sum->unnamed_controllers += run_max > 0;
}

/* The best estimate of one controller alone. */
static double points_of(const struct figure *figure, const struct controller_evidence *controller)
{
    struct wtp_sum sum = {.public_only = figure->definition->population == POPULATION_PUBLIC};
    add_reported(controller, &sum);
    return sum.present + sum.unnamed;
}

static void add_controller(const struct controller_evidence *controller, struct wtp_sum *sum)
{
    sum->controllers++;
    if (controller->registered) {
        double registered = known_or_zero(controller->registered_wtps);
        sum->registered_controllers++;
        sum->registered_controllers_reported += controller->reported;
        sum->registered += registered;
        sum->registered_reported += controller->reported ? registered : 0;
        sum->sized = sum->sized && controller->registered_wtps.known;
    }
    if (controller->reported) {
        add_reported(controller, sum);
        return;
    }
    sum->high += known_or_zero(controller->registered_wtps);
    sum->open = sum->open || !controller->registered_wtps.known;
}

int method_access_points(const struct method_context *context, struct figure *figure)
{
    struct wtp_sum sum = {.sized = true,
                          .public_only = figure->definition->population == POPULATION_PUBLIC};
    for (size_t i = 0; i < context->evidence->controller_count; i++) {
        const struct controller_evidence *controller = &context->evidence->controllers[i];
        if (figure_takes(context, figure, controller->operator_name, controller->area))
            add_controller(controller, &sum);
    }
    bool by_wtps = sum.sized && sum.registered > 0;
    method_set_coverage(
        context, by_wtps ? sum.registered_reported : (double)sum.registered_controllers_reported,
        by_wtps ? sum.registered : (double)sum.registered_controllers, figure);
    /* 3.6, item 7: APs are no proportion, so a sample of controllers proves no more than itself */
    if (figure->basis == BASIS_PROBABILITY_SAMPLE)
        figure->basis = BASIS_CONVENIENCE;
    int used =
        snprintf(figure->source, sizeof figure->source,
                 "%zu of %zu controllers reported; %.0f access points named, %.0f only counted",
                 sum.reported, sum.controllers, sum.present, sum.unnamed);
    if (sum.private > 0 && used > 0 && (size_t)used < sizeof figure->source)
        (void)snprintf(figure->source + used, sizeof figure->source - (size_t)used,
                       "; %.0f without a public network left out", sum.private);
    if (sum.reported == 0) {
        figure->basis = BASIS_NONE;
        return 0;
    }
    figure->flagged = sum.unnamed_controllers > 0;
    figure->value = optional_double(sum.present + sum.unnamed);
    figure->numerator = figure->value;
    figure->lower = optional_double(sum.present);
    if (figure->basis == BASIS_CENSUS && !sum.open)
        figure->upper = optional_double(larger(sum.high, figure->value.value));
    figure->lower_one_sided = figure->lower;
    figure->upper_one_sided = figure->upper;
    return figure->basis == BASIS_CENSUS ? 0 : count_estimate(context, points_of, figure);
}

/* What controllers have configured; of one that does not say, what its operator has registered. */
int method_deployed_points(const struct method_context *context, struct figure *figure)
{
    double points = 0;
    size_t controllers = 0;
    size_t silent = 0;
    for (size_t i = 0; i < context->evidence->controller_count; i++) {
        const struct controller_evidence *controller = &context->evidence->controllers[i];
        if (!figure_takes(context, figure, controller->operator_name, controller->area))
            continue;
        struct optional_u64 count =
            controller->configured.known ? controller->configured : controller->registered_wtps;
        controllers++;
        silent += !controller->configured.known;
        points += known_or_zero(count);
    }
    (void)snprintf(figure->source, sizeof figure->source,
                   "%zu controllers, %zu of them by the register alone", controllers, silent);
    figure->basis = controllers > silent ? BASIS_CONVENIENCE : BASIS_NONE;
    if (controllers > silent)
        figure->value = figure->numerator = optional_double(points);
    return 0;
}

#define MBIT_PER_GBIT    1000.0
#define BIT_PER_MBIT     1e6
#define NO_UTILISATION   (-1.0)
#define SAMPLE_MINUTES   5.0
#define MINUTES_PER_HOUR 60.0
#define SAMPLES_PER_HOUR 12

struct capacity_sum {
    double known_mbit_s;
    size_t interfaces, up, unknown_speed;
    double busiest; /* highest 95th percentile of a link's busier direction / its speed */
    size_t partial; /* with a percentile of less than 90 % of the month (3.7) */
};

/* The hours of the month up to the instant: what the 5-minute means are of. */
static uint64_t hours_of_month(int64_t instant_day)
{
    int year = 0;
    int month = 0;
    int day = 0;
    clock_civil_from_days(instant_day, &year, &month, &day);
    return (uint64_t)day * 24;
}

static void add_interface(const struct interface_evidence *link, uint64_t hours,
                          struct capacity_sum *sum)
{
    sum->interfaces++;
    if (!link->up)
        return;
    sum->up++;
    if (!link->high_speed_mbit_s.known || link->high_speed_mbit_s.value == 0) {
        sum->unknown_speed++;
        return;
    }
    double speed = (double)link->high_speed_mbit_s.value;
    sum->known_mbit_s += speed;
    if (link->p95_in_bit_s.known || link->p95_out_bit_s.known) {
        double in = link->p95_in_bit_s.known ? link->p95_in_bit_s.value : 0;
        double out = link->p95_out_bit_s.known ? link->p95_out_bit_s.value : 0;
        sum->busiest = larger(sum->busiest, larger(in, out) / (speed * BIT_PER_MBIT));
        sum->partial += !completeness_month_percentile(link->samples / SAMPLES_PER_HOUR, hours);
    }
}

static void describe_capacity(const struct capacity_sum *sum, struct figure *figure)
{
    int used = snprintf(figure->source, sizeof figure->source,
                        "%zu of %zu interfaces up, %zu of unknown speed", sum->up, sum->interfaces,
                        sum->unknown_speed);
    if (sum->busiest >= 0 && used > 0 && (size_t)used < sizeof figure->source)
        (void)snprintf(figure->source + used, sizeof figure->source - (size_t)used,
                       "; busiest link: 95th percentile of its 5-minute means at %.1f %%",
                       100 * sum->busiest);
    used = (int)strlen(figure->source);
    if (sum->partial > 0)
        (void)snprintf(figure->source + used, sizeof figure->source - (size_t)used,
                       "; %zu partial: less than 90 %% of the month", sum->partial);
}

static struct capacity_sum sum_interfaces(const struct method_context *context,
                                          struct figure *figure)
{
    struct capacity_sum sum = {.busiest = NO_UTILISATION};
    for (size_t i = 0; i < context->evidence->interface_count; i++) {
        const struct interface_evidence *link = &context->evidence->interfaces[i];
        if (link->role == figure->definition->role &&
            figure_takes(context, figure, link->operator_name, link->area))
            add_interface(link, hours_of_month(context->window.last_day), &sum);
    }
    if (sum.interfaces == 0)
        return sum;
    describe_capacity(&sum, figure);
    figure->basis = BASIS_CONVENIENCE; /* no register says which interfaces there are */
    return sum;
}

int method_utilisation(const struct method_context *context, struct figure *figure)
{
    struct capacity_sum sum = sum_interfaces(context, figure);
    figure->flagged = sum.partial > 0;
    if (sum.busiest >= 0)
        figure->value = optional_double(100 * sum.busiest);
    return 0;
}

/* Hours of the busiest interface. */
int method_hours_above(const struct method_context *context, struct figure *figure)
{
    const struct plan_definition *definition = figure->definition;
    size_t level = 0;
    uint64_t most = 0;
    bool known = false;
    while (level < INTERFACE_LEVELS &&
           interface_levels_percent[level] != (unsigned)definition->percent)
        level++;
    (void)sum_interfaces(context, figure);
    for (size_t i = 0; i < context->evidence->interface_count && level < INTERFACE_LEVELS; i++) {
        const struct interface_evidence *link = &context->evidence->interfaces[i];
        bool counts =
            link->role == definition->role && link->high_speed_mbit_s.known && link->samples > 0;
        if (!counts || !figure_takes(context, figure, link->operator_name, link->area))
            continue;
        most = link->samples_above[level] > most ? link->samples_above[level] : most;
        known = true;
    }
    if (known)
        figure->value = optional_double((double)most * SAMPLE_MINUTES / MINUTES_PER_HOUR);
    return 0;
}

int method_capacity(const struct method_context *context, struct figure *figure)
{
    struct capacity_sum sum = sum_interfaces(context, figure);
    if (sum.interfaces == 0)
        return 0;
    figure->flagged = sum.unknown_speed > 0;
    if (sum.unknown_speed == sum.up && sum.up > 0)
        return 0;
    figure->value = optional_double(sum.known_mbit_s / MBIT_PER_GBIT);
    figure->numerator = figure->value;
    figure->lower = figure->value;
    figure->lower_one_sided = figure->lower;
    return 0;
}
