/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/snmp_world.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/snmp/snmprec.h"
#include "tests/support/snmp_fixture.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COMMUNITY      "sesame"
#define DATAGRAM_MAX   65507
#define START_NS       (UINT64_C(1000000) * CLOCK_NS_PER_S)
#define DATAGRAM_USUAL 1400

static void take(void *ctx, struct device_snapshot *snapshot)
{
    struct world *world = ctx;
    unsigned long i = strtoul(snapshot->name + strlen("device-"), NULL, 10);
    struct world_agent *agent = &world->agents[i];
    unsigned *counts[] = {[POLL_COMPLETE] = &world->complete,
                          [POLL_PARTIAL] = &world->partial,
                          [POLL_FAILED] = &world->failed};
    unsigned *of_agent[] = {[POLL_COMPLETE] = &agent->complete,
                            [POLL_PARTIAL] = &agent->partial,
                            [POLL_FAILED] = &agent->failed};
    (*counts[snapshot->outcome])++;
    (*of_agent[snapshot->outcome])++;
    device_snapshot_free(agent->last);
    agent->last = world->last = snapshot;
}

static void keep_log(void *ctx, enum log_level level, const char *room, const char *line)
{
    struct world *world = ctx;
    (void)level;
    (void)room;
    size_t used = strlen(world->log);
    (void)snprintf(world->log + used, sizeof world->log - used, "%s\n", line);
}

struct world *world_with(struct profile_set *profiles)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    log_set_handler(keep_log, world);
    world->now_ns = START_NS;
    world->profiles = profiles;
    world->poller = poller_new(world->profiles, take, world);
    assert_non_null(world->poller);
    return world;
}

struct world *world_new(void)
{
    return world_with(fixture_shipped_profiles());
}

void world_free(struct world *world)
{
    poller_free(world->poller);
    profile_set_free(world->profiles);
    for (size_t i = 0; i < world->count; i++) {
        varbind_set_free(world->agents[i].device.set);
        device_snapshot_free(world->agents[i].last);
        (void)close(world->agents[i].fd);
    }
    log_set_handler(NULL, NULL);
    assert_int_equal(world_logged(world, COMMUNITY), 0);
    assert_int_equal(world_logged(world, "127.0.0.1"), 0);
    free(world);
}

static struct varbind_set *read_text(const char *text)
{
    struct snmprec_counts counts;
    struct varbind_set *set = varbind_set_new(100000, 64 << 20);
    assert_int_equal(snmprec_parse(text, strlen(text), set, &counts), 0);
    return set;
}

size_t world_add_agent(struct world *world, const char *text, unsigned answers)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    assert_true(world->count < WORLD_AGENTS_MAX);
    struct world_agent *agent = &world->agents[world->count];
    agent->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(agent->fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(agent->fd, (struct sockaddr *)&address, &length), 0);
    agent->port = ntohs(address.sin_port);
    agent->device = (struct replay_device){
        .set = read_text(text), .community = COMMUNITY, .message_max = DATAGRAM_USUAL};
    agent->answers_left = answers;
    return world->count++;
}

void world_exchange(struct world *world, size_t agent, const char *text)
{
    varbind_set_free(world->agents[agent].device.set);
    world->agents[agent].device.set = read_text(text);
}

struct poller_target world_target(const struct world *world, size_t agent)
{
    struct poller_target target = {
        .version = POLLER_V2C, .community = COMMUNITY, .interval_ms = 60000, .retries = 1};
    (void)snprintf(target.name, sizeof target.name, "device-%zu", agent);
    (void)snprintf(target.address, sizeof target.address, "udp:127.0.0.1:%u",
                   world->agents[agent].port);
    return target;
}

void world_poll(struct world *world, const struct poller_target *target)
{
    assert_int_equal(poller_add(world->poller, target, world->now_ns), 0);
}

/* Answers what has come; true when anything had. */
static bool serve(struct world *world, struct world_agent *agent)
{
    uint8_t question[8192];
    static uint8_t answer[DATAGRAM_MAX];
    const uint8_t *start = NULL;
    struct sockaddr_storage peer;
    socklen_t peer_length = sizeof peer;
    ssize_t length =
        recvfrom(agent->fd, question, sizeof question, 0, (struct sockaddr *)&peer, &peer_length);
    if (length <= 0)
        return false;
    agent->questions++;
    if (agent->answers_left == 0)
        return true;
    agent->answers_left--;
    world->now_ns += agent->delay_ns;
    size_t written =
        replay_answer(&agent->device, question, (size_t)length, answer, sizeof answer, &start);
    if (written > 0 && (agent->size_max == 0 || written <= agent->size_max))
        (void)sendto(agent->fd, start, written, 0, (struct sockaddr *)&peer, peer_length);
    return true;
}

/* One round. When nobody had anything to do, time goes on to what is next, but not past a limit. */
static void turn(struct world *world, uint64_t until_ns)
{
    struct pollfd fd;
    uint64_t timeout_ns = 0;
    size_t count = poller_prepare(world->poller, &fd, 1, world->now_ns, &timeout_ns);
    bool busy = false;
    for (size_t i = 0; i < world->count; i++)
        busy |= serve(world, &world->agents[i]);
    int ready = poll(&fd, (nfds_t)count, 0);
    if (ready == 0 && !busy) {
        uint64_t left_ns = until_ns > world->now_ns ? until_ns - world->now_ns : 0;
        world->now_ns += timeout_ns < left_ns ? timeout_ns : left_ns;
    }
    poller_service(world->poller, &fd, count, world->now_ns);
}

void world_run(struct world *world, uint64_t duration_ns)
{
    uint64_t end_ns = world->now_ns + duration_ns;
    while (world->now_ns < end_ns)
        turn(world, end_ns);
}

void world_run_until(struct world *world, unsigned complete, unsigned partial, unsigned failed)
{
    uint64_t end_ns = world->now_ns + 86400 * CLOCK_NS_PER_S;
    while (world->complete < complete || world->partial < partial || world->failed < failed) {
        turn(world, end_ns);
        assert_true(world->now_ns < end_ns);
    }
}

unsigned world_logged(const struct world *world, const char *text)
{
    unsigned count = 0;
    for (const char *at = strstr(world->log, text); at; at = strstr(at + 1, text))
        count++;
    return count;
}
