/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which alternatives to the default definitions are wanted besides those that always stand beside
 * it: by collector.cfg and by --definition, "ID=NAME, ID=NAME". One thread.
 */
#ifndef LASTMILE_COLLECTOR_COMMAND_DEFINITIONS_H
#define LASTMILE_COLLECTOR_COMMAND_DEFINITIONS_H

#include "collector/plan/plan.h"

#define DEFINITION_CHOICES_MAX 64

struct definition_choices {
    const struct plan_definition *definitions[DEFINITION_CHOICES_MAX]; /* the plan's */
    size_t count;
};

/* Adds the choices of a text; "" and NULL add none. 0, or -EINVAL with out_error set, which names
 * the nearest indicator or definition. */
int definition_choices_add(struct definition_choices *choices, const struct plan *plan,
                           const char *text, struct conf_error *out_error);

#endif
