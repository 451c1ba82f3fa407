/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which way of forecasting an indicator errs least, and whether its interval holds what it says:
 * series of six years, forecasts from every third month of the years before for 6, 12, 24 and 36
 * months ahead. In points of per cent.
 *   bench_trend [SERIES [SEED]]
 */
#include "tests/support/walks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HORIZONS 4
static const size_t horizons[HORIZONS] = {6, 12, 24, 36};

struct score {
    double error;
    unsigned held, count;
};

static void score_series(const struct trend_method *method, const struct trend_point *points,
                         struct score scores[static HORIZONS])
{
    for (size_t n = 18; n < WALK_MONTHS; n += 3) {
        struct trend trend;
        if (trend_fit(method, points, n, &trend) != 0)
            continue;
        for (size_t i = 0; i < HORIZONS; i++) {
            size_t at = n - 1 + horizons[i];
            double reach = 0;
            if (at >= WALK_MONTHS || trend_reach(method, points, n, points[at].day, &reach) != 0)
                continue;
            double error = fabs(points[at].value - trend_at(method, &trend, points[at].day));
            scores[i].error += error;
            scores[i].held += error <= reach;
            scores[i].count++;
        }
    }
}

static void print_row(const char *kind, const struct trend_method *method,
                      const struct score scores[static HORIZONS])
{
    (void)printf("%-28s %-26s", kind, method->name);
    for (size_t i = 0; i < HORIZONS; i++)
        (void)printf(" %6.2f", scores[i].error / scores[i].count);
    for (size_t i = 0; i < HORIZONS; i++)
        (void)printf(" %5.0f%%", 100.0 * scores[i].held / scores[i].count);
    (void)printf("%s\n", method == trend_chosen ? " *" : "");
}

int main(int argc, char **argv)
{
    unsigned series = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    (void)printf("%-28s %-26s %s\n", "series", "method (* chosen)",
                 "mean error at 6, 12, 24, 36 months; held by the 80 % interval");
    for (size_t m = 0; m < trend_method_count; m++) {
        struct score all[HORIZONS] = {{0}};
        for (size_t kind = 0; kind < WALK_KINDS; kind++) {
            struct score scores[HORIZONS] = {{0}};
            for (unsigned i = 0; i < series; i++) {
                struct trend_point points[WALK_MONTHS];
                walk_make(kind, seed + i, points);
                score_series(&trend_methods[m], points, scores);
            }
            print_row(walk_names[kind], &trend_methods[m], scores);
            for (size_t i = 0; i < HORIZONS; i++) {
                all[i].error += scores[i].error;
                all[i].held += scores[i].held;
                all[i].count += scores[i].count;
            }
        }
        print_row("all", &trend_methods[m], all);
    }
    return 0;
}
