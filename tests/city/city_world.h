/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A city, the registry that its reports went into, and the figures that come of it. All of it
 * asserts (cmocka), so that tests say only what they are about.
 */
#ifndef LASTMILE_TESTS_CITY_CITY_WORLD_H
#define LASTMILE_TESTS_CITY_CITY_WORLD_H

#include "tests/city/city_intake.h"

#include "collector/indicator/figure.h"
#include "collector/settings.h"

struct world {
    struct plan *plan;
    struct rule_settings rules; /* the shipped defaults */
    char *folder;
    struct city *city;
    struct registry *registry; /* in memory */
};

/* The city is built, and nothing has arrived yet. */
void world_open(struct world *world, const struct city_options *options);
void world_close(struct world *world);

/* An empty registry again, with the city's registers. */
void world_empty_registry(struct world *world);
/* All that the probes send, in the order of its arrival. */
void world_run(struct world *world);

/* All messages of the city, in that order. The caller frees with world_free_messages. */
struct world_messages {
    struct city_message *messages;
    size_t count;
};
struct world_messages world_record(struct world *world);
void world_free_messages(struct world_messages *recorded);
/* Takes messages into the registry, in the order of an array of their indices. */
void world_take(struct world *world, const struct world_messages *recorded, const size_t *order,
                size_t count);

/* Figures as at the end of a day, judged long after: all targets, areas and operators. */
struct figures *world_figures(struct world *world, int64_t day);
/* area and operator_name "" = the city, all operators; the last of its targets. */
const struct figure *world_figure(const struct figures *figures, const char *indicator,
                                  const char *area, const char *operator_name);
/* Every column of every figure as text; the caller frees it. */
char *world_text(const struct figures *figures);

#endif
