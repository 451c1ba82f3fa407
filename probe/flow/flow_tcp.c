/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TCP as it is seen from the middle of the path. A handshake with a repeated SYN or SYN/ACK gives
 * no round-trip time, for nobody can say which of them was answered (Karn 1987). A segment below
 * the highest sequence number seen is a repetition; reordering on the way to the probe looks the
 * same, so the figure is an indicator, not a loss rate.
 */
#include "probe/flow/flow.h"

/* Nothing before this packet: its time is the flow's start. */
static bool is_first(const struct flow *flow)
{
    return !(flow->state & FLOW_HISTORY) && flow->packets[0] + flow->packets[1] == 1;
}

static void begin_handshake(struct flow *flow, const struct flow_beginning *beginning,
                            struct flow_history *history, const struct packet *packet, unsigned way)
{
    unsigned seen = way ? FLOW_SYN_REVERSE : 0;
    bool same_way = (flow->state & FLOW_SYN_REVERSE) == seen;
    bool repeated = flow->state & FLOW_SYN_SEEN && same_way &&
                    flow->next_sequence[way] == packet->tcp_sequence + 1;
    if (repeated) {
        flow->state |= FLOW_SYN_REPEATED;
        return;
    }
    flow->state &= (uint16_t) ~(FLOW_SYN_REVERSE | FLOW_SYN_REPEATED | FLOW_SYN_ACK_SEEN |
                                FLOW_SYN_ACK_REPEATED | FLOW_ESTABLISHED);
    flow->state |= (uint16_t)(FLOW_SYN_SEEN | seen);
    if (!is_first(flow))
        flow_history_made(flow, beginning, history)->syn_unix_ns = packet->time_unix_ns;
}

/* The half that ends now. The path from the initiator's side to the probe is internal when the
 * initiator is the subscriber; when the subscriber is called, the halves change places. */
static void note_half(const struct flow *flow, struct flow_history *history, uint64_t rtt_ns,
                      bool answered, struct flow_verdict *verdict)
{
    bool far_side = answered != ((flow->state & FLOW_SYN_REVERSE) != 0);
    if (far_side)
        history->external_rtt_ns = rtt_ns;
    else
        history->internal_rtt_ns = rtt_ns;
    verdict->events |= far_side ? FLOW_EXTERNAL_RTT : FLOW_INTERNAL_RTT;
    verdict->rtt_ns = rtt_ns;
}

static void answer_handshake(struct flow *flow, struct flow_history *history,
                             const struct packet *packet, struct flow_verdict *verdict)
{
    if (flow->state & FLOW_SYN_ACK_SEEN) {
        flow->state |= FLOW_SYN_ACK_REPEATED;
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
    flow->state |= FLOW_ESTABLISHED;
    if (flow->state & FLOW_SYN_ACK_REPEATED)
        return;
    note_half(flow, history, flow_elapsed(history->syn_ack_unix_ns, packet->time_unix_ns), false,
              verdict);
    if (flow->state & FLOW_SYN_REPEATED)
        return;
    verdict->events |= FLOW_HANDSHAKE;
    verdict->handshake_ns = flow_elapsed(history->syn_unix_ns, packet->time_unix_ns);
}

static void follow_handshake(struct flow *flow, const struct flow_beginning *beginning,
                             struct flow_history *history, const struct packet *packet,
                             unsigned way, struct flow_verdict *verdict)
{
    unsigned syn_way = flow->state & FLOW_SYN_REVERSE ? 1 : 0;
    bool acknowledges =
        packet->tcp_flags & TCP_ACK && packet->tcp_acknowledgement == flow->next_sequence[way ^ 1];
    bool syn = packet->tcp_flags & TCP_SYN;
    bool answered = flow->state & FLOW_SYN_ACK_SEEN;
    if (syn && !(packet->tcp_flags & TCP_ACK))
        begin_handshake(flow, beginning, history, packet, way);
    else if (!syn && answered && way != syn_way && packet->transport_payload_bytes > 0)
        flow->state |= FLOW_ESTABLISHED; /* the acknowledgement was missed: a later one is none */
    else if (!(flow->state & FLOW_SYN_SEEN) || !acknowledges)
        return;
    else if (syn && way != syn_way)
        answer_handshake(flow, flow_history_made(flow, beginning, history), packet, verdict);
    else if (!syn && way == syn_way && answered)
        complete_handshake(flow, flow_history_made(flow, beginning, history), packet, verdict);
}

static bool is_keep_alive(const struct packet *packet, uint32_t length, int32_t step)
{
    return length == 1 && step == -1 && !(packet->tcp_flags & (TCP_SYN | TCP_FIN));
}

static void follow_sequence(struct flow *flow, const struct flow_beginning *beginning,
                            struct flow_history *history, const struct packet *packet, unsigned way,
                            struct flow_verdict *verdict)
{
    uint32_t length = packet->transport_payload_bytes + ((packet->tcp_flags & TCP_SYN) != 0) +
                      ((packet->tcp_flags & TCP_FIN) != 0);
    if (length == 0 || packet->tcp_flags & TCP_RST)
        return;
    uint32_t end = packet->tcp_sequence + length;
    int32_t step = (int32_t)(packet->tcp_sequence - flow->next_sequence[way]);
    unsigned known = (unsigned)FLOW_SEQUENCE_KNOWN << way;
    bool fresh = !(flow->state & known) || step > (int32_t)FLOW_SEQUENCE_STEP_MAX ||
                 step < -(int32_t)FLOW_SEQUENCE_STEP_MAX ||
                 (packet->tcp_flags & TCP_SYN && end != flow->next_sequence[way]);
    verdict->events |= FLOW_SEGMENT;
    if (!fresh && step < 0 && !is_keep_alive(packet, length, step)) {
        verdict->events |= FLOW_RETRANSMITTED;
        flow_history_made(flow, beginning, history)->retransmitted[way]++;
    }
    if (fresh || (int32_t)(end - flow->next_sequence[way]) > 0)
        flow->next_sequence[way] = end;
    flow->state |= (uint16_t)known;
}

void flow_tcp_track(struct flow *flow, const struct flow_beginning *beginning,
                    struct flow_history *history, const struct packet *packet, unsigned way,
                    struct flow_verdict *verdict)
{
    if (packet->tcp_flags & TCP_SYN || !(flow->state & FLOW_ESTABLISHED))
        follow_handshake(flow, beginning, history, packet, way, verdict);
    follow_sequence(flow, beginning, history, packet, way, verdict);
    flow->tcp_flags[way] |= packet->tcp_flags;
    if (packet->tcp_flags & TCP_RST || flow->tcp_flags[0] & flow->tcp_flags[1] & TCP_FIN)
        flow->state |= FLOW_CLOSED;
}
