/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A site without a registry: the shipped plan of Weihai with made-up figures of every kind (known
 * and unknown values, each verdict, areas, operators), and probes whose names may be hostile. What
 * it gives depends on its arguments alone.
 */
#ifndef LASTMILE_TESTS_SUPPORT_FAKE_SITE_H
#define LASTMILE_TESTS_SUPPORT_FAKE_SITE_H

#include "collector/http/gate.h"
#include "collector/http/site.h"

#include <stdbool.h>
#include <stdint.h>

struct fake_site {
    struct plan *plan;
    struct site *site;
    struct site_source source;            /* of the site; for another site of a test's own */
    struct gate *gate;                    /* open to everybody */
    unsigned figures_asked, status_asked; /* how often the source was asked */
    int failure;                          /* what the source then answers; 0 = data */
    bool empty;                           /* no value, no probe: a collector on its first day */
    const char *hostile;                  /* stands as probe name and source, if not NULL */
};

#define FAKE_NOW_NS (UINT64_C(1793500000) * 1000000000) /* 2026-11-01, late morning in Weihai */

/* Reads the plan from LASTMILE_SOURCE. False when that fails. */
bool fake_site_open(struct fake_site *fake, uint64_t fresh_ms);
/* Frees the plan, and the site unless it was handed on (fake->site set to NULL). */
void fake_site_close(struct fake_site *fake);

#endif
