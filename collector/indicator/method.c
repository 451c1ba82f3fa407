/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/method.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>

static const struct method methods[] = {
    {"declared", method_declared, 0, false}, /* the first is the fallback */
    {"ftth-share", method_ftth_share, 0, false},
    {"fixed-broadband-penetration", method_penetration, 0, false},
    {"wlan-hotspots", method_wlan_hotspots, 0, true},
    {"access-capability-urban", method_access_capability, SETTLEMENT_URBAN, false},
    {"access-capability-rural", method_access_capability, SETTLEMENT_RURAL, false},
    {"egress-bandwidth", method_interface_capacity, INTERFACE_ROLE_EGRESS, true},
    {"core-node-bandwidth", method_interface_capacity, INTERFACE_ROLE_CORE_NODE, true},
    {"cloud-centre-bandwidth", method_interface_capacity, INTERFACE_ROLE_CLOUD_CENTRE, true},
};

const struct method *method_find(const char *name)
{
    for (size_t i = 1; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return &methods[0];
}

bool figure_takes(const struct method_context *context, const struct figure *figure,
                  const char *operator_name, const char *area)
{
    if (figure->operator_of && strcmp(figure->operator_of->key, operator_name) != 0)
        return false;
    if (figure->area == plan_area_at(context->plan, 0))
        return true;
    return plan_find_area_on(context->plan, area, context->window.last_day) == figure->area;
}

enum basis method_basis(const struct method_context *context, struct optional_double coverage)
{
    const struct rule_settings *rules = context->rules;
    if (coverage.known && coverage.value >= rules->census_coverage)
        return BASIS_CENSUS;
    if (coverage.known && rules->probability_sample && coverage.value >= rules->sample_coverage)
        return BASIS_PROBABILITY_SAMPLE;
    return BASIS_CONVENIENCE;
}

void method_set_coverage(const struct method_context *context, double reported, double registered,
                         struct figure *figure)
{
    if (registered > 0)
        figure->coverage = optional_double(reported / registered);
    figure->basis = method_basis(context, figure->coverage);
}

const struct declared_figure *method_find_declared(const struct method_context *context,
                                                   const struct figure *figure)
{
    const struct imported *imported = &context->inputs->imported;
    const char *id = figure->indicator->id;
    const char *area = figure->area->key;
    const char *operator_name = figure->operator_of ? figure->operator_of->key : "";
    int64_t day = context->window.last_day;
    const struct declared_figure *row =
        imported_find_declared(imported, id, area, operator_name, day);
    const struct plan_target *target =
        figure->target ? figure->target : figure_target_in_force(figure->indicator, day);
    bool past = target && target->status != TARGET_UNDATED && target->day < day;
    return row || !past ? row
                        : imported_find_declared(imported, id, area, operator_name, target->day);
}

int method_declared(const struct method_context *context, int parameter, struct figure *figure)
{
    (void)parameter;
    figure->evidence_class = EVIDENCE_DECLARED;
    figure->basis = BASIS_DECLARED;
    const struct declared_figure *row = method_find_declared(context, figure);
    if (!row)
        return 0;
    char date[CLOCK_DATE_BYTES];
    clock_format_date(row->reference_day, date);
    figure->value = optional_double(row->value);
    (void)snprintf(figure->source, sizeof figure->source, "%s, %s", row->source, date);
    return 0;
}
