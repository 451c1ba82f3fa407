/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The classic BPF program by which the kernel chooses a frame's socket (fanout.h says what is
 * chosen by). Inside probe/capture only.
 */
#ifndef LASTMILE_PROBE_CAPTURE_FANOUT_PROGRAM_H
#define LASTMILE_PROBE_CAPTURE_FANOUT_PROGRAM_H

#include "probe/capture/capture.h"

struct sock_filter;

#define FANOUT_PROGRAM_MAX 4096 /* BPF_MAXINSNS */

/* Writes up to FANOUT_PROGRAM_MAX instructions. Their number; -E2BIG for more prefixes than a
 * program has room for, which takes more than 64 of them. */
int fanout_program(const struct capture_sharing *sharing, enum link_type link_type,
                   struct sock_filter *out_steps);

#endif
