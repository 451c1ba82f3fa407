/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TCP as it is seen from the middle of the path. A handshake with a repeated SYN or SYN/ACK gives
 * no round-trip time, for nobody can say which of them was answered (Karn 1987). Where routing
 * shows one way only, SYN to ACK is the whole handshake, of halves unknown. A segment below the
 * highest sequence number seen is a repetition, unless it fills a gap sooner than its sender can
 * have heard of it: then it has been overtaken. What is overtaken for longer, and what is lost
 * behind the probe and repeated in front of it, cannot be told apart from here, so the figure is an
 * indicator, not a loss rate.
 */
#include "probe/flow/flow.h"

#include <string.h>

#define SYN_DATA_MAX (UINT32_C(1) << 16) /* behind a SYN (RFC 7413): a segment's at most */
#define OVERTAKEN_NS UINT64_C(3000000)   /* where no round-trip time is known */

/* Octets between a SYN, or its acknowledgement, and what is behind the SYN: its data, which the
 * other side need not take, and which are not repeated with the SYN. */
static bool is_within_syn(uint32_t behind, uint32_t number)
{
    return behind - number < SYN_DATA_MAX;
}

static void end_opening(struct flow *flow)
{
    flow->state &= (uint16_t)~FLOW_OPENING;
}

/* The handshake is over, or its answer is there. */
static bool is_settled(const struct flow *flow)
{
    return flow->state & (FLOW_SYN_ACK_SEEN | FLOW_CLOSED) || !(flow->state & FLOW_OPENING);
}

static void begin_handshake(struct flow *flow, const struct flow_beginning *beginning,
                            struct flow_history *history, const struct packet *packet, unsigned way)
{
    unsigned seen = way ? FLOW_SYN_REVERSE : 0;
    bool same_way = (flow->state & FLOW_SYN_REVERSE) == seen;
    if (flow->state & FLOW_SYN_SEEN && same_way &&
        is_within_syn(flow->next_sequence[way], packet->tcp_sequence + 1)) {
        flow->state |= FLOW_SYN_REPEATED;
        return;
    }
    if (flow->state & FLOW_SYN_SEEN && !same_way && !is_settled(flow)) {
        end_opening(flow); /* both open at once: neither waits for an answer */
        return;
    }
    flow->state &= (uint16_t) ~(FLOW_SYN_REVERSE | FLOW_SYN_REPEATED | FLOW_SYN_ACK_SEEN |
                                FLOW_SYN_ACK_REPEATED | FLOW_GAPS);
    flow->state |= (uint16_t)(FLOW_SYN_SEEN | FLOW_OPENING | seen);
    flow_history_made(flow, beginning, history)->syn_unix_ns = packet->time_unix_ns;
}

/* The half that ends now. The path from the initiator's side to the probe is internal when the
 * initiator is the subscriber; when the subscriber is called, the halves change places. */
static void note_half(const struct flow *flow, struct flow_history *history, uint64_t rtt_ns,
                      bool answered, struct flow_verdict *verdict)
{
    bool far_side = answered != ((flow->state & FLOW_SYN_REVERSE) != 0);
    uint64_t rtt_us = (rtt_ns + FLOW_NS_PER_US - 1) / FLOW_NS_PER_US;
    uint32_t kept_us = rtt_us > UINT32_MAX ? UINT32_MAX : (uint32_t)rtt_us;
    if (far_side)
        history->external_rtt_us = kept_us;
    else
        history->internal_rtt_us = kept_us;
    verdict->events |= far_side ? FLOW_EXTERNAL_RTT : FLOW_INTERNAL_RTT;
    verdict->rtt_ns = rtt_ns;
}

static void answer_handshake(struct flow *flow, struct flow_history *history,
                             const struct packet *packet, struct flow_verdict *verdict)
{
    if (flow->state & (FLOW_SYN_ACK_SEEN | FLOW_GAPS)) {
        flow->state |= FLOW_SYN_ACK_SEEN | FLOW_SYN_ACK_REPEATED;
        return;
    }
    flow->state |= FLOW_SYN_ACK_SEEN;
    history->syn_ack_unix_ns = packet->time_unix_ns;
    if (!(flow->state & FLOW_SYN_REPEATED))
        note_half(flow, history, flow_elapsed(history->syn_unix_ns, packet->time_unix_ns), true,
                  verdict);
}

static void complete_handshake(struct flow *flow, struct flow_history *history,
                               const struct packet *packet, struct flow_verdict *verdict)
{
    end_opening(flow);
    if (flow->state & FLOW_SYN_ACK_REPEATED)
        return;
    note_half(flow, history, flow_elapsed(history->syn_ack_unix_ns, packet->time_unix_ns), false,
              verdict);
    if (flow->state & FLOW_SYN_REPEATED)
        return;
    verdict->events |= FLOW_HANDSHAKE;
    verdict->handshake_ns = flow_elapsed(history->syn_unix_ns, packet->time_unix_ns);
}

static bool is_first_behind_syn(const struct flow *flow, const struct packet *packet, unsigned way)
{
    return packet->tcp_flags & TCP_ACK && !(packet->tcp_flags & TCP_RST) &&
           is_within_syn(flow->next_sequence[way], packet->tcp_sequence);
}

/* The answer goes another way. */
static void complete_unanswered(struct flow *flow, const struct flow_beginning *beginning,
                                struct flow_history *history, const struct packet *packet,
                                struct flow_verdict *verdict)
{
    end_opening(flow);
    if (flow->state & FLOW_SYN_REPEATED)
        return;
    uint64_t syn_unix_ns = flow_history_made(flow, beginning, history)->syn_unix_ns;
    verdict->events |= FLOW_HANDSHAKE;
    verdict->handshake_ns = flow_elapsed(syn_unix_ns, packet->time_unix_ns);
}

static void follow_handshake(struct flow *flow, const struct flow_beginning *beginning,
                             struct flow_history *history, const struct packet *packet,
                             unsigned way, struct flow_verdict *verdict)
{
    unsigned syn_way = flow_syn_way(flow);
    bool syn = packet->tcp_flags & TCP_SYN;
    bool answered = flow->state & FLOW_SYN_ACK_SEEN;
    uint32_t behind = flow->next_sequence[way ^ 1];
    bool acknowledges =
        packet->tcp_flags & TCP_ACK && (syn ? is_within_syn(behind, packet->tcp_acknowledgement)
                                            : packet->tcp_acknowledgement == behind);
    if (syn && !(packet->tcp_flags & TCP_ACK))
        begin_handshake(flow, beginning, history, packet, way);
    else if (!syn && answered && way != syn_way && packet->transport_payload_bytes > 0)
        end_opening(flow); /* the acknowledgement was missed: a later one is none */
    else if (!(flow->state & FLOW_SYN_SEEN))
        return;
    else if (syn && way == syn_way)
        end_opening(flow); /* both have opened at once */
    else if (!syn && way == syn_way && !answered && is_first_behind_syn(flow, packet, way))
        complete_unanswered(flow, beginning, history, packet, verdict);
    else if (!acknowledges)
        return;
    else if (syn)
        answer_handshake(flow, flow_history_made(flow, beginning, history), packet, verdict);
    else if (way == syn_way && answered)
        complete_handshake(flow, flow_history_made(flow, beginning, history), packet, verdict);
}

/* ---- sequence numbers ---- */

/* SYN and FIN take a number each. */
static uint32_t length_of(const struct packet *packet)
{
    return packet->transport_payload_bytes + ((packet->tcp_flags & TCP_SYN) != 0) +
           ((packet->tcp_flags & TCP_FIN) != 0);
}

/* The whole handshake was measured, or cannot be any more. */
static bool may_have_gaps(const struct flow *flow)
{
    return !(flow->state & FLOW_OPENING);
}

/* Not yet: the sender can have heard that something is missing. */
static bool is_recent(const struct flow_history *history, const struct flow_gap *gap,
                      uint64_t now_unix_ns)
{
    uint64_t external_us = history->external_rtt_us, internal_us = history->internal_rtt_us;
    bool measured = external_us > 0 && internal_us > 0;
    uint64_t wait_ns = measured ? (external_us + internal_us) * FLOW_NS_PER_US : OVERTAKEN_NS;
    return (int32_t)(flow_fine(now_unix_ns) - gap->since) <= (int64_t)(wait_ns >> 16);
}

/* Numbers from `from` on are passed over by a segment that begins at `end`. Of several gaps at once
 * the first one's age holds. */
static void note_gap(struct flow *flow, struct flow_history *history, unsigned way, uint32_t from,
                     uint32_t end, uint64_t now_unix_ns)
{
    struct flow_gap *gap = &history->gaps[way];
    if (!(flow->state & FLOW_GAPS))
        memset(history->gaps, 0, sizeof history->gaps);
    flow->state |= FLOW_GAPS;
    if (gap->from != gap->end && is_recent(history, gap, now_unix_ns))
        gap->end = end;
    else
        *gap = (struct flow_gap){from, end, flow_fine(now_unix_ns)};
}

/* A segment below the highest number: true when it was overtaken only. */
static bool fills_gap(const struct flow *flow, struct flow_history *history, unsigned way,
                      uint32_t from, uint32_t end, uint64_t now_unix_ns)
{
    struct flow_gap *gap = &history->gaps[way];
    if (!(flow->state & FLOW_GAPS) || gap->from == gap->end ||
        !is_recent(history, gap, now_unix_ns) || (int32_t)(from - gap->from) < 0 ||
        (int32_t)(gap->end - end) < 0)
        return false;
    if (from == gap->from)
        gap->from = end;
    else if (end == gap->end)
        gap->end = from;
    return true;
}

/* One octet again is a keep-alive, or a probe of a closed window, with which the sender goes on
 * once it opens. */
static bool is_probe(const struct packet *packet, int32_t step)
{
    return step == -1 && packet->transport_payload_bytes > 0 && !(packet->tcp_flags & TCP_SYN);
}

static void follow_sequence(struct flow *flow, const struct flow_beginning *beginning,
                            struct flow_history *history, const struct packet *packet, unsigned way,
                            struct flow_verdict *verdict)
{
    uint32_t length = length_of(packet);
    if (length == 0 || packet->tcp_flags & TCP_RST)
        return;
    uint32_t end = packet->tcp_sequence + length;
    int32_t step = (int32_t)(packet->tcp_sequence - flow->next_sequence[way]);
    unsigned unknown = (unsigned)FLOW_SEQUENCE_UNKNOWN << way;
    bool fresh = flow->state & unknown || step > (int32_t)FLOW_SEQUENCE_STEP_MAX ||
                 step < -(int32_t)FLOW_SEQUENCE_STEP_MAX ||
                 (packet->tcp_flags & TCP_SYN && !is_within_syn(flow->next_sequence[way], end));
    verdict->events |= FLOW_SEGMENT;
    if (!fresh && step > 0 && may_have_gaps(flow))
        note_gap(flow, flow_history_made(flow, beginning, history), way, flow->next_sequence[way],
                 packet->tcp_sequence, packet->time_unix_ns);
    if (!fresh && step < 0 && !is_probe(packet, step) &&
        !fills_gap(flow, history, way, packet->tcp_sequence, end, packet->time_unix_ns)) {
        verdict->events |= FLOW_RETRANSMITTED;
        flow_history_made(flow, beginning, history)->retransmitted[way]++;
    }
    if (fresh || (int32_t)(end - flow->next_sequence[way]) > 0)
        flow->next_sequence[way] = end;
    flow->state &= (uint16_t)~unknown;
}

unsigned flow_tcp_begin(struct flow *flow, const struct packet *packet, unsigned way)
{
    uint32_t length = packet->tcp_flags & TCP_RST ? 0 : length_of(packet);
    unsigned state = packet->tcp_flags & TCP_RST ? FLOW_CLOSED : 0;
    if ((packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        state |= FLOW_SYN_SEEN | FLOW_OPENING | (way ? FLOW_SYN_REVERSE : 0);
    flow->tcp_flags[way] = packet->tcp_flags;
    if (length > 0) {
        flow->next_sequence[way] = packet->tcp_sequence + length;
        flow->state &= (uint16_t) ~(FLOW_SEQUENCE_UNKNOWN << way);
    }
    flow->state |= (uint16_t)state;
    return length > 0 ? FLOW_SEGMENT : 0;
}

void flow_tcp_track(struct flow *flow, const struct flow_beginning *beginning,
                    struct flow_history *history, const struct packet *packet, unsigned way,
                    struct flow_verdict *verdict)
{
    if (packet->tcp_flags & TCP_SYN || flow->state & FLOW_OPENING)
        follow_handshake(flow, beginning, history, packet, way, verdict);
    follow_sequence(flow, beginning, history, packet, way, verdict);
    flow->tcp_flags[way] |= packet->tcp_flags;
    if (packet->tcp_flags & TCP_RST || flow->tcp_flags[0] & flow->tcp_flags[1] & TCP_FIN)
        flow->state |= FLOW_CLOSED;
}
