/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An SNMP agent (v1, v2c) for tests and the demonstration: serves recordings over UDP, a device a
 * port, with counters that grow; a recording that changes is read again. No part of the product.
 *
 *   snmp_replay_agent [--community C] [--grow OID=PER_SECOND]... [--listen ADDRESS:PORT --file F]
 *                     [--device PORT:FILE]...
 *
 * Port 0 chooses one. Each device is announced by a line "listening ADDRESS:PORT FILE". SIGTERM and
 * SIGINT end it.
 */
#include "common/clock.h"
#include "probe/snmp/snmprec.h"
#include "tests/support/replay_answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES_MAX   1024
#define MESSAGE_MAX   8192
#define DATAGRAM_MAX  65536
#define RELOAD_NS     (UINT64_C(200) * CLOCK_NS_PER_MS)
#define UP_TIME_PER_S 100.0

struct device {
    struct replay_device replay;
    const char *file;
    char address[64];
    unsigned port;
    struct timespec changed;
    uint64_t checked_ns;
};

struct agent {
    struct device devices[DEVICES_MAX];
    struct pollfd fds[DEVICES_MAX];
    size_t count;
    const char *community;
    struct replay_growth growths[REPLAY_GROWTHS_MAX];
    size_t growth_count;
    uint64_t started_ns;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static int fail(const char *what, const char *detail)
{
    (void)fprintf(stderr, "snmp_replay_agent: %s: %s\n", what, detail);
    return EXIT_FAILURE;
}

/* Reads the file when it is new or has changed; a file that cannot be read leaves the old one. */
static void reload(struct device *device)
{
    struct stat status;
    struct snmprec_counts counts;
    if (stat(device->file, &status) != 0 ||
        (device->replay.set && status.st_mtim.tv_sec == device->changed.tv_sec &&
         status.st_mtim.tv_nsec == device->changed.tv_nsec))
        return;
    struct varbind_set *set = snmprec_load(device->file, &counts);
    if (!set)
        return;
    varbind_set_free(device->replay.set);
    device->replay.set = set;
    device->changed = status.st_mtim;
}

static int parse_port(const char *text, unsigned *out)
{
    char *end = NULL;
    unsigned long port = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || port > 65535)
        return -EINVAL;
    *out = (unsigned)port;
    return 0;
}

static int add_device(struct agent *agent, const char *address, const char *port, const char *file)
{
    if (agent->count == DEVICES_MAX)
        return fail(file, "too many devices");
    struct device *device = &agent->devices[agent->count];
    *device = (struct device){.file = file};
    (void)snprintf(device->address, sizeof device->address, "%s", address);
    if (parse_port(port, &device->port) != 0)
        return fail(port, "no port");
    reload(device);
    if (!device->replay.set)
        return fail(file, "cannot be read");
    agent->count++;
    return EXIT_SUCCESS;
}

/* "LEFT<separator>RIGHT": cuts at the first or the last separator. */
static char *cut(char *text, char separator, bool last)
{
    char *place = last ? strrchr(text, separator) : strchr(text, separator);
    if (!place)
        return NULL;
    *place = '\0';
    return place + 1;
}

static int add_growth(struct agent *agent, char *text)
{
    char *rate = cut(text, '=', false);
    struct replay_growth *growth = &agent->growths[agent->growth_count];
    if (!rate || agent->growth_count == REPLAY_GROWTHS_MAX - 1 ||
        oid_parse(text, strlen(text), &growth->subtree) != 0)
        return fail("--grow", "wants OID=PER_SECOND");
    growth->per_s = strtod(rate, NULL);
    agent->growth_count++;
    return EXIT_SUCCESS;
}

static int parse_options(int argc, char **argv, struct agent *agent)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'},    {"file", required_argument, NULL, 'f'},
        {"device", required_argument, NULL, 'd'},    {"grow", required_argument, NULL, 'g'},
        {"community", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0},
    };
    char *listen = NULL;
    int status = EXIT_SUCCESS;
    for (int id = 0; status == EXIT_SUCCESS;) {
        id = getopt_long(argc, argv, "", options, NULL);
        if (id == -1)
            break;
        char *right = NULL;
        if (id == 'c')
            agent->community = optarg;
        else if (id == 'l')
            listen = optarg;
        else if (id == 'g')
            status = add_growth(agent, optarg);
        else if (id == 'd' && (right = cut(optarg, ':', false)))
            status = add_device(agent, "127.0.0.1", optarg, right);
        else if (id == 'f' && listen && (right = cut(listen, ':', true)))
            status = add_device(agent, listen, right, optarg);
        else
            status = fail("usage", "[--listen ADDRESS:PORT --file F] [--device PORT:FILE]...");
    }
    if (status == EXIT_SUCCESS && agent->count == 0)
        status = fail("usage", "no device");
    return status;
}

static int open_device(struct device *device, struct pollfd *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)device->port)};
    socklen_t length = sizeof address;
    if (inet_pton(AF_INET, device->address, &address.sin_addr) != 1)
        return fail(device->address, "no IPv4 address");
    *fd = (struct pollfd){.fd = socket(AF_INET, SOCK_DGRAM, 0), .events = POLLIN};
    if (fd->fd < 0 || bind(fd->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(fd->fd, (struct sockaddr *)&address, &length) != 0)
        return fail(device->address, strerror(errno));
    (void)printf("listening %s:%u %s\n", device->address, (unsigned)ntohs(address.sin_port),
                 device->file);
    return EXIT_SUCCESS;
}

static void serve(struct agent *agent, size_t i)
{
    static uint8_t question[DATAGRAM_MAX];
    static uint8_t answer[DATAGRAM_MAX];
    struct device *device = &agent->devices[i];
    struct sockaddr_storage peer;
    socklen_t peer_length = sizeof peer;
    ssize_t length = recvfrom(agent->fds[i].fd, question, sizeof question, 0,
                              (struct sockaddr *)&peer, &peer_length);
    uint64_t now_ns = clock_mono_ns();
    if (length <= 0)
        return;
    if (now_ns - device->checked_ns > RELOAD_NS) {
        device->checked_ns = now_ns;
        reload(device);
    }
    device->replay.community = agent->community;
    device->replay.message_max = MESSAGE_MAX;
    device->replay.growth_count = agent->growth_count;
    memcpy(device->replay.growths, agent->growths, sizeof agent->growths);
    device->replay.elapsed_s = (double)(now_ns - agent->started_ns) / 1e9;
    const uint8_t *start = NULL;
    size_t written =
        replay_answer(&device->replay, question, (size_t)length, answer, sizeof answer, &start);
    if (written > 0)
        (void)sendto(agent->fds[i].fd, start, written, 0, (struct sockaddr *)&peer, peer_length);
}

int main(int argc, char **argv)
{
    static struct agent agent = {.community = "public", .growth_count = 1};
    static const char up_time[] = "1.3.6.1.2.1.1.3.0";
    agent.started_ns = clock_mono_ns();
    agent.growths[0].per_s = UP_TIME_PER_S;
    (void)oid_parse(up_time, sizeof up_time - 1, &agent.growths[0].subtree);
    const struct sigaction action = {.sa_handler = stop};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    int status = parse_options(argc, argv, &agent);
    for (size_t i = 0; i < agent.count && status == EXIT_SUCCESS; i++)
        status = open_device(&agent.devices[i], &agent.fds[i]);
    (void)fflush(stdout);
    while (status == EXIT_SUCCESS && !stopped) {
        if (poll(agent.fds, (nfds_t)agent.count, -1) < 0)
            continue; /* a signal: stopped says whether to go on */
        for (size_t i = 0; i < agent.count; i++)
            if (agent.fds[i].revents & POLLIN)
                serve(&agent, i);
    }
    for (size_t i = 0; i < agent.count; i++)
        varbind_set_free(agent.devices[i].replay.set);
    return status;
}
