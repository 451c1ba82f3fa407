/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/walks.h"

#include "tests/support/random_numbers.h"

#include <math.h>
#include <stdbool.h>

#define MONTH_DAYS  30.4375
#define FIRST_DAY   16465 /* 2015-01-31 */
#define WRONG_MONTH 0.03

const char *const walk_names[WALK_KINDS] = {
    "adoption that saturates",    "a straight rise", "a programme of two years", "random steps",
    "adoption with wrong months",
};

struct shape {
    double start, ceiling, rate, middle; /* of an S-curve */
    double slope, fast, from, until;
    double noise, season;
};

static double s_curve(const struct shape *shape, double month)
{
    double range = shape->ceiling - shape->start;
    return shape->start + range / (1 + exp(-shape->rate * (month - shape->middle)));
}

static double expected(size_t kind, const struct shape *shape, double month)
{
    switch (kind) {
    case 0:
    case 4:
        return s_curve(shape, month);
    case 1:
        return shape->start + shape->slope * month;
    default: {
        double within = fmin(fmax(month - shape->from, 0), shape->until - shape->from);
        return shape->start + shape->slope * 0.4 * month + shape->fast * within;
    }
    }
}

void walk_make(size_t kind, uint64_t seed, struct trend_point out[static WALK_MONTHS])
{
    uint64_t state = seed * 7919 + kind;
    const struct shape shape = {
        .start = random_uniform(&state, 15, 50),
        .ceiling = random_uniform(&state, 80, 110),
        .rate = random_uniform(&state, 0.05, 0.12),
        .middle = random_uniform(&state, 10, 45),
        .slope = random_uniform(&state, 0.1, 0.9),
        .fast = random_uniform(&state, 0.3, 1.2),
        .from = random_uniform(&state, 6, 24),
        .until = random_uniform(&state, 30, 48),
        .noise = random_uniform(&state, 0.1, 0.8),
        .season = random_uniform(&state, 0, 0.5),
    };
    double walk = 0;
    for (size_t month = 0; month < WALK_MONTHS; month++) {
        bool wrong = kind == 4 && random_uniform(&state, 0, 1) < WRONG_MONTH;
        double step = random_normal(&state);
        walk += kind == 3 ? 0.5 * step : 0;
        double value = expected(kind == 3 ? 1 : kind, &shape, (double)month) + walk;
        value += shape.season * sin(6.283185307179586 * (double)month / 12);
        value += shape.noise * random_normal(&state) - (wrong ? 8 : 0);
        out[month] = (struct trend_point){.day = FIRST_DAY + (int64_t)(MONTH_DAYS * (double)month),
                                          .value = value};
    }
}
