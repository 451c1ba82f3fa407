/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Many probes behind one connection, for load and for faults: each numbers its reports, keeps them
 * until the collector's receipt covers them, and sends again what stays unanswered, as the outbox
 * does. What was made and what was receipted can be written to files, to be compared with what is
 * stored. Prints one line of JSON at the end; exits 0 when everything was receipted.
 */
#include "common/bus.h"
#include "common/clock.h"
#include "common/topic.h"

#include "tests/support/report_fixture.h"

#include <errno.h>
#include <getopt.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_TURN     64 /* messages before the socket is looked at again */
#define FLYING_MAX    1000
#define KEEPALIVE_S   30
#define LINES_A_PROBE 1000
#define PAST_NS       (UINT64_C(86400) * CLOCK_NS_PER_S) /* how far back the first report lies */

struct options {
    struct bus_options bus;
    const char *operator_name;
    const char *made_path, *receipts_path;
    uint64_t probes, reports, window, lines, rate, resend_ms, seconds, boot;
    bool prepare, wait, trust_puback;
};

struct message {
    uint8_t *bytes;
    size_t length;
};

struct probe {
    char name[24];
    char topic[TOPIC_BYTES];
    struct message *messages; /* of sequence 1, 2, ...; NULL bytes: not made yet */
    uint64_t next, receipted, sent_high;
    uint64_t heard_ns; /* the last receipt, or the last time that all was sent again */
};

struct swarm {
    struct options options;
    struct bus *bus;
    struct probe *probes;
    FILE *made, *receipts;
    uint64_t base_ns, sent, resent, receipted, acknowledged, turn;
    uint64_t first_sent, due; /* reports sent for the first time; how many may be by now */
    size_t flying;            /* published, and not yet answered by the broker */
    int *owners;              /* with trust_puback: whose report a message id is */
};

static volatile sig_atomic_t stopped; /* SIGTERM: at once */
static volatile sig_atomic_t
    draining; /* SIGUSR1: no new reports, and done when all are receipted */

static void on_signal(int number)
{
    if (number == SIGUSR1)
        draining = 1;
    else
        stopped = 1;
}

static void give_up(const char *what)
{
    (void)fprintf(stderr, "report_swarm: %s\n", what);
    exit(2);
}

static void add_traffic(struct report *report, const struct swarm *swarm, uint64_t probe,
                        uint64_t sequence)
{
    struct report_observation *observation = report_add_observation(report);
    if (!observation)
        give_up("memory is out");
    (void)snprintf(observation->observation_point, sizeof observation->observation_point, "tap");
    observation->packet_delta_count = observation->outcomes[0] = 1000 + sequence;
    observation->octet_delta_count = 800000 + sequence;
    observation->sampling_interval = 1;
    uint64_t first = probe * LINES_A_PROBE + sequence * swarm->options.lines % LINES_A_PROBE;
    struct report_cell *cell = fixture_add_lines(report, first, (size_t)swarm->options.lines);
    for (uint64_t i = 0; i < 8; i++) {
        histogram_add(&cell->peak_bits_per_s, 1000000 * (i + 1));
        histogram_add(&cell->external_rtt_us, 5000 * (i + 1));
    }
}

/* Sequence number from 1; five minutes of the probe's time each. */
static struct message *message_of(struct swarm *swarm, uint64_t number, uint64_t sequence)
{
    struct probe *probe = &swarm->probes[number];
    struct message *message = &probe->messages[sequence - 1];
    if (message->bytes)
        return message;
    uint64_t start_ns = swarm->base_ns + sequence * CLOCK_NS_PER_S;
    struct report *report =
        fixture_report(probe->name, (uint8_t)swarm->options.boot, sequence, start_ns);
    (void)snprintf(report->operator_name, sizeof report->operator_name, "%s",
                   swarm->options.operator_name);
    report->interval_ms = report->schedule_ms = 1000;
    add_traffic(report, swarm, number, sequence);
    if (report_encode(report, &message->bytes, &message->length) != 0)
        give_up("a report cannot be encoded");
    report_free(report);
    if (swarm->made) {
        (void)fprintf(swarm->made, "%s %llu ", probe->name, (unsigned long long)sequence);
        for (size_t i = 0; i < message->length; i++)
            (void)fprintf(swarm->made, "%02x", message->bytes[i]);
        (void)fputc('\n', swarm->made);
    }
    return message;
}

static void make_probes(struct swarm *swarm)
{
    const struct options *options = &swarm->options;
    swarm->probes = calloc((size_t)options->probes, sizeof *swarm->probes);
    swarm->owners = calloc(UINT16_MAX + 1, sizeof *swarm->owners);
    if (!swarm->probes || !swarm->owners)
        give_up("memory is out");
    for (uint64_t i = 0; i < options->probes; i++) {
        struct probe *probe = &swarm->probes[i];
        (void)snprintf(probe->name, sizeof probe->name, "p%llu", (unsigned long long)i);
        probe->messages = calloc((size_t)options->reports, sizeof *probe->messages);
        probe->next = 1;
        if (!probe->messages ||
            topic_build(options->operator_name, probe->name, TOPIC_REPORT, probe->topic) != 0)
            give_up("no probe");
    }
    for (uint64_t i = 0; options->prepare && i < options->probes; i++)
        for (uint64_t sequence = 1; sequence <= options->reports; sequence++)
            (void)message_of(swarm, i, sequence);
}

static void free_sent(struct probe *probe, uint64_t until)
{
    for (uint64_t sequence = probe->receipted + 1; sequence <= until; sequence++) {
        free(probe->messages[sequence - 1].bytes);
        probe->messages[sequence - 1] = (struct message){.bytes = NULL};
    }
}

static void free_probes(struct swarm *swarm)
{
    for (uint64_t i = 0; i < swarm->options.probes; i++) {
        free_sent(&swarm->probes[i], swarm->options.reports);
        free(swarm->probes[i].messages);
    }
    free(swarm->probes);
    free(swarm->owners);
}

static void take_receipt(struct swarm *swarm, struct probe *probe, uint64_t until)
{
    if (until > probe->sent_high)
        give_up("a receipt covers what was never sent");
    if (until <= probe->receipted)
        return;
    free_sent(probe, until);
    swarm->receipted += until - probe->receipted;
    probe->receipted = until;
    probe->heard_ns = clock_mono_ns();
    if (probe->next <= until)
        probe->next = until + 1;
    if (swarm->receipts)
        (void)fprintf(swarm->receipts, "%s %llu\n", probe->name, (unsigned long long)until);
}

static void on_message(void *ctx, const char *topic_text, const void *payload, size_t length,
                       bool retained)
{
    struct swarm *swarm = ctx;
    struct topic topic;
    struct receipt receipt;
    (void)retained;
    if (swarm->options.trust_puback || topic_parse(topic_text, &topic) != 0 ||
        receipt_decode(payload, length, &receipt) != 0)
        return;
    uint64_t number = strtoull(topic.probe_name + 1, NULL, 10);
    for (size_t i = 0; number < swarm->options.probes && i < receipt.boot_count; i++)
        if (receipt.boots[i].boot_id[0] == swarm->options.boot)
            take_receipt(swarm, &swarm->probes[number], receipt.boots[i].contiguous_sequence);
}

/* What a probe without receipts would believe: the broker has it, so it is stored. */
static void on_published(void *ctx, int message_id, bool accepted, int reason)
{
    struct swarm *swarm = ctx;
    (void)reason;
    swarm->flying -= swarm->flying > 0;
    swarm->acknowledged += accepted;
    if (!swarm->options.trust_puback || !accepted)
        return;
    struct probe *probe = &swarm->probes[swarm->owners[message_id & UINT16_MAX]];
    if (probe->receipted < probe->sent_high)
        take_receipt(swarm, probe, probe->receipted + 1);
}

static void send_again(struct swarm *swarm, struct probe *probe, uint64_t now_ns)
{
    swarm->resent += probe->next - probe->receipted - 1;
    probe->next = probe->receipted + 1;
    probe->heard_ns = now_ns;
}

static void on_state(void *ctx, enum bus_state state)
{
    struct swarm *swarm = ctx;
    swarm->flying = 0;
    for (uint64_t i = 0; state == BUS_CONNECTED && i < swarm->options.probes; i++)
        send_again(swarm, &swarm->probes[i], clock_mono_ns());
}

/* The last sequence that there will be. */
static uint64_t last_of(const struct swarm *swarm, const struct probe *probe)
{
    return draining ? probe->sent_high : swarm->options.reports;
}

static bool send_next(struct swarm *swarm, uint64_t number, uint64_t now_ns)
{
    struct probe *probe = &swarm->probes[number];
    int id = 0;
    bool waiting = probe->next > probe->receipted + 1;
    if (waiting && now_ns > probe->heard_ns + swarm->options.resend_ms * CLOCK_NS_PER_MS)
        send_again(swarm, probe, now_ns);
    if (probe->next > last_of(swarm, probe) ||
        probe->next > probe->receipted + swarm->options.window)
        return false;
    if (probe->next > probe->sent_high && swarm->first_sent >= swarm->due)
        return false;
    const struct message *message = message_of(swarm, number, probe->next);
    if (probe->next == probe->receipted + 1)
        probe->heard_ns = now_ns;
    if (bus_publish(swarm->bus, probe->topic, message->bytes, message->length, false, &id) != 0)
        return false;
    swarm->owners[id & UINT16_MAX] = (int)number;
    swarm->flying++;
    swarm->sent++;
    if (probe->next > probe->sent_high) {
        probe->sent_high = probe->next;
        swarm->first_sent++;
    }
    probe->next++;
    return true;
}

/* One turn over the probes, as many as the window, the rate and the broker allow. True: there is
 * more to send at once. */
static bool send_some(struct swarm *swarm, uint64_t begin_ns)
{
    const struct options *options = &swarm->options;
    uint64_t now_ns = clock_mono_ns();
    uint64_t idle = 0;
    swarm->due =
        options->rate ? (now_ns - begin_ns) / 1000 * options->rate / 1000000 + 1 : UINT64_MAX;
    for (uint64_t sent = 0; sent < SEND_TURN && idle < options->probes;) {
        if (swarm->flying >= FLYING_MAX || !bus_is_connected(swarm->bus))
            return false;
        bool moved = send_next(swarm, swarm->turn++ % options->probes, now_ns);
        sent += moved;
        idle = moved ? 0 : idle + 1;
    }
    return idle < options->probes;
}

static bool is_done(const struct swarm *swarm)
{
    for (uint64_t i = 0; i < swarm->options.probes; i++)
        if (swarm->probes[i].receipted < last_of(swarm, &swarm->probes[i]))
            return false;
    return true;
}

/* A load, not a model of one: what is sent in a turn leaves together. */
static void cork(const struct swarm *swarm, int corked)
{
    (void)setsockopt(bus_fd(swarm->bus), IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
}

static void serve(struct swarm *swarm, uint64_t end_ns)
{
    uint64_t begin_ns = clock_mono_ns();
    bool more = false;
    while (!stopped && !is_done(swarm) && clock_mono_ns() < end_ns) {
        struct pollfd fd = {.fd = bus_fd(swarm->bus),
                            .events =
                                (short)(POLLIN | (bus_wants_write(swarm->bus) ? POLLOUT : 0))};
        (void)poll(&fd, 1, more ? 0 : 5);
        bus_service(swarm->bus, clock_mono_ns(), (fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0,
                    (fd.revents & POLLOUT) != 0);
        cork(swarm, 1);
        more = send_some(swarm, begin_ns);
        cork(swarm, 0);
        if (swarm->made)
            (void)fflush(swarm->made);
        if (swarm->receipts)
            (void)fflush(swarm->receipts);
    }
}

static void connect_and_wait(struct swarm *swarm)
{
    while (!bus_is_connected(swarm->bus)) {
        struct pollfd fd = {.fd = bus_fd(swarm->bus),
                            .events =
                                (short)(POLLIN | (bus_wants_write(swarm->bus) ? POLLOUT : 0))};
        (void)poll(&fd, 1, 20);
        bus_service(swarm->bus, clock_mono_ns(), (fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0,
                    (fd.revents & POLLOUT) != 0);
    }
    (void)puts("ready");
    (void)fflush(stdout);
    if (getchar() == EOF)
        give_up("nobody said go");
}

static uint64_t *number_option(struct options *options, int key)
{
    switch (key) {
    case 'n':
        return &options->probes;
    case 'm':
        return &options->reports;
    case 'w':
        return &options->window;
    case 'l':
        return &options->lines;
    case 'r':
        return &options->rate;
    case 't':
        return &options->resend_ms;
    case 'b':
        return &options->boot;
    default:
        return &options->seconds;
    }
}

static const char **text_option(struct options *options, int key)
{
    switch (key) {
    case 'c':
        return &options->bus.ca_file;
    case 'u':
        return &options->bus.username;
    case 'k':
        return &options->bus.password;
    case 'o':
        return &options->operator_name;
    case 'g':
        return &options->made_path;
    default:
        return &options->receipts_path;
    }
}

static void read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"port", 1, NULL, 'p'},     {"ca", 1, NULL, 'c'},        {"user", 1, NULL, 'u'},
        {"password", 1, NULL, 'k'}, {"operator", 1, NULL, 'o'},  {"probes", 1, NULL, 'n'},
        {"reports", 1, NULL, 'm'},  {"window", 1, NULL, 'w'},    {"lines", 1, NULL, 'l'},
        {"rate", 1, NULL, 'r'},     {"resend-ms", 1, NULL, 't'}, {"seconds", 1, NULL, 's'},
        {"made", 1, NULL, 'g'},     {"receipts", 1, NULL, 'e'},  {"prepare", 0, NULL, 'P'},
        {"wait", 0, NULL, 'W'},     {"boot", 1, NULL, 'b'},      {"trust-puback", 0, NULL, 'T'},
        {NULL, 0, NULL, 0},
    };
    int key = 0;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (key == '?')
            exit(2);
        else if (key == 'p')
            options->bus.port = (int)strtol(optarg, NULL, 10);
        else if (strchr("nmwlrtsb", key))
            *number_option(options, key) = strtoull(optarg, NULL, 10);
        else if (strchr("PWT", key))
            *(key == 'P'   ? &options->prepare
              : key == 'W' ? &options->wait
                           : &options->trust_puback) = true;
        else
            *text_option(options, key) = optarg;
    }
}

static FILE *open_or_none(const char *path)
{
    FILE *file = path ? fopen(path, "we") : NULL;
    if (path && !file)
        give_up(strerror(errno));
    return file;
}

int main(int argc, char **argv)
{
    struct swarm swarm = {.options = {.bus = {.host = "127.0.0.1",
                                              .keepalive_s = KEEPALIVE_S,
                                              .reconnect_min_ms = 100,
                                              .reconnect_max_ms = 500},
                                      .operator_name = "cu",
                                      .probes = 1,
                                      .boot = 1,
                                      .reports = 1,
                                      .window = 64,
                                      .resend_ms = 2000,
                                      .seconds = 3600}};
    char client_id[64];
    char filter[128];
    read_options(argc, argv, &swarm.options);
    (void)snprintf(client_id, sizeof client_id, "swarm-%s", swarm.options.operator_name);
    (void)snprintf(filter, sizeof filter, "lastmile/1/+/%s/+/receipt", swarm.options.operator_name);
    swarm.options.bus.client_id = client_id;
    swarm.made = open_or_none(swarm.options.made_path);
    swarm.receipts = open_or_none(swarm.options.receipts_path);
    swarm.base_ns = clock_unix_ns() / CLOCK_NS_PER_S * CLOCK_NS_PER_S - PAST_NS;
    (void)signal(SIGTERM, on_signal);
    (void)signal(SIGUSR1, on_signal);
    (void)signal(SIGPIPE, SIG_IGN); /* a broker that was killed */
    make_probes(&swarm);
    const struct bus_handlers handlers = {
        .message = on_message, .state = on_state, .published = on_published, .ctx = &swarm};
    swarm.bus = bus_new(&swarm.options.bus, &handlers);
    if (!swarm.bus || bus_subscribe(swarm.bus, filter) != 0)
        give_up("no bus");
    if (swarm.options.wait)
        connect_and_wait(&swarm);
    uint64_t begin_ns = clock_mono_ns();
    serve(&swarm, begin_ns + swarm.options.seconds * CLOCK_NS_PER_S);
    (void)printf("{\"sent\": %llu, \"resent\": %llu, \"acknowledged\": %llu, \"receipted\": %llu,"
                 " \"seconds\": %.3f}\n",
                 (unsigned long long)swarm.sent, (unsigned long long)swarm.resent,
                 (unsigned long long)swarm.acknowledged, (unsigned long long)swarm.receipted,
                 (double)(clock_mono_ns() - begin_ns) / 1e9);
    bus_free(swarm.bus);
    bool done = is_done(&swarm);
    free_probes(&swarm);
    return done ? 0 : 1;
}
