/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Many simulated deployments through figures_evaluate, as the page and the export would show them:
 * how often the stated interval holds the truth, and how often a verdict is wrong.
 */
#ifndef LASTMILE_TESTS_SUPPORT_TRIAL_H
#define LASTMILE_TESTS_SUPPORT_TRIAL_H

#include "tests/support/deployment.h"

struct trial_count {
    unsigned samples;      /* figures that came from a probability sample */
    unsigned held;         /* of them, those whose 95 % interval holds the truth */
    unsigned above, below; /* the truth lay above the interval, below it */
    /* the one-sided lower bound lies above the truth, or the upper below it: a target between
     * them would be judged wrongly */
    unsigned high_bound, low_bound;
    unsigned decided; /* MET or NOT_MET */
    unsigned wrong_met, wrong_not_met;
    double width; /* of all intervals together */
};

struct trial {
    struct trial_count share, penetration;
};

extern const struct deployment_kind trial_kinds[];
extern const size_t trial_kind_count;

/* Adds so many deployments of a kind to the trial, from a seed on; the plan is Weihai's. 0 or a
 * negated errno. */
int trial_run(const struct deployment_kind *kind, uint64_t seed, unsigned deployments,
              struct trial *trial);

#endif
