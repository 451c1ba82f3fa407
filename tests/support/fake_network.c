/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_network.h"

#include "tests/support/fake_site.h"

#include "common/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_A_PAIR   3  /* of an area and an operator */
#define NODES_HOSTILE  13 /* the same, so that all hostile names are shown */
#define INTERFACES     9
#define SERIES_MAX     1200
#define TREND_FROM     2015
#define REVISED_YEAR   2018
#define REDEFINED_YEAR 2021

void fake_hostile_name(size_t number, char out[static REPORT_NAME_BYTES])
{
    static const char *const forms[] = {
        "<img src=x onerror=fail(%zu)>",
        "\"><script>fail(%zu)</script>",
        "=HYPERLINK(\"http://x.invalid/%zu\")",
        "\xe2\x80\xae%zu\xe2\x80\xac\xe2\x81\xa6txt.exe\xe2\x81\xa9",
        "{{constructor.constructor('fail(%zu)')()}}",
        "javascript:fail(%zu)//'\"--></title>",
        "@SUM(1+%zu)*cmd|' /C calc'!A0",
        "{a|%zu}\\u003cscript\\u003e${fail()}",
        "\x01\x80\xff\xfe\x1b[31m%zu\x7f\xc3\x28\xa0\xa1\xe2\x28\xa1\xf0\x90\x28\xbc\xf8\xa1\xa1",
        "-%zu+1|<svg/onload=fail()>",
    };
    (void)snprintf(out, REPORT_NAME_BYTES, forms[number % (sizeof forms / sizeof forms[0])],
                   number);
}

static void set_name(const struct fake_site *fake, char *out, const char *form, size_t number)
{
    if (fake->hostile)
        fake_hostile_name(number % FAKE_NAMES_HOSTILE, out);
    else
        (void)snprintf(out, REPORT_NAME_BYTES, form, number);
}

static void set_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

static void add_node(const struct fake_site *fake, struct evidence *evidence,
                     const struct plan_area *area, const struct plan_operator *operator_, size_t i)
{
    struct node_evidence *node = &evidence->nodes[evidence->node_count];
    size_t number = evidence->node_count++;
    set_text(node->operator_name, sizeof node->operator_name, operator_->key);
    set_text(node->area, sizeof node->area, area->key);
    set_name(fake, node->access_node, "olt-%03zu", number);
    node->settlement = i % 2 ? SETTLEMENT_RURAL : SETTLEMENT_URBAN;
    node->residence = RESIDENCE_RESIDENTIAL;
    node->registered = true;
    node->reported = number % 11 != 10;
    node->last_day = 20757;
    node->lines = calloc(2, sizeof *node->lines);
    if (!node->lines)
        return;
    node->line_count = i == 2 ? 2 : 1;
    for (size_t k = 0; k < node->line_count; k++) {
        struct node_lines *lines = &node->lines[k];
        lines->technology = k ? TECHNOLOGY_VDSL2 : TECHNOLOGY_GPON;
        lines->registered = optional_u64(4200 + 173 * number);
        if (!node->reported)
            continue;
        lines->provisioned = optional_u64(4000 + 173 * number);
        lines->active_max = optional_u64(3500 + 160 * number);
        lines->seen = 3300 + 150 * number;
    }
}

static void add_controller(const struct fake_site *fake, struct evidence *evidence,
                           const struct plan_area *area, const struct plan_operator *operator_)
{
    struct controller_evidence *controller = &evidence->controllers[evidence->controller_count];
    size_t number = evidence->controller_count++;
    set_text(controller->operator_name, sizeof controller->operator_name, operator_->key);
    set_text(controller->area, sizeof controller->area, area->key);
    set_name(fake, controller->access_node, "ac-%02zu", number);
    controller->registered = true;
    controller->registered_wtps = optional_u64(900 + 31 * number);
    controller->reported = number % 5 != 4;
    if (!controller->reported)
        return;
    controller->configured = optional_u64(880 + 31 * number);
    controller->run_max = optional_u64(850 + 29 * number);
    controller->named_present = 820 + 28 * number;
}

static void add_interface(const struct fake_site *fake, struct evidence *evidence)
{
    static const double capacities[] = {100000, 40000, 400000};
    struct interface_evidence *interface = &evidence->interfaces[evidence->interface_count];
    size_t number = evidence->interface_count++;
    set_text(interface->operator_name, sizeof interface->operator_name,
             plan_operator_at(fake->plan, number / 3)->key);
    set_text(interface->area, sizeof interface->area, plan_area_at(fake->plan, 0)->key);
    set_name(fake, interface->access_node, "router-%zu", number);
    set_name(fake, interface->name, "100GE0/%zu/0", number);
    interface->role = (enum interface_role)(INTERFACE_ROLE_EGRESS + number % 3);
    double capacity = capacities[number % 3];
    interface->high_speed_mbit_s = optional_u64((uint64_t)capacity);
    interface->up = number != 7;
    interface->samples = 8000;
    interface->p95_in_bit_s = optional_double(capacity * 1e6 * (0.5 + 0.05 * (double)number));
    interface->p95_out_bit_s = optional_double(capacity * 1e6 * (0.2 + 0.03 * (double)number));
}

/* Two classes of destinations and all of them; one area said nothing. */
static int add_traffic(const struct fake_site *fake, struct evidence *evidence,
                       const struct plan_area *area, const struct plan_operator *operator_)
{
    static const char *const classes[] = {"", "cloud", "cross-border"};
    for (size_t c = 0; c < sizeof classes / sizeof classes[0]; c++) {
        struct traffic_evidence *traffic = evidence_add_traffic(evidence);
        if (!traffic)
            return -ENOMEM;
        set_text(traffic->operator_name, sizeof traffic->operator_name, operator_->key);
        set_text(traffic->area, sizeof traffic->area, area->key);
        traffic->kind = c ? TRAFFIC_DESTINATION : TRAFFIC_LINES;
        if (c)
            set_name(fake, traffic->class_name, classes[c], c);
        traffic->days = 25 + c;
        traffic->tcp_segments = 1000000 * (c + 1);
        traffic->tcp_retransmitted = 9000 * (c + 1) * (c + 1);
        for (size_t k = 0; k < 40; k++)
            if (traffic_bins_add(&traffic->measures[TRAFFIC_EXTERNAL_RTT],
                                 histogram_bucket(4000 * (c + 1) + 900 * k), 100 - 2 * k) != 0 ||
                traffic_bins_add(&traffic->measures[TRAFFIC_INTERNAL_RTT],
                                 histogram_bucket(1200 + 90 * k), 100 - 2 * k) != 0)
                return -ENOMEM;
    }
    return 0;
}

static size_t nodes_a_pair(const struct fake_site *fake)
{
    return fake->hostile ? NODES_HOSTILE : NODES_A_PAIR;
}

int fake_evidence(void *ctx, int64_t last_day, uint64_t now_ns, struct evidence **out_evidence)
{
    const struct fake_site *fake = ctx;
    (void)last_day;
    (void)now_ns;
    if (fake->failure)
        return fake->failure;
    const struct plan *plan = fake->plan;
    size_t pairs = plan_area_count(plan) * plan_operator_count(plan);
    struct evidence *evidence = calloc(1, sizeof *evidence);
    *out_evidence = evidence;
    if (!evidence || fake->empty)
        return evidence ? 0 : -ENOMEM;
    evidence->nodes = calloc(pairs * nodes_a_pair(fake), sizeof *evidence->nodes);
    evidence->controllers = calloc(pairs, sizeof *evidence->controllers);
    evidence->interfaces = calloc(INTERFACES, sizeof *evidence->interfaces);
    if (!evidence->nodes || !evidence->controllers || !evidence->interfaces)
        return -ENOMEM;
    for (size_t a = 1; a < plan_area_count(plan); a++)
        for (size_t o = 0; o < plan_operator_count(plan); o++) {
            const struct plan_operator *operator_ = plan_operator_at(plan, o);
            for (size_t i = 0; operator_->has_lines && i < nodes_a_pair(fake); i++)
                add_node(fake, evidence, plan_area_at(plan, a), operator_, i);
            if (operator_->has_lines && o < 3)
                add_controller(fake, evidence, plan_area_at(plan, a), operator_);
            if (operator_->has_lines && a > 1 &&
                add_traffic(fake, evidence, plan_area_at(plan, a), operator_) != 0)
                return -ENOMEM;
        }
    while (evidence->interface_count < INTERFACES)
        add_interface(fake, evidence);
    return 0;
}

/* From half of the first target up to a little more than the last, with one revision and one change
 * of definition. */
static void add_trend(struct trends *trends, const struct plan_indicator *indicator, int year,
                      bool revised, uint64_t now_ns)
{
    struct trend_point *point = &trends->points[trends->count++];
    double target = indicator->targets[0].value.known ? indicator->targets[0].value.value : 50;
    double value = target * (0.62 + 0.35 * (1 - exp(-(year - 2014) / 3.0))) * (revised ? 0.97 : 1);
    bool provisional;
    *point = (struct trend_point){.indicator = indicator,
                                  .day = figure_instant_of_year(year, now_ns, &provisional),
                                  .of_year = true,
                                  .value = optional_double(value),
                                  .lower = optional_double(value * 0.975),
                                  .upper = optional_double(value * 1.015),
                                  .verdict = VERDICT_NOT_MET,
                                  .grade = 'B',
                                  .definition_version = year < REDEFINED_YEAR ? 1 : 2};
    point->status = revised ? TREND_REVISED : provisional ? TREND_PROVISIONAL : TREND_FINAL;
    if (year == REVISED_YEAR && !revised)
        set_text(point->reason, sizeof point->reason, "denominator 2018 published anew");
}

int fake_trends(void *ctx, uint64_t now_ns, struct trends **out_trends)
{
    const struct fake_site *fake = ctx;
    if (fake->failure)
        return fake->failure;
    int current, month, day;
    clock_civil_from_days(clock_city_day(now_ns), &current, &month, &day);
    struct trends *trends = calloc(1, sizeof *trends);
    if (trends)
        trends->points =
            calloc(plan_indicator_count(fake->plan) * (size_t)(current - TREND_FROM + 2),
                   sizeof *trends->points);
    if (!trends || !trends->points) {
        free(trends);
        return -ENOMEM;
    }
    for (size_t i = 0; !fake->empty && i < plan_indicator_count(fake->plan); i++)
        for (int year = TREND_FROM; year <= current && i % 7 != 6; year++) {
            if (year == REVISED_YEAR)
                add_trend(trends, plan_indicator_at(fake->plan, i), year, true, now_ns);
            add_trend(trends, plan_indicator_at(fake->plan, i), year, false, now_ns);
        }
    *out_trends = trends;
    return 0;
}

static struct series_info *add_series(struct series_list *list, enum series_kind kind,
                                      const char *operator_name, const char *probe)
{
    struct series_info *info = &list->series[list->count++];
    *info = (struct series_info){.id = (int64_t)list->count, .kind = kind, .step_s = 300};
    set_text(info->operator_name, sizeof info->operator_name, operator_name);
    (void)snprintf(info->probe_name, sizeof info->probe_name, "%.*s", TOPIC_NAME_MAX, probe);
    return info;
}

int fake_series(void *ctx, struct series_list *out_list)
{
    struct fake_site *fake = ctx;
    struct evidence *evidence = NULL;
    int status = fake_evidence(fake, 0, 0, &evidence);
    struct series_list list = {calloc(SERIES_MAX, sizeof *list.series), 0};
    if (status < 0 || !list.series) {
        free(list.series);
        return status < 0 ? status : -ENOMEM;
    }
    char probe[REPORT_NAME_BYTES];
    for (size_t i = 0; i < evidence->node_count; i++) {
        const struct node_evidence *node = &evidence->nodes[i];
        set_name(fake, probe, "probe-%02zu", i / nodes_a_pair(fake));
        struct series_info *info = add_series(&list, SERIES_LINES, node->operator_name, probe);
        memcpy(info->access_node, node->access_node, sizeof info->access_node);
        info->technology = TECHNOLOGY_GPON;
        info = add_series(&list, SERIES_TRAFFIC, node->operator_name, probe);
        memcpy(info->access_node, node->access_node, sizeof info->access_node);
        info->technology = TECHNOLOGY_GPON;
    }
    for (size_t i = 0; i < evidence->controller_count; i++) {
        const struct controller_evidence *controller = &evidence->controllers[i];
        set_name(fake, probe, "probe-%02zu", i);
        struct series_info *info = add_series(&list, SERIES_WLAN, controller->operator_name, probe);
        memcpy(info->access_node, controller->access_node, sizeof info->access_node);
    }
    for (size_t i = 0; i < evidence->interface_count; i++) {
        const struct interface_evidence *interface = &evidence->interfaces[i];
        struct series_info *info =
            add_series(&list, SERIES_INTERFACE, interface->operator_name, "bras-rongcheng");
        memcpy(info->access_node, interface->access_node, sizeof info->access_node);
        memcpy(info->interface_name, interface->name, sizeof info->interface_name);
    }
    if (!fake->empty)
        (void)add_series(&list, SERIES_PROBE, "cu", "olt-huancui-1");
    evidence_free(evidence);
    *out_list = list;
    return 0;
}

/* By day and by week, with a hole of two days in each month. */
static double wave(uint64_t end_s, double most)
{
    double day = fmod((double)(end_s + 8 * 3600) / 86400, 1);
    double week = fmod((double)end_s / 604800, 1);
    if ((end_s / 86400) % 30 < 2)
        return NAN;
    double busy = exp(-pow((day - 0.87) * 6, 2)) + 0.45 * exp(-pow((day - 0.5) * 3.5, 2));
    double noise = (double)(end_s * 2654435761u % 1000) / 1000;
    return most * (0.12 + 0.75 * busy / 1.1 + 0.06 * sin(week * 6.283) + 0.05 * noise);
}

int fake_points(void *ctx, const struct series_fetch_query *query,
                struct series_points **out_points)
{
    struct fake_site *fake = ctx;
    struct series_list list = {NULL, 0};
    uint64_t step_s = query->step_s < 300 ? 300 : query->step_s / 300 * 300;
    if (query->to_s <= query->from_s || (query->to_s - query->from_s) / step_s > 110000)
        return -EINVAL;
    int status = fake_series(fake, &list);
    if (status == 0 && (uint64_t)query->series_id > list.count)
        status = -ENOENT;
    enum series_kind kind = status == 0 ? list.series[query->series_id - 1].kind : SERIES_PROBE;
    free(list.series);
    struct series_points *points = status == 0 ? calloc(1, sizeof *points) : NULL;
    if (!points)
        return status < 0 ? status : -ENOMEM;
    points->from_s = query->from_s / step_s * step_s;
    points->step_s = step_s;
    points->count = (size_t)((query->to_s - points->from_s) / step_s);
    points->source_count = series_layout(kind)->source_count;
    points->values = calloc(points->count * points->source_count + 1, sizeof *points->values);
    static const double most[SERIES_KINDS][SERIES_SOURCES_MAX] = {
        [SERIES_TRAFFIC] = {3900, 9.2e9, 1.1e9},
        [SERIES_LINES] = {4400, 4100},
        [SERIES_WLAN] = {900, 920, 14000},
        [SERIES_INTERFACE] = {83e9, 31e9},
        [SERIES_PROBE] = {420000, 13, 1}};
    for (size_t i = 0; points->values && i < points->count; i++)
        for (size_t k = 0; k < points->source_count; k++)
            points->values[i * points->source_count + k] =
                wave(points->from_s + (i + 1) * step_s, most[kind][k]);
    *out_points = points;
    return points->values ? 0 : -ENOMEM;
}
