/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Do the intervals hold what they say? 1,000 simulated deployments of each kind, through the real
 * frame, estimate and verdict: the part whose stated 95 % interval holds the truth, and the
 * verdicts that are wrong, all truths lying near the target. bench_coverage [DEPLOYMENTS [SEED]]
 */
#include "tests/support/trial.h"

#include <stdio.h>
#include <stdlib.h>

static void print_row(const char *kind, const char *indicator, const struct trial_count *count)
{
    double samples = count->samples > 0 ? (double)count->samples : 1;
    (void)printf("%-30s %-12s %7u %8.1f %7.1f %7.1f %7.2f %7.1f %7.1f %8.1f %9.1f %9.1f\n", kind,
                 indicator, count->samples, 100 * count->held / samples,
                 100 * count->below / samples, 100 * count->above / samples, count->width / samples,
                 100 * count->high_bound / samples, 100 * count->low_bound / samples,
                 100 * count->decided / samples, 100 * count->wrong_met / samples,
                 100 * count->wrong_not_met / samples);
}

int main(int argc, char **argv)
{
    unsigned deployments = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    (void)printf("%-30s %-12s %7s %8s %7s %7s %7s %7s %7s %8s %9s %9s\n", "deployments of",
                 "indicator", "samples", "held, %", "below", "above", "width", "L1>", "U1<",
                 "decided", "wrong MET", "NOT_MET");
    for (size_t i = 0; i < trial_kind_count; i++) {
        struct trial trial = {.share = {.samples = 0}};
        if (trial_run(&trial_kinds[i], seed, deployments, &trial) != 0)
            return 1;
        print_row(trial_kinds[i].name, "ftth-share", &trial.share);
        print_row("", "penetration", &trial.penetration);
    }
    return 0;
}
