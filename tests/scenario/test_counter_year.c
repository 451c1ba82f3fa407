/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One year of a router with eight interfaces, polled every five minutes: 100 restarts, more than
 * 500 wraps of 32 and of 64 bits, 50 changes of ifIndex, interfaces that are reset, lost polls. The
 * octets that reports would tell are held against those that were sent. The same year through
 * readings taken as they come (by ifIndex, modulo the counter's width) must fail the same judge.
 */
#include "probe/snmp/rates.h"
#include "tests/support/random_report.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTS        8
#define WIDE_PORTS   4 /* the first ones have 64-bit counters */
#define STEP_S       300
#define POLLS        (365 * 288)
#define NS           UINT64_C(1000000000)
#define RESTARTS     100
#define INDEX_MOVES  50
#define RESETS       40
#define LOST_PERMIL  10
#define OUTAGES      12 /* of some hours */
#define MBIT_OCTETS  125000
#define FIRST_DAYS   490 /* of uptime: sysUpTime wraps in the first fortnight */
#define TOP_DISTANCE UINT64_C(200000000000)

struct port {
    uint64_t counter[2]; /* in, out: as the device counts, 64 bits or their low 32 */
    uint64_t unread[2];  /* sent since the last reading */
    uint64_t mbit_s;
    uint32_t index;
    uint64_t discontinuity; /* in ticks of uptime */
};

struct world {
    struct random_source random;
    struct port ports[PORTS];
    uint64_t now_s, boot_s;
    uint64_t wraps32, wraps64, restarts, moves, resets, lost;
};

/* What a meter makes of the year, held against the truth. */
struct judge {
    uint64_t known, gaps;     /* deltas */
    uint64_t measured, truth; /* octets of the known ones */
    uint64_t spikes;          /* above the line's rate */
    uint64_t measured32, truth32;
};

static bool is_wide(size_t port)
{
    return port < WIDE_PORTS;
}

static void set_counter(struct world *world, size_t port)
{
    bool near_top = is_wide(port) && port < 2; /* as if it had run for centuries */
    for (size_t way = 0; way < 2; way++)
        world->ports[port].counter[way] =
            near_top ? UINT64_MAX - random_below(&world->random, TOP_DISTANCE) : 0;
}

/* Traffic of one step: a quiet night, a busy evening, now and then all that the line carries. */
static void send(struct world *world)
{
    uint64_t hour = world->now_s / 3600 % 24;
    for (size_t p = 0; p < PORTS; p++) {
        struct port *port = &world->ports[p];
        for (size_t way = 0; way < 2; way++) {
            uint64_t full = port->mbit_s * MBIT_OCTETS * STEP_S;
            uint64_t permil = 1 + (hour > 17 ? UINT64_C(30) : 3) + random_below(&world->random, 10);
            if (random_below(&world->random, 500) == 0)
                permil = 1000;
            uint64_t octets = full / 1000 * permil;
            uint64_t before = port->counter[way];
            port->counter[way] = before + octets;
            port->unread[way] += octets;
            if (is_wide(p))
                world->wraps64 += port->counter[way] < before;
            else
                world->wraps32 += (port->counter[way] >> 32) - (before >> 32);
        }
    }
}

static bool happens(struct world *world, uint64_t times)
{
    return random_below(&world->random, POLLS) < times;
}

static void shuffle_indexes(struct world *world)
{
    for (size_t i = PORTS - 1; i > 0; i--) {
        size_t k = (size_t)random_below(&world->random, i + 1);
        uint32_t index = world->ports[i].index;
        world->ports[i].index = world->ports[k].index;
        world->ports[k].index = index;
    }
    world->moves++;
}

/* A reset that the interface announces, or (of 64 bits only) one that it does not. */
static void reset_port(struct world *world)
{
    size_t p = (size_t)random_below(&world->random, PORTS);
    bool silent = is_wide(p) && p >= 2 && random_below(&world->random, 4) == 0;
    set_counter(world, p);
    if (!silent)
        world->ports[p].discontinuity = (world->now_s - world->boot_s) * 100;
    world->resets++;
}

static void restart(struct world *world)
{
    world->boot_s = world->now_s - random_below(&world->random, STEP_S / 2);
    for (size_t p = 0; p < PORTS; p++) {
        set_counter(world, p);
        world->ports[p].discontinuity = 0;
    }
    world->restarts++;
}

static void put(struct varbind_set *set, const struct oid *column, uint32_t index,
                enum value_type type, uint64_t value)
{
    struct varbind varbind = {
        .name = *column, .type = type, .unsigned64 = value, .integer = (int64_t)value};
    varbind.name.arcs[varbind.name.length++] = index;
    assert_int_equal(varbind_set_add(set, &varbind), 0);
}

static void put_text(struct varbind_set *set, enum interface_column column, uint32_t index,
                     const void *text, size_t length)
{
    struct varbind varbind = {.name = interface_column_oid(column),
                              .type = VALUE_OCTETS,
                              .bytes = text,
                              .length = length};
    varbind.name.arcs[varbind.name.length++] = index;
    assert_int_equal(varbind_set_add(set, &varbind), 0);
}

static void put_port(const struct world *world, size_t p, struct varbind_set *set)
{
    static const enum interface_column octets[2][2] = {{IF_IN_OCTETS, IF_OUT_OCTETS},
                                                       {IF_HC_IN_OCTETS, IF_HC_OUT_OCTETS}};
    const struct port *port = &world->ports[p];
    const uint8_t address[6] = {2, 0, 0x5e, 0x10, 0, (uint8_t)p};
    char name[16];
    int length = snprintf(name, sizeof name, "GE0/0/%zu", p);
    struct oid type = interface_column_oid(IF_TYPE);
    struct oid speed = interface_column_oid(IF_HIGH_SPEED);
    struct oid discontinuity = interface_column_oid(IF_DISCONTINUITY);
    put(set, &type, port->index, VALUE_INTEGER, 6);
    put(set, &speed, port->index, VALUE_GAUGE32, port->mbit_s);
    put(set, &discontinuity, port->index, VALUE_TIME_TICKS, port->discontinuity & UINT32_MAX);
    put_text(set, IF_NAME, port->index, name, (size_t)length);
    if (p % 2 == 0)
        put_text(set, IF_PHYS_ADDRESS, port->index, address, sizeof address);
    for (size_t way = 0; way < 2; way++) {
        struct oid column = interface_column_oid(octets[is_wide(p)][way]);
        put(set, &column, port->index, is_wide(p) ? VALUE_COUNTER64 : VALUE_COUNTER32,
            is_wide(p) ? port->counter[way] : port->counter[way] & UINT32_MAX);
    }
}

static struct varbind_set *answer(const struct world *world)
{
    static const struct oid uptime = {8, {1, 3, 6, 1, 2, 1, 1, 3}};
    struct varbind_set *set = varbind_set_new(1000, 100000);
    assert_non_null(set);
    put(set, &uptime, 0, VALUE_TIME_TICKS, ((world->now_s - world->boot_s) * 100) & UINT32_MAX);
    for (size_t p = 0; p < PORTS; p++)
        put_port(world, p, set);
    return set;
}

static void hold(struct judge *judge, const struct world *world, size_t p,
                 struct optional_u64 octets, size_t way, uint64_t duration_ns)
{
    const struct port *port = &world->ports[p];
    if (!octets.known) {
        judge->gaps++;
        return;
    }
    double most = (double)port->mbit_s * MBIT_OCTETS * (double)duration_ns / (double)NS;
    judge->known++;
    judge->measured += octets.value;
    judge->truth += port->unread[way];
    judge->measured32 += is_wide(p) ? 0 : octets.value;
    judge->truth32 += is_wide(p) ? 0 : port->unread[way];
    judge->spikes += (double)octets.value > most * 1.0001;
}

static void read_protected(struct rates *rates, const struct world *world, struct judge *judge)
{
    struct varbind_set *set = answer(world);
    struct device_snapshot *snapshot = device_snapshot_new();
    assert_int_equal(rates_update(rates, set, world->now_s * NS, snapshot), 0);
    assert_int_equal(snapshot->interface_count_with_role, PORTS);
    for (size_t i = 0; i < PORTS; i++) {
        const struct report_interface *interface = &snapshot->interfaces[i];
        size_t p = (size_t)(interface->name[6] - '0');
        hold(judge, world, p, interface->in_octets, 0, interface->duration_ms * NS / 1000);
        hold(judge, world, p, interface->out_octets, 1, interface->duration_ms * NS / 1000);
    }
    device_snapshot_free(snapshot);
    varbind_set_free(set);
}

/* The same readings by a meter that knows nothing: keyed by ifIndex, modulo the width. */
struct naive {
    uint64_t last[PORTS][2];
    uint64_t last_s;
};

static void read_naively(struct naive *naive, const struct world *world, struct judge *judge)
{
    for (size_t p = 0; p < PORTS; p++) {
        const struct port *port = &world->ports[p];
        for (size_t way = 0; way < 2; way++) {
            uint64_t *last = &naive->last[port->index - 1][way];
            uint64_t delta = port->counter[way] - *last;
            if (!is_wide(p))
                delta &= UINT32_MAX;
            *last = is_wide(p) ? port->counter[way] : port->counter[way] & UINT32_MAX;
            if (naive->last_s != 0)
                hold(judge, world, p, optional_u64(delta > INT64_MAX ? INT64_MAX : delta), way,
                     (world->now_s - naive->last_s) * NS);
        }
    }
    naive->last_s = world->now_s;
}

static void begin(struct world *world)
{
    static const uint64_t speeds[PORTS] = {1000, 10000, 1000, 40000, 100, 100, 50, 10};
    *world = (struct world){.random = {.state = 20260101}, .now_s = FIRST_DAYS * UINT64_C(86400)};
    for (size_t p = 0; p < PORTS; p++) {
        world->ports[p].mbit_s = speeds[p];
        world->ports[p].index = (uint32_t)p + 1;
        set_counter(world, p);
    }
}

/* Lives the year; true in turn for each poll that comes through. */
static bool live_a_step(struct world *world, uint64_t *outage_until_s)
{
    world->now_s += STEP_S;
    send(world);
    if (happens(world, RESTARTS * 2) && world->restarts < RESTARTS)
        restart(world);
    if (happens(world, INDEX_MOVES * 2) && world->moves < INDEX_MOVES)
        shuffle_indexes(world);
    if (happens(world, RESETS))
        reset_port(world);
    if (happens(world, OUTAGES))
        *outage_until_s = world->now_s + 3600 * (1 + random_below(&world->random, 6));
    bool lost = world->now_s < *outage_until_s || random_below(&world->random, 1000) < LOST_PERMIL;
    world->lost += lost;
    return !lost;
}

static void forget_unread(struct world *world)
{
    for (size_t p = 0; p < PORTS; p++)
        memset(world->ports[p].unread, 0, sizeof world->ports[p].unread);
}

static double error_permil(uint64_t measured, uint64_t truth)
{
    double apart = measured > truth ? (double)(measured - truth) : (double)(truth - measured);
    return truth > 0 ? 1000 * apart / (double)truth : 0;
}

static void a_year_has_no_spike_and_its_totals_hold_outside_marked_gaps(void **state)
{
    (void)state;
    static const struct poller_interface_rule rules[] = {
        {.pattern = "GE*", .role = INTERFACE_ROLE_CORE_NODE}};
    struct rates *rates = rates_new(rules, 1);
    struct judge judge = {.known = 0};
    struct judge bare = {.known = 0};
    struct naive naive = {.last_s = 0};
    struct world world;
    uint64_t outage_until_s = 0;
    begin(&world);
    for (size_t poll = 0; poll < POLLS; poll++) {
        if (!live_a_step(&world, &outage_until_s))
            continue;
        read_protected(rates, &world, &judge);
        read_naively(&naive, &world, &bare);
        forget_unread(&world);
    }
    rates_free(rates);
    print_message("# %llu restarts, %llu + %llu wraps of 32 and 64 bits, %llu changes of ifIndex, "
                  "%llu resets, %llu polls lost\n",
                  (unsigned long long)world.restarts, (unsigned long long)world.wraps32,
                  (unsigned long long)world.wraps64, (unsigned long long)world.moves,
                  (unsigned long long)world.resets, (unsigned long long)world.lost);
    print_message("# %llu deltas, %llu gaps, %llu spikes, totals off by %.4f permil "
                  "(32 bits: %.4f); without protection %llu spikes, off by %.4g permil\n",
                  (unsigned long long)judge.known, (unsigned long long)judge.gaps,
                  (unsigned long long)judge.spikes, error_permil(judge.measured, judge.truth),
                  error_permil(judge.measured32, judge.truth32), (unsigned long long)bare.spikes,
                  error_permil(bare.measured, bare.truth));
    assert_int_equal(world.restarts, RESTARTS);
    assert_int_equal(world.moves, INDEX_MOVES);
    assert_true(world.wraps32 >= 450 && world.wraps64 >= 50);
    assert_true(world.wraps32 + world.wraps64 >= 500);
    assert_true(world.lost > 1000);
    assert_int_equal(judge.spikes, 0);
    assert_true(error_permil(judge.measured, judge.truth) <= 1);
    assert_true(error_permil(judge.measured32, judge.truth32) <= 1);
    assert_true(judge.gaps * 100 < judge.known * 4); /* gaps are no way out */
    assert_true(bare.spikes > 100);                  /* the judge bites */
    assert_true(error_permil(bare.measured, bare.truth) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_has_no_spike_and_its_totals_hold_outside_marked_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
