/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pair of virtual interfaces in a network namespace of this process's own, and frames sent over
 * it in a counted number. Needs root; where it may not, veth_enter says so and the test is skipped.
 * Nothing outside the namespace is touched, and it is gone with the process.
 */
#ifndef LASTMILE_TESTS_SUPPORT_VETH_H
#define LASTMILE_TESTS_SUPPORT_VETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VETH_NEAR "lm-near" /* frames are sent here */
#define VETH_FAR  "lm-far"  /* and captured there */

/* False without the right to: skip the test. Call it before any thread is started. */
bool veth_enter(void);
/* Makes the pair, up and silent (no IPv6 of its own); deletes it. False when ip(8) fails. */
bool veth_create(void);
bool veth_delete(void);

/* What is sent, over and over. */
struct veth_frame {
    const uint8_t *bytes;
    size_t length;
};

struct veth_load {
    const struct veth_frame *frames;
    size_t frame_count;
    uint64_t packets;       /* sent at most */
    uint64_t packets_per_s; /* 0: as fast as it goes */
    uint64_t most_ns;       /* ends after so long */
};

/* Sends by AF_PACKET and sendmmsg. Returns the packets that the kernel took, or a negated errno. */
int64_t veth_send(const struct veth_load *load);

#endif
