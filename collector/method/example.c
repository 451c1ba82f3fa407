/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/method/example.h"

#include "collector/settings.h"

#include "common/array.h"
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A node and its only kind of lines; NULL when memory is out. */
static struct node_lines *add_lines(struct inputs *inputs, const char *area,
                                    const char *operator_name, enum access_technology technology,
                                    uint64_t lines)
{
    struct evidence *evidence = inputs->evidence;
    struct node_evidence *node = evidence_add_node(evidence);
    if (!node)
        return NULL;
    (void)snprintf(node->operator_name, sizeof node->operator_name, "%s", operator_name);
    (void)snprintf(node->access_node, sizeof node->access_node, "node-%zu", evidence->node_count);
    (void)snprintf(node->area, sizeof node->area, "%s", area);
    node->settlement = SETTLEMENT_RURAL;
    node->residence = RESIDENCE_RESIDENTIAL;
    node->reported = node->registered = true;
    struct node_lines *of = evidence_add_lines(node, technology);
    if (of)
        of->provisioned = of->active_max = of->registered = optional_u64(lines);
    return of;
}

static struct controller_evidence *add_controller(struct inputs *inputs, const char *area,
                                                  const char *operator_name, uint64_t registered)
{
    struct controller_evidence *controller = evidence_add_controller(inputs->evidence);
    if (!controller)
        return NULL;
    (void)snprintf(controller->operator_name, sizeof controller->operator_name, "%s",
                   operator_name);
    (void)snprintf(controller->access_node, sizeof controller->access_node, "controller-%zu",
                   inputs->evidence->controller_count);
    (void)snprintf(controller->area, sizeof controller->area, "%s", area);
    controller->reported = controller->registered = true;
    controller->registered_wtps = optional_u64(registered);
    return controller;
}

static int add_households(struct inputs *inputs, const char *area, double households)
{
    struct imported *imported = &inputs->imported;
    struct denominator *grown =
        array_grow(imported->denominators, imported->denominator_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->denominators = grown;
    struct denominator *row = &grown[imported->denominator_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->area, sizeof row->area, "%s", area);
    (void)snprintf(row->variable, sizeof row->variable, "resident-households");
    (void)snprintf(row->class_name, sizeof row->class_name, "all");
    row->value = households;
    row->reference_day = inputs->window.last_day;
    return 0;
}

/* 98 of 100 intervals have arrived. */
static int add_probe(struct inputs *inputs, const char *operator_name)
{
    struct evidence *evidence = inputs->evidence;
    struct probe_evidence *grown =
        array_grow(evidence->probes, evidence->probe_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    evidence->probes = grown;
    struct probe_evidence *probe = &grown[evidence->probe_count++];
    memset(probe, 0, sizeof *probe);
    (void)snprintf(probe->operator_name, sizeof probe->operator_name, "%s", operator_name);
    probe->expected_intervals = 100;
    probe->arrived_intervals = 98;
    return 0;
}

static int build_census(struct inputs *inputs, const char *area, const char *operator_name)
{
    bool made = add_lines(inputs, area, operator_name, TECHNOLOGY_GPON, 640) &&
                add_lines(inputs, area, operator_name, TECHNOLOGY_ETHERNET, 340) &&
                add_lines(inputs, area, operator_name, TECHNOLOGY_UNKNOWN, 20);
    return made ? 0 : -ENOMEM;
}

static int build_rounding(struct inputs *inputs, const char *area, const char *operator_name)
{
    bool made = add_lines(inputs, area, operator_name, TECHNOLOGY_GPON, 7996) != NULL;
    return made ? add_households(inputs, "", 10000) : -ENOMEM;
}

static int build_convenience(struct inputs *inputs, const char *area, const char *operator_name)
{
    struct node_lines *silent = add_lines(inputs, area, operator_name, TECHNOLOGY_GPON, 400);
    if (!silent)
        return -ENOMEM;
    silent->provisioned.known = silent->active_max.known = false;
    inputs->evidence->nodes[0].reported = false;
    return add_lines(inputs, area, operator_name, TECHNOLOGY_GPON, 600) ? 0 : -ENOMEM;
}

static int build_capability(struct inputs *inputs, const char *area, const char *operator_name)
{
    struct node_lines *lines = add_lines(inputs, area, operator_name, TECHNOLOGY_GPON, 110);
    if (!lines)
        return -ENOMEM;
    lines->capability_known = true;
    lines->capability[capability_class(100000)] = 82;
    lines->capability[capability_class(8000)] = 18;
    return 0;
}

static int build_access_points(struct inputs *inputs, const char *area, const char *operator_name)
{
    struct controller_evidence *names = add_controller(inputs, area, operator_name, 14);
    if (!names)
        return -ENOMEM;
    names->named_seen = 14;
    names->named_present = 12;
    names->private_present = 2;
    names->run_max = optional_u64(13);
    struct controller_evidence *counts = add_controller(inputs, area, operator_name, 30);
    if (!counts)
        return -ENOMEM;
    counts->run_max = optional_u64(30);
    return 0;
}

const struct method_example method_examples[] = {
    {"ftth-share",
     {"普查与未分类线路", "A census with lines that nobody has classified"},
     {"1000条登记线路全部被统计：640条GPON，340条FTTB+"
      "LAN，20条技术不明。数值取640÷980；下限把20条全计为非"
      "FTTH，上限全计为FTTH。判定看下限。",
      "All of 1,000 registered lines are counted: 640 GPON, 340 FTTB + LAN, 20 of unknown "
      "technology. The value is 640 ÷ 980; the lower bound takes the 20 for lines without fibre, "
      "the upper for lines with it. The verdict goes by the lower."},
     build_census},
    {"fixed-broadband-penetration",
     {"不以四舍五入达标", "Rounding reaches nothing"},
     {"7996条住宅线路，10000户。数值79.96%保留一位小数会显示为80.0%"
      "，但按未舍入的数值判定；与目标相差不足"
      "0.1个百分点时多显示一位小数。",
      "7,996 residential lines, 10,000 households. With one decimal 79.96 % would read 80.0 %; the "
      "verdict is on the unrounded value, and within 0.1 points of the target one more decimal is "
      "shown."},
     build_rounding},
    {"ftth-share",
     {"覆盖不足且非随机的部署", "A deployment that covers too little and was not drawn"},
     {"登记1000条线路，只有一个600条(全部GPON)的节点上报，另一个400条的节点没有。覆盖60%"
      "，节点不是随机抽取，"
      "因此无论数值多高都不能判定达到。",
      "Of 1,000 registered lines a node of 600, all GPON, reported, and one of 400 did not. The "
      "coverage is 60 % and the nodes were not drawn at random: no value, however high, gives "
      "MET."},
     build_convenience},
    {"access-capability-rural",
     {"速率不明的线路扩大上下限", "Lines of unknown rate widen the bounds"},
     {"110条农村线路：82条可开通100 Mbit/s，18条8 "
      "Mbit/s，10条速率不明。已知的100条中82%达到100；若10条都"
      "很慢，80%的线路只达到8。",
      "110 rural lines: 82 can be given 100 Mbit/s, 18 only 8, of 10 nobody knows. Of the 100 "
      "known ones 82 % reach 100; were the 10 slow, 80 % of the lines would reach 8 and no more."},
     build_capability},
    {"wlan-hotspots",
     {"接入点去重与下限", "Access points, counted once, and the lower bound"},
     {"一个控制器逐一列出接入点：当月12台运行达到规定天数，其中2台已知不提供公共网络；另一个只报总"
      "数，最高30台。"
      "数值10+30，下限只计逐一列出的10台。",
      "One controller lists its access points: 12 ran on enough days of the month, 2 of them known "
      "to offer no public network. Another gives only a number, at most 30. The value is 10 + 30; "
      "the lower bound counts the 10 that were told one by one."},
     build_access_points},
};
const size_t method_example_count = sizeof method_examples / sizeof method_examples[0];

/* The first reporting area; the city itself where there is none. */
static const struct plan_area *example_area(const struct plan *plan)
{
    for (size_t i = 1; i < plan_area_count(plan); i++)
        if (plan_area_at(plan, i)->reporting)
            return plan_area_at(plan, i);
    return plan_area_at(plan, 0);
}

static int build_inputs(const struct method_example *example, const struct plan *plan,
                        struct inputs *inputs)
{
    const char *operator_name = plan_operator_at(plan, 0)->key;
    int status = example->build(inputs, example_area(plan)->key, operator_name);
    if (status == 0)
        status = add_probe(inputs, operator_name);
    for (size_t i = 0; i < inputs->imported.denominator_count; i++) /* they are the city's */
        (void)snprintf(inputs->imported.denominators[i].area,
                       sizeof inputs->imported.denominators[i].area, "%s",
                       plan_area_at(plan, 0)->key);
    evidence_sort(inputs->evidence);
    return status;
}

static const struct figure *find_figure(const struct figures *figures,
                                        const struct plan_indicator *indicator)
{
    for (size_t i = 0; i < figures->count; i++)
        if (figures->figures[i].indicator == indicator)
            return &figures->figures[i];
    return NULL;
}

int method_example_compute(const struct method_example *example, const struct plan *plan,
                           const struct figure **out_figure, struct figures **out_figures)
{
    static const struct rule_settings rules = {.activity_days = 90,
                                               .presence_days = 15,
                                               .census_coverage = 0.95,
                                               .sample_coverage = 0.30,
                                               .completeness_gate = 0.75,
                                               .capability_share = 0.80};
    const struct plan_indicator *indicator = plan_find_indicator(plan, example->indicator);
    if (!indicator || indicator->target_count == 0 ||
        indicator->targets[0].status == TARGET_UNDATED)
        return -ENOENT;
    struct inputs *inputs = calloc(1, sizeof *inputs);
    if (!inputs)
        return -ENOMEM;
    inputs->window.last_day = indicator->targets[0].day;
    inputs->computed_ns = clock_city_day_start_ns(inputs->window.last_day + 1);
    inputs->evidence = calloc(1, sizeof *inputs->evidence);
    int status = inputs->evidence ? build_inputs(example, plan, inputs) : -ENOMEM;
    const struct figure_query query = {.instant_day = inputs->window.last_day};
    if (status == 0)
        status = figures_evaluate(plan, inputs, &rules, &query, out_figures);
    inputs_free(inputs);
    if (status == 0)
        *out_figure = find_figure(*out_figures, indicator);
    return status;
}
