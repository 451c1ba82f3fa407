/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one file of this room that asks a registry.
 */
#include "collector/indicator/inputs.h"

#include "collector/indicator/figure.h"
#include "collector/settings.h"

#include <errno.h>
#include <stdlib.h>

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
    if (status != 0) {
        inputs_free(inputs);
        return status;
    }
    *out_inputs = inputs;
    return 0;
}
