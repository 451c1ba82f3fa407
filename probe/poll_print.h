/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A device snapshot for scripts (design 2.1) and for people. Neither holds a key of an access point
 * or a secret.
 */
#ifndef LASTMILE_PROBE_POLL_PRINT_H
#define LASTMILE_PROBE_POLL_PRINT_H

#include "probe/snmp/snapshot.h"

#include <stdio.h>

/* One JSON object. 0, or -ENOMEM. */
int poll_print_json(const struct device_snapshot *snapshot, FILE *out);

/* What the device is, each figure with its source and how sure it is, what disagrees, what the
 * device does not say. */
void poll_print_table(const struct device_snapshot *snapshot, FILE *out);

#endif
