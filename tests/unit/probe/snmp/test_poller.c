/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/poller.h"

#include "common/clock.h"
#include "tests/support/snmp_fixture.h"
#include "tests/support/snmp_world.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    *state = world_new();
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static const char router[] =
    "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2636.1\n1.3.6.1.2.1.1.3.0|67|1000\n"
    "1.3.6.1.2.1.2.2.1.3.1|2|6\n1.3.6.1.2.1.2.2.1.3.2|2|6\n1.3.6.1.2.1.2.2.1.8.1|2|1\n"
    "1.3.6.1.2.1.2.2.1.8.2|2|1\n1.3.6.1.2.1.31.1.1.1.1.1|4|xe-0/0/0\n"
    "1.3.6.1.2.1.31.1.1.1.1.2|4|xe-0/0/1\n1.3.6.1.2.1.31.1.1.1.18.2|4|egress to the province\n"
    "1.3.6.1.2.1.31.1.1.1.15.1|66|10000\n1.3.6.1.2.1.31.1.1.1.15.2|66|10000\n"
    "1.3.6.1.2.1.31.1.1.1.6.1|70|5000\n1.3.6.1.2.1.31.1.1.1.6.2|70|7000\n"
    "1.3.6.1.2.1.31.1.1.1.10.1|70|50\n1.3.6.1.2.1.31.1.1.1.10.2|70|70\n";

/* A router with many interfaces, so that it takes many questions. */
static char *large_router(unsigned interfaces)
{
    char *text = calloc(1, 4096 + (size_t)interfaces * 256);
    size_t used = (size_t)sprintf(text, "%s", "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2636.1\n");
    for (unsigned i = 1; i <= interfaces; i++)
        used += (size_t)snprintf(text + used, 256,
                                 "1.3.6.1.2.1.2.2.1.3.%u|2|6\n1.3.6.1.2.1.2.2.1.8.%u|2|1\n"
                                 "1.3.6.1.2.1.31.1.1.1.1.%u|4|ge-%u\n"
                                 "1.3.6.1.2.1.31.1.1.1.6.%u|70|1000\n"
                                 "1.3.6.1.2.1.31.1.1.1.10.%u|70|10\n",
                                 i, i, i, i, i, i);
    return text;
}

/* Agents that never answer are as numerous as they like: the others keep every one of their slots,
 * in time, and the silent cost little and are named once each. */
static void fifty_agents_keep_all_their_cycles_beside_two_hundred_that_are_silent(void **state)
{
    enum { ANSWERING = 50, ALL = 250, MINUTES = 60 };
    struct world *world = *state;
    struct poller_totals totals;
    for (size_t i = 0; i < ALL; i++) {
        struct poller_target target =
            world_target(world, world_add_agent(world, router, i < ANSWERING ? WORLD_FOREVER : 0));
        world_poll(world, &target);
    }
    world_run(world, MINUTES * 60 * CLOCK_NS_PER_S);
    poller_totals(world->poller, &totals);
    for (size_t i = 0; i < ANSWERING; i++) {
        assert_in_range(world->agents[i].complete, MINUTES, MINUTES + 1); /* and the first of all */
        assert_int_equal(world->agents[i].partial + world->agents[i].failed, 0);
    }
    assert_true(totals.lateness_max_ns <= CLOCK_NS_PER_MS);
    assert_int_equal(totals.missed, 0);
    for (size_t i = ANSWERING; i < ALL; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "name=device-%zu ", i);
        assert_int_equal(world_logged(world, name), 1);
        /* At 0, 1, 3, 7, 15, 31 (half an hour at most) minutes, and an eighth more at most. */
        assert_in_range(world->agents[i].failed, 5, 7);
        /* The first time a question and its retry, then one datagram a step. */
        assert_int_equal(world->agents[i].questions, world->agents[i].failed + 1);
    }
}

static void slots_are_spread_over_the_interval_and_kept(void **state)
{
    struct world *world = *state;
    unsigned in_minute[6] = {0};
    for (size_t i = 0; i < 120; i++) {
        struct poller_target target =
            world_target(world, world_add_agent(world, router, WORLD_FOREVER));
        world_poll(world, &target);
    }
    world_run(world, 60 * CLOCK_NS_PER_S);
    unsigned before = world->complete;
    for (size_t i = 0; i < 6; i++) {
        world_run(world, 10 * CLOCK_NS_PER_S);
        in_minute[i] = world->complete - before;
        before = world->complete;
        assert_in_range(in_minute[i], 8, 36); /* 20 each, if names were perfectly spread */
    }
    for (size_t i = 0; i < 6; i++) { /* the next minute is like the one before */
        world_run(world, 10 * CLOCK_NS_PER_S);
        assert_int_equal(world->complete - before, in_minute[i]);
        before = world->complete;
    }
}

static void a_silent_agent_that_comes_back_returns_to_its_slot_and_is_named_once_more(void **state)
{
    struct world *world = *state;
    size_t agent = world_add_agent(world, router, 0);
    struct poller_target target = world_target(world, agent);
    world_poll(world, &target);
    world_run_until(world, 0, 0, 4);
    world->agents[agent].answers_left = WORLD_FOREVER;
    world_run_until(world, 1, 0, 0);
    world_run(world, 3600 * CLOCK_NS_PER_S);
    assert_in_range(world->complete, 60, 62);
    assert_int_equal(world_logged(world, "does not answer name=device-0"), 1);
    assert_int_equal(world_logged(world, "answers again name=device-0"), 1);
}

/* More answers than there is time for: some slots are missed, but those of all devices alike. */
static void under_too_much_work_every_device_still_has_its_turn(void **state)
{
    enum { ALL = 250 };
    struct world *world = *state;
    unsigned least = UINT32_MAX;
    unsigned most = 0;
    for (size_t i = 0; i < ALL; i++) {
        struct poller_target target =
            world_target(world, world_add_agent(world, router, WORLD_FOREVER));
        target.interval_ms = 20;
        world->agents[i].delay_ns = CLOCK_NS_PER_MS;
        world_poll(world, &target);
    }
    world_run(world, 30 * CLOCK_NS_PER_S);
    for (size_t i = 0; i < ALL; i++) {
        least = world->agents[i].complete < least ? world->agents[i].complete : least;
        most = world->agents[i].complete > most ? world->agents[i].complete : most;
    }
    print_message("# polls of a device: %u to %u\n", least, most);
    assert_true(least >= 10 && most <= 2 * least);
    assert_int_equal(world->failed, 0);
}

/* Each answer takes two seconds: the poll is cut at its deadline, keeps what it has, and says who
 * it was, once. */
static void a_slow_agent_is_cut_at_its_deadline_and_named_once(void **state)
{
    struct world *world = *state;
    char *text = large_router(2000);
    size_t agent = world_add_agent(world, text, WORLD_FOREVER);
    world->agents[agent].delay_ns = 1500 * CLOCK_NS_PER_MS;
    struct poller_target target = world_target(world, agent);
    target.timeout_ms = 2000;
    target.deadline_ms = 20000;
    world_poll(world, &target);
    world_run_until(world, 0, 5, 0);
    assert_true(world->last->duration_ns <= 22 * CLOCK_NS_PER_S);
    assert_true(world->last->interface_count.value > 50);
    assert_int_equal(world_logged(world, "is slow: its polls are cut short name=device-0"), 1);
    free(text);
}

static void a_table_that_takes_too_long_does_not_keep_the_others_from_being_read(void **state)
{
    struct world *world = *state;
    char *text = large_router(3000);
    size_t agent = world_add_agent(world, text, WORLD_FOREVER);
    world->agents[agent].delay_ns = 100 * CLOCK_NS_PER_MS;
    struct poller_target target = world_target(world, agent);
    target.table_ms = 3000;
    target.deadline_ms = 30000;
    world_poll(world, &target);
    world_run_until(world, 0, 1, 0);
    assert_true(fixture_warns(world->last, "out of time for one table"));
    assert_true(world->last->in_octets.known);
    assert_true(world->last->duration_ns < 20 * CLOCK_NS_PER_S);
    free(text);
}

static void an_agent_that_falls_silent_midway_leaves_a_partial_snapshot(void **state)
{
    struct world *world = *state;
    char *text = large_router(100);
    struct poller_target target = world_target(world, world_add_agent(world, text, 4));
    world_poll(world, &target);
    world_run_until(world, 0, 1, 0);
    assert_string_equal(world->last->sys_object_id, "1.3.6.1.4.1.2636.1");
    assert_string_equal(world->last->profile, "juniper-router");
    assert_true(world->last->reason[0] != '\0');
    assert_true(world->last->interface_count.value > 10);
    free(text);
}

/* Answers above a size vanish, as those of vrp_ac6605-26 did above 64 KB: questions shrink until
 * they come, stay small in the next polls, and grow again when the fault has gone. */
static void questions_shrink_when_large_answers_vanish_and_grow_again_later(void **state)
{
    struct world *world = *state;
    struct poller_health health;
    char *text = large_router(100);
    size_t agent = world_add_agent(world, text, WORLD_FOREVER);
    world->agents[agent].device.message_max = 60000;
    world->agents[agent].size_max = 900;
    struct poller_target target = world_target(world, agent);
    world_poll(world, &target);
    world_run_until(world, 1, 0, 0);
    assert_int_equal(world->last->interface_count.value, 100);
    assert_true(world->last->timeouts > 0);
    poller_health(world->poller, 0, &health);
    unsigned shrunk = health.repetitions;
    assert_in_range(shrunk, 1, 12);
    world_run_until(world, 4, 0, 0);
    assert_true(world->last->timeouts <= 1);
    world->agents[agent].size_max = 0;
    world_run_until(world, 1000, 0, 0);
    poller_health(world->poller, 0, &health);
    assert_true(health.repetitions > shrunk);
    free(text);
}

/* A heavy table of 100 rows, and a profile that says so. */
static struct world *heavy_world(struct poller_target *out_target)
{
    static const char profile[] =
        "profile = \"p\"; title = \"t\"; kind = \"access-node\";\n"
        "match = ( { object_id = \"1.3.9\"; } );\n"
        "figures = ( { quantity = \"wtp.run\"; from = \"count_rows\"; label = \"l\";\n"
        "  confidence = \"seen\"; objects = [ \"1.3.9.1\" ]; heavy = true; } );\n";
    char text[8192];
    struct conf_error error = {""};
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "1.3.6.1.2.1.1.2.0|6|1.3.9\n"
                                   "1.3.6.1.2.1.2.2.1.3.1|2|6\n"
                                   "1.3.6.1.2.1.2.2.1.8.1|2|1\n");
    for (unsigned i = 1; i <= 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "1.3.9.1.%u|2|1\n", i);
    struct profile_set *profiles = fixture_profiles(profile, &error);
    if (!profiles)
        print_error("%s\n", error.text);
    assert_non_null(profiles);
    struct world *world = world_with(profiles);
    *out_target = world_target(world, world_add_agent(world, text, WORLD_FOREVER));
    out_target->max_repetitions = 10;
    out_target->heavy_pause_ms = 500;
    return world;
}

static void a_heavy_table_is_read_with_pauses_and_beyond_the_deadline(void **state)
{
    struct poller_target target;
    struct world *world = heavy_world(&target);
    (void)state;
    target.deadline_ms = 2000;
    world_poll(world, &target);
    world_run_until(world, 1, 0, 0);
    assert_int_equal(world->last->wtp_run.value, 100);
    assert_in_range(world->last->duration_ns, 5 * CLOCK_NS_PER_S, 10 * CLOCK_NS_PER_S);
    world_free(world);
}

static void a_heavy_table_is_left_out_beside_its_hours_and_unknown_then(void **state)
{
    struct poller_target target;
    struct world *world = heavy_world(&target);
    unsigned hour =
        (unsigned)((clock_unix_ns() / CLOCK_NS_PER_S + CLOCK_CITY_UTC_OFFSET_S) / 3600 % 24);
    (void)state;
    target.heavy_from_hour = (hour + 2) % 24; /* also at the turn of the hour */
    target.heavy_to_hour = (hour + 3) % 24;
    world_poll(world, &target);
    world_run_until(world, 1, 0, 0);
    assert_false(world->last->wtp_run.known);
    assert_int_equal(world->last->interface_count.value, 1);
    assert_true(fixture_warns(world->last, "left out at this hour"));
    world_free(world);
}

/* Of many tables that a profile asks for, a device has few: one question does for the empty ones
 * from the second poll on, and rows that come later are all found. */
static void empty_tables_cost_one_question_until_they_have_rows(void **state)
{
    static const char profile[] =
        "profile = \"p\"; title = \"t\"; kind = \"controller\";\n"
        "match = ( { object_id = \"1.3.9\"; } );\n"
        "figures = ( { quantity = \"wtp.run\"; from = \"count_rows\"; label = \"l\";\n"
        "  confidence = \"seen\"; objects = [ \"1.3.9.1.1\", \"1.3.9.2.1\", \"1.3.9.3.1\",\n"
        "  \"1.3.9.4.1\", \"1.3.9.5.1\" ]; } );\n";
    static const char who[] = "1.3.6.1.2.1.1.2.0|6|1.3.9\n1.3.6.1.2.1.2.2.1.3.1|2|6\n"
                              "1.3.9.1.1.1|2|1\n1.3.9.6.1.1|2|1\n";
    char text[8192];
    struct conf_error error = {""};
    struct profile_set *profiles = fixture_profiles(profile, &error);
    (void)state;
    assert_non_null(profiles);
    struct world *world = world_with(profiles);
    size_t agent = world_add_agent(world, who, WORLD_FOREVER);
    struct poller_target target = world_target(world, agent);
    world_poll(world, &target);
    world_run_until(world, 1, 0, 0);
    uint64_t first = world->last->requests;
    assert_int_equal(world->last->wtp_run.value, 1);
    world_run_until(world, 2, 0, 0);
    assert_int_equal(world->last->requests + 4, first); /* one of IF-MIB, and three of the four */
    assert_int_equal(world->last->wtp_run.value, 1);
    size_t used = (size_t)snprintf(text, sizeof text, "%s", who);
    for (unsigned i = 1; i <= 60; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "1.3.9.4.1.%u|2|1\n", i);
    world_exchange(world, agent, text);
    world_run_until(world, 3, 0, 0);
    assert_int_equal(world->last->wtp_run.value, 61);
    world_run_until(world, 4, 0, 0);
    assert_int_equal(world->last->wtp_run.value, 61);
    world_free(world);
}

static struct poller_target with_egress(struct poller_target target)
{
    target.rule_count = 1;
    target.rules[0].role = INTERFACE_ROLE_EGRESS;
    (void)snprintf(target.rules[0].pattern, sizeof target.rules[0].pattern, "egress*");
    return target;
}

static void interfaces_with_a_role_have_deltas_by_name_though_their_index_changes(void **state)
{
    struct world *world = *state;
    size_t agent = world_add_agent(world, router, WORLD_FOREVER);
    struct poller_target target = with_egress(world_target(world, agent));
    target.interval_ms = 200;
    world_poll(world, &target);
    world_run_until(world, 1, 0, 0);
    assert_int_equal(world->last->interface_count_with_role, 1);
    assert_false(world->last->interfaces[0].in_octets.known);
    world_exchange(
        world, agent,
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2636.1\n1.3.6.1.2.1.1.3.0|67|1020\n"
        "1.3.6.1.2.1.2.2.1.3.517|2|6\n1.3.6.1.2.1.31.1.1.1.1.517|4|xe-0/0/1\n"
        "1.3.6.1.2.1.2.2.1.8.517|2|1\n1.3.6.1.2.1.31.1.1.1.18.517|4|egress to the province\n"
        "1.3.6.1.2.1.31.1.1.1.15.517|66|10000\n1.3.6.1.2.1.31.1.1.1.6.517|70|9000\n"
        "1.3.6.1.2.1.31.1.1.1.10.517|70|71\n");
    world_run_until(world, 2, 0, 0);
    const struct report_interface *interface = &world->last->interfaces[0];
    assert_string_equal(interface->name, "xe-0/0/1");
    assert_int_equal(interface->role, INTERFACE_ROLE_EGRESS);
    assert_true(interface->up);
    assert_int_equal(interface->high_speed_mbit_s.value, 10000);
    assert_int_equal(interface->in_octets.value, 2000);
    assert_int_equal(interface->out_octets.value, 1);
    assert_in_range(interface->duration_ms, 50, 400);
}

static void a_restarted_agent_gives_a_gap_and_no_spike(void **state)
{
    struct world *world = *state;
    size_t agent = world_add_agent(world, router, WORLD_FOREVER);
    struct poller_target target = with_egress(world_target(world, agent));
    target.interval_ms = 200;
    world_poll(world, &target);
    world_run_until(world, 2, 0, 0);
    assert_true(world->last->interfaces[0].in_octets.known);
    world_exchange(world, agent,
                   "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2636.1\n1.3.6.1.2.1.1.3.0|67|3\n"
                   "1.3.6.1.2.1.2.2.1.3.2|2|6\n1.3.6.1.2.1.31.1.1.1.1.2|4|xe-0/0/1\n"
                   "1.3.6.1.2.1.31.1.1.1.18.2|4|egress to the province\n"
                   "1.3.6.1.2.1.31.1.1.1.15.2|66|10000\n1.3.6.1.2.1.31.1.1.1.6.2|70|8000\n");
    world_run_until(world, 3, 0, 0);
    assert_false(world->last->interfaces[0].in_octets.known);
    assert_true(fixture_warns(world->last, "restarted"));
}

static void a_target_that_cannot_work_is_refused(void **state)
{
    struct world *world = *state;
    struct poller_target good = world_target(world, world_add_agent(world, router, 0));
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

/* Under the sanitizer its count of what is allocated, else the C library's. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void ten_thousand_polls_over_kept_sessions_leave_no_memory_behind(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 40; i++) {
        struct poller_target target = with_egress(
            world_target(world, world_add_agent(world, router, i % 10 ? WORLD_FOREVER : 500)));
        if (i % 4 == 0)
            target.version = POLLER_V1;
        world_poll(world, &target);
    }
    world_run_until(world, 1000, 0, 0);
    size_t before = allocated();
    world_run_until(world, 11000, 0, 0);
    size_t after = allocated();
    assert_true(world->failed > 0); /* those that have fallen silent, too */
    print_message("# %zu octets after 1,000 polls, %zu after 11,000\n", before, after);
    assert_true(after <= before + 65536); /* polls under way, and what the log has kept */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            fifty_agents_keep_all_their_cycles_beside_two_hundred_that_are_silent, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(slots_are_spread_over_the_interval_and_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_silent_agent_that_comes_back_returns_to_its_slot_and_is_named_once_more, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(under_too_much_work_every_device_still_has_its_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_slow_agent_is_cut_at_its_deadline_and_named_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_table_that_takes_too_long_does_not_keep_the_others_from_being_read, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(an_agent_that_falls_silent_midway_leaves_a_partial_snapshot,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            questions_shrink_when_large_answers_vanish_and_grow_again_later, set_up, tear_down),
        cmocka_unit_test(empty_tables_cost_one_question_until_they_have_rows),
        cmocka_unit_test(a_heavy_table_is_read_with_pauses_and_beyond_the_deadline),
        cmocka_unit_test(a_heavy_table_is_left_out_beside_its_hours_and_unknown_then),
        cmocka_unit_test_setup_teardown(
            interfaces_with_a_role_have_deltas_by_name_though_their_index_changes, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_restarted_agent_gives_a_gap_and_no_spike, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_target_that_cannot_work_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            ten_thousand_polls_over_kept_sessions_leave_no_memory_behind, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
