/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/rates.h"
#include "probe/snmp/snmprec.h"

#include "tests/support/snmp_fixture.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#define S           UINT64_C(1000000000)
#define TYPE        "1.3.6.1.2.1.2.2.1.3."
#define ADDRESS     "1.3.6.1.2.1.2.2.1.6."
#define IN32        "1.3.6.1.2.1.2.2.1.10."
#define NAME        "1.3.6.1.2.1.31.1.1.1.1."
#define IN64        "1.3.6.1.2.1.31.1.1.1.6."
#define ALIAS       "1.3.6.1.2.1.31.1.1.1.18."
#define STACK       "1.3.6.1.2.1.31.1.2.1.3."
#define AGGREGATOR  "1.2.840.10006.300.43.1.2.1.1.13."
#define MAC(octet)  "|4x|02005e1000" octet "\n"
#define UPTIME(sec) "1.3.6.1.2.1.1.3.0|67|" sec "00\n"

static const struct poller_interface_rule everything[] = {
    {.pattern = "spare*", .role = INTERFACE_ROLE_NONE},
    {.pattern = "*", .role = INTERFACE_ROLE_EGRESS},
};

static struct device_snapshot *update(struct rates *rates, uint64_t seconds, const char *text)
{
    struct snmprec_counts counts;
    struct varbind_set *set = varbind_set_new(1000, 100000);
    struct device_snapshot *snapshot = device_snapshot_new();
    assert_int_equal(snmprec_parse(text, strlen(text), set, &counts), 0);
    assert_int_equal(counts.skipped, 0);
    assert_int_equal(rates_update(rates, set, seconds * S, snapshot), 0);
    varbind_set_free(set);
    return snapshot;
}

/* The octets that the only interface of a poll tells. */
static struct optional_u64 octets(struct rates *rates, uint64_t seconds, const char *text)
{
    struct device_snapshot *snapshot = update(rates, seconds, text);
    assert_int_equal(snapshot->interface_count_with_role, 1);
    struct optional_u64 in = snapshot->interfaces[0].in_octets;
    device_snapshot_free(snapshot);
    return in;
}

static void expect_known(struct optional_u64 actual, uint64_t value)
{
    assert_true(actual.known);
    assert_int_equal(actual.value, value);
}

static void an_interface_is_known_by_its_name_and_address_not_by_its_index(void **state)
{
    (void)state;
    struct rates *rates = rates_new(everything, 2);
    assert_false(octets(rates, 60,
                        NAME "1|4|ge1\n" ALIAS "1|4|to A\n" ADDRESS "1" MAC("01") IN64 "1|70|100\n")
                     .known);
    expect_known(octets(rates, 120,
                        NAME "9|4|ge1\n" ALIAS "9|4|to A\n" ADDRESS "9" MAC("01") IN64
                        "9|70|150\n"),
                 50);
    /* people edit aliases */
    expect_known(octets(rates, 180,
                        NAME "9|4|ge1\n" ALIAS "9|4|to B\n" ADDRESS "9" MAC("01") IN64
                        "9|70|250\n"),
                 100);
    /* an address that is not answered once changes nothing */
    expect_known(octets(rates, 240, NAME "9|4|ge1\n" ALIAS "9|4|to B\n" IN64 "9|70|260\n"), 10);
    /* another card in the slot is another interface */
    assert_false(octets(rates, 300,
                        NAME "9|4|ge1\n" ALIAS "9|4|to B\n" ADDRESS "9" MAC("02") IN64 "9|70|300\n")
                     .known);
    rates_free(rates);
}

static void interfaces_that_cannot_be_told_apart_have_no_octets(void **state)
{
    (void)state;
    struct rates *rates = rates_new(everything, 2);
    static const char *const polls[] = {
        NAME "1|4|eth\n" NAME "2|4|eth\n" IN64 "1|70|100\n" IN64 "2|70|9000\n",
        NAME "1|4|eth\n" NAME "2|4|eth\n" IN64 "1|70|9001\n" IN64 "2|70|101\n",
        NAME "1|4|eth\n" NAME "2|4|eth\n" ALIAS "1|4|a\n" ALIAS "2|4|b\n" IN64 "1|70|1\n" IN64
             "2|70|2\n",
        NAME "1|4|eth\n" NAME "2|4|eth\n" ALIAS "1|4|b\n" ALIAS "2|4|a\n" IN64 "1|70|12\n" IN64
             "2|70|101\n",
    };
    for (size_t i = 0; i < 4; i++) {
        struct device_snapshot *snapshot = update(rates, 60 * (i + 1), polls[i]);
        assert_int_equal(snapshot->interface_count_with_role, 2);
        assert_int_equal(snapshot->interfaces[0].in_octets.known, i == 3);
        assert_int_equal(fixture_warns(snapshot, "called the same"), i < 2);
        if (i == 3) { /* by their aliases, which have changed places with the indexes */
            assert_int_equal(snapshot->interfaces[0].in_octets.value, 10);
            assert_int_equal(snapshot->interfaces[1].in_octets.value, 100);
        }
        device_snapshot_free(snapshot);
    }
    rates_free(rates);
}

static void the_width_is_chosen_once_and_a_poll_without_64_bits_is_a_lost_one(void **state)
{
    (void)state;
    struct rates *rates = rates_new(everything, 2);
    assert_false(octets(rates, 60, NAME "1|4|ge1\n" IN64 "1|70|5000000100\n").known);
    assert_false(octets(rates, 120, NAME "1|4|ge1\n" IN32 "1|65|705032904\n").known);
    expect_known(octets(rates, 180, NAME "1|4|ge1\n" IN64 "1|70|5000000300\n"), 200);
    for (uint64_t i = 0; i < 5; i++) /* until it is believed */
        assert_false(octets(rates, 240 + 60 * i, NAME "1|4|ge1\n" IN32 "1|65|1000\n").known);
    expect_known(octets(rates, 600, NAME "1|4|ge1\n" IN32 "1|65|1400\n"), 400);
    rates_free(rates);
}

static void a_value_that_is_not_answered_is_in_the_next_delta(void **state)
{
    (void)state;
    struct rates *rates = rates_new(everything, 2);
    assert_false(octets(rates, 60, NAME "1|4|ge1\n" IN64 "1|70|100\n").known);
    assert_false(octets(rates, 120, NAME "1|4|ge1\n").known);
    struct device_snapshot *snapshot = update(rates, 180, NAME "1|4|ge1\n" IN64 "1|70|400\n");
    expect_known(snapshot->interfaces[0].in_octets, 300);
    assert_int_equal(snapshot->interfaces[0].duration_ms, 120000);
    device_snapshot_free(snapshot);
    rates_free(rates);
}

static void a_restart_that_hides_in_lost_polls_is_a_gap(void **state)
{
    (void)state;
    struct rates *rates = rates_new(everything, 2);
    assert_false(octets(rates, 60, UPTIME("600") NAME "1|4|ge1\n" IN64 "1|70|100\n").known);
    assert_false(octets(rates, 7260, UPTIME("3000") NAME "1|4|ge1\n" IN64 "1|70|5000\n").known);
    expect_known(octets(rates, 7320, UPTIME("3060") NAME "1|4|ge1\n" IN64 "1|70|5010\n"), 10);
    rates_free(rates);
}

#define TRUNK(rows)                                                                                \
    NAME "1|4|trunk\n" NAME "2|4|ge1\n" NAME "3|4|ge2\n" NAME "4|4|ge3\n" NAME                     \
         "5|4|ge3.100\n" TYPE "1|2|161\n" TYPE "2|2|6\n" TYPE "3|2|6\n" TYPE "4|2|6\n" TYPE        \
         "5|2|135\n" IN64 "1|70|1\n" IN64 "2|70|1\n" IN64 "3|70|1\n" IN64 "4|70|1\n" IN64          \
         "5|70|1\n" rows

static void expect_names(struct device_snapshot *snapshot, const char *names)
{
    char all[256] = "";
    for (size_t i = 0; i < snapshot->interface_count_with_role; i++) {
        size_t used = strlen(all);
        (void)snprintf(all + used, sizeof all - used, "%s ", snapshot->interfaces[i].name);
    }
    assert_string_equal(all, names);
    device_snapshot_free(snapshot);
}

static void members_of_an_aggregate_and_vlans_on_a_port_are_counted_once(void **state)
{
    (void)state;
    struct rates *rates = rates_new(everything, 2);
    assert_true(rates_wants_stack(rates, 60 * S));
    expect_names(update(rates, 60,
                        TRUNK(STACK "1.2|2|1\n" STACK "1.3|2|1\n" STACK "5.4|2|1\n" STACK
                                    "0.1|2|1\n" STACK "2.0|2|1\n")),
                 "trunk ge3 ");
    assert_false(rates_wants_stack(rates, 120 * S));
    /* the stack is read now and then, and a trunk that is away for a poll makes no second count */
    expect_names(update(rates, 120, TRUNK("")), "trunk ge3 ");
    expect_names(update(rates, 180, NAME "2|4|ge1\n" IN64 "2|70|1\n"), "");
    assert_true(rates_wants_stack(rates, 4000 * S));
    /* the member has left */
    expect_names(update(rates, 4000, TRUNK(STACK "1.3|2|1\n" STACK "5.4|2|1\n" STACK "1.2|2|2\n")),
                 "trunk ge1 ge3 ");
    rates_free(rates);
    rates = rates_new(everything, 2); /* by IEEE8023-LAG-MIB, which says nothing of VLANs */
    expect_names(
        update(rates, 60, TRUNK(AGGREGATOR "2|2|1\n" AGGREGATOR "3|2|1\n" AGGREGATOR "4|2|0\n")),
        "trunk ge3 ge3.100 ");
    rates_free(rates);
}

static void configuration_names_members_where_the_device_says_nothing(void **state)
{
    (void)state;
    static const struct poller_interface_rule rules[] = {
        {.pattern = "ge[12]", .role = INTERFACE_ROLE_NONE},
        {.pattern = "ge3.*", .role = INTERFACE_ROLE_CORE_NODE},
        {.pattern = "*", .role = INTERFACE_ROLE_EGRESS},
    };
    struct rates *rates = rates_new(rules, 3);
    expect_names(update(rates, 60, TRUNK("")), "trunk ge3 ge3.100 ");
    expect_names(update(rates, 120, TRUNK(STACK "5.4|2|1\n")), /* other roles: both count */
                 "trunk ge3 ge3.100 ");
    rates_free(rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interface_is_known_by_its_name_and_address_not_by_its_index),
        cmocka_unit_test(interfaces_that_cannot_be_told_apart_have_no_octets),
        cmocka_unit_test(the_width_is_chosen_once_and_a_poll_without_64_bits_is_a_lost_one),
        cmocka_unit_test(a_value_that_is_not_answered_is_in_the_next_delta),
        cmocka_unit_test(a_restart_that_hides_in_lost_polls_is_a_gap),
        cmocka_unit_test(members_of_an_aggregate_and_vlans_on_a_port_are_counted_once),
        cmocka_unit_test(configuration_names_members_where_the_device_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
