/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/plan/plan.h"

#include "collector/plan/plan_file.h"

#include <stdlib.h>
#include <string.h>

const struct conf_name target_operator_names[] = {
    {">=", TARGET_GE},
    {">", TARGET_GT},
    {"=", TARGET_EQ},
    {NULL, 0},
};

const struct conf_name target_status_names[] = {
    {"stated", TARGET_STATED},
    {"carried-forward", TARGET_CARRIED_FORWARD},
    {"not-stated", TARGET_NOT_STATED},
    {"undated", TARGET_UNDATED},
    {NULL, 0},
};

struct plan *plan_open(const char *plan_file, const char *areas_file, struct conf_error *out_error)
{
    return plan_open_with(plan_file, NULL, areas_file, out_error);
}

struct plan *plan_open_with(const char *plan_file, const char *indicators_file,
                            const char *areas_file, struct conf_error *out_error)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s: out of memory", plan_file);
        return NULL;
    }
    if (plan_file_read(plan_file, indicators_file, plan, out_error) != 0 ||
        plan_file_read_areas(areas_file, plan, out_error) != 0) {
        plan_close(plan);
        return NULL;
    }
    return plan;
}

void plan_close(struct plan *plan)
{
    if (!plan)
        return;
    free(plan->indicators);
    indicator_table_free(&plan->table);
    free(plan->areas);
    free(plan->rollups);
    free(plan->operators);
    free(plan);
}

const char *plan_id(const struct plan *plan)
{
    return plan->heading.id;
}

const char *plan_title_zh(const struct plan *plan)
{
    return plan->heading.title_zh;
}

const char *plan_title_en(const struct plan *plan)
{
    return plan->heading.title_en;
}

const char *plan_document(const struct plan *plan)
{
    return plan->heading.document;
}

size_t plan_indicator_count(const struct plan *plan)
{
    return plan->indicator_count;
}

const struct plan_indicator *plan_indicator_at(const struct plan *plan, size_t i)
{
    return i < plan->indicator_count ? &plan->indicators[i] : NULL;
}

const struct plan_indicator *plan_find_indicator(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->indicator_count; i++)
        if (strcmp(plan->indicators[i].id, id) == 0)
            return &plan->indicators[i];
    return NULL;
}

const struct plan_definition *plan_find_definition(const struct plan_indicator *indicator,
                                                   const char *name)
{
    for (size_t i = 0; i < indicator->definition_count; i++)
        if (strcmp(indicator->definitions[i].name, name) == 0)
            return &indicator->definitions[i];
    return NULL;
}

const char *plan_indicators_file(const struct plan *plan)
{
    return plan->heading.indicators_file;
}

size_t plan_area_count(const struct plan *plan)
{
    return plan->area_count;
}

const struct plan_area *plan_area_at(const struct plan *plan, size_t i)
{
    return i < plan->area_count ? &plan->areas[i] : NULL;
}

const struct plan_area *plan_find_area(const struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->area_count; i++)
        if (strcmp(plan->areas[i].key, key) == 0)
            return &plan->areas[i];
    return NULL;
}

bool plan_area_is_valid_on(const struct plan_area *area, int64_t day)
{
    return day >= area->valid_from_day && day <= area->valid_to_day;
}

bool plan_area_reports_on(const struct plan_area *area, int64_t day)
{
    return area->reporting && plan_area_is_valid_on(area, day);
}

const struct plan_area *plan_find_area_on(const struct plan *plan, const char *key, int64_t day)
{
    for (size_t i = 0; i < plan->area_count; i++) {
        const struct plan_area *area = &plan->areas[i];
        for (size_t f = 0; f < area->former_count; f++)
            if (strcmp(area->former[f].code, key) == 0 && day >= area->former[f].valid_from_day &&
                day <= area->former[f].valid_to_day)
                return area;
    }
    const struct plan_area *area = plan_find_area(plan, key);
    return area && plan_area_is_valid_on(area, day) ? area : NULL;
}

static bool is_rollup(const struct plan_area *area)
{
    return strcmp(area->type, PLAN_ROLLUP_TYPE) == 0;
}

bool plan_area_holds(const struct plan *plan, const struct plan_area *wide,
                     const struct plan_area *area)
{
    if (wide == area || wide == &plan->areas[0])
        return true;
    return is_rollup(wide) && area->reporting && strcmp(wide->gb2260, area->gb2260) == 0;
}

size_t plan_rollup_count(const struct plan *plan)
{
    return plan->rollup_count;
}

const struct plan_area *plan_rollup_at(const struct plan *plan, size_t i)
{
    return i < plan->rollup_count ? &plan->rollups[i] : NULL;
}

const struct plan_area *plan_find_rollup(const struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->rollup_count; i++)
        if (strcmp(plan->rollups[i].key, key) == 0)
            return &plan->rollups[i];
    return NULL;
}

size_t plan_operator_count(const struct plan *plan)
{
    return plan->operator_count;
}

const struct plan_operator *plan_operator_at(const struct plan *plan, size_t i)
{
    return i < plan->operator_count ? &plan->operators[i] : NULL;
}

const struct plan_operator *plan_find_operator(const struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->operator_count; i++)
        if (strcmp(plan->operators[i].key, key) == 0)
            return &plan->operators[i];
    return NULL;
}
