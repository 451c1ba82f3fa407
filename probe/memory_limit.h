/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How much memory this process may take before the kernel refuses it, or ends it.
 */
#ifndef LASTMILE_PROBE_MEMORY_LIMIT_H
#define LASTMILE_PROBE_MEMORY_LIMIT_H

#include <stdint.h>

struct settings;

/* Octets: the least of the control group's own limit (memory.max, cgroups(7) version 2; that of
 * a systemd unit) and RLIMIT_DATA (that of procd); UINT64_MAX where there is none. */
uint64_t memory_limit_bytes(void);

/* What tables and outbox of these settings take at most. */
uint64_t memory_wanted_bytes(const struct settings *settings);

#endif
