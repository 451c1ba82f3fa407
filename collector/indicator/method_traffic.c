/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Methods over traffic in the instant's month: destinations, rates achieved under demand, users and
 * octets of WLANs. Only what probes saw: there is no register of traffic, so every figure here is
 * of the lines and networks behind the probes, and its basis says so.
 */
#include "collector/indicator/method.h"

#include "collector/estimate/interval.h"
#include "common/distinct.h"
#include "common/histogram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_MS     1000.0
#define BIT_PER_MBIT  1e6
#define OCTETS_PER_GB 1e9

static bool is_of_population(const struct traffic_evidence *traffic, enum population population)
{
    enum settlement settlement = population_settlement(population);
    enum residence residence = population_residence(population);
    return (settlement == SETTLEMENT_UNKNOWN || traffic->settlement == settlement) &&
           (residence == RESIDENCE_UNKNOWN || traffic->residence == residence);
}

/* Whether a row is of the figure's area, operator and population, and of a kind. */
static bool takes(const struct method_context *context, const struct figure *figure,
                  const struct traffic_evidence *traffic, enum traffic_kind kind)
{
    return traffic->kind == kind && is_of_population(traffic, figure->definition->population) &&
           figure_takes(context, figure, traffic->operator_name, traffic->area);
}

static bool takes_destination(const struct method_context *context, const struct figure *figure,
                              const struct traffic_evidence *traffic)
{
    return takes(context, figure, traffic, TRAFFIC_DESTINATION) &&
           definition_takes_class(figure->definition, traffic->class_name);
}

/* The definition's quantile of a measure over all rows taken, in units of `scale`. */
static void take_quantile(const struct method_context *context, enum traffic_kind kind,
                          enum traffic_measure measure, double scale, const char *what,
                          struct figure *figure)
{
    struct histogram all;
    uint64_t value = 0;
    uint64_t least = 0;
    uint64_t most = 0;
    memset(&all, 0, sizeof all);
    for (size_t i = 0; i < context->evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &context->evidence->traffic[i];
        if (kind == TRAFFIC_DESTINATION ? takes_destination(context, figure, traffic)
                                        : takes(context, figure, traffic, kind))
            traffic_bins_merge(&traffic->measures[measure], &all);
    }
    if (histogram_quantile(&all, figure->definition->percent / 100, &value) != 0)
        return;
    figure->basis = BASIS_CONVENIENCE;
    figure->value = optional_double((double)value / scale);
    (void)histogram_quantile_range(&all, figure->definition->percent / 100, &least, &most);
    figure->lower = optional_double((double)least / scale); /* what the histogram rounds away */
    figure->upper = optional_double((double)most / scale);
    (void)snprintf(figure->source, sizeof figure->source, "%llu %s in the month",
                   (unsigned long long)all.count, what);
}

int method_destination_rtt(const struct method_context *context, struct figure *figure)
{
    take_quantile(context, TRAFFIC_DESTINATION, TRAFFIC_EXTERNAL_RTT, US_PER_MS, "TCP handshakes",
                  figure);
    return 0;
}

int method_achieved_rate(const struct method_context *context, struct figure *figure)
{
    take_quantile(context, TRAFFIC_LINES, TRAFFIC_DEMAND, BIT_PER_MBIT, "demanding line-minutes",
                  figure);
    return 0;
}

static void take_ratio(double numerator, double denominator, struct figure *figure)
{
    if (!(denominator > 0))
        return;
    figure->basis = BASIS_CONVENIENCE;
    figure->numerator = optional_double(numerator);
    figure->denominator = optional_double(denominator);
    figure->value = optional_double(100 * numerator / denominator);
}

int method_destination_octets(const struct method_context *context, struct figure *figure)
{
    double octets = 0;
    bool any = false;
    for (size_t i = 0; i < context->evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &context->evidence->traffic[i];
        if (!takes_destination(context, figure, traffic))
            continue;
        octets += (double)traffic->downstream_octets + (double)traffic->upstream_octets;
        any = true;
    }
    if (!any)
        return 0;
    figure->basis = BASIS_CONVENIENCE;
    figure->value = figure->numerator = optional_double(octets / OCTETS_PER_GB);
    figure->lower = figure->value; /* what no probe sees can only add */
    return 0;
}

int method_destination_loss(const struct method_context *context, struct figure *figure)
{
    double segments = 0;
    double again = 0;
    for (size_t i = 0; i < context->evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &context->evidence->traffic[i];
        if (!takes_destination(context, figure, traffic))
            continue;
        segments += (double)traffic->tcp_segments;
        again += (double)traffic->tcp_retransmitted;
    }
    take_ratio(again, segments, figure);
    return 0;
}

static bool is_same_group(const struct traffic_evidence *a, const struct traffic_evidence *b)
{
    return a->settlement == b->settlement && a->residence == b->residence &&
           strcmp(a->operator_name, b->operator_name) == 0 && strcmp(a->area, b->area) == 0;
}

/* Reports of the group of lines that a destination's row belongs to. */
static uint64_t reports_of_group(const struct evidence *evidence,
                                 const struct traffic_evidence *destination)
{
    for (size_t i = 0; i < evidence->traffic_count; i++)
        if (evidence->traffic[i].kind == TRAFFIC_LINES &&
            is_same_group(&evidence->traffic[i], destination))
            return evidence->traffic[i].reports;
    return destination->reports;
}

int method_destination_seen(const struct method_context *context, struct figure *figure)
{
    double answered = 0;
    double reports = 0;
    for (size_t i = 0; i < context->evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &context->evidence->traffic[i];
        if (!takes_destination(context, figure, traffic))
            continue;
        answered += (double)traffic->answered;
        reports += (double)reports_of_group(context->evidence, traffic);
    }
    take_ratio(answered, reports, figure);
    figure->lower = figure->value; /* an interval without a request counts as one without answer */
    return 0;
}

/* Lines of the population with traffic within the last 30 days. */
static double lines_seen(const struct method_context *context, const struct figure *figure)
{
    enum settlement settlement = population_settlement(figure->definition->population);
    enum residence residence = population_residence(figure->definition->population);
    double seen = 0;
    for (size_t i = 0; i < context->evidence->node_count; i++) {
        const struct node_evidence *node = &context->evidence->nodes[i];
        bool of_population = (settlement == SETTLEMENT_UNKNOWN || node->settlement == settlement) &&
                             (residence == RESIDENCE_UNKNOWN || node->residence == residence);
        if (!of_population || !figure_takes(context, figure, node->operator_name, node->area))
            continue;
        for (size_t k = 0; k < node->line_count; k++)
            seen += (double)node->lines[k].seen_recent;
    }
    return seen;
}

/* A line may reach several classes: the largest of a group is the least that it can be, their sum
 * the most. */
int method_destination_lines(const struct method_context *context, struct figure *figure)
{
    const struct evidence *evidence = context->evidence;
    const struct traffic_evidence *group = NULL;
    double least = 0;
    double most = 0;
    double largest = 0;
    for (size_t i = 0; i < evidence->traffic_count; i++) { /* rows of a group stand together */
        const struct traffic_evidence *traffic = &evidence->traffic[i];
        if (!takes_destination(context, figure, traffic))
            continue;
        if (!group || !is_same_group(group, traffic)) {
            least += largest;
            largest = 0;
            group = traffic;
        }
        largest = (double)traffic->lines > largest ? (double)traffic->lines : largest;
        most += (double)traffic->lines;
    }
    if (!group)
        return 0;
    take_ratio(least + largest, lines_seen(context, figure), figure);
    if (figure->value.known) {
        figure->lower = figure->value;
        figure->upper = optional_double(100 * most / figure->denominator.value);
    }
    return 0;
}

int method_fast_lines(const struct method_context *context, struct figure *figure)
{
    double lines = 0;
    bool any = false;
    for (size_t i = 0; i < context->evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &context->evidence->traffic[i];
        if (!takes(context, figure, traffic, TRAFFIC_LINES))
            continue;
        lines += (double)traffic->fast_lines;
        any = true;
    }
    if (!any)
        return 0;
    figure->basis = BASIS_CONVENIENCE;
    figure->value = figure->numerator = figure->lower = optional_double(lines);
    return 0;
}

static bool takes_wlan(const struct method_context *context, const struct figure *figure,
                       const struct traffic_evidence *traffic)
{
    bool wlan = traffic->kind == TRAFFIC_PUBLIC_WLAN ||
                (traffic->kind == TRAFFIC_OTHER_WLAN &&
                 figure->definition->population != POPULATION_PUBLIC);
    return wlan && figure_takes(context, figure, traffic->operator_name, traffic->area);
}

/* A day's mean of each operator in each area, added up: nobody is told apart across them. */
static int take_daily(const struct method_context *context, bool users, struct figure *figure)
{
    double sum = 0;
    uint64_t days = 0;
    for (size_t i = 0; i < context->evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &context->evidence->traffic[i];
        if (!takes_wlan(context, figure, traffic) || traffic->days == 0)
            continue;
        double octets = (double)traffic->downstream_octets + (double)traffic->upstream_octets;
        sum += (users ? traffic->user_days : octets / OCTETS_PER_GB) / (double)traffic->days;
        days = traffic->days > days ? traffic->days : days;
    }
    if (days == 0)
        return 0;
    figure->basis = BASIS_CONVENIENCE;
    figure->value = figure->numerator = optional_double(sum);
    if (users) { /* as of one sketch: those of several days err less */
        struct interval interval = interval_distinct(sum, DISTINCT_PRECISION_MIN);
        figure->lower = optional_double(interval.lower);
        figure->upper = optional_double(interval.upper);
    }
    (void)snprintf(figure->source, sizeof figure->source, "mean over %llu days of the month",
                   (unsigned long long)days);
    return 0;
}

int method_wlan_users(const struct method_context *context, struct figure *figure)
{
    return take_daily(context, true, figure);
}

int method_wlan_octets(const struct method_context *context, struct figure *figure)
{
    return take_daily(context, false, figure);
}
