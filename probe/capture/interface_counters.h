/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What Linux itself counted on an interface (/sys/class/net/NAME/statistics), for the share of its
 * octets that capture saw. Inside probe/capture only; one thread.
 */
#ifndef LASTMILE_PROBE_CAPTURE_INTERFACE_COUNTERS_H
#define LASTMILE_PROBE_CAPTURE_INTERFACE_COUNTERS_H

#include "common/optional.h"

#include <stdbool.h>

struct interface_counters;

/* Begins counting from now. NULL when memory is out or the name is no path component; the functions
 * below take that for an interface of which nothing is known. */
struct interface_counters *interface_counters_new(const char *interface);
void interface_counters_free(struct interface_counters *counters);

/* Begins anew; so many octets, which capture puts in front of each frame, are added for each
 * packet, so that both figures compare. */
void interface_counters_add(struct interface_counters *counters, unsigned octets);

bool interface_counters_is_loopback(const struct interface_counters *counters);

/* Octets received and sent since the last call; on loopback, where what is sent is received and
 * libpcap shows it once, those received. With the Ethernet header, which loopback, bridges and
 * VLANs' interfaces do not count. Unknown when they cannot be read ("any"), when one of them went
 * backwards (the driver was reset, or a counter of 32 bits wrapped), or when another interface has
 * the name by now. NULL: unknown. */
struct optional_u64 interface_counters_delta(struct interface_counters *counters);

/* Packets that the driver had no room for since the last call; 0 where it does not say so. */
uint64_t interface_counters_dropped(struct interface_counters *counters);

/* False when the interface has gone away, or has another name now; true where Linux never knew it
 * ("any"), and for NULL. */
bool interface_counters_exists(const struct interface_counters *counters);

/* Waits for a descriptor to become readable: 1, or 0 after the time or a signal. */
int interface_wait(int fd, int timeout_ms);

#endif
