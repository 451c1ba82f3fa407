/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Thousands of SNMP agents (v1, v2c) in one process and one socket, for tests and measurements: an
 * address of 127.0.0.0/8 each, from recordings or generated tables, honest, silent or lying. BER of
 * its own. No part of the product.
 *
 *   snmp_farm [--first 127.1.0.1] [--port P] [--agents N] (--file F... | --interfaces N)
 *             [--silent N] [--lie NAME --subtree OID] [--community C] [--message-max OCTETS]
 *
 * Agent i answers at first + i and serves file i modulo files; the last of --silent agents never
 * answer. One line "listening FIRST:PORT AGENTS" when ready; SIGUSR1 prints "served DATAGRAMS
 * VARBINDS OCTETS MICROSECONDS_OF_CPU"; SIGTERM and SIGINT end it. Addresses and ports other than
 * loopback's are never listened to.
 */
#define _GNU_SOURCE /* struct in_pktinfo */
#include "common/clock.h"
#include "probe/snmp/snmprec.h"
#include "tests/support/replay_answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define FILES_MAX    64
#define DATAGRAM_MAX 65507
#define QUEUE_BYTES  (16 << 20)
#define ROWS_MAX     ((size_t)4 << 20)
#define BYTES_MAX    ((size_t)1 << 30)

struct farm {
    struct replay_device devices[FILES_MAX]; /* one a recording */
    size_t device_count;
    uint32_t first;
    unsigned agents, silent, port;
    int fd;
    uint64_t started_ns;
    uint64_t datagrams, octets;
};

struct farm_options {
    const char *community, *subtree, *files[FILES_MAX];
    size_t file_count;
    unsigned interfaces, message_max;
    enum replay_lie lie;
};

static volatile sig_atomic_t stopped;
static volatile sig_atomic_t asked;

static void on_signal(int number)
{
    if (number == SIGUSR1)
        asked = 1;
    else
        stopped = 1;
}

static int fail(const char *what, const char *detail)
{
    (void)fprintf(stderr, "snmp_farm: %s: %s\n", what, detail);
    return EXIT_FAILURE;
}

/* A router with so many interfaces, eight columns each. */
static char *generate(unsigned interfaces)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    (void)fprintf(out, "1.3.6.1.2.1.1.1.0|4|generated router\n"
                       "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1\n1.3.6.1.2.1.1.3.0|67|1000\n"
                       "1.3.6.1.2.1.1.5.0|4|generated\n1.3.6.1.6.3.10.2.1.3.0|2|10\n");
    for (unsigned i = 1; i <= interfaces; i++)
        (void)fprintf(out,
                      "1.3.6.1.2.1.2.2.1.3.%u|2|6\n1.3.6.1.2.1.2.2.1.8.%u|2|1\n"
                      "1.3.6.1.2.1.31.1.1.1.1.%u|4|GigabitEthernet0/0/%u\n"
                      "1.3.6.1.2.1.31.1.1.1.6.%u|70|%u000000007\n"
                      "1.3.6.1.2.1.31.1.1.1.10.%u|70|%u000000009\n"
                      "1.3.6.1.2.1.31.1.1.1.15.%u|66|1000\n"
                      "1.3.6.1.2.1.31.1.1.1.18.%u|4|to house %u\n"
                      "1.3.6.1.2.1.31.1.1.1.19.%u|67|0\n",
                      i, i, i, i, i, i, i, i, i, i, i, i);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int add_device(struct farm *farm, const struct farm_options *options, const char *file)
{
    struct snmprec_counts counts;
    struct replay_device *device = &farm->devices[farm->device_count];
    *device = (struct replay_device){.community = options->community,
                                     .message_max = options->message_max,
                                     .lie = options->lie,
                                     .growth_count = 3};
    static const char *const growing[] = {"1.3.6.1.2.1.1.3", "1.3.6.1.2.1.31.1.1.1.6",
                                          "1.3.6.1.2.1.31.1.1.1.10"};
    static const double per_s[] = {100, 1e6, 1e5};
    for (size_t i = 0; i < device->growth_count; i++) {
        device->growths[i].per_s = per_s[i];
        (void)oid_parse(growing[i], strlen(growing[i]), &device->growths[i].subtree);
    }
    if (options->lie != LIE_NONE &&
        (!options->subtree ||
         oid_parse(options->subtree, strlen(options->subtree), &device->lie_subtree) != 0))
        return fail("--lie", "wants --subtree OID");
    if (file) {
        device->set = snmprec_load(file, &counts);
    } else {
        char *text = generate(options->interfaces);
        device->set = text ? varbind_set_new(ROWS_MAX, BYTES_MAX) : NULL;
        if (device->set)
            (void)snmprec_parse(text, strlen(text), device->set, &counts);
        free(text);
    }
    if (!device->set)
        return fail(file ? file : "--interfaces", "cannot be read");
    farm->device_count++;
    return EXIT_SUCCESS;
}

static bool read_number(const char *text, unsigned max, unsigned *out)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return end != text && *end == '\0' && value <= max;
}

static bool take_option(int id, const char *value, struct farm *farm, struct farm_options *out)
{
    struct in_addr address;
    switch (id) {
    case 'a':
        farm->first = inet_pton(AF_INET, value, &address) == 1 ? ntohl(address.s_addr) : 0;
        return farm->first >> 24 == 127;
    case 'p':
        return read_number(value, 65535, &farm->port);
    case 'n':
        return read_number(value, 1000000, &farm->agents);
    case 'i':
        return read_number(value, 200000, &out->interfaces);
    case 's':
        return read_number(value, 1000000, &farm->silent);
    case 'm':
        return read_number(value, DATAGRAM_MAX, &out->message_max);
    case 'c':
        out->community = value;
        return true;
    case 'o':
        out->subtree = value;
        return true;
    case 'l':
        out->lie = replay_lie_find(value);
        return out->lie != LIES;
    case 'f':
        if (out->file_count == FILES_MAX)
            return false;
        out->files[out->file_count++] = value;
        return true;
    default:
        return false;
    }
}

static int parse_options(int argc, char **argv, struct farm *farm)
{
    static const struct option known[] = {
        {"first", required_argument, NULL, 'a'},
        {"port", required_argument, NULL, 'p'},
        {"agents", required_argument, NULL, 'n'},
        {"file", required_argument, NULL, 'f'},
        {"interfaces", required_argument, NULL, 'i'},
        {"silent", required_argument, NULL, 's'},
        {"lie", required_argument, NULL, 'l'},
        {"subtree", required_argument, NULL, 'o'},
        {"community", required_argument, NULL, 'c'},
        {"message-max", required_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    struct farm_options options = {.community = "public", .message_max = 8192};
    for (int id = getopt_long(argc, argv, "", known, NULL); id != -1;
         id = getopt_long(argc, argv, "", known, NULL))
        if (!take_option(id, optarg, farm, &options))
            return fail("an option is not understood", argv[optind - 1]);
    if (options.file_count == 0 && options.interfaces == 0)
        return fail("usage", "--file F or --interfaces N");
    int status = EXIT_SUCCESS;
    for (size_t i = 0; i < options.file_count && status == EXIT_SUCCESS; i++)
        status = add_device(farm, &options, options.files[i]);
    if (options.file_count == 0)
        status = add_device(farm, &options, NULL);
    return status;
}

/* One socket hears all of loopback, and nothing else. */
static int open_farm(struct farm *farm)
{
    int on = 1;
    int size = QUEUE_BYTES;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)farm->port)};
    struct in_addr first = {.s_addr = htonl(farm->first)};
    socklen_t length = sizeof address;
    char text[INET_ADDRSTRLEN];
    farm->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (farm->fd < 0 || setsockopt(farm->fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0 ||
        setsockopt(farm->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0 ||
        bind(farm->fd, (struct sockaddr *)&address, length) != 0 ||
        getsockname(farm->fd, (struct sockaddr *)&address, &length) != 0)
        return fail("socket", strerror(errno));
    if (setsockopt(farm->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(farm->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)printf("listening %s:%u %u\n", inet_ntop(AF_INET, &first, text, sizeof text),
                 (unsigned)ntohs(address.sin_port), farm->agents);
    (void)fflush(stdout);
    return EXIT_SUCCESS;
}

/* Where a datagram was sent to, which is where the answer comes from. */
static struct in_pktinfo *destination(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
            return (struct in_pktinfo *)(void *)CMSG_DATA(c);
    return NULL;
}

static void serve(struct farm *farm)
{
    static uint8_t question[DATAGRAM_MAX + 1];
    static uint8_t answer[DATAGRAM_MAX + 1];
    struct sockaddr_in peer;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct iovec vector = {.iov_base = question, .iov_len = sizeof question};
    struct msghdr message = {.msg_name = &peer,
                             .msg_namelen = sizeof peer,
                             .msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t length = recvmsg(farm->fd, &message, 0);
    struct in_pktinfo *to = length > 0 ? destination(&message) : NULL;
    if (!to)
        return;
    uint32_t agent = ntohl(to->ipi_addr.s_addr) - farm->first;
    if (agent >= farm->agents - farm->silent)
        return;
    struct replay_device *device = &farm->devices[agent % farm->device_count];
    const uint8_t *start = NULL;
    device->elapsed_s = (double)(clock_mono_ns() - farm->started_ns) / 1e9;
    size_t written =
        replay_answer(device, question, (size_t)length, answer, sizeof answer - 1, &start);
    if (written == 0)
        return;
    to->ipi_ifindex = 0;
    to->ipi_spec_dst = to->ipi_addr;
    vector = (struct iovec){.iov_base = (void *)(uintptr_t)start, .iov_len = written};
    if (sendmsg(farm->fd, &message, 0) >= 0) {
        farm->datagrams++;
        farm->octets += written;
    }
}

static void tell(const struct farm *farm)
{
    uint64_t varbinds = 0;
    for (size_t i = 0; i < farm->device_count; i++)
        varbinds += farm->devices[i].varbinds;
    (void)printf("served %llu %llu %llu %llu\n", (unsigned long long)farm->datagrams,
                 (unsigned long long)varbinds, (unsigned long long)farm->octets,
                 (unsigned long long)(clock_thread_cpu_ns() / 1000));
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct farm farm = {.first = UINT32_C(0x7f010001), .agents = 1};
    const struct sigaction action = {.sa_handler = on_signal};
    farm.started_ns = clock_mono_ns();
    int status = parse_options(argc, argv, &farm);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
    if (status == EXIT_SUCCESS && farm.silent > farm.agents)
        farm.silent = farm.agents;
    if (status == EXIT_SUCCESS)
        status = open_farm(&farm);
    while (status == EXIT_SUCCESS && !stopped) {
        serve(&farm);
        if (asked) {
            asked = 0;
            tell(&farm);
        }
    }
    for (size_t i = 0; i < farm.device_count; i++)
        varbind_set_free(farm.devices[i].set);
    return status;
}
