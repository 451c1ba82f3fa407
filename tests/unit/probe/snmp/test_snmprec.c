/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/snmprec.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct varbind_set *parse(const char *text, struct snmprec_counts *counts)
{
    struct varbind_set *set = varbind_set_new(1000, 1 << 20);
    assert_non_null(set);
    assert_int_equal(snmprec_parse(text, strlen(text), set, counts), 0);
    return set;
}

static const struct varbind_row *find(struct varbind_set *set, const char *name)
{
    struct oid oid;
    assert_int_equal(oid_parse(name, strlen(name), &oid), 0);
    return varbind_set_find(set, &oid);
}

static void snmprec_reads_every_type(void **state)
{
    (void)state;
    struct snmprec_counts counts;
    struct varbind_set *set =
        parse("1.3.1|2|-7\n1.3.2|4|a|b\n1.3.3|5|\n1.3.4|6|.1.3.6.9\n"
              "1.3.5|64|10.1.2.3\n1.3.6|65|4294967295\n1.3.7|66|12\n"
              "1.3.8|67|99\n1.3.9|70|18446744073709551615\n"
              "1.3.10|4x|00fF 10\n1.3.11|64x|0A010203\n1.3.12|4e|a\\nb\\x41\\\\\n",
              &counts);
    assert_int_equal(counts.skipped, 0);
    assert_int_equal(varbind_set_count(set), 12);
    assert_int_equal(find(set, "1.3.1")->integer, -7);
    assert_memory_equal(find(set, "1.3.2")->bytes, "a|b", 3);
    assert_int_equal(find(set, "1.3.3")->type, VALUE_NULL);
    const struct varbind_row *oid = find(set, "1.3.4");
    assert_int_equal(oid->length, 4 * sizeof(uint32_t));
    assert_memory_equal(find(set, "1.3.5")->bytes, "\x0a\x01\x02\x03", 4);
    assert_int_equal(find(set, "1.3.6")->unsigned64, UINT32_MAX);
    assert_true(find(set, "1.3.9")->unsigned64 == UINT64_MAX);
    assert_int_equal(find(set, "1.3.10")->length, 3);
    assert_memory_equal(find(set, "1.3.10")->bytes, "\x00\xff\x10", 3);
    assert_memory_equal(find(set, "1.3.11")->bytes, "\x0a\x01\x02\x03", 4);
    assert_int_equal(find(set, "1.3.12")->length, 5);
    assert_memory_equal(find(set, "1.3.12")->bytes, "a\nbA\\", 5);
    varbind_set_free(set);
}

static void snmprec_bears_disorder_repeats_blank_lines_and_cr_lf(void **state)
{
    (void)state;
    struct snmprec_counts counts;
    struct varbind_set *set =
        parse("\r\n1.3.9|2|9\r\n\n1.3.2|2|2\r\n1.3.9|2|10\r\n \t\n1.3.10|2|1\n\n\n\n\n", &counts);
    assert_int_equal(counts.lines, 4);
    assert_int_equal(counts.skipped, 0);
    assert_int_equal(find(set, "1.3.9")->integer, 9);
    assert_int_equal(varbind_set_count(set), 3);
    size_t left = 0;
    struct oid first = {1, {1}};
    const struct varbind_row *row = varbind_set_after(set, &first, &left);
    assert_int_equal(left, 3);
    assert_int_equal(row[0].integer, 2);
    assert_int_equal(row[2].integer, 1);
    varbind_set_free(set);
}

static void snmprec_counts_the_lines_that_are_no_varbinds_and_names_the_first(void **state)
{
    (void)state;
    struct snmprec_counts counts;
    struct varbind_set *set =
        parse("1.3.1|2|1\n\nrubbish\n1.3.2|2|x\n1.3.3|4x|abc\n1.3.4|99|1\n"
              "1.3.5|64|1.2.3\n|2|1\n1.3.6|2|\n1.3.7|70|99999999999999999999\n",
              &counts);
    assert_int_equal(counts.lines, 9);
    assert_int_equal(counts.skipped, 8);
    assert_int_equal(counts.first_skipped_line, 3);
    assert_int_equal(varbind_set_count(set), 1);
    varbind_set_free(set);
}

static void snmprec_takes_the_plain_value_of_a_variation_module(void **state)
{
    (void)state;
    struct snmprec_counts counts;
    struct varbind_set *set = parse("1.3.1|65:numeric|scale=10,initial=55,rate=2\n"
                                    "1.3.2|4:writecache|value=hello,hexvalue=1\n"
                                    "1.3.3|2:notification|5\n1.3.4|4:delay|plain\n",
                                    &counts);
    assert_int_equal(counts.skipped, 0);
    assert_int_equal(find(set, "1.3.1")->unsigned64, 55);
    assert_memory_equal(find(set, "1.3.2")->bytes, "hello", 5);
    assert_int_equal(find(set, "1.3.3")->integer, 5);
    assert_memory_equal(find(set, "1.3.4")->bytes, "plain", 5);
    varbind_set_free(set);
}

static void snmprec_stops_at_the_bounds_of_the_set(void **state)
{
    (void)state;
    struct snmprec_counts counts;
    static const char text[] = "1.3.1|2|1\n1.3.2|2|1\n1.3.3|2|1\n";
    struct varbind_set *set = varbind_set_new(2, 1 << 20);
    assert_int_equal(snmprec_parse(text, sizeof text - 1, set, &counts), -ENOSPC);
    assert_int_equal(varbind_set_count(set), 2);
    varbind_set_free(set);
}

static void snmprec_load_says_why_a_file_cannot_be_read(void **state)
{
    (void)state;
    struct snmprec_counts counts;
    assert_null(snmprec_load("/nonexistent/a.snmprec", &counts));
    assert_int_equal(errno, ENOENT);
    assert_null(snmprec_load("/dev/null", &counts));
    assert_int_equal(errno, EINVAL);
}

static void a_row_is_a_number_by_its_value_and_not_by_its_type(void **state)
{
    (void)state;
    struct snmprec_counts counts;
    struct varbind_set *set = parse("1.3.1|4| 42 \n1.3.2|4|4 2\n1.3.3|4|\n1.3.4|2|-1\n1.3.5|65|7\n"
                                    "1.3.6|64|1.2.3.4\n1.3.7|4|12345678901234567890\n",
                                    &counts);
    assert_int_equal(varbind_row_u64(find(set, "1.3.1")).value, 42);
    assert_int_equal(varbind_row_u64(find(set, "1.3.5")).value, 7);
    const char *const unknown[] = {"1.3.2", "1.3.3", "1.3.4", "1.3.6", "1.3.7"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_false(varbind_row_u64(find(set, unknown[i])).known);
    varbind_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snmprec_reads_every_type),
        cmocka_unit_test(snmprec_bears_disorder_repeats_blank_lines_and_cr_lf),
        cmocka_unit_test(snmprec_counts_the_lines_that_are_no_varbinds_and_names_the_first),
        cmocka_unit_test(snmprec_takes_the_plain_value_of_a_variation_module),
        cmocka_unit_test(snmprec_stops_at_the_bounds_of_the_set),
        cmocka_unit_test(snmprec_load_says_why_a_file_cannot_be_read),
        cmocka_unit_test(a_row_is_a_number_by_its_value_and_not_by_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
