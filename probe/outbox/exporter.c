/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/outbox/exporter.h"

#include "common/clock.h"
#include "common/topic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_PACKET_TOO_LARGE 149 /* MQTT 5 section 2.4 */
#define STATE_BYTES             64
#define OFFLINE                 "offline"
/* The retained receipt comes right after the subscription, and frees much of the backlog unsent. */
#define RECEIPT_GRACE_NS CLOCK_NS_PER_S
#define RETRY_DOUBLINGS  6 /* a collector that is away for long: from a minute to an hour */

struct exporter {
    struct exporter_options options;
    struct spool *spool;
    struct bus *bus;
    char topics[TOPIC_RECEIPT + 1][TOPIC_BYTES];
    bool connected;
    uint64_t now_ns;
    uint64_t backlog_from_ns; /* no backlog before */
    uint64_t hold_until_ns;   /* nothing at all before: the broker refused */
    uint64_t retry_at_ns;
    unsigned retry_doublings;
    uint64_t credit;    /* billionths of a backlog report that may be sent */
    uint64_t credit_ns; /* as of then */
    struct in_flight {
        int message_id;
        struct spool_item item; /* its bytes are not kept */
    } in_flight[EXPORTER_IN_FLIGHT_MAX];
    struct exporter_stats stats;
};

static void send_state(struct exporter *exporter)
{
    char text[STATE_BYTES];
    int used = snprintf(text, sizeof text, "online ");
    for (size_t i = 0; i < REPORT_BOOT_ID_BYTES; i++)
        used +=
            snprintf(text + used, sizeof text - (size_t)used, "%02x", exporter->options.boot_id[i]);
    int message_id = 0;
    (void)bus_publish(exporter->bus, exporter->topics[TOPIC_STATE], text, (size_t)used, true,
                      &message_id); /* if this fails the connection has, and it is said again */
}

/* Everything that was under way is void, and goes again as backlog. */
static void forget_in_flight(struct exporter *exporter)
{
    exporter->stats.in_flight = 0;
    spool_unmark_all(exporter->spool);
}

static void on_state(void *ctx, enum bus_state state)
{
    (void)state;
    struct exporter *exporter = ctx;
    bool connected = bus_is_connected(exporter->bus);
    if (connected == exporter->connected)
        return;
    exporter->connected = connected;
    if (!connected) {
        forget_in_flight(exporter);
        return;
    }
    exporter->stats.connections++;
    exporter->backlog_from_ns = exporter->now_ns + RECEIPT_GRACE_NS;
    exporter->hold_until_ns = 0;
    send_state(exporter);
}

static void on_message(void *ctx, const char *topic, const void *payload, size_t length,
                       bool retained)
{
    struct exporter *exporter = ctx;
    struct receipt receipt;
    if (strcmp(topic, exporter->topics[TOPIC_RECEIPT]) != 0)
        return;
    if (receipt_decode(payload, length, &receipt) != 0) {
        exporter->stats.bad_receipts++;
        return;
    }
    size_t freed = spool_release(exporter->spool, &receipt);
    exporter->stats.receipts++;
    if (!retained && receipt.unix_ns) {
        exporter->stats.heard_unix_ns = receipt.unix_ns;
        exporter->stats.heard_mono_ns = exporter->now_ns;
    }
    exporter->stats.receipted += freed;
    exporter->backlog_from_ns = 0;
    if (freed)
        exporter->retry_doublings = 0;
}

static void on_published(void *ctx, int message_id, bool accepted, int reason)
{
    struct exporter *exporter = ctx;
    size_t at = 0;
    while (at < exporter->stats.in_flight && exporter->in_flight[at].message_id != message_id)
        at++;
    if (at == exporter->stats.in_flight)
        return; /* the state, which nobody waits for */
    struct spool_item item = exporter->in_flight[at].item;
    exporter->in_flight[at] = exporter->in_flight[--exporter->stats.in_flight];
    if (accepted) {
        exporter->stats.accepted++;
        return;
    }
    exporter->stats.refused++;
    if (reason == REASON_PACKET_TOO_LARGE) {
        exporter->stats.unsendable++;
        spool_drop(exporter->spool, &item);
        return;
    }
    /* It would be refused again at once; somebody has to mend the broker's ACL first. */
    spool_unmark(exporter->spool, &item);
    exporter->hold_until_ns = exporter->now_ns + exporter->options.retry_ms * CLOCK_NS_PER_MS;
}

static int make_topics(struct exporter *exporter)
{
    const struct exporter_options *options = &exporter->options;
    for (int kind = TOPIC_REPORT; kind <= TOPIC_RECEIPT; kind++)
        if (topic_build(options->operator_name, options->probe_name, (enum topic_kind)kind,
                        exporter->topics[kind]) != 0)
            return -EINVAL;
    return 0;
}

static struct bus *make_bus(struct exporter *exporter)
{
    struct bus_options bus_options = *exporter->options.bus;
    bus_options.will_topic = exporter->topics[TOPIC_STATE];
    bus_options.will_payload = OFFLINE;
    bus_options.will_length = strlen(OFFLINE);
    const struct bus_handlers handlers = {
        .message = on_message, .state = on_state, .published = on_published, .ctx = exporter};
    struct bus *bus = bus_new(&bus_options, &handlers);
    if (bus && bus_subscribe(bus, exporter->topics[TOPIC_RECEIPT]) != 0) {
        bus_free(bus);
        errno = ENOMEM;
        return NULL;
    }
    return bus;
}

static void set_default(unsigned *option, unsigned value)
{
    if (*option == 0)
        *option = value;
}

struct exporter *exporter_new(const struct exporter_options *options, struct spool *spool)
{
    if (options->in_flight_max > EXPORTER_IN_FLIGHT_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct exporter *exporter = calloc(1, sizeof *exporter);
    if (!exporter)
        return NULL;
    exporter->options = *options;
    exporter->spool = spool;
    set_default(&exporter->options.in_flight_max, 16);
    set_default(&exporter->options.unanswered_max, 256);
    set_default(&exporter->options.backlog_per_s, 50);
    if (exporter->options.retry_ms == 0)
        exporter->options.retry_ms = 60000;
    int status = make_topics(exporter);
    exporter->bus = status == 0 ? make_bus(exporter) : NULL;
    if (!exporter->bus) {
        int reason = status ? -status : errno;
        free(exporter);
        errno = reason;
        return NULL;
    }
    /* Borrowed until here. */
    exporter->options.bus = NULL;
    exporter->options.operator_name = exporter->options.probe_name = NULL;
    return exporter;
}

void exporter_free(struct exporter *exporter)
{
    if (!exporter)
        return;
    int message_id = 0;
    if (exporter->connected)
        (void)bus_publish(exporter->bus, exporter->topics[TOPIC_STATE], OFFLINE, strlen(OFFLINE),
                          true, &message_id); /* else the will says so */
    bus_free(exporter->bus);
    spool_unmark_all(exporter->spool);
    free(exporter);
}

int exporter_enqueue(struct exporter *exporter, uint64_t sequence, const uint8_t *bytes,
                     size_t length, uint64_t now_mono_ns)
{
    return spool_append(exporter->spool, sequence, bytes, length, now_mono_ns);
}

int exporter_fd(const struct exporter *exporter)
{
    return bus_fd(exporter->bus);
}

bool exporter_wants_write(const struct exporter *exporter)
{
    return bus_wants_write(exporter->bus);
}

/* Credit grows with time, up to one second's worth. */
static void earn_credit(struct exporter *exporter)
{
    uint64_t elapsed = exporter->now_ns - exporter->credit_ns;
    uint64_t most = exporter->options.backlog_per_s * CLOCK_NS_PER_S;
    exporter->credit_ns = exporter->now_ns;
    if (elapsed >= CLOCK_NS_PER_S)
        exporter->credit = most;
    else
        exporter->credit += elapsed * exporter->options.backlog_per_s;
    if (exporter->credit > most)
        exporter->credit = most;
}

static bool backlog_may_go(const struct exporter *exporter)
{
    return exporter->now_ns >= exporter->backlog_from_ns && exporter->credit >= CLOCK_NS_PER_S &&
           spool_unanswered(exporter->spool) < exporter->options.unanswered_max;
}

/* Sends one report. False when there is none to send, or no way to. */
static bool send_next(struct exporter *exporter)
{
    struct spool_item item;
    if (spool_next(exporter->spool, exporter->now_ns, !backlog_may_go(exporter), &item) != 0)
        return false;
    int message_id = 0;
    const char *topic = exporter->topics[item.live ? TOPIC_REPORT : TOPIC_BACKLOG];
    int status = bus_publish(exporter->bus, topic, item.bytes, item.length, false, &message_id);
    if (status == -EMSGSIZE) {
        exporter->stats.unsendable++;
        spool_drop(exporter->spool, &item);
        return true;
    }
    if (status != 0)
        return false;
    spool_mark_sent(exporter->spool, &item, exporter->now_ns);
    item.bytes = NULL;
    exporter->in_flight[exporter->stats.in_flight++] =
        (struct in_flight){.message_id = message_id, .item = item};
    if (item.live) {
        exporter->stats.sent_live++;
    } else {
        exporter->stats.sent_backlog++;
        exporter->credit -= CLOCK_NS_PER_S;
    }
    return true;
}

/* What the broker took and the collector never answered for goes again, ever more seldom while no
 * receipt frees anything. */
static void retry(struct exporter *exporter)
{
    uint64_t wait_ns = (exporter->options.retry_ms * CLOCK_NS_PER_MS) << exporter->retry_doublings;
    if (exporter->now_ns < exporter->retry_at_ns || exporter->now_ns < wait_ns)
        return;
    exporter->retry_at_ns = exporter->now_ns + exporter->options.retry_ms * CLOCK_NS_PER_MS / 4;
    size_t count = spool_unmark_overdue(exporter->spool, exporter->now_ns - wait_ns);
    exporter->stats.resent += count;
    if (count && exporter->retry_doublings < RETRY_DOUBLINGS)
        exporter->retry_doublings++;
}

void exporter_service(struct exporter *exporter, uint64_t now_mono_ns, bool readable, bool writable)
{
    exporter->now_ns = now_mono_ns;
    bus_service(exporter->bus, now_mono_ns, readable, writable);
    spool_service(exporter->spool, now_mono_ns, exporter->connected);
    if (!exporter->connected || now_mono_ns < exporter->hold_until_ns)
        return;
    retry(exporter);
    earn_credit(exporter);
    while (exporter->stats.in_flight < exporter->options.in_flight_max && send_next(exporter))
        continue;
}

struct exporter_stats exporter_stats(const struct exporter *exporter)
{
    struct exporter_stats stats = exporter->stats;
    stats.state = bus_state(exporter->bus);
    return stats;
}
