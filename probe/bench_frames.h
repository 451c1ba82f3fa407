/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Traffic of known make for `bench`: the frames of a profile, laid out in memory as a classic pcap
 * file with nanoseconds (so that writing one is writing them), and the truth about them. The same
 * profile gives the same bytes. Synthetic: 10.0.0.0/8 calls 198.51.100.0/24 and its IPv6 likeness.
 */
#ifndef LASTMILE_PROBE_BENCH_FRAMES_H
#define LASTMILE_PROBE_BENCH_FRAMES_H

#include "probe/frame/frame.h"

#include <stdbool.h>
#include <stddef.h>

/* How the flow of the next frame is drawn. */
enum bench_draw {
    BENCH_ZIPF, /* rank^-1.1 */
    BENCH_UNIFORM,
    BENCH_ONCE, /* each flow has one packet */
};

struct bench_profile {
    const char *name, *what;
    uint32_t flows, frames, lines;
    enum bench_draw draw;
    bool imix;   /* 64, 594 and 1518 bytes as 7:4:1; else 64, or the headers where they need more */
    bool access; /* 802.1ad, 802.1Q and PPPoE around */
    unsigned ipv6_percent; /* of the flows */
};
#define BENCH_PROFILES 4
extern const struct bench_profile bench_profiles[BENCH_PROFILES];

struct bench_truth {
    uint64_t packets, wire_bytes, ip_bytes, biflows;
};

struct bench_frames;

/* NULL with errno ENOMEM. */
struct bench_frames *bench_frames_new(const struct bench_profile *profile);
void bench_frames_free(struct bench_frames *frames);
const struct bench_truth *bench_frames_truth(const struct bench_frames *frames);

/* The capture file's bytes. */
const uint8_t *bench_frames_image(const struct bench_frames *frames, size_t *out_bytes);

/* Walks the image; begin with at = 0. False at the end. */
struct bench_walk {
    const uint8_t *at, *end;
};
struct bench_walk bench_walk_begin(const struct bench_frames *frames);
bool bench_walk_next(struct bench_walk *walk, struct frame *out_frame);

#endif
