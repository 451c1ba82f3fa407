/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/quota.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>

#define SEED UINT64_C(0x9e3779b97f4a7c15)
#define NOW  (1000 * CLOCK_NS_PER_S)
#define DAY  (86400 * CLOCK_NS_PER_S)

static struct topic topic_of(const char *operator_name, const char *probe_name,
                             enum topic_kind kind)
{
    struct topic topic = {.kind = kind};
    (void)snprintf(topic.operator_name, sizeof topic.operator_name, "%s", operator_name);
    (void)snprintf(topic.probe_name, sizeof topic.probe_name, "%s", probe_name);
    return topic;
}

static struct quota *quota_of(uint64_t probes, uint64_t per_s, uint64_t per_day)
{
    const struct quota_limits limits = {
        .probes_max = probes, .reports_per_s_max = per_s, .bytes_per_day_max = per_day};
    struct quota *quota = quota_new(&limits, SEED);
    assert_non_null(quota);
    return quota;
}

/* How many of count messages at once are taken. */
static unsigned take(struct quota *quota, const struct topic *topic, size_t length, uint64_t now_ns,
                     unsigned count)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < count; i++)
        taken += quota_take(quota, topic, length, now_ns) == QUOTA_OK;
    return taken;
}

static void a_burst_of_ten_seconds_is_taken_then_the_rate(void **state)
{
    (void)state;
    struct quota *quota = quota_of(10, 100, UINT64_C(1) << 40);
    const struct topic topic = topic_of("cu", "one", TOPIC_REPORT);
    assert_int_equal(take(quota, &topic, 100, NOW, 5000), 1000);
    assert_int_equal(take(quota, &topic, 100, NOW, 5000), 0);
    for (unsigned s = 1; s <= 60; s++)
        assert_int_equal(take(quota, &topic, 100, NOW + s * CLOCK_NS_PER_S, 5000), 100);
    assert_int_equal(take(quota, &topic, 100, NOW + DAY, 5000), 1000); /* and no more is saved up */
    quota_free(quota);
}

static void octets_of_a_day_are_taken_at_once_then_as_the_day_goes_by(void **state)
{
    (void)state;
    struct quota *quota = quota_of(10, 1000000, 1000000);
    const struct topic topic = topic_of("cu", "one", TOPIC_BACKLOG);
    assert_in_range(take(quota, &topic, 1000, NOW, 5000), 999, 1000);
    assert_in_range(take(quota, &topic, 1000, NOW + DAY / 2, 5000), 499, 501);
    assert_in_range(take(quota, &topic, 1000, NOW + DAY, 5000), 499, 501);
    quota_free(quota);
}

static void one_probe_at_its_limit_takes_nothing_from_another(void **state)
{
    (void)state;
    struct quota *quota = quota_of(10, 10, UINT64_C(1) << 40);
    const struct topic loud = topic_of("cu", "one", TOPIC_REPORT);
    const struct topic same_name = topic_of("cm", "one", TOPIC_REPORT);
    assert_int_equal(take(quota, &loud, 1, NOW, 1000000), 100);
    assert_int_equal(take(quota, &same_name, 1, NOW, 100), 100);
    quota_free(quota);
}

static void states_have_an_account_of_their_own(void **state)
{
    (void)state;
    struct quota *quota = quota_of(10, 10, UINT64_C(1) << 40);
    const struct topic says = topic_of("cu", "one", TOPIC_STATE);
    const struct topic reports = topic_of("cu", "one", TOPIC_REPORT);
    assert_int_equal(take(quota, &says, 20, NOW, 1000), 20);
    assert_int_equal(take(quota, &says, 20, NOW + 3 * CLOCK_NS_PER_S, 1000), 3);
    assert_int_equal(take(quota, &reports, 1, NOW, 100), 100);
    quota_free(quota);
}

static void new_names_stop_at_the_limit_and_known_ones_go_on(void **state)
{
    (void)state;
    struct quota *quota = quota_of(1000, 10, UINT64_C(1) << 40);
    char name[32];
    unsigned taken = 0;
    assert_int_equal(quota_know(quota, "cu", "honest"), 0);
    assert_int_equal(quota_know(quota, "cu", "honest"), 0);
    for (unsigned i = 0; i < 1000000; i++) {
        (void)snprintf(name, sizeof name, "new-%u", i);
        const struct topic topic = topic_of("cu", name, TOPIC_STATE);
        enum quota_verdict verdict = quota_take(quota, &topic, 1, NOW);
        assert_true(verdict == QUOTA_OK || verdict == QUOTA_TOO_MANY_PROBES);
        taken += verdict == QUOTA_OK;
    }
    assert_int_equal(taken, 999);
    assert_int_equal(quota_probes(quota), 1000);
    const struct topic honest = topic_of("cu", "honest", TOPIC_REPORT);
    const struct topic first = topic_of("cu", "new-0", TOPIC_REPORT);
    assert_int_equal(quota_take(quota, &honest, 1, NOW), QUOTA_OK);
    assert_int_equal(quota_take(quota, &first, 1, NOW), QUOTA_OK);
    assert_int_equal(quota_know(quota, "cu", "of-the-registry"), 0); /* has its place in any case */
    const struct topic known = topic_of("cu", "of-the-registry", TOPIC_REPORT);
    assert_int_equal(quota_take(quota, &known, 1, NOW), QUOTA_OK);
    quota_free(quota);
}

static void names_are_parted(void **state)
{
    (void)state;
    struct quota *quota = quota_of(10, 1, UINT64_C(1) << 40);
    assert_int_equal(quota_know(quota, "a", "bc"), 0);
    assert_int_equal(quota_know(quota, "ab", "c"), 0);
    assert_int_equal(quota_know(quota, "a", "b"), 0);
    assert_int_equal(quota_probes(quota), 3);
    quota_free(quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_of_ten_seconds_is_taken_then_the_rate),
        cmocka_unit_test(octets_of_a_day_are_taken_at_once_then_as_the_day_goes_by),
        cmocka_unit_test(one_probe_at_its_limit_takes_nothing_from_another),
        cmocka_unit_test(states_have_an_account_of_their_own),
        cmocka_unit_test(new_names_stop_at_the_limit_and_known_ones_go_on),
        cmocka_unit_test(names_are_parted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
