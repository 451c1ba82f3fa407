/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames over the pair of tests/support/veth.h at a million a second and more, which a sender by
 * system calls does not reach: the kernel itself makes them (BPF_PROG_TEST_RUN on live frames,
 * Linux 5.18; kernel Documentation/bpf/bpf_prog_run.rst). Each is sent on the near interface by
 * veth's own XDP_REDIRECT and comes out of the far one as any frame. Needs root.
 */
#ifndef LASTMILE_TESTS_BENCH_LIVE_SENDER_H
#define LASTMILE_TESTS_BENCH_LIVE_SENDER_H

#include "tests/support/veth.h"

struct live_sender;

/* Flow i has the source port first_port + i, and 1 + i / 4 as the last byte of its source's MAC and
 * IPv4 addresses. */
struct live_flows {
    uint16_t first_port, count;
};
#define LIVE_FLOWS_MAX 1016

/* Frames like this one of 60 bytes, Ethernet, IPv4 and UDP, of these flows in random order, so many
 * a second (0: as fast as it goes). NULL with errno where the kernel has no such thing. */
struct live_sender *live_sender_new(const struct veth_frame *like, const struct live_flows *flows,
                                    uint64_t packets_per_s);
void live_sender_free(struct live_sender *sender);

/* Sends so many, or what it can in the time; the time until the last one. Returns the packets that
 * came out of the far interface by the kernel's count, or a negated errno. */
int64_t live_sender_run(struct live_sender *sender, uint64_t packets, uint64_t most_ns,
                        uint64_t *out_ns);

#endif
