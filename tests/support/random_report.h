/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reports of any shape within their bounds, the same for the same seed. For property tests, fuzz
 * seeds and load. Only tests include it.
 */
#ifndef LASTMILE_TESTS_SUPPORT_RANDOM_REPORT_H
#define LASTMILE_TESTS_SUPPORT_RANDOM_REPORT_H

#include "common/report.h"

#include <stdint.h>

/* xorshift64*; a seed of 0 is taken as 1. */
struct random_source {
    uint64_t state;
};
uint64_t random_next(struct random_source *source);
uint64_t random_below(struct random_source *source, uint64_t limit);

/* A report that the caller frees; aborts when memory is out. */
struct report *random_report(struct random_source *source);

#endif
