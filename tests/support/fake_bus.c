/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC_BYTES_MAX   256
#define PAYLOAD_BYTES_MAX 1024

struct bus {
    struct bus_handlers handlers;
    bool connected;
    int next_id, answered_id; /* acknowledged up to */
};

static struct bus *alive;
static bool broker_up;
static fake_bus_taken_fn on_taken;
static void *taken_ctx;
static struct {
    bool waits;
    char topic[TOPIC_BYTES_MAX];
    uint8_t payload[PAYLOAD_BYTES_MAX];
    size_t length;
} letter;

void fake_bus_on_taken(fake_bus_taken_fn taken, void *ctx)
{
    on_taken = taken;
    taken_ctx = ctx;
}

void fake_bus_set_up(bool up)
{
    broker_up = up;
}

void fake_bus_deliver(const char *topic, const void *payload, size_t length)
{
    (void)snprintf(letter.topic, sizeof letter.topic, "%s", topic);
    letter.length = length < sizeof letter.payload ? length : sizeof letter.payload;
    memcpy(letter.payload, payload, letter.length);
    letter.waits = true;
}

const char *bus_state_name(enum bus_state state)
{
    return state == BUS_CONNECTED ? "connected" : "disconnected";
}

const char *bus_state_remedy(enum bus_state state)
{
    return bus_state_name(state);
}

struct bus *bus_new(const struct bus_options *options, const struct bus_handlers *handlers)
{
    (void)options;
    if (alive)
        abort();
    alive = calloc(1, sizeof *alive);
    if (alive)
        alive->handlers = *handlers;
    return alive;
}

void bus_free(struct bus *bus)
{
    if (bus)
        alive = NULL;
    free(bus);
}

int bus_subscribe(struct bus *bus, const char *topic)
{
    (void)bus;
    (void)topic;
    return 0;
}

int bus_publish(struct bus *bus, const char *topic, const void *payload, size_t length,
                bool retained, int *out_message_id)
{
    (void)retained;
    if (!bus->connected)
        return -ENOTCONN;
    *out_message_id = ++bus->next_id;
    if (on_taken)
        on_taken(taken_ctx, topic, payload, length);
    return 0;
}

int bus_fd(const struct bus *bus)
{
    (void)bus;
    return -1;
}

bool bus_wants_write(const struct bus *bus)
{
    (void)bus;
    return false;
}

void bus_service(struct bus *bus, uint64_t now_mono_ns, bool readable, bool writable)
{
    (void)now_mono_ns;
    (void)readable;
    (void)writable;
    if (bus->connected != broker_up) {
        bus->connected = broker_up;
        bus->answered_id = bus->next_id;
        bus->handlers.state(bus->handlers.ctx, bus_state(bus));
    }
    while (bus->connected && bus->answered_id < bus->next_id)
        bus->handlers.published(bus->handlers.ctx, ++bus->answered_id, true, 0);
    if (bus->connected && letter.waits) {
        letter.waits = false;
        bus->handlers.message(bus->handlers.ctx, letter.topic, letter.payload, letter.length,
                              false);
    }
}

enum bus_state bus_state(const struct bus *bus)
{
    return bus->connected ? BUS_CONNECTED : BUS_DISCONNECTED;
}

bool bus_is_connected(const struct bus *bus)
{
    return bus->connected;
}
