/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writes a capture of known flows in one wrapping, and prints the truth about it as JSON. Half of
 * the flows are IPv4, half IPv6; some answer; payloads of 0 to 1399 bytes; short frames are padded
 * to Ethernet's 60 bytes, long ones cut at the snaplen: neither may change a byte count.
 */
#include "tests/support/wrapping.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define FLOWS            400 /* unless said */
#define FLOWS_MAX        60000
#define PACKETS_PER_FLOW 5
#define SNAPLEN          256
#define ETHERNET_MIN     60
#define START_UNIX_S     1700000000

struct truth {
    uint64_t packets, wire_bytes, captured_bytes, ip_packets, ip_bytes, outer_ip_bytes;
    uint64_t ipv4_packets, ipv6_packets, biflows;
};

/* The innermost packet; returns its length by its IP header. */
static unsigned put_inner(struct packet_builder *frame, unsigned flow, unsigned number)
{
    unsigned payload = (flow * 7 + number * 311) % 1400;
    unsigned near = 1024 + flow, far = 443, ports[2] = {near, far};
    int back = number % 3 == 2;
    if (flow % 2 == 0)
        packet_ipv4(frame, back ? 0xc6336401u : 0x64400000u + flow,
                    back ? 0x64400000u + flow : 0xc6336401u);
    else
        packet_ipv6(frame, back ? 1 : 1000 + flow, back ? 1000 + flow : 1);
    if (flow % 4 < 2)
        packet_tcp(frame, &(struct packet_tcp){
                              .source = ports[back], .destination = ports[!back], .flags = 0x10});
    else
        packet_udp(frame, ports[back], ports[!back]);
    packet_zeros(frame, payload);
    return payload + (flow % 2 == 0 ? 20 : 40) + (flow % 4 < 2 ? 20 : 8);
}

static void write_packet(pcap_dumper_t *dumper, const struct wrapping *wrapping, unsigned flow,
                         unsigned number, struct truth *truth)
{
    static struct packet_builder frame;
    wrapping->begin(&frame);
    unsigned ip_bytes = put_inner(&frame, flow, number);
    packet_finish(&frame);
    if (wrapping->link == LINK_ETHERNET && frame.length < ETHERNET_MIN)
        packet_zeros(&frame, ETHERNET_MIN - frame.length);
    uint64_t us = truth->packets * 100;
    struct pcap_pkthdr header = {
        .ts = {.tv_sec = START_UNIX_S + (time_t)(us / 1000000),
               .tv_usec = (suseconds_t)(us % 1000000)},
        .caplen = (bpf_u_int32)(frame.length < SNAPLEN ? frame.length : SNAPLEN),
        .len = (bpf_u_int32)frame.length,
    };
    pcap_dump((u_char *)dumper, &header, frame.bytes);
    truth->packets++;
    truth->wire_bytes += header.len;
    truth->captured_bytes += header.caplen;
    truth->ip_packets++;
    truth->ip_bytes += ip_bytes;
    truth->outer_ip_bytes += ip_bytes + wrapping->tunnel_bytes;
    truth->ipv4_packets += flow % 2 == 0;
    truth->ipv6_packets += flow % 2 == 1;
}

static int write_capture(const struct wrapping *wrapping, const char *path, unsigned flows,
                         struct truth *truth)
{
    pcap_t *pcap = pcap_open_dead(wrapping->dlt, SNAPLEN);
    pcap_dumper_t *dumper = pcap ? pcap_dump_open(pcap, path) : NULL;
    if (!dumper) {
        (void)fprintf(stderr, "make_wrapped: %s\n", pcap ? pcap_geterr(pcap) : "out of memory");
        return -1;
    }
    for (unsigned number = 0; number < PACKETS_PER_FLOW; number++)
        for (unsigned flow = 0; flow < flows; flow++)
            write_packet(dumper, wrapping, flow, number, truth);
    truth->biflows = flows;
    int status = pcap_dump_flush(dumper);
    pcap_dump_close(dumper);
    pcap_close(pcap);
    return status;
}

static void print_truth(const struct wrapping *wrapping, const struct truth *truth)
{
    (void)printf("{\"packets\": %" PRIu64 ", \"wire_bytes\": %" PRIu64
                 ", \"captured_bytes\": %" PRIu64 ", \"ip_packets\": %" PRIu64
                 ", \"ip_bytes\": %" PRIu64 ", \"outer_ip_bytes\": %" PRIu64
                 ", \"ipv4_packets\": %" PRIu64 ", \"ipv6_packets\": %" PRIu64
                 ", \"biflows\": %" PRIu64 ", \"encapsulations\": \"%s\"}\n",
                 truth->packets, truth->wire_bytes, truth->captured_bytes, truth->ip_packets,
                 truth->ip_bytes, truth->outer_ip_bytes, truth->ipv4_packets, truth->ipv6_packets,
                 truth->biflows, wrapping->encapsulations);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        for (size_t i = 0; i < wrapping_count; i++)
            (void)puts(wrappings[i].name);
        return EXIT_SUCCESS;
    }
    const struct wrapping *wrapping = wrapping_find(argv[1]);
    unsigned long flows = argc == 4 ? strtoul(argv[3], NULL, 10) : FLOWS;
    if (argc < 3 || argc > 4 || !wrapping || flows == 0 || flows > FLOWS_MAX) {
        (void)fputs("usage: make_wrapped [NAME FILE [FLOWS]]; alone it lists the names\n", stderr);
        return 2;
    }
    struct truth truth = {0};
    if (write_capture(wrapping, argv[2], (unsigned)flows, &truth) != 0)
        return EXIT_FAILURE;
    print_truth(wrapping, &truth);
    return EXIT_SUCCESS;
}
