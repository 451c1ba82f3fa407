/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A simulated city with known truth and a random sample of its access nodes, as evidence: operators
 * in urban and rural areas, nodes of unequal size whose lines resemble each other, a register that
 * is a year old. Seeded.
 */
#ifndef LASTMILE_TESTS_SUPPORT_DEPLOYMENT_H
#define LASTMILE_TESTS_SUPPORT_DEPLOYMENT_H

#include "collector/indicator/inputs.h"

struct deployment_kind {
    const char *name;
    size_t operators;                /* of the plan's first; each in urban and rural areas */
    size_t nodes_min, nodes_max;     /* of an operator in a settlement */
    double sampled_min, sampled_max; /* part of them that was drawn */
    double size_median, size_spread; /* lines of a node: lognormal, spread in natural logarithms */
    double size_slope;               /* of the share's logit over the logarithm of a node's size */
    double likeness_min, likeness_max; /* intra-class correlation of the lines of a node */
};

struct deployment {
    struct evidence evidence;
    struct inputs inputs; /* they point to the evidence; nothing is imported but households */
    struct denominator households;
    double ftth_share;  /* the truth, in per cent of the lines of the whole city */
    double penetration; /* lines for each hundred households */
};

/* The truths are drawn around these, in per cent. NULL when memory is out. */
struct deployment *deployment_new(const struct deployment_kind *kind, uint64_t seed, double share,
                                  double penetration);
/* The inputs as at the end of this day. */
void deployment_set_instant(struct deployment *deployment, int64_t day);
void deployment_free(struct deployment *deployment);

#endif
