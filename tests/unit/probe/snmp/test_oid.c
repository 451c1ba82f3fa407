/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/oid.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct oid parse(const char *text)
{
    struct oid oid = {.length = 0};
    assert_int_equal(oid_parse(text, strlen(text), &oid), 0);
    return oid;
}

static void oid_parse_takes_arcs_above_2_to_the_31_and_a_leading_dot(void **state)
{
    (void)state;
    char text[OID_TEXT_BYTES];
    struct oid oid = parse(".1.3.4294967295.0");
    assert_int_equal(oid.arcs[2], UINT32_MAX);
    oid_format(&oid, text, sizeof text);
    assert_string_equal(text, "1.3.4294967295.0");
}

static void oid_parse_refuses_what_is_no_object_identifier(void **state)
{
    (void)state;
    const char *const wrong[] = {"",    ".",  "1.",   "1..3", "1.3.4294967296",
                                 "1.a", "-1", "1 .3", "1.3x"};
    struct oid oid = {.length = 77};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(oid_parse(wrong[i], strlen(wrong[i]), &oid), -EINVAL);
    char long_text[2 * OID_ARCS_MAX + 3] = "";
    for (size_t i = 0; i < OID_ARCS_MAX + 1; i++)
        memcpy(long_text + 2 * i, "1.", 2);
    assert_int_equal(oid_parse(long_text, 2 * OID_ARCS_MAX + 1, &oid), -EINVAL);
    assert_int_equal(oid.length, 77);
}

static void oid_compare_orders_as_a_walk_does(void **state)
{
    (void)state;
    const char *const ascending[] = {"1.3",     "1.3.0",  "1.3.6",
                                     "1.3.6.1", "1.3.10", "1.3.2147483648"};
    for (size_t i = 0; i + 1 < sizeof ascending / sizeof ascending[0]; i++) {
        struct oid a = parse(ascending[i]);
        struct oid b = parse(ascending[i + 1]);
        assert_true(oid_compare(&a, &b) < 0);
        assert_true(oid_compare(&b, &a) > 0);
        assert_int_equal(oid_compare(&a, &a), 0);
    }
}

static void oid_has_prefix_is_true_of_a_subtree_and_itself(void **state)
{
    (void)state;
    struct oid prefix = parse("1.3.6.1.4.1.2011");
    struct oid inside = parse("1.3.6.1.4.1.2011.2.123");
    struct oid beside = parse("1.3.6.1.4.1.20110");
    assert_true(oid_has_prefix(&inside, &prefix));
    assert_true(oid_has_prefix(&prefix, &prefix));
    assert_false(oid_has_prefix(&prefix, &inside));
    assert_false(oid_has_prefix(&beside, &prefix));
}

static void oid_format_cuts_at_a_small_buffer_and_ends_it(void **state)
{
    (void)state;
    char text[6];
    struct oid oid = parse("1.3.6.1.4.1");
    oid_format(&oid, text, sizeof text);
    assert_string_equal(text, "1.3.6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oid_parse_takes_arcs_above_2_to_the_31_and_a_leading_dot),
        cmocka_unit_test(oid_parse_refuses_what_is_no_object_identifier),
        cmocka_unit_test(oid_compare_orders_as_a_walk_does),
        cmocka_unit_test(oid_has_prefix_is_true_of_a_subtree_and_itself),
        cmocka_unit_test(oid_format_cuts_at_a_small_buffer_and_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
