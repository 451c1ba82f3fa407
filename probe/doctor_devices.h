/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a doctor asks of the SNMP devices: each is polled once, all at the same time.
 */
#ifndef LASTMILE_PROBE_DOCTOR_DEVICES_H
#define LASTMILE_PROBE_DOCTOR_DEVICES_H

#include "common/findings.h"

struct settings;

/* One finding a device, in the order of the settings; waits for the slowest device's deadline. */
void doctor_check_devices(const struct settings *settings, struct findings *findings);

#endif
