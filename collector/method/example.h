/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The worked examples of the method document: small networks made up here, and their figures as the
 * code that makes all figures computes them. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_METHOD_EXAMPLE_H
#define LASTMILE_COLLECTOR_METHOD_EXAMPLE_H

#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"
#include "collector/method/words.h"

struct method_example {
    const char *indicator; /* by its default definition */
    struct words title, story;
    /* The network: nodes of one area and one operator. 0 or -ENOMEM. */
    int (*build)(struct inputs *inputs, const char *area, const char *operator_name);
};
extern const struct method_example method_examples[];
extern const size_t method_example_count;

/* The city's figure of an example at the day of the indicator's first target, by the default rules
 * (whatever collector.cfg says); borrowed from *out_figures, which the caller frees. -ENOENT where
 * the plan has no such indicator, or no target with a date; -ENOMEM. */
int method_example_compute(const struct method_example *example, const struct plan *plan,
                           const struct figure **out_figure, struct figures **out_figures);

#endif
