/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/meter.h"

#include "common/clock.h"
#include "probe/decode/line_hint.h"
#include "probe/flow/flow_selector.h"
#include "probe/memory.h"
#include "probe/meter_interval.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FLOW_MEMORY_DEFAULT ((size_t)64 << 20)
#define LINE_MEMORY_DEFAULT ((size_t)16 << 20)
#define IDLE_TIMEOUT_S      120
#define ACTIVE_TIMEOUT_S    300
#define LINE_IDLE_S         86400
#define SESSIONS            16384
#define PERIMETER           3 /* biflowDirection */

_Static_assert((int)DECODE_OUTCOMES == REPORT_OUTCOMES, "the report has a place for each outcome");
_Static_assert(FLOW_END_REASONS == REPORT_END_REASONS, "and for each end reason");

struct meter {
    char observation_point[REPORT_NAME_BYTES];
    void (*flow_ended)(void *ctx, const struct flow_record *record);
    void *ctx;
    struct pseudonym *own_pseudonym; /* when the caller gave none */
    struct flow_table *flows;
    struct line_meter *lines;
    struct flow_selector selector;
    uint32_t sampling_interval; /* of the frames in the batch */
    struct packet batch[FLOW_BATCH];
    size_t batch_length;
    uint64_t expire_from_ns; /* the frames' time at which flows are looked through again */
    struct meter_totals totals;
    struct meter_totals at_turn; /* totals when the present interval began */
    struct histogram rtt_us[METER_RTTS];
    struct meter_interval intervals[2];
    unsigned current;
    uint64_t interval_from_unix_ns; /* where the one before ended; 0: there was none */
};

void meter_options_init(struct meter_options *out_options)
{
    *out_options = (struct meter_options){
        .observation_point = "",
        .flow = {.memory_bytes = FLOW_MEMORY_DEFAULT,
                 .idle_timeout_ns = IDLE_TIMEOUT_S * CLOCK_NS_PER_S,
                 .active_timeout_ns = ACTIVE_TIMEOUT_S * CLOCK_NS_PER_S,
                 .end_on_fin = true},
        .line = {.memory_bytes = LINE_MEMORY_DEFAULT,
                 .line_idle_ns = LINE_IDLE_S * CLOCK_NS_PER_S,
                 .accounting = {.session_limit = SESSIONS}},
    };
}

static struct flow_origin on_flow_started(void *ctx, const struct packet *first,
                                          const struct flow_notes *notes)
{
    struct meter *meter = ctx;
    return line_meter_flow_started(meter->lines, first, notes);
}

static void on_flows_expected(void *ctx, struct flow_expected *flows, size_t count)
{
    const struct meter *meter = ctx;
    line_meter_flows_expected(meter->lines, flows, count);
}

static void on_flows_awaited(void *ctx, struct flow_expected *flows, size_t count)
{
    const struct meter *meter = ctx;
    line_meter_flows_awaited(meter->lines, flows, count);
}

static void on_flow_alive(void *ctx, const struct flow_glimpse *flow)
{
    struct meter *meter = ctx;
    line_meter_flow_alive(meter->lines, flow);
}

static void on_flow_ended(void *ctx, const struct flow_record *record)
{
    struct meter *meter = ctx;
    if (record->start_unix_ns < meter->interval_from_unix_ns &&
        record->end_unix_ns >= meter->interval_from_unix_ns)
        on_flow_alive(meter, &(struct flow_glimpse){&record->key, record->context,
                                                    record->biflow_direction == PERIMETER});
    if (meter->flow_ended)
        meter->flow_ended(meter->ctx, record);
}

/* A key that nobody keeps: lines can be counted, but not recognised again. */
static int take_random_key(struct meter *meter)
{
    uint8_t key[PSEUDONYM_KEY_BYTES];
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return -EIO;
    meter->own_pseudonym = pseudonym_new(key, sizeof key);
    return meter->own_pseudonym ? 0 : -ENOMEM;
}

static int build_rooms(struct meter *meter, const struct meter_options *options)
{
    struct line_options line = options->line;
    struct flow_options flow = options->flow;
    line.observation_point = meter->observation_point;
    flow.large_octets = line.demand.flow_octets;
    if (!line.pseudonym) {
        int status = take_random_key(meter);
        if (status < 0)
            return status;
        line.pseudonym = meter->own_pseudonym;
    }
    if (!line.take_memory || !line.give_memory) {
        line.take_memory = memory_take;
        line.give_memory = memory_give;
    }
    meter->lines = line_meter_new(&line);
    if (!meter->lines)
        return -errno;
    if (!flow.take_memory || !flow.give_memory) {
        flow.take_memory = memory_take;
        flow.give_memory = memory_give;
    }
    struct flow_hooks hooks = {.beside = line_meter_beside(meter->lines),
                               .expected = on_flows_expected,
                               .awaited = on_flows_awaited,
                               .started = on_flow_started,
                               .ended = on_flow_ended,
                               .ctx = meter};
    meter->flows = flow_table_new(&flow, &hooks);
    return meter->flows ? 0 : -errno;
}

struct meter *meter_new(const struct meter_options *options)
{
    struct meter *meter = calloc(1, sizeof *meter);
    if (!meter)
        return NULL;
    if (options->observation_point)
        (void)snprintf(meter->observation_point, sizeof meter->observation_point, "%s",
                       options->observation_point);
    meter->flow_ended = options->flow_ended;
    meter->ctx = options->ctx;
    flow_selector_init(&meter->selector,
                       options->flow_sampling_interval ? options->flow_sampling_interval : 1,
                       &options->flow.seed);
    int status = build_rooms(meter, options);
    if (status == 0) {
        line_meter_set_sampling(meter->lines, meter->selector.interval);
        return meter;
    }
    meter_free(meter);
    errno = -status;
    return NULL;
}

void meter_free(struct meter *meter)
{
    if (!meter)
        return;
    flow_table_free(meter->flows);
    line_meter_free(meter->lines);
    pseudonym_free(meter->own_pseudonym);
    free(meter);
}

/* ---- packets ---- */

static void note_rtt(struct meter *meter, const struct flow_verdict *verdict)
{
    if (verdict->events & FLOW_EXTERNAL_RTT)
        histogram_add(&meter->rtt_us[METER_RTT_EXTERNAL], verdict->rtt_ns / 1000);
    if (verdict->events & FLOW_INTERNAL_RTT)
        histogram_add(&meter->rtt_us[METER_RTT_INTERNAL], verdict->rtt_ns / 1000);
    if (verdict->events & FLOW_HANDSHAKE)
        histogram_add(&meter->rtt_us[METER_RTT_HANDSHAKE], verdict->handshake_ns / 1000);
}

void meter_flush(struct meter *meter)
{
    struct flow_verdict verdicts[FLOW_BATCH];
    size_t count = meter->batch_length;
    meter->batch_length = 0;
    if (count == 0)
        return;
    unsigned events = flow_table_update(meter->flows, meter->batch, count, verdicts);
    if (events & (FLOW_EXTERNAL_RTT | FLOW_INTERNAL_RTT | FLOW_HANDSHAKE))
        for (size_t i = 0; i < count; i++)
            note_rtt(meter, &verdicts[i]);
    line_meter_count(meter->lines, meter->batch, verdicts, count);
}

/* ---- frames ---- */

/* Once a second of the frames' time, as at its beginning, so that several meters that share the
 * frames of a source end the same flows. A step back waits until time has caught up. */
static void expire(struct meter *meter, uint64_t now_unix_ns)
{
    uint64_t second_ns = now_unix_ns - now_unix_ns % CLOCK_NS_PER_S;
    if (now_unix_ns < meter->expire_from_ns)
        return;
    meter->expire_from_ns = second_ns + CLOCK_NS_PER_S;
    meter_flush(meter);
    flow_table_expire(meter->flows, second_ns);
}

/* Counts what came before the packet at hand, which stays, and is now the first of its batch. */
static void count_earlier(struct meter *meter)
{
    size_t at = meter->batch_length;
    meter_flush(meter);
    if (at > 0)
        meter->batch[0] = meter->batch[at];
}

/* An address may be another line's from now on, but not for packets before. */
static int learn_line(struct meter *meter, const struct packet *packet, const struct frame *frame)
{
    struct line_hint hint;
    int status = decode_line_hint(packet, frame->bytes, frame->captured_bytes, &hint);
    if (status != 0)
        return status;
    count_earlier(meter);
    line_meter_learn(meter->lines, &hint, frame->time_unix_ns);
    return 0;
}

static int learn_wlan(struct meter *meter, const struct packet *packet, const struct frame *frame)
{
    struct wlan_hint hint;
    int status = decode_wlan_hint(packet, frame->bytes, frame->captured_bytes, &hint);
    if (status == 0)
        line_meter_learn_wlan(meter->lines, &hint);
    return status;
}

static void learn(struct meter *meter, const struct packet *packet, const struct frame *frame)
{
    bool wlan = packet->control == CONTROL_WLAN_MANAGEMENT;
    int status = wlan ? learn_wlan(meter, packet, frame) : learn_line(meter, packet, frame);
    meter->totals.control_messages++;
    meter->totals.control_faults += status == -EPROTO;
}

/* A batch holds frames of one sampling interval. */
static void change_sampling(struct meter *meter, uint32_t interval)
{
    meter_flush(meter);
    meter->sampling_interval = interval;
    line_meter_set_sampling(meter->lines, (interval ? interval : 1) * meter->selector.interval);
}

static void count_encapsulations(struct meter_totals *totals, uint32_t seen, uint64_t packets)
{
    for (; seen != 0; seen &= seen - 1)
        totals->encapsulations[__builtin_ctz(seen)] += packets;
}

/* A packet that may be no subscriber's: true when there is nothing more to count of it. */
static bool is_aside(struct meter *meter, const struct packet *packet, const struct frame *frame)
{
    if (packet->control != CONTROL_NONE)
        learn(meter, packet, frame);
    return !packet_has_ip(packet);
}

static bool is_unselected(struct meter *meter, const struct packet *packet)
{
    if (flow_selector_takes(&meter->selector, &packet->key))
        return false;
    meter->totals.unselected_packets++;
    meter->totals.unselected_octets += packet->ip_bytes;
    return true;
}

/* One that is not as most are, or begins a second or a sampling interval. */
static void count_frame(struct meter *meter, const struct frame *frame)
{
    struct meter_totals *totals = &meter->totals;
    if (frame->time_unix_ns >= meter->expire_from_ns)
        expire(meter, frame->time_unix_ns);
    if (frame->sampling_interval != meter->sampling_interval)
        change_sampling(meter, frame->sampling_interval);
    struct packet *packet = &meter->batch[meter->batch_length];
    enum decode_outcome outcome = decode_frame(frame->link_type, frame->bytes,
                                               frame->captured_bytes, frame->wire_bytes, packet);
    packet->time_unix_ns = frame->time_unix_ns;
    totals->packets++;
    totals->wire_bytes += frame->wire_bytes;
    totals->captured_bytes += frame->captured_bytes;
    totals->outcomes[outcome]++;
    if (frame->time_unix_ns > totals->last_unix_ns)
        totals->last_unix_ns = frame->time_unix_ns;
    else if (frame->time_unix_ns < totals->first_unix_ns) /* merged captures are not sorted */
        totals->first_unix_ns = frame->time_unix_ns;
    count_encapsulations(totals, packet->encapsulations, 1);
    if (outcome != DECODE_DECODED || is_aside(meter, packet, frame))
        return;
    totals->ip_packets++;
    totals->ipv4_packets += packet->key.ip_version != 6;
    totals->ipv6_packets += packet->key.ip_version == 6;
    totals->ip_bytes += packet->ip_bytes;
    totals->outer_ip_bytes += packet->outer_ip_bytes;
    meter->batch_length += !is_unselected(meter, packet);
}

/* What a run of frames adds up to: these stay in registers. */
struct sums {
    uint64_t wire_bytes, captured_bytes, ip_bytes;
    uint64_t versions; /* 4 or 6 each */
    uint64_t first_unix_ns, last_unix_ns;
};

static void add_run(struct meter_totals *totals, const struct sums *sums, size_t frames)
{
    totals->packets += frames;
    totals->outcomes[DECODE_DECODED] += frames;
    totals->wire_bytes += sums->wire_bytes;
    totals->captured_bytes += sums->captured_bytes;
    totals->ip_packets += frames;
    totals->ip_bytes += sums->ip_bytes;
    totals->outer_ip_bytes += sums->ip_bytes; /* there is one IP header only */
    uint64_t ipv6_packets = (sums->versions - 4 * frames) / 2;
    totals->ipv4_packets += frames - ipv6_packets;
    totals->ipv6_packets += ipv6_packets;
    totals->first_unix_ns = sums->first_unix_ns;
    totals->last_unix_ns = sums->last_unix_ns;
}

/* Of frames that decode_common has read, counts those before the next second and of the present
 * sampling interval; how many these are. */
static size_t sum_run(struct meter *meter, const struct frame *frames, const struct packet *packets,
                      size_t count)
{
    struct sums sums = {.first_unix_ns = meter->totals.first_unix_ns,
                        .last_unix_ns = meter->totals.last_unix_ns};
    const uint64_t until_ns = meter->expire_from_ns;
    const uint32_t interval = meter->sampling_interval;
    size_t i = 0, same_from = 0;
    uint32_t encapsulations = 0; /* of the packets from there on */
    for (; i < count; i++) {
        if (frames[i].time_unix_ns >= until_ns || frames[i].sampling_interval != interval)
            break;
        if (frames[i].time_unix_ns >= sums.last_unix_ns)
            sums.last_unix_ns = frames[i].time_unix_ns;
        else if (frames[i].time_unix_ns < sums.first_unix_ns) /* as above */
            sums.first_unix_ns = frames[i].time_unix_ns;
        if (packets[i].encapsulations != encapsulations) {
            count_encapsulations(&meter->totals, encapsulations, i - same_from);
            encapsulations = packets[i].encapsulations;
            same_from = i;
        }
        sums.wire_bytes += frames[i].wire_bytes;
        sums.captured_bytes += frames[i].captured_bytes;
        sums.ip_bytes += packets[i].ip_bytes;
        sums.versions += packets[i].key.ip_version;
    }
    count_encapsulations(&meter->totals, encapsulations, i - same_from);
    add_run(&meter->totals, &sums, i);
    return i;
}

/* Closes up the packets that are selected; how many these are. */
static size_t select_packets(struct meter *meter, struct packet *packets, size_t count)
{
    size_t kept = 0;
    if (meter->selector.interval <= 1)
        return count;
    for (size_t i = 0; i < count; i++) {
        if (is_unselected(meter, &packets[i]))
            continue;
        if (kept != i)
            packets[kept] = packets[i];
        kept++;
    }
    return kept;
}

/* A run of frames, and the one behind it that ends it; how many these are. */
static size_t count_run(struct meter *meter, const struct frame *frames, size_t count)
{
    struct packet *packets = &meter->batch[meter->batch_length];
    size_t room = FLOW_BATCH - meter->batch_length;
    size_t length = decode_common(frames, count, packets, room);
    length = sum_run(meter, frames, packets, length);
    meter->batch_length += select_packets(meter, packets, length);
    if (length < room && length < count)
        count_frame(meter, &frames[length++]);
    if (meter->batch_length == FLOW_BATCH)
        meter_flush(meter);
    return length;
}

void meter_frames(struct meter *meter, const struct frame *frames, size_t count)
{
    if (count > 0 && meter->totals.packets == 0)
        meter->totals.first_unix_ns = frames[0].time_unix_ns;
    for (size_t done = 0; done < count;)
        done += count_run(meter, frames + done, count - done);
}

void meter_frame(struct meter *meter, const struct frame *frame)
{
    meter_frames(meter, frame, 1);
}

void meter_advance(struct meter *meter, uint64_t now_unix_ns)
{
    meter_flush(meter);
    expire(meter, now_unix_ns);
}

void meter_end_flows(struct meter *meter)
{
    meter_flush(meter);
    flow_table_end_all(meter->flows);
}

/* ---- intervals ---- */

static void fill_estimate(struct report_observation *out, const struct sampling_estimate *estimate)
{
    out->sampling_interval = estimate->interval;
    out->sampling_changes = estimate->changes;
    out->scaled_packets = optional_u64(estimate->packets);
    out->scaled_octets = optional_u64(estimate->octets);
    out->scaled_packets_error = optional_u64(estimate->packets_error);
    out->scaled_octets_error = optional_u64(estimate->octets_error);
}

static void fill_observation(struct meter *meter, struct report_observation *out,
                             const struct meter_losses *losses)
{
    const struct meter_totals *now = &meter->totals;
    const struct meter_totals *then = &meter->at_turn;
    *out = (struct report_observation){.sampling_interval = 1};
    memcpy(out->observation_point, meter->observation_point, sizeof out->observation_point);
    out->packet_delta_count = now->packets - then->packets;
    out->octet_delta_count = now->wire_bytes - then->wire_bytes;
    for (size_t i = 0; i < REPORT_OUTCOMES; i++)
        out->outcomes[i] = now->outcomes[i] - then->outcomes[i];
    out->flows_started = now->flows.flows_started - then->flows.flows_started;
    for (size_t i = 0; i < REPORT_END_REASONS; i++)
        out->flows_ended[i] = now->flows.flows_ended[i] - then->flows.flows_ended[i];
    out->not_stored_octets = now->flows.octets_not_stored - then->flows.octets_not_stored;
    if (!losses)
        return;
    out->dropped_packet_delta_count = losses->dropped_packets;
    out->interface_octets = losses->interface_octets;
    out->failed = losses->failed;
    out->sampling = losses->sampling;
    if (losses->sampling != REPORT_SAMPLING_NONE)
        fill_estimate(out, &losses->estimate);
}

struct meter_interval *meter_turn(struct meter *meter, uint64_t end_unix_ns,
                                  const struct meter_losses *losses)
{
    struct meter_interval *interval = &meter->intervals[meter->current];
    meter_advance(meter, end_unix_ns);
    if (atomic_load_explicit(&interval->handed_over, memory_order_acquire)) {
        errno = EBUSY;
        return NULL;
    }
    if (meter->interval_from_unix_ns > 0)
        flow_table_visit_alive(meter->flows, meter->interval_from_unix_ns, on_flow_alive, meter);
    interval->lines = line_meter_turn(meter->lines, end_unix_ns);
    if (!interval->lines) {
        errno = EBUSY;
        return NULL;
    }
    meter->totals.flows = flow_table_counts(meter->flows);
    fill_observation(meter, &interval->observation, losses);
    meter->at_turn = meter->totals;
    meter->interval_from_unix_ns = end_unix_ns;
    atomic_store_explicit(&interval->handed_over, true, memory_order_release);
    meter->current ^= 1;
    return interval;
}

int meter_interval_report(const struct meter_interval *interval, struct report *report)
{
    struct report_observation *observation = report_add_observation(report);
    if (!observation)
        return -ENOSPC;
    *observation = interval->observation;
    return line_counts_report(interval->lines, report);
}

void meter_interval_release(struct meter_interval *interval)
{
    if (!interval)
        return;
    line_counts_release(interval->lines);
    atomic_store_explicit(&interval->handed_over, false, memory_order_release);
}

int meter_collect(struct meter *meter, struct report *report, uint64_t end_unix_ns,
                  const struct meter_losses *losses)
{
    struct meter_interval *interval = meter_turn(meter, end_unix_ns, losses);
    if (!interval)
        return -errno;
    int status = meter_interval_report(interval, report);
    meter_interval_release(interval);
    return status;
}

/* ---- looking in ---- */

void meter_totals(struct meter *meter, struct meter_totals *out_totals)
{
    meter_flush(meter);
    *out_totals = meter->totals;
    out_totals->flows = flow_table_counts(meter->flows);
    out_totals->tcp_segments = out_totals->flows.tcp_segments;
    out_totals->tcp_retransmitted = out_totals->flows.tcp_retransmitted;
    out_totals->lines = line_meter_totals(meter->lines);
}

const struct histogram *meter_rtt_us(const struct meter *meter, enum meter_rtt which)
{
    return &meter->rtt_us[which];
}

void meter_visit_flows(struct meter *meter,
                       void (*visit)(void *ctx, const struct flow_record *record), void *ctx)
{
    meter_flush(meter);
    flow_table_visit(meter->flows, visit, ctx);
}
