/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where events go: an MQTT topic, a program, a webhook. Each is tried again until it is done or ten
 * minutes old (MQTT, whose messages are states: for as long as it takes); a sink that hangs holds
 * up nobody else, and nothing here waits. A program gets the JSON on its standard input, the words
 * of the event in its environment (LASTMILE_ALERT, _STATE, _OPERATOR, _PROBE, _VALUE,
 * _INDICATOR), no shell, 30
 * s, and one event at a time. libcurl is known to webhook.c alone. One thread.
 */
#ifndef LASTMILE_COLLECTOR_ALERT_SINKS_H
#define LASTMILE_COLLECTOR_ALERT_SINKS_H

#include "collector/alert/alert.h"

struct sinks;

struct sink_options {
    const char *hook;        /* path of a program; "": none */
    const char *webhook_url; /* http:// or https://; "": none */
    /* Sends a retained message; false: not now. NULL: no MQTT. */
    bool (*publish)(void *ctx, const char *topic, const char *payload, size_t length);
    void *ctx;
};

/* Copies the texts. NULL with errno. */
struct sinks *sinks_new(const struct sink_options *options);
void sinks_free(struct sinks *sinks);

/* Queues an event for every sink; the oldest gives way when 1,000 wait. */
void sinks_tell(struct sinks *sinks, const struct alert_event *event, uint64_t now_mono_ns);
/* Does what can be done without waiting. True while a hook or a webhook is under way: call again
 * within some 100 ms. */
bool sinks_service(struct sinks *sinks, uint64_t now_mono_ns);

struct sinks_stats {
    uint64_t delivered, failed, waiting; /* failed: given up */
};
void sinks_read_stats(const struct sinks *sinks, struct sinks_stats *out_stats);

#endif
