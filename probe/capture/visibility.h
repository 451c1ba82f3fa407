/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does capture see what its interface carries? Flow offload, in hardware or software, takes packets
 * past AF_PACKET: the interface's counters run on while capture sees the first packets of each
 * flow. Pure: intervals in, a judgement out.
 *
 * What makes both figures comparable (capture_losses and the caller see to it):
 *   - both directions: AF_PACKET shows what is received and what is sent, so rx + tx is compared;
 *     on loopback, where libpcap shows a frame once, rx alone;
 *   - the Ethernet header is in both, the FCS and the preamble in neither (Linux, if_link.h; a
 *     driver that counts the FCS adds 4 bytes a frame); the header that cooked capture puts in
 *     front is taken off; headers of radio capture make the figures incomparable;
 *   - with a capture filter only a part is wanted: not comparable;
 *   - sampled octets are scaled, and their standard error is allowed for; what the kernel's ring
 *     dropped was visible, and counts as such by the mean size of the rest.
 * What still differs is small: receive and segmentation offload (GRO, TSO) merge headers, at most
 * 5 % of full-size frames; padding of small frames that are sent, at most 10 %.
 */
#ifndef LASTMILE_PROBE_CAPTURE_VISIBILITY_H
#define LASTMILE_PROBE_CAPTURE_VISIBILITY_H

#include "common/optional.h"
#include "common/report.h"

#include <stdbool.h>
#include <stdint.h>

/* One interval of a source. */
struct visibility_sample {
    uint64_t packets, octets; /* scaled estimates */
    uint64_t octets_error;    /* standard error of the estimate */
    uint64_t dropped_packets; /* on the same scale */
    struct optional_u64 interface_octets;
};

struct visibility {
    enum report_visibility state;
    unsigned against; /* telling intervals in a row that speak against the state */
};

/* What was seen, drops included, by the interface's octets; unknown where not comparable. */
struct optional_double visibility_coverage(const struct visibility_sample *sample);

/* True when the state has changed. An interval tells when its interface carried at least 1 MB.
 * OFFLOADED after three telling intervals in a row in which even the estimate plus three standard
 * errors is below 80 %; FULL after three in which the estimate is above 90 %, from UNKNOWN after
 * one. What lies between changes nothing. */
bool visibility_update(struct visibility *visibility, const struct visibility_sample *sample);

#define VISIBILITY_INTERVALS 3

#endif
