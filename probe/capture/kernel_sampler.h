/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sampling in the kernel (Linux): three instructions of classic BPF in front of a socket's filter
 * draw 32 random bits (SKF_AD_RANDOM) and let a packet go on with probability 1/N, so that the
 * others are never copied. Inside probe/capture only; one thread.
 */
#ifndef LASTMILE_PROBE_CAPTURE_KERNEL_SAMPLER_H
#define LASTMILE_PROBE_CAPTURE_KERNEL_SAMPLER_H

#include <stdint.h>

struct kernel_sampler;

/* Takes the filter that the socket has as it is (libpcap rewrites what it is given) for the one
 * behind the sampling, and tries on a pair of sockets of its own whether this kernel's random word
 * is random. NULL with errno: ENOTSUP when it is not, or the socket has no filter; ENOMEM. The
 * descriptor is borrowed. */
struct kernel_sampler *kernel_sampler_new(int fd);
void kernel_sampler_free(struct kernel_sampler *sampler);

/* From 1, which takes the sampling out. What the kernel attached is read back and compared. 0, or a
 * negated errno with the filter as it was. */
int kernel_sampler_set(struct kernel_sampler *sampler, uint32_t interval);

#endif
