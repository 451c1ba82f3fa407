/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A poller and the agents that it polls, in one thread, in a time of their own: agents sit on
 * loopback sockets and are served between two rounds of the poller, and time passes only when
 * nobody has anything to do. An hour of silent agents takes a second. Tests only.
 */
#ifndef LASTMILE_TESTS_SUPPORT_SNMP_WORLD_H
#define LASTMILE_TESTS_SUPPORT_SNMP_WORLD_H

#include "probe/snmp/poller.h"
#include "tests/support/replay_answer.h"

#define WORLD_AGENTS_MAX 260
#define WORLD_FOREVER    1000000000 /* answers */

struct world_agent {
    struct replay_device device;
    int fd;
    unsigned port;
    unsigned answers_left; /* a silent agent has none */
    uint64_t delay_ns;     /* that each of its answers takes */
    size_t size_max;       /* longer answers are lost; 0: none is */
    unsigned questions;    /* datagrams that came */
    unsigned complete, partial, failed;
    struct device_snapshot *last; /* of its device */
};

struct world {
    struct profile_set *profiles;
    struct poller *poller;
    struct world_agent agents[WORLD_AGENTS_MAX];
    size_t count;
    unsigned complete, partial, failed;
    struct device_snapshot *last; /* borrowed from its agent */
    uint64_t now_ns;
    char log[1 << 16]; /* every line of the poller's, newest last */
};

/* Of the shipped profiles, or of others, which the world takes over. */
struct world *world_new(void);
struct world *world_with(struct profile_set *profiles);
/* Also holds that nothing was logged that is an address or the community. */
void world_free(struct world *world);

/* An agent that serves a recording's text; its number. */
size_t world_add_agent(struct world *world, const char *text, unsigned answers);
void world_exchange(struct world *world, size_t agent, const char *text);
/* v2c, "device-N", an interval of 60 s. */
struct poller_target world_target(const struct world *world, size_t agent);
void world_poll(struct world *world, const struct poller_target *target);

/* Lets time pass for so long, or until so many polls have ended. */
void world_run(struct world *world, uint64_t duration_ns);
void world_run_until(struct world *world, unsigned complete, unsigned partial, unsigned failed);

/* How often a text stands in the log. */
unsigned world_logged(const struct world *world, const char *text);

#endif
