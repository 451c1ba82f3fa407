/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A desk on which figures are computed: Weihai's plan, a registry made by hand, the rules, a
 * question (31 December 2017; computed in June 2021), and what came of it. For cmocka.
 */
#ifndef LASTMILE_TESTS_SUPPORT_FIGURE_DESK_H
#define LASTMILE_TESTS_SUPPORT_FIGURE_DESK_H

#include "collector/indicator/figure.h"
#include "collector/settings.h"

#include "tests/support/fake_registry.h"

struct figure_desk {
    struct plan *plan;
    struct fake_registry registry;
    struct rule_settings rules;
    struct figure_query query;
    struct remark remark;    /* imported where its indicator is set */
    struct figures *figures; /* of the last evaluation */
};

/* Those of the sample settings, as far as figures heed them. */
extern const struct rule_settings figure_desk_rules;

/* For cmocka; a desk as the state. */
int figure_desk_open(void **state);
/* The same, with a probe of cu that has sent 98 of 100 reports. */
int figure_desk_open_reporting(void **state);
int figure_desk_close(void **state);

void figure_desk_evaluate(struct figure_desk *desk);
/* Of the last evaluation; operator_name "" for all. Fails where there is none. */
const struct figure *figure_desk_find(const struct figure_desk *desk, const char *id,
                                      const char *area, const char *operator_name);
/* Evaluated anew: the city's. */
const struct figure *figure_desk_city(struct figure_desk *desk, const char *id);

/* Known, and this to nine decimals. */
void assert_value(struct optional_double actual, double expected);

#endif
