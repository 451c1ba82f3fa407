/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/prefix_table.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/random_report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool covers(const struct ip_prefix *prefix, uint8_t version, const uint8_t *address)
{
    if (prefix->ip_version != version)
        return false;
    for (unsigned bit = 0; bit < prefix->bits; bit++)
        if ((prefix->address[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8) & 1)
            return false;
    return true;
}

/* Bit by bit, each prefix in turn: slow and plain. */
static unsigned naive(const struct prefix_class *prefixes, size_t count, uint8_t version,
                      const uint8_t *address)
{
    unsigned class = PREFIX_CLASS_NONE;
    int longest = -1;
    for (size_t i = 0; i < count; i++)
        if (covers(&prefixes[i].prefix, version, address) && prefixes[i].prefix.bits >= longest) {
            longest = prefixes[i].prefix.bits;
            class = prefixes[i].class;
        }
    return class;
}

/* Few different bytes, so that prefixes nest, touch and repeat. */
static void random_address(struct random_source *source, uint8_t version, uint8_t out[static 16])
{
    static const uint8_t bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
    memset(out, 0, 16);
    for (size_t i = 0; i < (version == 4 ? 4 : 16); i++)
        out[i] = bytes[random_below(source, sizeof bytes)];
}

static void prefix_table_agrees_with_a_naive_longest_match(void **state)
{
    (void)state;
    struct random_source source = {.state = 4711};
    static struct prefix_class prefixes[300];
    for (unsigned round = 0; round < 400; round++) {
        size_t count = (size_t)random_below(&source, round % 4 == 0 ? 300 : 12);
        for (size_t i = 0; i < count; i++) {
            uint8_t version = random_below(&source, 2) ? 4 : 6;
            uint64_t most = version == 4 ? 33 : 129;
            prefixes[i] = (struct prefix_class){
                .prefix = {.ip_version = version, .bits = (uint8_t)random_below(&source, most)},
                .class = (uint8_t)random_below(&source, 5)};
            random_address(&source, version, prefixes[i].prefix.address);
        }
        struct prefix_table *table = prefix_table_new(prefixes, count);
        assert_non_null(table);
        for (unsigned i = 0; i < 200; i++) {
            uint8_t version = i % 2 ? 4 : 6, address[16];
            random_address(&source, version, address);
            assert_int_equal(prefix_table_find(table, version, address),
                             naive(prefixes, count, version, address));
        }
        prefix_table_free(table);
    }
}

static void prefix_table_knows_the_edges_of_a_prefix_and_of_the_space(void **state)
{
    (void)state;
    static const struct prefix_class prefixes[] = {
        {{4, 8, {10}}, 1},
        {{4, 24, {10, 0, 0}}, 2},
        {{4, 32, {255, 255, 255, 255}}, 3},
        {{6, 1, {0x80}}, 4},
    };
    static const struct {
        uint8_t version, address[16], class;
    } cases[] = {
        {4, {9, 255, 255, 255}, 0},
        {4, {10, 0, 0, 0}, 2},
        {4, {10, 0, 0, 255}, 2},
        {4, {10, 0, 1, 0}, 1},
        {4, {10, 255, 255, 255}, 1},
        {4, {11, 0, 0, 0}, 0},
        {4, {255, 255, 255, 254}, 0},
        {4, {255, 255, 255, 255}, 3},
        {4, {0}, 0},
        {6, {0x7f, 0xff}, 0},
        {6, {0x80}, 4},
        {6, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, 4},
    };
    struct prefix_table *table = prefix_table_new(prefixes, sizeof prefixes / sizeof *prefixes);
    assert_non_null(table);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(prefix_table_find(table, cases[i].version, cases[i].address),
                         cases[i].class);
    prefix_table_free(table);
}

static void prefix_table_refuses_what_is_no_prefix(void **state)
{
    (void)state;
    static const struct prefix_class wrong[] = {
        {{4, 33, {0}}, 1}, {{6, 129, {0}}, 1}, {{5, 8, {0}}, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(prefix_table_new(&wrong[i], 1));
        assert_int_equal(errno, EINVAL);
    }
}

static void prefix_table_without_prefixes_has_no_class(void **state)
{
    (void)state;
    static const uint8_t address[16] = {8, 8, 8, 8};
    struct prefix_table *table = prefix_table_new(NULL, 0);
    assert_non_null(table);
    assert_int_equal(prefix_table_find(table, 4, address), PREFIX_CLASS_NONE);
    assert_int_equal(prefix_table_find(table, 6, address), PREFIX_CLASS_NONE);
    prefix_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefix_table_agrees_with_a_naive_longest_match),
        cmocka_unit_test(prefix_table_knows_the_edges_of_a_prefix_and_of_the_space),
        cmocka_unit_test(prefix_table_refuses_what_is_no_prefix),
        cmocka_unit_test(prefix_table_without_prefixes_has_no_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
