/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One observation point: frames in, counts out. Joins decode, flow and line; knows no library, no
 * clock and no configuration file. Time comes with the frames and as arguments, so the same frames
 * give the same figures.
 *
 * Threads: everything but meter_interval_* belongs to the capture thread, which neither locks nor
 * allocates per frame. meter_turn hands an interval's counts over; another thread may then write
 * them into a report and release them. meter_collect does all three in one.
 */
#ifndef LASTMILE_PROBE_METER_H
#define LASTMILE_PROBE_METER_H

#include "common/histogram.h"
#include "common/optional.h"
#include "common/report.h"
#include "probe/capture/selector.h"
#include "probe/decode/decode.h"
#include "probe/flow/flow_table.h"
#include "probe/frame/frame.h"
#include "probe/line/line_meter.h"

#include <stddef.h>
#include <stdint.h>

struct meter_options {
    const char *observation_point; /* copied */
    struct flow_options flow;
    struct line_options line; /* its observation_point is set by meter_new */
    /* Of the flows, one in so many is taken, by its keyed hash (flow_selector.h); 0 as 1. */
    uint32_t flow_sampling_interval;
    /* Called for each ended flow, in the capture thread. May be NULL. */
    void (*flow_ended)(void *ctx, const struct flow_record *record);
    void *ctx;
};

/* Sensible settings of a router: 64 MiB of flows, 16 MiB of lines, 120 s idle, 300 s active, ends
 * on FIN. The seed and line.pseudonym are left for the caller: without a pseudonym lines are named
 * under a random key of this process. */
void meter_options_init(struct meter_options *out_options);

struct meter;

/* NULL with errno set: EINVAL, ENOMEM. */
struct meter *meter_new(const struct meter_options *options);
void meter_free(struct meter *meter);

/* Decodes a frame at once (it may be gone after the call) and counts it, in batches. */
void meter_frame(struct meter *meter, const struct frame *frame);
/* The same for several, in the order of their arrival. */
void meter_frames(struct meter *meter, const struct frame *frames, size_t count);
/* Counts what waits in the unfinished batch. Call it when capture pauses. */
void meter_flush(struct meter *meter);
/* Flushes, and ends the flows that timed out by now (for quiet links; meter_frame does it too). */
void meter_advance(struct meter *meter, uint64_t now_unix_ns);
/* Flushes and ends all flows, reason 4. */
void meter_end_flows(struct meter *meter);

/* What the capture source lost, for the interval's report. */
struct meter_losses {
    uint64_t dropped_packets;
    struct optional_u64 interface_octets;
    bool failed;
    enum report_sampling sampling;     /* NONE: the estimate is left out */
    struct sampling_estimate estimate; /* of the frames since the last turn */
};

struct meter_interval;

/* Ends the interval at this time and hands its counts over. NULL with errno EBUSY when the interval
 * before has not been released: then counting goes on in the present one. */
struct meter_interval *meter_turn(struct meter *meter, uint64_t end_unix_ns,
                                  const struct meter_losses *losses);
/* Adds what the others counted to the first, as if one meter had counted all: of a source that
 * several threads capture, each the same lines' frames. The others stay as they are, to be
 * released. Meters of the same options, line.parts among them (line_counts_merge says what that
 * gives). 0, or -ENOMEM with nothing changed. */
int meter_intervals_merge(struct meter_interval *const *intervals, size_t count);
/* What it says of the observation point; visibility is left for the caller to judge. Borrowed. */
struct report_observation *meter_interval_observation(struct meter_interval *interval);
/* Adds one report_observation and the cells. 0, -ENOMEM, -ENOSPC. */
int meter_interval_report(const struct meter_interval *interval, struct report *report);
void meter_interval_release(struct meter_interval *interval);

/* meter_turn, meter_interval_report, meter_interval_release. `losses` may be NULL. */
int meter_collect(struct meter *meter, struct report *report, uint64_t end_unix_ns,
                  const struct meter_losses *losses);

/* Everything since meter_new, for replay, bench and tests. Flushes first. */
struct meter_totals {
    uint64_t packets, wire_bytes, captured_bytes;
    uint64_t outcomes[DECODE_OUTCOMES];
    uint64_t ip_packets, ip_bytes, outer_ip_bytes, ipv4_packets, ipv6_packets;
    uint64_t encapsulations[ENCAPSULATION_COUNT];
    uint64_t control_messages, control_faults;      /* that name lines; cut or malformed ones */
    uint64_t unselected_packets, unselected_octets; /* decoded, of flows that are not taken */
    uint64_t tcp_segments, tcp_retransmitted;
    struct flow_counts flows;
    struct line_totals lines;
    uint64_t first_unix_ns, last_unix_ns; /* the earliest and latest; 0, 0: there was none */
};
void meter_totals(struct meter *meter, struct meter_totals *out_totals);
/* All handshakes since meter_new: SYN to ACK, and its two halves; microseconds. Borrowed. */
enum meter_rtt { METER_RTT_HANDSHAKE, METER_RTT_EXTERNAL, METER_RTT_INTERNAL, METER_RTTS };
const struct histogram *meter_rtt_us(const struct meter *meter, enum meter_rtt which);
/* Visits the flows that are active now. */
void meter_visit_flows(struct meter *meter,
                       void (*visit)(void *ctx, const struct flow_record *record), void *ctx);

#endif
