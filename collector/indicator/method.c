/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/method.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>

static const struct method methods[QUANTITY_COUNT] = {
    [QUANTITY_DECLARED] = {method_declared, false},
    [QUANTITY_INDEX] = {method_none, false},
    [QUANTITY_NOT_CARRIED] = {method_none, false},
    [QUANTITY_IMPORTED] = {method_imported, false},
    [QUANTITY_LINES] = {method_lines, false},
    [QUANTITY_FTTH_LINES] = {method_fibre_share, false},
    [QUANTITY_FIBRE_LINES] = {method_fibre_share, false},
    [QUANTITY_CAPABLE_LINES] = {method_capable_share, false},
    [QUANTITY_CAPABILITY] = {method_access_capability, false},
    [QUANTITY_PROVISIONED_RATE] = {method_access_capability, false},
    [QUANTITY_CONTRACTED_RATE] = {method_contracted_rate, false},
    [QUANTITY_MEAN_RATE] = {method_mean_rate, false},
    [QUANTITY_ACCESS_POINTS] = {method_access_points, true},
    [QUANTITY_DEPLOYED_POINTS] = {method_deployed_points, false},
    [QUANTITY_VENUES] = {method_venues, true},
    [QUANTITY_COVERED_VENUES] = {method_covered_venues, false},
    [QUANTITY_CAPACITY] = {method_capacity, true},
    [QUANTITY_UTILISATION] = {method_utilisation, false},
    [QUANTITY_HOURS_ABOVE] = {method_hours_above, false},
    [QUANTITY_ACHIEVED_RATE] = {method_achieved_rate, false},
    [QUANTITY_FAST_LINES] = {method_fast_lines, false},
    [QUANTITY_DESTINATION_LINES] = {method_destination_lines, false},
    [QUANTITY_DESTINATION_OCTETS] = {method_destination_octets, false},
    [QUANTITY_DESTINATION_RTT] = {method_destination_rtt, false},
    [QUANTITY_DESTINATION_LOSS] = {method_destination_loss, false},
    [QUANTITY_DESTINATION_SEEN] = {method_destination_seen, false},
    [QUANTITY_WLAN_USERS] = {method_wlan_users, false},
    [QUANTITY_WLAN_OCTETS] = {method_wlan_octets, false},
};

const struct method *method_of(enum quantity quantity)
{
    static const struct method none = {method_none, false};
    return methods[quantity].compute ? &methods[quantity] : &none;
}

enum settlement population_settlement(enum population population)
{
    if (population == POPULATION_URBAN)
        return SETTLEMENT_URBAN;
    return population == POPULATION_RURAL ? SETTLEMENT_RURAL : SETTLEMENT_UNKNOWN;
}

enum residence population_residence(enum population population)
{
    if (population == POPULATION_RESIDENTIAL)
        return RESIDENCE_RESIDENTIAL;
    return population == POPULATION_BUSINESS ? RESIDENCE_BUSINESS : RESIDENCE_UNKNOWN;
}

bool figure_takes(const struct method_context *context, const struct figure *figure,
                  const char *operator_name, const char *area)
{
    if (figure->operator_of && strcmp(figure->operator_of->key, operator_name) != 0)
        return false;
    if (figure->area == plan_area_at(context->plan, 0))
        return true;
    const struct plan_area *own = plan_find_area_on(context->plan, area, context->window.last_day);
    return own && plan_area_holds(context->plan, figure->area, own);
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

int method_none(const struct method_context *context, struct figure *figure)
{
    (void)context;
    figure->basis = BASIS_NONE;
    return 0;
}

int method_declared(const struct method_context *context, struct figure *figure)
{
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
