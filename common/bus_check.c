/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/bus_check.h"

#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define SLICE_MS 100

static bool is_settled(enum bus_state state)
{
    return state != BUS_CONNECTING && state != BUS_DISCONNECTED;
}

static enum bus_state try_session(const struct bus_options *options, uint64_t wait_ms)
{
    static const struct bus_handlers silent = {.message = NULL};
    struct bus *bus = bus_new(options, &silent);
    if (!bus)
        return BUS_PROTOCOL_ERROR;
    uint64_t end_ns = clock_mono_ns() + wait_ms * CLOCK_NS_PER_MS;
    while (!is_settled(bus_state(bus)) && clock_mono_ns() < end_ns) {
        struct pollfd fd = {.fd = bus_fd(bus),
                            .events = (short)(POLLIN | (bus_wants_write(bus) ? POLLOUT : 0))};
        (void)poll(&fd, 1, SLICE_MS); /* fd -1 is passed over */
        bus_service(bus, clock_mono_ns(), fd.revents & (POLLIN | POLLERR | POLLHUP),
                    fd.revents & POLLOUT);
    }
    enum bus_state state = bus_state(bus);
    bus_free(bus);
    return state;
}

void bus_check(const struct bus_options *options, uint64_t wait_ms, struct findings *findings)
{
    char subject[FINDING_TEXT_BYTES], en[FINDING_TEXT_BYTES], zh[FINDING_TEXT_BYTES];
    (void)snprintf(subject, sizeof subject, "%s:%d", options->host, options->port);
    enum bus_state state = try_session(options, wait_ms);
    if (state == BUS_CONNECTED) {
        bool secret = options->ca_file != NULL;
        findings_say(findings, secret ? FINDING_OK : FINDING_WARN, "broker", subject,
                     secret ? "takes this identity, over TLS" : "takes this identity, without TLS",
                     secret ? "接受本身份，经TLS" : "接受本身份，但未用TLS");
        if (!secret)
            findings_remedy(findings, "set broker.ca_file: reports then travel encrypted",
                            "请设置broker.ca_file，使报告加密传输");
        return;
    }
    if (!is_settled(state)) { /* somebody may be there, and says nothing */
        state = BUS_UNREACHABLE;
        (void)snprintf(en, sizeof en, "%s: no answer", bus_state_name(state));
    } else {
        (void)snprintf(en, sizeof en, "%s", bus_state_name(state));
    }
    (void)snprintf(zh, sizeof zh, "无法使用（%s）", bus_state_name(state));
    findings_say(findings, FINDING_FAIL, "broker", subject, en, zh);
    findings_remedy(findings, bus_state_remedy(state), bus_state_remedy_zh(state));
}
