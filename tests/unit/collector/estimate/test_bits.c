/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The arithmetic of figures gives the same bits on every architecture and with every compiler: the
 * hash below is that of x86-64 (gcc, clang) and of arm64. A fused multiply-add or a function of
 * libm changes it.
 */
#include "collector/estimate/interval.h"
#include "collector/estimate/pace.h"
#include "collector/estimate/ratio.h"
#include "collector/estimate/special.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

#define EXPECTED_HASH UINT64_C(0x74733d1a8173d932)
#define CLUSTERS      20
#define MONTHS        40

struct bits {
    uint64_t state, hash;
};

static double draw(struct bits *bits) /* splitmix64 */
{
    uint64_t z = bits->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void add(struct bits *bits, double value)
{
    uint64_t raw = 0;
    memcpy(&raw, &value, sizeof raw);
    for (int i = 0; i < 8; i++)
        bits->hash = (bits->hash ^ ((raw >> (8 * i)) & 255)) * UINT64_C(0x100000001b3);
}

static void add_interval(struct bits *bits, struct interval interval)
{
    add(bits, interval.lower);
    add(bits, interval.upper);
}

static void add_special(struct bits *bits)
{
    add(bits, special_log(draw(bits) * 1000 + 1e-9));
    add(bits, special_exp(draw(bits) * 40 - 20));
    add(bits, special_log_gamma(draw(bits) * 500 + 0.01));
    double hits = draw(bits) * 50;
    double n = 50 + draw(bits) * 100;
    add_interval(bits, interval_clopper_pearson(hits, n, 0.05));
    add_interval(bits, interval_wilson(hits / n, n, INTERVAL_Z_TWO_SIDED));
    add(bits, interval_student(INTERVAL_ONE_SIDED, draw(bits) * 600 + 0.5));
}

static void add_ratio(struct bits *bits)
{
    struct ratio_cluster clusters[CLUSTERS];
    struct ratio_stratum stratum = {2 * CLUSTERS, 0, 0};
    struct ratio ratio;
    for (size_t i = 0; i < CLUSTERS; i++) {
        double size = (double)(int)(10 + draw(bits) * 900);
        double hits = (double)(int)(size * draw(bits));
        clusters[i] = (struct ratio_cluster){0, hits, size, size};
        stratum.known += 2.1 * size;
        stratum.known_squares += 2.2 * size * size;
    }
    assert_int_equal(ratio_estimate(clusters, CLUSTERS, &stratum, 1, &ratio), 0);
    add(bits, ratio.value);
    add(bits, ratio.variance);
    add(bits, ratio.degrees);
    add_interval(bits, ratio_interval(&ratio, INTERVAL_TWO_SIDED, false));
    add_interval(bits, ratio_interval(&ratio, INTERVAL_ONE_SIDED, true));
}

static void add_pace(struct bits *bits)
{
    struct pace_point points[MONTHS];
    struct pace_answer answer;
    for (size_t i = 0; i < MONTHS; i++)
        points[i] = (struct pace_point){.day = 17000 + 30 * (int64_t)i,
                                        .value = 30 + 0.4 * (double)i + draw(bits),
                                        .definition_version = 1};
    const struct pace_question question = {.points = points,
                                           .count = MONTHS,
                                           .day = points[MONTHS - 1].day,
                                           .target = optional_double(60),
                                           .target_day = points[MONTHS - 1].day + 500};
    pace_judge(&question, &answer);
    add(bits, answer.forecast.value);
    add(bits, answer.forecast_upper.value);
    add(bits, answer.achieved_per_year.value);
}

static void figures_have_the_same_bits_on_every_architecture(void **state)
{
    (void)state;
    struct bits bits = {.state = 7, .hash = UINT64_C(0xcbf29ce484222325)};
    for (int i = 0; i < 300; i++) {
        add_special(&bits);
        add_ratio(&bits);
        add_pace(&bits);
    }
    if (bits.hash != EXPECTED_HASH)
        print_error("0x%016llx\n", (unsigned long long)bits.hash);
    assert_true(bits.hash == EXPECTED_HASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_have_the_same_bits_on_every_architecture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
