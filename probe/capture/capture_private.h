/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A capture from inside: capture_open.c makes it, capture.c reads from it. Inside probe/capture
 * only.
 */
#ifndef LASTMILE_PROBE_CAPTURE_CAPTURE_PRIVATE_H
#define LASTMILE_PROBE_CAPTURE_CAPTURE_PRIVATE_H

#include "probe/capture/capture.h"
#include "probe/capture/interface_counters.h"
#include "probe/capture/kernel_sampler.h"
#include "probe/capture/pcap_blocks.h"
#include "probe/capture/ring.h"
#include "probe/capture/selector.h"

#include <stdatomic.h>

#define CAPTURE_RATE_CHANGES_MAX 4

/* Frames that the kernel chose before this time were chosen at the rate before. */
struct rate_change {
    uint64_t at_unix_ns;
    uint32_t interval;
};

struct capture {
    struct pcap *pcap; /* libpcap's; NULL where the ring is ours */
    struct ring *ring;
    struct pcap_blocks *blocks; /* of a plain file, as far as it is plain */
    enum link_type link_type;
    bool live;
    int snaplen, timeout_ms, buffer_bytes;
    uint64_t time_scale_ns; /* of the fraction in pcap_pkthdr */
    atomic_bool stopped;
    struct interface_counters *counters; /* of a live interface */
    uint64_t valid_from_unix_ns;         /* of a group: frames before are another's, too */
    bool comparable;                     /* the interface's octets with ours */
    bool gone;    /* its name is another interface's, or nobody's: seen while frames came */
    bool follows; /* another capture tells what the interface counted */
    struct kernel_sampler *kernel; /* NULL: not asked for yet, or refused */
    bool kernel_refused, samples_in_kernel;
    struct selector selector;                             /* in user space */
    uint32_t sampling_interval;                           /* of the frames that are read now */
    struct rate_change changes[CAPTURE_RATE_CHANGES_MAX]; /* of the kernel, that the ring hides */
    size_t change_count;
    unsigned idle_reads; /* in a row */
    /* How far libpcap's ring has filled. */
    uint64_t last_frame_unix_ns, ring_bytes, ring_asked_mono_ns, most_lag_ns;
    uint32_t received, dropped; /* libpcap's counts when they were last asked for */
    uint32_t interface_dropped;
    char error[CAPTURE_ERROR_BYTES];
    capture_frames_fn handler; /* of the capture_read that runs now */
    void *ctx;
};

#endif
