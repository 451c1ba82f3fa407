/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Options of a bus that outlive whoever gave them. Inside common/bus*.c only.
 */
#ifndef LASTMILE_COMMON_BUS_OPTIONS_H
#define LASTMILE_COMMON_BUS_OPTIONS_H

#include "common/bus.h"

/* Copies all, strings and will included, and sets what was left open. 0, or -ENOMEM: then the copy
 * is to be finished all the same, and nothing of the caller's is in it. */
int bus_options_copy(const struct bus_options *in, struct bus_options *out);
/* Of a copy. */
void bus_options_fini(const struct bus_options *copy);

#endif
