/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one file of this room that asks a registry.
 */
#include "collector/indicator/inputs.h"

#include "collector/indicator/figure.h"
#include "collector/registry/history.h"
#include "collector/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct pace_point inputs_past_point(const struct history_row *row)
{
    return (struct pace_point){.day = row->day,
                               .value = row->value.value,
                               .lower = row->lower,
                               .upper = row->upper,
                               .provisional = row->status == HISTORY_PROVISIONAL,
                               .definition_version = row->definition_version};
}

/* The city's months before the instant that have a value, as the chronicle knew them. */
static int load_past(struct registry *registry, struct inputs *inputs)
{
    struct history_mark mark;
    int status = registry_read_history_mark(registry, &mark);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    const struct history_query query = {.area = mark.city,
                                        .operator_name = "",
                                        .months = true,
                                        .first_day = INT64_MIN,
                                        .last_day = inputs->window.last_day - 1,
                                        .as_known_ns = inputs->window.as_known_ns};
    struct history_row *rows = NULL;
    size_t count = 0;
    status = registry_list_history(registry, &query, &rows, &count);
    if (status == 0 && count > 0) {
        inputs->past = calloc(count, sizeof *inputs->past);
        status = inputs->past ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < count && status == 0; i++) {
        if (!rows[i].value.known)
            continue;
        struct past_figure *past = &inputs->past[inputs->past_count++];
        past->point = inputs_past_point(&rows[i]);
        (void)snprintf(past->indicator, sizeof past->indicator, "%s", rows[i].indicator);
    }
    free(rows);
    if (status == 0)
        inputs_sort_past(inputs);
    return status;
}

int inputs_load(struct registry *registry, const struct rule_settings *rules,
                const struct figure_query *query, uint64_t now_ns, struct inputs **out_inputs)
{
    struct inputs *inputs = calloc(1, sizeof *inputs);
    if (!inputs)
        return -ENOMEM;
    inputs->computed_ns = now_ns;
    inputs->window = (struct evidence_query){.last_day = query->instant_day,
                                             .activity_days = rules->activity_days,
                                             .presence_days = rules->presence_days,
                                             .as_known_ns = query->as_known_ns};
    int status = registry_collect_evidence(registry, &inputs->window, now_ns, &inputs->evidence);
    if (status == 0)
        status = registry_read_imported(registry, &inputs->window, &inputs->imported);
    if (status == 0)
        status = load_past(registry, inputs);
    if (status != 0) {
        inputs_free(inputs);
        return status;
    }
    *out_inputs = inputs;
    return 0;
}
