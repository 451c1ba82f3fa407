/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether a target can be polled at all, and what it does not say. For poller.c only.
 */
#ifndef LASTMILE_PROBE_SNMP_TARGET_H
#define LASTMILE_PROBE_SNMP_TARGET_H

#include "probe/snmp/poller.h"

/* 0, or -EINVAL: no name or address, a passphrase too short, a profile that is not there. */
int target_check(const struct poller_target *target, const struct profile_set *profiles);

/* Puts numbers in place of zeroes that mean "as usual". */
void target_set_defaults(struct poller_target *target);

#endif
