/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/counter.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>

#define S       UINT64_C(1000000000)
#define TOP32   UINT64_C(4294967295)
#define UNSAID  UINT64_MAX /* an object that was not answered */
#define DAY_497 UINT64_C(4294967295)
#define UNKNOWN UINT64_MAX

/* Two readings an interval apart; uptime in hundredths of a second, speed in Mbit/s. */
struct counter_case {
    const char *name;
    bool wide_before, wide_after;
    uint64_t before, after;
    uint64_t seconds;
    uint64_t uptime_before, uptime_after;
    uint64_t discontinuity_before, discontinuity_after;
    uint64_t mbit_s;
    enum counter_verdict verdict;
    uint64_t octets; /* UNKNOWN: no delta */
};

#define W true
#define N false
static const struct counter_case cases[] = {
    {"64 bits count", W, W, 1000, 5000, 60, 100, 6100, 0, 0, 1000, COUNTER_GOOD, 4000},
    {"64 bits stand still", W, W, 1000, 1000, 60, 100, 6100, 0, 0, 1000, COUNTER_GOOD, 0},
    {"64 bits at full speed", W, W, 0, 7500000000, 60, 100, 6100, 0, 0, 1000, COUNTER_GOOD,
     7500000000},
    {"64 bits pass 2^32", W, W, TOP32 - 5, TOP32 + 5, 60, 100, 6100, 0, 0, 1000, COUNTER_GOOD, 10},
    {"64 bits too fast", W, W, 0, 9000000000, 60, 100, 6100, 0, 0, 1000, COUNTER_TOO_FAST, UNKNOWN},
    {"64 bits, speed 0 bounds nothing", W, W, 0, 9000000000, 60, 100, 6100, 0, 0, 0, COUNTER_GOOD,
     9000000000},
    {"64 bits, speed unsaid", W, W, 0, 9000000000, 60, 100, 6100, 0, 0, UNSAID, COUNTER_GOOD,
     9000000000},
    {"64 bits go back", W, W, 5000, 1000, 60, 100, 6100, 0, 0, 1000, COUNTER_WENT_BACK, UNKNOWN},
    {"64 bits go back, speed unsaid", W, W, 5000, 1000, 60, 100, 6100, 0, 0, UNSAID,
     COUNTER_WENT_BACK, UNKNOWN},
    {"64 bits go back to 0", W, W, 5000, 0, 60, 100, 6100, 0, 0, 1000, COUNTER_WENT_BACK, UNKNOWN},
    {"64 bits wrap", W, W, UINT64_MAX - 9, 10, 60, 100, 6100, 0, 0, 1000, COUNTER_WRAPPED, 20},
    {"64 bits near the top, speed unsaid", W, W, UINT64_MAX - 9, 10, 60, 100, 6100, 0, 0, UNSAID,
     COUNTER_WENT_BACK, UNKNOWN},
    {"64 bits, 10 s, burst within slack", W, W, 0, 1400000000, 10, 0, 1000, 0, 0, 1000,
     COUNTER_GOOD, 1400000000},
    {"64 bits, 10 s, burst beyond slack", W, W, 0, 1600000000, 10, 0, 1000, 0, 0, 1000,
     COUNTER_TOO_FAST, UNKNOWN},
    {"64 bits at 400 Gbit/s", W, W, 0, 3000000000000, 60, 0, 6000, 0, 0, 400000, COUNTER_GOOD,
     3000000000000},
    {"agent restarted, counter from 0", W, W, 900000, 40, 60, 500000, 3000, 0, 0, 1000,
     COUNTER_RESTARTED, UNKNOWN},
    {"agent restarted, counter kept on", W, W, 900000, 900100, 60, 500000, 3000, 0, 0, 1000,
     COUNTER_RESTARTED, UNKNOWN},
    {"agent restarted at once", W, W, 100, 200, 60, 6000, 5999, 0, 0, 1000, COUNTER_RESTARTED,
     UNKNOWN},
    {"sysUpTime wraps", W, W, 100, 200, 60, DAY_497 - 2999, 3000, 0, 0, 1000, COUNTER_GOOD, 100},
    {"sysUpTime wraps, agent's clock 2 % slow", W, W, 100, 200, 600, DAY_497 - 29999, 28800, 0, 0,
     1000, COUNTER_GOOD, 100},
    {"sysUpTime near its wrap, but restarted", W, W, 100, 200, 60, DAY_497 - 2999, 90000, 0, 0,
     1000, COUNTER_RESTARTED, UNKNOWN},
    {"restart while polls were lost, uptime higher than before", W, W, 100, 200, 7200, 60000,
     300000, 0, 0, 1000, COUNTER_RESTARTED, UNKNOWN},
    {"an agent that counts its uptime in seconds", W, W, 100, 200, 600, 900000, 900600, 0, 0, 1000,
     COUNTER_GOOD, 100},
    {"restart just before the poll, 1 h apart", W, W, 100, 200, 3600, 400000, 500, 0, 0, 1000,
     COUNTER_RESTARTED, UNKNOWN},
    {"sysUpTime unsaid", W, W, 100, 200, 60, UNSAID, UNSAID, 0, 0, 1000, COUNTER_GOOD, 100},
    {"sysUpTime said the second time only", W, W, 100, 200, 60, UNSAID, 5, 0, 0, 1000, COUNTER_GOOD,
     100},
    {"sysUpTime stands still", W, W, 100, 200, 60, 777, 777, 0, 0, 1000, COUNTER_GOOD, 100},
    {"interface reset, and said so", W, W, 900000, 40, 60, 100, 6100, 0, 5000, 1000,
     COUNTER_DISCONTINUOUS, UNKNOWN},
    {"interface reset, counter higher", W, W, 900000, 900040, 60, 100, 6100, 7, 5000, 1000,
     COUNTER_DISCONTINUOUS, UNKNOWN},
    {"discontinuity unsaid", W, W, 100, 200, 60, 100, 6100, UNSAID, UNSAID, 1000, COUNTER_GOOD,
     100},
    {"discontinuity said the second time only", W, W, 100, 200, 60, 100, 6100, UNSAID, 5000, 1000,
     COUNTER_GOOD, 100},
    {"32 bits count", N, N, 1000, 5000, 60, 100, 6100, 0, 0, 100, COUNTER_GOOD, 4000},
    {"32 bits wrap at 100 Mbit/s", N, N, TOP32 - 99, 100, 60, 100, 6100, 0, 0, 100, COUNTER_WRAPPED,
     200},
    {"32 bits wrap at full 100 Mbit/s", N, N, 4000000000, 455032704, 60, 100, 6100, 0, 0, 100,
     COUNTER_WRAPPED, 750000000},
    {"32 bits reset at 100 Mbit/s", N, N, 2000000000, 1000, 60, 100, 6100, 0, 0, 100,
     COUNTER_WENT_BACK, UNKNOWN},
    {"32 bits too fast at 10 Mbit/s", N, N, 0, 100000000, 60, 100, 6100, 0, 0, 10, COUNTER_TOO_FAST,
     UNKNOWN},
    {"32 bits at 1 Gbit/s may wrap twice", N, N, 0, 5000, 60, 100, 6100, 0, 0, 1000,
     COUNTER_AMBIGUOUS, UNKNOWN},
    {"32 bits at 1 Gbit/s, back, may wrap twice", N, N, 5000, 0, 90, 100, 9100, 0, 0, 1000,
     COUNTER_AMBIGUOUS, UNKNOWN},
    {"32 bits at 1 Gbit/s in 10 s wrap once", N, N, TOP32 - 9, 990, 10, 100, 1100, 0, 0, 1000,
     COUNTER_WRAPPED, 1000},
    {"32 bits at 10 Gbit/s in 3 s", N, N, 0, 5000, 3, 100, 400, 0, 0, 10000, COUNTER_AMBIGUOUS,
     UNKNOWN},
    {"32 bits go back, speed unsaid", N, N, TOP32 - 9, 990, 60, 100, 6100, 0, 0, UNSAID,
     COUNTER_WENT_BACK, UNKNOWN},
    {"32 bits count, speed unsaid", N, N, 10, 990, 60, 100, 6100, 0, 0, UNSAID, COUNTER_GOOD, 980},
    {"32 bits and a restart", N, N, TOP32 - 9, 10, 60, 600000, 100, 0, 0, 100, COUNTER_RESTARTED,
     UNKNOWN},
    {"32 bits and a discontinuity", N, N, TOP32 - 9, 10, 60, 100, 6100, 1, 2, 100,
     COUNTER_DISCONTINUOUS, UNKNOWN},
    {"32 bits, then 64", N, W, 1000, 5000, 60, 100, 6100, 0, 0, 1000, COUNTER_CHANGED_WIDTH,
     UNKNOWN},
    {"64 bits, then 32", W, N, 1000, 5000, 60, 100, 6100, 0, 0, 1000, COUNTER_CHANGED_WIDTH,
     UNKNOWN},
    {"nothing before", W, W, UNSAID, 5000, 60, 100, 6100, 0, 0, 1000, COUNTER_FIRST, UNKNOWN},
    {"nothing after", W, W, 5000, UNSAID, 60, 100, 6100, 0, 0, 1000, COUNTER_FIRST, UNKNOWN},
    {"no time between", W, W, 1000, 5000, 0, 100, 100, 0, 0, 1000, COUNTER_NO_TIME, UNKNOWN},
    {"a year between at 1 Mbit/s", W, W, 0, 3000000000000, 31536000, UNSAID, UNSAID, 0, 0, 1,
     COUNTER_GOOD, 3000000000000},
};

static struct optional_u64 said(uint64_t value)
{
    return (struct optional_u64){.known = value != UNSAID, .value = value};
}

static void counter_delta_is_right_or_unknown_in_every_case_of_the_table(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct counter_case *c = &cases[i];
        /* a counter may stand at 2^64-1 itself: only UNSAID readings are "not answered" */
        const struct counter_reading before = {said(c->before),
                                               c->wide_before,
                                               1000 * S,
                                               said(c->uptime_before),
                                               said(c->discontinuity_before),
                                               said(c->mbit_s),
                                               {.known = false, .value = 0}};
        const struct counter_reading after = {said(c->after),
                                              c->wide_after,
                                              1000 * S + c->seconds * S,
                                              said(c->uptime_after),
                                              said(c->discontinuity_after),
                                              said(c->mbit_s),
                                              {.known = false, .value = 0}};
        struct counter_delta delta = counter_delta(&before, &after);
        bool right = delta.verdict == c->verdict && delta.octets.known == (c->octets != UNKNOWN) &&
                     (!delta.octets.known || delta.octets.value == c->octets);
        if (!right)
            print_error("%s: %s\n", c->name, counter_verdict_name(delta.verdict));
        wrong += !right;
    }
    assert_int_equal(wrong, 0);
    assert_true(sizeof cases / sizeof cases[0] >= 40);
}

/* A year of 5-minute polls of a busy interface, with restarts and wraps at known times. */
static void a_year_with_restarts_and_wraps_has_no_spike_and_loses_only_marked_gaps(void **state)
{
    (void)state;
    const uint64_t step_s = 300;
    const uint64_t mbit_s = 80; /* of 100: a 32-bit counter wraps every 7 minutes */
    const uint64_t step_octets = mbit_s * 125000 * step_s;
    uint64_t uptime_s = 490 * UINT64_C(86400); /* sysUpTime wraps within the first fortnight */
    uint64_t count = 0;
    uint64_t truth = 0;
    uint64_t measured = 0;
    unsigned gaps = 0;
    struct counter_reading before = {.value = {.known = false}};
    for (uint64_t poll = 0; poll < 365 * 288; poll++) {
        bool restart = poll % 1051 == 1050; /* 100 in the year */
        uptime_s = restart ? 20 : uptime_s + step_s;
        count = restart ? mbit_s * 125000 * 20 : count + step_octets;
        const struct counter_reading after = {
            optional_u64(count & UINT32_MAX), false,
            (poll + 1) * step_s * S,          optional_u64((uptime_s * 100) & UINT32_MAX),
            {.known = false, .value = 0},     optional_u64(100),
            {.known = false, .value = 0}};
        struct counter_delta delta = counter_delta(&before, &after);
        before = after;
        if (!delta.octets.known) {
            gaps++;
            continue;
        }
        assert_true(delta.octets.value <= step_octets + step_octets / 10);
        truth += step_octets;
        measured += delta.octets.value;
    }
    assert_int_equal(gaps, 101); /* the first reading, and one for each restart */
    assert_true(measured == truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_delta_is_right_or_unknown_in_every_case_of_the_table),
        cmocka_unit_test(a_year_with_restarts_and_wraps_has_no_spike_and_loses_only_marked_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
