/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writes a capture of made-up subscribers and prints the truth about it as one JSON object.
 */
#include "tests/support/traffic.h"

#include <pcap/pcap.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2

static const char help[] =
    "usage: make_capture --kind pppoe-qinq|dhcp|wlan|mixed|dhcpv6|radius --out FILE [OPTIONS]\n"
    "\n"
    "  --lines N         subscribers (default 20)\n"
    "  --seconds S       how long they are active (default 10)\n"
    "  --seed X          the same seed, the same capture (default 1)\n"
    "  --start UNIX_S    time of the first frames (default 1700000000)\n"
    "  --node NAME       the access node in their circuit ids (default OLT-1)\n"
    "  --svlan VID       of the first PPPoE line; DHCP lines have VID + 1000 (default 100)\n"
    "  --snaplen BYTES   kept of each frame; 0: all (default 512)\n";

static const char *const kinds[] = {"pppoe-qinq", "dhcp", "wlan", "mixed", "dhcpv6", "radius"};

struct arguments {
    struct traffic_options traffic;
    const char *out;
    int kind_known;
};

static int take_kind(struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i], name) == 0) {
            arguments->traffic.kind = (enum traffic_kind)i;
            arguments->kind_known = 1;
        }
    return arguments->kind_known;
}

static int parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {
        {"kind", required_argument, NULL, 'k'},    {"lines", required_argument, NULL, 'l'},
        {"seconds", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'x'},
        {"start", required_argument, NULL, 't'},   {"node", required_argument, NULL, 'n'},
        {"svlan", required_argument, NULL, 'v'},   {"snaplen", required_argument, NULL, 'c'},
        {"out", required_argument, NULL, 'o'},     {NULL, 0, NULL, 0},
    };
    int id;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        unsigned long long number = optarg ? strtoull(optarg, NULL, 10) : 0;
        switch (id) {
        case 'k':
            if (!take_kind(arguments, optarg))
                return 0;
            break;
        case 'l':
            arguments->traffic.lines = (unsigned)number;
            break;
        case 's':
            arguments->traffic.seconds = (unsigned)number;
            break;
        case 'x':
            arguments->traffic.seed = number;
            break;
        case 't':
            arguments->traffic.start_unix_s = number;
            break;
        case 'n':
            arguments->traffic.node = optarg;
            break;
        case 'v':
            arguments->traffic.svlan = (unsigned)number;
            break;
        case 'c':
            arguments->traffic.snaplen = (unsigned)number;
            break;
        case 'o':
            arguments->out = optarg;
            break;
        default:
            return 0;
        }
    }
    return arguments->kind_known && arguments->out && optind == argc;
}

static int write_capture(const struct traffic *traffic, const char *path)
{
    pcap_t *pcap =
        pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, PCAP_TSTAMP_PRECISION_NANO);
    pcap_dumper_t *dumper = pcap ? pcap_dump_open(pcap, path) : NULL;
    if (!dumper) {
        (void)fprintf(stderr, "make_capture: %s\n", pcap ? pcap_geterr(pcap) : "out of memory");
        return -1;
    }
    for (size_t i = 0; i < traffic->frame_count; i++) {
        const struct traffic_frame *frame = &traffic->frames[i];
        struct pcap_pkthdr header = {
            .ts = {.tv_sec = (time_t)(frame->time_unix_ns / 1000000000),
                   .tv_usec = (suseconds_t)(frame->time_unix_ns % 1000000000)},
            .caplen = frame->captured_bytes,
            .len = frame->wire_bytes,
        };
        pcap_dump((u_char *)dumper, &header, traffic->bytes + frame->offset);
    }
    int status = pcap_dump_flush(dumper);
    pcap_dump_close(dumper);
    pcap_close(pcap);
    return status;
}

static void print_truth(const struct traffic_truth *truth)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"packets", truth->packets},
        {"wire_bytes", truth->wire_bytes},
        {"ip_packets", truth->ip_packets},
        {"ip_bytes", truth->ip_bytes},
        {"lines", truth->lines},
        {"users", truth->users},
        {"biflows", truth->biflows},
        {"down_octets", truth->down_octets},
        {"up_octets", truth->up_octets},
        {"handshakes", truth->handshakes},
        {"retransmitted", truth->retransmitted},
        {"cloud_down_octets", truth->cloud_down_octets},
        {"cloud_up_octets", truth->cloud_up_octets},
        {"accounted_down_octets", truth->accounted_down_octets},
        {"accounted_up_octets", truth->accounted_up_octets},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        (void)printf("%s\"%s\": %" PRIu64, i ? ", " : "{", rows[i].name, rows[i].value);
    (void)puts("}");
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .traffic = {.lines = 20,
                    .seconds = 10,
                    .seed = 1,
                    .start_unix_s = 1700000000,
                    .node = "OLT-1",
                    .svlan = 100,
                    .snaplen = 512},
    };
    if (!parse(argc, argv, &arguments)) {
        (void)fputs(help, stderr);
        return EXIT_USAGE;
    }
    struct traffic *traffic = traffic_new(&arguments.traffic);
    int status = write_capture(traffic, arguments.out);
    if (status == 0)
        print_truth(&traffic->truth);
    traffic_free(traffic);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
