/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One interface for several capture threads (Linux, PACKET_FANOUT): each frame goes to one socket
 * of the group, chosen by its line. Inside probe/capture only.
 *
 * Chosen by the pair of VLAN tags, which both directions and every protocol of a line share: its
 * flows, its PPPoE discovery and its DHCP meet in one thread, which knows the line's name and
 * counts it once. The kernel's own hash of the flow would scatter a line's flows over all threads,
 * and sees neither a flow in PPPoE nor behind two tags. Frames without a tag all go to the first
 * socket: they are counted rightly, but by one thread.
 */
#ifndef LASTMILE_PROBE_CAPTURE_FANOUT_H
#define LASTMILE_PROBE_CAPTURE_FANOUT_H

#include <stdint.h>

/* Puts a bound packet socket into the group of this process; the first to join makes it. 0, or a
 * negated errno. */
int fanout_join(int fd, uint16_t group);

#endif
