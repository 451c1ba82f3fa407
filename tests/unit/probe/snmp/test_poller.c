/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/poller.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/snmp/snmprec.h"
#include "tests/support/replay_answer.h"
#include "tests/support/snmp_fixture.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AGENTS_MAX 80
#define MS         CLOCK_NS_PER_MS

/* Agents on loopback sockets, served between two waits of the poller, all in this thread. */
struct world {
    struct profile_set *profiles;
    struct poller *poller;
    struct replay_device devices[AGENTS_MAX];
    int sockets[AGENTS_MAX];
    unsigned ports[AGENTS_MAX];
    unsigned answers_left[AGENTS_MAX]; /* a silent agent has none */
    size_t count;
    unsigned complete, partial, failed;
    struct device_snapshot *last;
};

static void take(void *ctx, struct device_snapshot *snapshot)
{
    struct world *world = ctx;
    world->complete += snapshot->outcome == POLL_COMPLETE;
    world->partial += snapshot->outcome == POLL_PARTIAL;
    world->failed += snapshot->outcome == POLL_FAILED;
    device_snapshot_free(world->last);
    world->last = snapshot;
}

static void no_log(void *ctx, enum log_level level, const char *room, const char *line)
{
    (void)ctx;
    (void)level;
    (void)room;
    assert_null(strstr(line, "sesame")); /* the community */
    assert_null(strstr(line, "127.0.0.1"));
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    log_set_handler(no_log, NULL);
    world->profiles = fixture_shipped_profiles();
    world->poller = poller_new(world->profiles, take, world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    poller_free(world->poller);
    profile_set_free(world->profiles);
    for (size_t i = 0; i < world->count; i++) {
        varbind_set_free(world->devices[i].set);
        (void)close(world->sockets[i]);
    }
    device_snapshot_free(world->last);
    free(world);
    log_set_handler(NULL, NULL);
    return 0;
}

static struct varbind_set *read_text(const char *text)
{
    struct snmprec_counts counts;
    struct varbind_set *set = varbind_set_new(10000, 1 << 20);
    assert_int_equal(snmprec_parse(text, strlen(text), set, &counts), 0);
    return set;
}

static size_t add_agent(struct world *world, const char *text, unsigned answers)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    size_t i = world->count++;
    world->sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(world->sockets[i], (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(world->sockets[i], (struct sockaddr *)&address, &length), 0);
    world->ports[i] = ntohs(address.sin_port);
    world->devices[i] =
        (struct replay_device){.set = read_text(text), .community = "sesame", .message_max = 1400};
    world->answers_left[i] = answers;
    return i;
}

static struct poller_target target_of(const struct world *world, size_t agent)
{
    struct poller_target target = {.version = POLLER_V2C,
                                   .community = "sesame",
                                   .interval_ms = 150,
                                   .timeout_ms = 100,
                                   .deadline_ms = 2000};
    (void)snprintf(target.name, sizeof target.name, "device-%zu", agent);
    (void)snprintf(target.address, sizeof target.address, "udp:127.0.0.1:%u", world->ports[agent]);
    return target;
}

static void add_target(struct world *world, const struct poller_target *target)
{
    assert_int_equal(poller_add(world->poller, target, clock_mono_ns()), 0);
}

static void serve(struct world *world, size_t i)
{
    uint8_t question[4096];
    uint8_t answer[4096];
    const uint8_t *start = NULL;
    struct sockaddr_storage peer;
    socklen_t peer_length = sizeof peer;
    ssize_t length = recvfrom(world->sockets[i], question, sizeof question, MSG_DONTWAIT,
                              (struct sockaddr *)&peer, &peer_length);
    if (length <= 0 || world->answers_left[i] == 0)
        return;
    world->answers_left[i]--;
    size_t written =
        replay_answer(&world->devices[i], question, (size_t)length, answer, sizeof answer, &start);
    if (written > 0)
        (void)sendto(world->sockets[i], start, written, 0, (struct sockaddr *)&peer, peer_length);
}

/* One turn of the loop: the poller's descriptors first, then the agents'. */
static void turn(struct world *world)
{
    struct pollfd fds[2 * AGENTS_MAX];
    uint64_t timeout_ns = 0;
    size_t count = poller_prepare(world->poller, fds, AGENTS_MAX, clock_mono_ns(), &timeout_ns);
    for (size_t i = 0; i < world->count; i++)
        fds[count + i] = (struct pollfd){.fd = world->sockets[i], .events = POLLIN};
    uint64_t timeout_ms = timeout_ns / MS + 1;
    (void)poll(fds, (nfds_t)(count + world->count), timeout_ms < 20 ? (int)timeout_ms : 20);
    for (size_t i = 0; i < world->count; i++)
        if (fds[count + i].revents & POLLIN)
            serve(world, i);
    poller_service(world->poller, fds, count, clock_mono_ns());
}

static void run_until(struct world *world, unsigned complete, unsigned partial, unsigned failed)
{
    uint64_t deadline_ns = clock_mono_ns() + 30 * CLOCK_NS_PER_S;
    while (world->complete < complete || world->partial < partial || world->failed < failed) {
        turn(world);
        assert_true(clock_mono_ns() < deadline_ns);
    }
}

static const char router[] =
    "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2636.1\n1.3.6.1.2.1.1.3.0|67|1000\n"
    "1.3.6.1.2.1.2.2.1.3.1|2|6\n1.3.6.1.2.1.2.2.1.3.2|2|6\n1.3.6.1.2.1.2.2.1.8.1|2|1\n"
    "1.3.6.1.2.1.2.2.1.8.2|2|1\n1.3.6.1.2.1.31.1.1.1.1.1|4|xe-0/0/0\n"
    "1.3.6.1.2.1.31.1.1.1.1.2|4|xe-0/0/1\n1.3.6.1.2.1.31.1.1.1.18.2|4|egress to the province\n"
    "1.3.6.1.2.1.31.1.1.1.15.1|66|10000\n1.3.6.1.2.1.31.1.1.1.15.2|66|10000\n"
    "1.3.6.1.2.1.31.1.1.1.6.1|70|5000\n1.3.6.1.2.1.31.1.1.1.6.2|70|7000\n"
    "1.3.6.1.2.1.31.1.1.1.10.1|70|50\n1.3.6.1.2.1.31.1.1.1.10.2|70|70\n";

static void silent_agents_never_delay_the_others(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 70; i++) {
        struct poller_target target = target_of(world, add_agent(world, router, i < 50 ? 1000 : 0));
        target.interval_ms = 0;
        add_target(world, &target);
    }
    uint64_t start_ns = clock_mono_ns();
    run_until(world, 50, 0, 0);
    uint64_t good_ns = clock_mono_ns() - start_ns;
    run_until(world, 50, 0, 20);
    assert_int_equal(world->complete, 50);
    assert_int_equal(world->partial, 0);
    assert_true(good_ns < 5 * CLOCK_NS_PER_S);
    assert_int_equal(poller_active(world->poller), 0);
    assert_int_equal(poller_count(world->poller), 70);
}

static void an_agent_that_falls_silent_midway_leaves_a_partial_snapshot(void **state)
{
    struct world *world = *state;
    struct poller_target target = target_of(world, add_agent(world, router, 3));
    target.interval_ms = 0;
    add_target(world, &target);
    run_until(world, 0, 1, 0);
    assert_string_equal(world->last->sys_object_id, "1.3.6.1.4.1.2636.1");
    assert_string_equal(world->last->profile, "juniper-router");
    assert_true(world->last->reason[0] != '\0');
}

static struct poller_target with_egress(struct poller_target target)
{
    target.rule_count = 1;
    target.rules[0].role = INTERFACE_ROLE_EGRESS;
    (void)snprintf(target.rules[0].pattern, sizeof target.rules[0].pattern, "egress*");
    return target;
}

static void exchange(struct world *world, size_t agent, const char *text)
{
    varbind_set_free(world->devices[agent].set);
    world->devices[agent].set = read_text(text);
}

static void interfaces_with_a_role_have_deltas_by_name_though_their_index_changes(void **state)
{
    struct world *world = *state;
    size_t agent = add_agent(world, router, 100000);
    struct poller_target target = with_egress(target_of(world, agent));
    add_target(world, &target);
    run_until(world, 1, 0, 0);
    assert_int_equal(world->last->interface_count_with_role, 1);
    assert_false(world->last->interfaces[0].in_octets.known);
    exchange(world, agent,
             "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2636.1\n1.3.6.1.2.1.1.3.0|67|1020\n"
             "1.3.6.1.2.1.2.2.1.3.517|2|6\n1.3.6.1.2.1.31.1.1.1.1.517|4|xe-0/0/1\n"
             "1.3.6.1.2.1.2.2.1.8.517|2|1\n1.3.6.1.2.1.31.1.1.1.18.517|4|egress to the province\n"
             "1.3.6.1.2.1.31.1.1.1.15.517|66|10000\n1.3.6.1.2.1.31.1.1.1.6.517|70|9000\n"
             "1.3.6.1.2.1.31.1.1.1.10.517|70|71\n");
    run_until(world, 2, 0, 0);
    const struct report_interface *interface = &world->last->interfaces[0];
    assert_string_equal(interface->name, "xe-0/0/1");
    assert_int_equal(interface->role, INTERFACE_ROLE_EGRESS);
    assert_true(interface->up);
    assert_int_equal(interface->high_speed_mbit_s.value, 10000);
    assert_int_equal(interface->in_octets.value, 2000);
    assert_int_equal(interface->out_octets.value, 1);
    assert_in_range(interface->duration_ms, 50, 5000);
}

static void a_restarted_agent_gives_a_gap_and_no_spike(void **state)
{
    struct world *world = *state;
    size_t agent = add_agent(world, router, 100000);
    struct poller_target target = with_egress(target_of(world, agent));
    add_target(world, &target);
    run_until(world, 2, 0, 0);
    assert_true(world->last->interfaces[0].in_octets.known);
    exchange(world, agent,
             "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2636.1\n1.3.6.1.2.1.1.3.0|67|3\n"
             "1.3.6.1.2.1.2.2.1.3.2|2|6\n1.3.6.1.2.1.31.1.1.1.1.2|4|xe-0/0/1\n"
             "1.3.6.1.2.1.31.1.1.1.18.2|4|egress to the province\n"
             "1.3.6.1.2.1.31.1.1.1.15.2|66|10000\n1.3.6.1.2.1.31.1.1.1.6.2|70|8000\n");
    run_until(world, 3, 0, 0);
    assert_false(world->last->interfaces[0].in_octets.known);
    assert_true(fixture_warns(world->last, "restarted"));
}

static void a_target_that_cannot_work_is_refused(void **state)
{
    struct world *world = *state;
    struct poller_target good = target_of(world, add_agent(world, router, 0));
    struct poller_target target = good;
    target.name[0] = '\0';
    assert_int_equal(poller_add(world->poller, &target, 0), -EINVAL);
    target = good;
    target.version = POLLER_V3;
    assert_int_equal(poller_add(world->poller, &target, 0), -EINVAL);
    (void)snprintf(target.user, sizeof target.user, "u");
    target.auth = POLLER_AUTH_SHA256;
    (void)snprintf(target.auth_passphrase, sizeof target.auth_passphrase, "short");
    assert_int_equal(poller_add(world->poller, &target, 0), -EINVAL);
    target = good;
    (void)snprintf(target.profile, sizeof target.profile, "no-such");
    assert_int_equal(poller_add(world->poller, &target, 0), -EINVAL);
    assert_int_equal(poller_add(world->poller, &good, 0), 0);
    assert_int_equal(poller_add(world->poller, &good, 0), -EEXIST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(silent_agents_never_delay_the_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_agent_that_falls_silent_midway_leaves_a_partial_snapshot,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            interfaces_with_a_role_have_deltas_by_name_though_their_index_changes, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_restarted_agent_gives_a_gap_and_no_spike, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_target_that_cannot_work_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
