/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a capture thread lost in an interval, and what its packets stand for: kept until an interval
 * has been handed over, so that neither a reopened source nor a late collector makes it forget.
 * Embedded in an observer; its thread's.
 */
#ifndef LASTMILE_PROBE_TALLY_H
#define LASTMILE_PROBE_TALLY_H

#include "probe/capture/capture.h"
#include "probe/capture/selector.h"
#include "probe/meter.h"

struct tally {
    enum report_sampling sampling;
    uint32_t flow_interval;                /* REPORT_SAMPLING_FLOW_HASH: one flow of so many */
    struct sampling_sum sum;               /* of the frames */
    uint64_t dropped, dropped_since_start; /* scaled; as the kernel counts them */
    struct optional_u64 interface_octets;
    bool gathered, incomparable; /* asked in this interval; once or more in vain */
};

/* `interval` is the configured one. */
void tally_init(struct tally *tally, enum report_sampling sampling, uint32_t interval);

/* Counts frames as the capture handed them over. */
void tally_count(struct tally *tally, const struct frame *frames, size_t count);

/* Takes what was lost since the last time; before a capture is closed, too. `interval` is the
 * sampling interval in force. */
void tally_gather(struct tally *tally, struct capture *capture, uint32_t interval);

/* What there is to say of the interval; changes nothing. `failed` is left false. */
struct meter_losses tally_losses(const struct tally *tally);

/* The interval has been handed over: begins the next one. */
void tally_restart(struct tally *tally);

#endif
