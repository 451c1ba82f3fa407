/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/count_estimate.h"

#include "collector/estimate/ratio.h"

#include <errno.h>
#include <stdlib.h>

static bool takes(const struct method_context *context, const struct figure *figure,
                  const struct controller_evidence *controller)
{
    return controller->registered &&
           figure_takes(context, figure, controller->operator_name, controller->area);
}

static double known_size(const struct controller_evidence *controller, bool sized)
{
    return sized ? (double)controller->registered_wtps.value : 1;
}

static bool all_sized(const struct method_context *context, const struct figure *figure)
{
    for (size_t i = 0; i < context->evidence->controller_count; i++) {
        const struct controller_evidence *controller = &context->evidence->controllers[i];
        bool sized = controller->registered_wtps.known && controller->registered_wtps.value > 0;
        if (takes(context, figure, controller) && !sized)
            return false;
    }
    return true;
}

static void keep(const struct ratio *ratio, double known, struct figure *figure)
{
    struct interval interval = ratio_interval(ratio, INTERVAL_TWO_SIDED, false);
    figure->estimate = optional_double(ratio->value * known);
    figure->estimate_lower = optional_double(interval.lower * known);
    figure->estimate_upper = optional_double(interval.upper * known);
}

int count_estimate(const struct method_context *context, count_fn count, struct figure *figure)
{
    const struct evidence *evidence = context->evidence;
    bool sized = all_sized(context, figure);
    struct ratio_stratum stratum = {.clusters = 0};
    size_t reported = 0;
    struct ratio_cluster *clusters = calloc(evidence->controller_count + 1, sizeof *clusters);
    if (!clusters)
        return -ENOMEM;
    for (size_t i = 0; i < evidence->controller_count; i++) {
        const struct controller_evidence *controller = &evidence->controllers[i];
        if (!takes(context, figure, controller))
            continue;
        double known = known_size(controller, sized);
        stratum.clusters += 1;
        stratum.known += known;
        stratum.known_squares += known * known;
        if (controller->reported)
            clusters[reported++] = (struct ratio_cluster){
                .hits = count(figure, controller), .size = known, .known = known};
    }
    struct ratio ratio;
    bool part = reported > 0 && (double)reported < stratum.clusters;
    if (part && ratio_estimate(clusters, reported, &stratum, 1, &ratio) == 0) {
        ratio.proportion = false; /* a count for each access point of the register */
        keep(&ratio, stratum.known, figure);
    }
    free(clusters);
    return 0;
}
