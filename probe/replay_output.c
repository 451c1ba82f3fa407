/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/replay_output.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* One row a figure: where it stands in the totals, and how people call it. */
static const struct {
    const char *name, *label;
    size_t offset;
} counters[] = {
    {"packets", "packets", offsetof(struct meter_totals, packets)},
    {"wire_bytes", "bytes on the wire", offsetof(struct meter_totals, wire_bytes)},
    {"captured_bytes", "bytes captured", offsetof(struct meter_totals, captured_bytes)},
};
static const struct {
    const char *name, *label;
    size_t offset;
} ip_counters[] = {
    {"ip_packets", "IP packets", offsetof(struct meter_totals, ip_packets)},
    {"ip_bytes", "IP bytes, innermost", offsetof(struct meter_totals, ip_bytes)},
    {"outer_ip_bytes", "IP bytes, outermost", offsetof(struct meter_totals, outer_ip_bytes)},
    {"ipv4_packets", "IPv4 packets", offsetof(struct meter_totals, ipv4_packets)},
    {"ipv6_packets", "IPv6 packets", offsetof(struct meter_totals, ipv6_packets)},
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static uint64_t total_at(const struct meter_totals *totals, size_t offset)
{
    return *(const uint64_t *)(const void *)((const char *)totals + offset);
}

static const struct {
    const char *name;
    enum meter_rtt rtt;
} rtts[] = {
    {"handshake_rtt_us", METER_RTT_HANDSHAKE},
    {"handshake_external_us", METER_RTT_EXTERNAL},
    {"handshake_internal_us", METER_RTT_INTERNAL},
};

static struct optional_u64 quantile(const struct histogram *histogram, double q)
{
    uint64_t value;
    return histogram_quantile(histogram, q, &value) == 0 ? optional_u64(value)
                                                         : (struct optional_u64){0};
}

static double seconds_of(const struct meter_totals *totals)
{
    uint64_t first = totals->first_unix_ns, last = totals->last_unix_ns;
    return last > first ? (double)(last - first) / (double)CLOCK_NS_PER_S : 0;
}

static void put_flows(struct json_writer *json, const struct flow_counts *flows)
{
    json_writer_begin_object(json, "flows");
    json_writer_put_u64(json, "biflows", flows->flows_started);
    json_writer_put_u64(json, "active", flows->flows_active);
    json_writer_begin_object(json, "ended");
    for (size_t i = 0; i < FLOW_END_REASONS; i++)
        json_writer_put_u64(json, flow_end_reason_names[i], flows->flows_ended[i]);
    json_writer_end(json);
    json_writer_put_u64(json, "not_stored_packets", flows->packets_not_stored);
    json_writer_put_u64(json, "not_stored_octets", flows->octets_not_stored);
    json_writer_end(json);
}

static void put_tcp(struct json_writer *json, const struct meter *meter,
                    const struct meter_totals *totals)
{
    json_writer_begin_object(json, "tcp");
    for (size_t i = 0; i < COUNT(rtts); i++) {
        const struct histogram *rtt = meter_rtt_us(meter, rtts[i].rtt);
        json_writer_begin_object(json, rtts[i].name);
        json_writer_put_u64(json, "count", rtt->count);
        json_writer_put_optional_u64(json, "p50", quantile(rtt, 0.5));
        json_writer_put_optional_u64(json, "p95", quantile(rtt, 0.95));
        json_writer_end(json);
    }
    json_writer_put_u64(json, "segments", totals->tcp_segments);
    json_writer_put_u64(json, "retransmitted_packets", totals->tcp_retransmitted);
    json_writer_end(json);
}

static void put_all(struct json_writer *json, const struct meter *meter,
                    const struct meter_totals *totals)
{
    for (size_t i = 0; i < COUNT(counters); i++)
        json_writer_put_u64(json, counters[i].name, total_at(totals, counters[i].offset));
    json_writer_begin_object(json, "outcomes");
    for (size_t i = 0; i < DECODE_OUTCOMES; i++)
        json_writer_put_u64(json, decode_outcome_names[i], totals->outcomes[i]);
    json_writer_end(json);
    for (size_t i = 0; i < COUNT(ip_counters); i++)
        json_writer_put_u64(json, ip_counters[i].name, total_at(totals, ip_counters[i].offset));
    json_writer_begin_object(json, "encapsulations");
    for (size_t i = 0; i < ENCAPSULATION_COUNT; i++)
        json_writer_put_u64(json, encapsulation_names[i], totals->encapsulations[i]);
    json_writer_end(json);
    put_flows(json, &totals->flows);
    put_tcp(json, meter, totals);
    json_writer_begin_object(json, "lines");
    json_writer_put_u64(json, "active", totals->lines.lines_active);
    json_writer_put_u64(json, "unattributed_octets", totals->lines.octets_unattributed);
    json_writer_end(json);
    json_writer_put_double(json, "seconds", seconds_of(totals));
}

int replay_output_json(FILE *out, struct meter *meter, bool indented)
{
    struct meter_totals totals;
    struct json_writer *json = json_writer_new();
    if (!json)
        return -ENOMEM;
    meter_totals(meter, &totals);
    put_all(json, meter, &totals);
    char *text = json_writer_text(json, indented);
    json_writer_free(json);
    if (!text)
        return -ENOMEM;
    int status = fprintf(out, "%s\n", text) < 0 ? -EIO : 0;
    free(text);
    return status;
}

static void print_rtt(FILE *out, const struct histogram *rtt, const char *name)
{
    struct optional_u64 median = quantile(rtt, 0.5), tail = quantile(rtt, 0.95);
    if (median.known)
        (void)fprintf(out, "%-24s %12" PRIu64 "  median %" PRIu64 ", p95 %" PRIu64 "\n", name,
                      rtt->count, median.value, tail.value);
}

static void print_count(FILE *out, const char *label, uint64_t value)
{
    (void)fprintf(out, "%-24s %12" PRIu64 "\n", label, value);
}

static void print_named(FILE *out, const char *const *names, const uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] > 0)
            (void)fprintf(out, "  %-22s %12" PRIu64 "\n", names[i], values[i]);
}

int replay_output_table(FILE *out, struct meter *meter)
{
    struct meter_totals totals;
    meter_totals(meter, &totals);
    for (size_t i = 0; i < COUNT(counters); i++)
        print_count(out, counters[i].label, total_at(&totals, counters[i].offset));
    (void)fprintf(out, "%-24s %12.3f\n", "seconds", seconds_of(&totals));
    (void)fputs("outcomes\n", out);
    print_named(out, decode_outcome_names, totals.outcomes, DECODE_OUTCOMES);
    for (size_t i = 0; i < COUNT(ip_counters); i++)
        print_count(out, ip_counters[i].label, total_at(&totals, ip_counters[i].offset));
    (void)fputs("encapsulations\n", out);
    print_named(out, encapsulation_names, totals.encapsulations, ENCAPSULATION_COUNT);
    print_count(out, "biflows", totals.flows.flows_started);
    print_count(out, "  active", totals.flows.flows_active);
    print_named(out, flow_end_reason_names, totals.flows.flows_ended, FLOW_END_REASONS);
    if (totals.flows.packets_not_stored > 0)
        print_count(out, "packets not stored", totals.flows.packets_not_stored);
    print_count(out, "retransmitted segments", totals.tcp_retransmitted);
    for (size_t i = 0; i < COUNT(rtts); i++)
        print_rtt(out, meter_rtt_us(meter, rtts[i].rtt), rtts[i].name);
    print_count(out, "lines active", totals.lines.lines_active);
    return ferror(out) ? -EIO : 0;
}
