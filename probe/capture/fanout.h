/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One interface for several capture threads (Linux, PACKET_FANOUT): each frame goes to one socket
 * of the group, chosen by its line as far as one frame says it, and never by a port: so that a
 * line's flows, both directions and all fragments of each, meet in one thread, which counts the
 * line once and sees its busiest second whole. The kernel's own hash of the flow would scatter a
 * line's flows, and sees neither a flow in PPPoE nor behind two tags.
 *
 * | the frame has | it is shared by |
 * | VLAN tags | their pair of VIDs: PPPoE, discovery and DHCP of a line have the same |
 * | no tag, no IP: PPPoE, ARP | its two MACs: those of a PPPoE session never change (RFC 2516), and
 *   its discovery, which names the line and has no session id yet, has them, too |
 * | no tag, IP (behind MPLS labels as well) | what capture_sharing says |
 *
 * and not Ethernet: all in one thread. Where a header ends before what is asked for, the kernel
 * takes the first socket: counted as well.
 *
 * IP without a tag, by what names the lines:
 * | CAPTURE_SHARE_MACS | the two MACs: all of a subscriber, whatever his addresses, where the
 * gateway sends from the MAC that it is sent to | | CAPTURE_SHARE_INSIDE_MAC | the MAC of the end
 * that is inside, and of who sends to a group: all of a subscriber, though gateways share the work
 * or answer from another MAC (VRRP). Where both ends are inside, or none, the two addresses: at
 * least each flow is whole | | CAPTURE_SHARE_INSIDE_ADDRESS | the address of the end that is
 * inside; both, where both are or none is: for traffic that is between the same two MACs all of it
 * |
 */
#ifndef LASTMILE_PROBE_CAPTURE_FANOUT_H
#define LASTMILE_PROBE_CAPTURE_FANOUT_H

#include "probe/capture/capture.h"

/* Puts a bound packet socket into the group; the first of a process to join makes it. 0, or a
 * negated errno. */
int fanout_join(int fd, const struct capture_sharing *sharing, enum link_type link_type);

#endif
