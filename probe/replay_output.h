/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `replay` prints at the end: the JSON object that design 2.1 fixes, or a table for people.
 */
#ifndef LASTMILE_PROBE_REPLAY_OUTPUT_H
#define LASTMILE_PROBE_REPLAY_OUTPUT_H

#include "probe/meter.h"

#include <stdbool.h>
#include <stdio.h>

/* 0, or -ENOMEM or -EIO. */
int replay_output_json(FILE *out, struct meter *meter, bool indented);
int replay_output_table(FILE *out, struct meter *meter);

#endif
