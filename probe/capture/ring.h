/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames of an Ethernet-like interface straight from the kernel's ring (Linux, TPACKET_V3; kernel
 * Documentation/networking/packet_mmap.rst): whole blocks are walked and frames handed out where
 * they lie, many at a time, without a system call a packet or a copy. What libpcap does to a frame
 * is done here, too: a VLAN tag that the kernel took off is put back, and what is longer than the
 * snaplen is cut. Inside probe/capture only; one thread.
 */
#ifndef LASTMILE_PROBE_CAPTURE_RING_H
#define LASTMILE_PROBE_CAPTURE_RING_H

#include "probe/frame/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

struct ring_options {
    const char *interface;
    int filter_fd; /* a packet socket bound to this interface: its filter becomes the ring's */
    uint32_t snaplen;
    size_t ring_bytes;  /* of all blocks together, of which there are at least two */
    size_t block_bytes; /* made to a power of two that holds a frame, and at most a quarter of the
                           ring where that still does */
    unsigned timeout_ms;
    bool promiscuous;
    bool loopback; /* what is sent comes in again: only that is taken */
};

/* Frames come from now on. NULL with errno: ENODEV when the interface is not there or down, ENOTSUP
 * for a kernel without TPACKET_V3 or a socket without a filter, EPERM, ENOMEM, or another. */
struct ring *ring_new(const struct ring_options *options);
void ring_free(struct ring *ring);

/* The next frames of a block that the kernel has handed over, from 1 to `most`; their bytes are
 * borrowed until the next call. 0 when there is none. */
size_t ring_read(struct ring *ring, struct frame *out_frames, size_t most);

/* Waits for a block: 1; 0 after the time or a signal; -ENODEV when the interface has gone away or
 * down, and all that came before has been read. */
int ring_wait(struct ring *ring, int timeout_ms);

int ring_fd(const struct ring *ring);

/* Packets since the last call, those dropped for want of a free block among the received. */
struct ring_losses {
    uint32_t received, dropped;
};
/* 0, or a negated errno with zeroes. */
int ring_losses(struct ring *ring, struct ring_losses *out_losses);

/* How many of the blocks waited for the reader, at most, since the last call. */
uint32_t ring_permille(struct ring *ring);

#endif
