/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Polls a recording: the same questions as for a live agent, answered from a file. No clock.
 */
#ifndef LASTMILE_PROBE_SNMP_REPLAY_H
#define LASTMILE_PROBE_SNMP_REPLAY_H

#include "probe/snmp/gather.h"

/* forced may be NULL: recognise; listener may be NULL. The snapshot, or NULL with errno: no such
 * file, too large, out of memory, -ENODATA when there is no varbind in it. The file's faulty lines
 * become a warning. */
struct device_snapshot *replay_poll(const char *path, const struct profile_set *profiles,
                                    const struct profile *forced,
                                    const struct gather_listener *listener);

#endif
