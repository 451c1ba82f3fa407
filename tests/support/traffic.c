/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/traffic.h"

#include "tests/support/control_builder.h"
#include "tests/support/packet_builder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS      UINT64_C(1000000)
#define NS_PER_S       UINT64_C(1000000000)
#define SEGMENT_BYTES  1400
#define CONTROLLER_MAC 0x02000000aaaa
#define GATEWAY_MAC    0x02000000feed
#define BRAS_MAC       0x02000000b4a5
#define SERVERS        200
#define CLOUD_SERVERS  64 /* those below */
#define RELAY_TAIL     UINT64_C(0x6600000000)
#define DHCP_TAIL      UINT64_C(0x7700000000)
#define TAIL_SERVER    UINT64_C(0x5000000000)

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };

/* One subscriber. */
struct line {
    enum traffic_kind kind;
    unsigned number, svlan, cvlan, session, next_port;
    uint64_t mac;
    uint32_t address;
    char circuit[64];
    uint64_t external_rtt_ns, internal_rtt_ns, segment_gap_ns;
    bool has_ipv6;
};

struct maker {
    const struct traffic_options *options;
    struct traffic *traffic;
    uint64_t random;
    uint64_t end_unix_ns;
    uint64_t line_octets[2]; /* of the present line: 0 down, 1 up */
    bool to_cloud;           /* the IP packet that is being made */
    struct packet_builder packet;
};

/* xorshift64* (Vigna 2016). */
static uint64_t roll(struct maker *maker, uint64_t below)
{
    maker->random ^= maker->random >> 12;
    maker->random ^= maker->random << 25;
    maker->random ^= maker->random >> 27;
    return (maker->random * UINT64_C(2685821657736338717) >> 11) % below;
}

static void *larger(void *memory, size_t bytes)
{
    void *more = realloc(memory, bytes);
    if (more)
        return more;
    (void)fputs("traffic: out of memory\n", stderr);
    abort();
}

static void emit(struct maker *maker, uint64_t time_unix_ns)
{
    struct traffic *traffic = maker->traffic;
    packet_finish(&maker->packet);
    size_t wire = maker->packet.length;
    size_t snaplen = maker->options->snaplen;
    size_t kept = snaplen > 0 && wire > snaplen ? snaplen : wire;
    if (traffic->frame_count == traffic->frame_limit) {
        traffic->frame_limit = traffic->frame_limit * 2 + 1024;
        traffic->frames = larger(traffic->frames, traffic->frame_limit * sizeof *traffic->frames);
    }
    if (traffic->length + kept > traffic->limit) {
        traffic->limit = traffic->limit * 2 + PACKET_BYTES_MAX;
        traffic->bytes = larger(traffic->bytes, traffic->limit);
    }
    memcpy(traffic->bytes + traffic->length, maker->packet.bytes, kept);
    traffic->frames[traffic->frame_count] = (struct traffic_frame){
        .time_unix_ns = time_unix_ns,
        .offset = traffic->length,
        .captured_bytes = (uint32_t)kept,
        .wire_bytes = (uint32_t)wire,
        .number = (uint32_t)traffic->frame_count,
    };
    traffic->frame_count++;
    traffic->length += kept;
    traffic->truth.packets++;
    traffic->truth.wire_bytes += wire;
}

/* An IP packet, from its header on, went this way. */
static void emit_ip(struct maker *maker, uint64_t time_unix_ns, size_t ip_offset, bool up)
{
    size_t bytes = maker->packet.length - ip_offset;
    struct traffic_truth *truth = &maker->traffic->truth;
    truth->ip_packets++;
    truth->ip_bytes += bytes;
    if (up)
        truth->up_octets += bytes;
    else
        truth->down_octets += bytes;
    if (maker->to_cloud && up)
        truth->cloud_up_octets += bytes;
    else if (maker->to_cloud)
        truth->cloud_down_octets += bytes;
    maker->to_cloud = false;
    maker->line_octets[up] += bytes;
    emit(maker, time_unix_ns);
}

/* ---- the access network's headers ---- */

static void wrap_wlan(struct packet_builder *packet, const struct line *line, bool up)
{
    uint32_t access_point = 0x0ac80000 + 1 + line->number / 16;
    uint32_t controller = 0x0ac8ff01;
    packet_ethernet(packet, up ? GATEWAY_MAC : CONTROLLER_MAC, up ? CONTROLLER_MAC : GATEWAY_MAC);
    packet_ipv4(packet, up ? access_point : controller, up ? controller : access_point);
    packet_capwap(packet, 1, up);
    packet_ieee802_11(packet, line->mac, GATEWAY_MAC, up);
}

static void wrap_ethernet(struct packet_builder *packet, const struct line *line, bool up)
{
    packet_ethernet(packet, up ? line->mac : GATEWAY_MAC, up ? GATEWAY_MAC : line->mac);
    packet_vlan(packet, 0x88a8, line->svlan);
    packet_vlan(packet, 0x8100, line->cvlan);
}

/* Up to where IP begins. */
static void wrap(struct maker *maker, const struct line *line, bool up)
{
    struct packet_builder *packet = &maker->packet;
    packet_begin(packet);
    if (line->kind == TRAFFIC_WLAN) {
        wrap_wlan(packet, line, up);
        return;
    }
    if (line->kind == TRAFFIC_RADIUS) {
        packet_ethernet(packet, up ? BRAS_MAC : GATEWAY_MAC, up ? GATEWAY_MAC : BRAS_MAC);
        return;
    }
    wrap_ethernet(packet, line, up);
    if (line->kind == TRAFFIC_PPPOE_QINQ)
        packet_pppoe(packet, line->session);
}

/* ---- conversations ---- */

struct conversation {
    const struct line *line;
    bool ipv6;
    unsigned port, server, server_port;
    uint32_t sequence[2]; /* of the subscriber, of the server */
};

static size_t begin_ip(struct maker *maker, const struct conversation *talk, bool up)
{
    const struct line *line = talk->line;
    wrap(maker, line, up);
    size_t offset = maker->packet.length;
    maker->to_cloud = talk->server < CLOUD_SERVERS;
    if (talk->ipv6) {
        uint64_t client = UINT64_C(1) << 32 | line->address, server = TAIL_SERVER + talk->server;
        packet_ipv6(&maker->packet, up ? client : server, up ? server : client);
    } else {
        uint32_t server = 0xc6336400 + talk->server;
        packet_ipv4(&maker->packet, up ? line->address : server, up ? server : line->address);
    }
    return offset;
}

static void send_udp(struct maker *maker, const struct conversation *talk, bool up, size_t bytes,
                     uint64_t time_unix_ns)
{
    size_t offset = begin_ip(maker, talk, up);
    packet_udp(&maker->packet, up ? talk->port : talk->server_port,
               up ? talk->server_port : talk->port);
    packet_zeros(&maker->packet, bytes);
    emit_ip(maker, time_unix_ns, offset, up);
}

/* A segment; `repeat` sends the same one again without moving on. */
static void send_tcp(struct maker *maker, struct conversation *talk, bool up, unsigned flags,
                     size_t bytes, uint64_t time_unix_ns)
{
    size_t offset = begin_ip(maker, talk, up);
    struct packet_tcp tcp = {
        .source = up ? talk->port : talk->server_port,
        .destination = up ? talk->server_port : talk->port,
        .sequence = talk->sequence[!up],
        .acknowledgement = flags & ACK ? talk->sequence[up] : 0,
        .flags = flags,
    };
    packet_tcp(&maker->packet, &tcp);
    packet_zeros(&maker->packet, bytes);
    emit_ip(maker, time_unix_ns, offset, up);
    talk->sequence[!up] += (uint32_t)bytes + ((flags & (SYN | FIN)) != 0);
}

static uint64_t handshake(struct maker *maker, struct conversation *talk, uint64_t now)
{
    send_tcp(maker, talk, true, SYN, 0, now);
    now += talk->line->external_rtt_ns;
    send_tcp(maker, talk, false, SYN | ACK, 0, now);
    now += talk->line->internal_rtt_ns;
    send_tcp(maker, talk, true, ACK, 0, now);
    maker->traffic->truth.handshakes++;
    return now;
}

static uint64_t download(struct maker *maker, struct conversation *talk, unsigned segments,
                         uint64_t now)
{
    for (unsigned i = 0; i < segments; i++) {
        uint32_t before = talk->sequence[1];
        send_tcp(maker, talk, false, ACK, SEGMENT_BYTES, now);
        if (roll(maker, 50) == 0) {
            talk->sequence[1] = before;
            send_tcp(maker, talk, false, ACK, SEGMENT_BYTES, now + 2 * NS_PER_MS);
            maker->traffic->truth.retransmitted++;
        }
        now += talk->line->segment_gap_ns;
        if (i % 2)
            send_tcp(maker, talk, true, ACK, 0, now);
    }
    return now + 3 * NS_PER_MS;
}

static struct conversation begin_talk(struct maker *maker, struct line *line, unsigned port)
{
    maker->traffic->truth.biflows++;
    return (struct conversation){
        .line = line,
        .ipv6 = line->kind == TRAFFIC_DHCPV6 || (line->has_ipv6 && roll(maker, 10) < 3),
        .port = line->next_port++,
        .server = 1 + (unsigned)roll(maker, SERVERS),
        .server_port = port,
        .sequence = {(uint32_t)roll(maker, UINT32_MAX), (uint32_t)roll(maker, UINT32_MAX)},
    };
}

static uint64_t visit_page(struct maker *maker, struct line *line, uint64_t now)
{
    struct conversation dns = begin_talk(maker, line, 53);
    send_udp(maker, &dns, true, 40, now);
    send_udp(maker, &dns, false, 120, now + line->external_rtt_ns);
    struct conversation page = begin_talk(maker, line, 443);
    now = handshake(maker, &page, now + line->external_rtt_ns + NS_PER_MS);
    send_tcp(maker, &page, true, PSH | ACK, 300 + (size_t)roll(maker, 600), now + NS_PER_MS);
    now = download(maker, &page, 5 + (unsigned)roll(maker, 60), now + line->external_rtt_ns);
    send_tcp(maker, &page, false, FIN | ACK, 0, now);
    send_tcp(maker, &page, true, FIN | ACK, 0, now + line->internal_rtt_ns);
    send_tcp(maker, &page, false, ACK, 0, now + line->internal_rtt_ns + NS_PER_MS);
    return now + line->internal_rtt_ns + NS_PER_MS;
}

/* ---- how a line begins ---- */

static void send_discovery(struct maker *maker, const struct line *line, unsigned code,
                           uint64_t time_unix_ns)
{
    bool up = code == 0x09 || code == 0x19;
    packet_begin(&maker->packet);
    wrap_ethernet(&maker->packet, line, up);
    packet_pppoe_discovery(&maker->packet, code, code == 0x65 ? line->session : 0);
    packet_tag(&maker->packet, 0x0101, NULL, 0);
    if (up)
        packet_tag_tr101(&maker->packet, line->circuit, NULL);
    else
        packet_tag(&maker->packet, 0x0102, "bras-1", 6);
    emit(maker, time_unix_ns);
}

static void begin_pppoe(struct maker *maker, const struct line *line, uint64_t now)
{
    static const unsigned codes[] = {0x09, 0x07, 0x19, 0x65}; /* PADI, PADO, PADR, PADS */
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        send_discovery(maker, line, codes[i], now + i * 2 * NS_PER_MS);
}

static void send_dhcp(struct maker *maker, const struct line *line, unsigned message,
                      uint64_t time_unix_ns)
{
    bool up = message == 1 || message == 3;
    struct packet_dhcp dhcp = {
        .operation = up ? 1 : 2,
        .message = message,
        .client_mac = line->mac,
        .your_address = up ? 0 : line->address,
        .circuit = line->circuit,
    };
    wrap(maker, line, up);
    size_t offset = maker->packet.length;
    packet_ipv4(&maker->packet, up ? 0 : 0x0a000001, 0xffffffff);
    packet_udp(&maker->packet, up ? 68 : 67, up ? 67 : 68);
    packet_dhcp(&maker->packet, &dhcp);
    emit_ip(maker, time_unix_ns, offset, up);
}

static void begin_dhcp(struct maker *maker, const struct line *line, uint64_t now)
{
    static const unsigned messages[] = {1, 2, 3, 5}; /* DISCOVER, OFFER, REQUEST, ACK */
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        send_dhcp(maker, line, messages[i], now + i * 2 * NS_PER_MS);
    maker->traffic->truth.biflows += 2; /* asked from no address, answered from the server's */
}

static void begin_dhcpv6(struct maker *maker, const struct line *line, uint64_t now)
{
    static const unsigned messages[] = {1, 2, 3, 7}; /* SOLICIT, ADVERTISE, REQUEST, REPLY */
    uint64_t relay = RELAY_TAIL + line->number;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        bool up = i % 2 == 0;
        const struct packet_dhcpv6 dhcp = {
            .message = messages[i],
            .client_mac = line->mac,
            .circuit = line->circuit,
            .relays = 1,
            .address_tail = up ? 0 : UINT64_C(1) << 32 | line->address,
        };
        wrap(maker, line, up);
        size_t offset = maker->packet.length;
        packet_ipv6(&maker->packet, up ? relay : DHCP_TAIL, up ? DHCP_TAIL : relay);
        packet_udp(&maker->packet, 547, 547);
        packet_dhcpv6(&maker->packet, &dhcp);
        emit_ip(maker, now + i * 2 * NS_PER_MS, offset, up);
    }
    maker->traffic->truth.biflows++;
}

/* What the NAS tells its server of a line: nobody's traffic, and one biflow for all. */
static void account(struct maker *maker, const struct line *line, unsigned status, uint64_t now)
{
    struct traffic_truth *truth = &maker->traffic->truth;
    char session[16];
    (void)snprintf(session, sizeof session, "%08x", line->number + 1);
    const struct packet_radius record = {
        .status = status,
        .session = session,
        .nas = "bras-1",
        .user = session,
        .circuit = line->number % 2 ? line->circuit : NULL,
        .address = line->address,
        .down = maker->line_octets[0],
        .up = maker->line_octets[1],
        .gigawords = line->number % 3 == 0,
        .session_s = status == 1 ? 0 : (unsigned)(now / NS_PER_S - maker->options->start_unix_s),
    };
    packet_begin(&maker->packet);
    packet_ethernet(&maker->packet, BRAS_MAC, GATEWAY_MAC);
    size_t offset = maker->packet.length;
    packet_ipv4(&maker->packet, 0xc0000201, 0xc0000202);
    packet_udp(&maker->packet, 40000, 1813);
    packet_radius(&maker->packet, &record);
    truth->ip_packets++;
    truth->ip_bytes += maker->packet.length - offset;
    truth->control_octets += maker->packet.length - offset;
    truth->biflows += line->number == 0 && status == 1;
    if (status == 2) {
        truth->accounted_down_octets += maker->line_octets[0];
        truth->accounted_up_octets += maker->line_octets[1];
    }
    emit(maker, now);
}

static enum traffic_kind kind_of(const struct traffic_options *options, unsigned number)
{
    if (options->kind != TRAFFIC_MIXED)
        return options->kind;
    unsigned share = number % 10;
    return share < 5 ? TRAFFIC_PPPOE_QINQ : share < 8 ? TRAFFIC_DHCP : TRAFFIC_WLAN;
}

static void live(struct maker *maker, unsigned number)
{
    const struct traffic_options *options = maker->options;
    struct line line = {
        .kind = kind_of(options, number),
        .number = number,
        .svlan = options->svlan + number / 4000,
        .cvlan = 1 + number % 4000,
        .session = 1 + number % 65535,
        .next_port = 20000,
        .mac = UINT64_C(0x020100000000) + (options->seed & 0xff) * 0x1000000 + number,
        .address = 0x64400000 + 2 + number,
        .external_rtt_ns = (5 + roll(maker, 36)) * NS_PER_MS,
        .internal_rtt_ns = (1 + roll(maker, 5)) * NS_PER_MS,
        .segment_gap_ns = NS_PER_MS / (1 + roll(maker, 8)),
        .has_ipv6 = roll(maker, 2) == 0 && options->kind != TRAFFIC_RADIUS,
    };
    memset(maker->line_octets, 0, sizeof maker->line_octets);
    if (line.kind == TRAFFIC_DHCP || line.kind == TRAFFIC_DHCPV6)
        line.svlan += 1000;
    (void)snprintf(line.circuit, sizeof line.circuit, "%s xpon 0/%u/%u:%u", options->node,
                   1 + number / 1024, number / 64 % 16, 1 + number % 64);
    uint64_t now = options->start_unix_s * NS_PER_S + roll(maker, NS_PER_S / 2);
    if (line.kind == TRAFFIC_PPPOE_QINQ)
        begin_pppoe(maker, &line, now);
    else if (line.kind == TRAFFIC_DHCP)
        begin_dhcp(maker, &line, now);
    else if (line.kind == TRAFFIC_DHCPV6)
        begin_dhcpv6(maker, &line, now);
    else if (line.kind == TRAFFIC_RADIUS)
        account(maker, &line, 1, now);
    maker->traffic->truth.lines += line.kind != TRAFFIC_WLAN;
    maker->traffic->truth.users += line.kind == TRAFFIC_WLAN;
    now += 20 * NS_PER_MS;
    do {
        now = visit_page(maker, &line, now) + roll(maker, 4 * NS_PER_S);
        if (line.kind == TRAFFIC_RADIUS)
            account(maker, &line, 3, now);
    } while (now + NS_PER_S < maker->end_unix_ns && line.next_port < 60000);
    if (line.kind == TRAFFIC_RADIUS)
        account(maker, &line, 2, now + NS_PER_S);
}

static int by_time(const void *a, const void *b)
{
    const struct traffic_frame *left = a, *right = b;
    if (left->time_unix_ns != right->time_unix_ns)
        return left->time_unix_ns < right->time_unix_ns ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

struct traffic *traffic_new(const struct traffic_options *options)
{
    struct traffic *traffic = larger(NULL, sizeof *traffic);
    struct maker *maker = larger(NULL, sizeof *maker);
    *traffic = (struct traffic){0};
    memset(maker, 0, sizeof *maker);
    maker->options = options;
    maker->traffic = traffic;
    maker->random = options->seed * 2 + 1;
    maker->end_unix_ns = (options->start_unix_s + options->seconds) * NS_PER_S;
    for (unsigned i = 0; i < options->lines; i++)
        live(maker, i);
    free(maker);
    if (traffic->frame_count > 0)
        qsort(traffic->frames, traffic->frame_count, sizeof *traffic->frames, by_time);
    return traffic;
}

void traffic_free(struct traffic *traffic)
{
    if (!traffic)
        return;
    free(traffic->frames);
    free(traffic->bytes);
    free(traffic);
}
