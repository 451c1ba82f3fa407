/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The memory of a table of any size, fixed or growing, filled beyond its room: what it takes never
 * exceeds its limit, and all of it is given back.
 */
#include "probe/flow/flow_table.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_TESTED ((size_t)16 << 20)
#define BYTES_PER_FLOW  64 /* no flow takes less: so many flows overflow any table */
#define T0              (UINT64_C(1700000000) * 1000000000)

static size_t held, most_held;
static struct {
    const uint8_t *start;
    size_t bytes;
} taken[8]; /* in turn */
static size_t taken_count, wanted_bytes;

static void *take(size_t bytes)
{
    held += bytes;
    most_held = held > most_held ? held : most_held;
    void *memory = calloc(1, bytes);
    taken[taken_count % 8].start = memory;
    taken[taken_count++ % 8].bytes = bytes;
    return memory;
}

/* What is told of was taken, and has not been written yet. */
static void want(void *memory, size_t bytes)
{
    const uint8_t *start = memory;
    bool within = false;
    for (size_t i = 0; i < 8; i++)
        within |= start >= taken[i].start && start + bytes <= taken[i].start + taken[i].bytes;
    assert_true(within);
    for (size_t i = 0; i < bytes; i += 16) /* one of which a record has */
        if (start[i] != 0)
            fail_msg("byte %zu of %zu was written before it was told of", i, bytes);
    wanted_bytes += bytes;
}

static void give(void *memory, size_t bytes)
{
    assert_true(bytes <= held);
    held -= bytes;
    free(memory);
}

static void fill(struct flow_table *table, size_t flows)
{
    struct flow_verdict verdicts[FLOW_BATCH];
    static struct packet batch[FLOW_BATCH];
    for (size_t i = 0; i < flows; i += FLOW_BATCH) {
        for (uint32_t j = 0; j < FLOW_BATCH; j++) {
            struct packet *packet = &batch[j];
            uint32_t number = (uint32_t)i + j;
            memset(packet, 0, sizeof *packet);
            packet->key.ip_version = number % 2 ? 4 : 6;
            packet->key.protocol = 17;
            memcpy(packet->key.source_address, &number, sizeof number);
            packet->ip_bytes = 100;
            packet->time_unix_ns = T0 + number;
        }
        flow_table_update(table, batch, FLOW_BATCH, verdicts);
    }
}

static void assert_limit_holds(size_t limit, bool grow)
{
    held = most_held = 0;
    struct flow_options options = {.memory_bytes = limit,
                                   .seed = {1, 2},
                                   .idle_timeout_ns = FLOW_NEVER,
                                   .active_timeout_ns = FLOW_NEVER,
                                   .grow = grow,
                                   .take_memory = take,
                                   .give_memory = give};
    struct flow_table *table = flow_table_new(&options, NULL);
    assert_non_null(table);
    fill(table, limit / BYTES_PER_FLOW);
    struct flow_counts counts = flow_table_counts(table);
    if (most_held > limit)
        fail_msg("a limit of %zu, %zu taken, growing: %d", limit, most_held, grow);
    assert_true(counts.flows_active <= flow_table_capacity(table));
    assert_true(counts.packets_not_stored > 0); /* it was full */
    flow_table_free(table);
    assert_int_equal(held, 0);
}

static void flow_table_takes_no_more_memory_than_its_limit_whatever_that_is(void **state)
{
    (void)state;
    for (size_t limit = FLOW_MEMORY_MIN; limit < SIZE_MAX_TESTED; limit += limit / 7 + 1) {
        assert_limit_holds(limit, false);
        assert_limit_holds(limit, true);
    }
}

/* The bytes that the flows from 2^18 on take, and a part of an index of 2^20 buckets, before it has
 * them. */
static void flow_table_tells_of_what_it_will_write_before_it_does(void **state)
{
    (void)state;
    const size_t flows = 600000, bytes_of_flow = 64 + 16;
    for (unsigned grow = 0; grow < 2; grow++) {
        wanted_bytes = 0;
        struct flow_options options = {.memory_bytes = (size_t)256 << 20,
                                       .seed = {1, 2},
                                       .idle_timeout_ns = FLOW_NEVER,
                                       .active_timeout_ns = FLOW_NEVER,
                                       .grow = grow,
                                       .take_memory = take,
                                       .give_memory = give,
                                       .want_memory = want};
        struct flow_table *table = flow_table_new(&options, NULL);
        assert_non_null(table);
        fill(table, grow ? flows : flows / 2);
        assert_int_equal(flow_table_counts(table).packets_not_stored, 0);
        size_t least = (flows - (1 << 18)) * bytes_of_flow + ((size_t)4 << 20);
        assert_true(grow ? wanted_bytes >= least : wanted_bytes == 0);
        assert_true(wanted_bytes <= options.memory_bytes);
        flow_table_free(table);
    }
}

static void flow_table_refuses_a_limit_in_which_nothing_fits(void **state)
{
    (void)state;
    assert_null(flow_table_new(&(struct flow_options){.memory_bytes = FLOW_MEMORY_MIN - 1}, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_table_takes_no_more_memory_than_its_limit_whatever_that_is),
        cmocka_unit_test(flow_table_tells_of_what_it_will_write_before_it_does),
        cmocka_unit_test(flow_table_refuses_a_limit_in_which_nothing_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
