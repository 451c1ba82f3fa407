/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Months of subscribers by a model so slow that it is obvious: leases, releases, routers that are
 * changed and go to neighbours, RADIUS sessions whose stops are lost, traffic at the access node
 * and beyond the router, holidays after which a line is forgotten. At each interval's end the meter
 * has as many lines active as the model, all octets are somewhere, and nobody was told twice that
 * day. LASTMILE_RUNS=1000 for more than the few runs of the suite.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/meter_stage.h"
#include "tests/support/random_numbers.h"

#include <stdio.h>
#include <stdlib.h>

#define RUNS        200
#define STEPS       400
#define SUBSCRIBERS 10
#define ADDRESSES   14
#define TOLD_MAX    4096
#define DAY_S       86400
#define CITY_S      (8 * 3600)
#define INTERIM_S   600

static const struct access_rule rules[] = {
    {.vlans = {100, 100, 0, 4095}, .access_node = "OLT-1", .area = "371002"},
    {.vlans = {0, 0, 0, 0}, .access_node = "bras-1", .area = "371002", .routed = true},
};

struct subscriber {
    uint64_t mac;
    int address; /* that he uses, or -1 */
    bool active;
    bool named;  /* since he was last forgotten */
    bool by_mac; /* he has been seen, but not named: nobody can tell if he changes his router */
    uint64_t seen_s;
    unsigned session; /* number of his last one; 0: none */
    bool session_lives;
    uint64_t session_seen_s;
};

/* Whose an address is: a lease's until it ends, or a session's until that does. */
struct holding {
    int subscriber; /* or -1 */
    uint64_t end_minute;
    unsigned session; /* 0: a lease */
};

static struct world {
    uint64_t random;
    struct subscriber subscribers[SUBSCRIBERS];
    struct holding holdings[ADDRESSES];
    uint64_t now_s, octets, counted, macs;
    unsigned sessions;
    uint64_t told[TOLD_MAX];
    size_t told_count;
    uint64_t told_day;
} world;

static uint32_t below(uint32_t limit)
{
    return (uint32_t)(random_bits(&world.random) % limit);
}

/* ---- what is sent ---- */

static void send(void)
{
    packet_finish(&stage.packet);
    bool tagged = stage.packet.bytes[12] == 0x81;
    world.octets += stage.packet.length - (tagged ? 18 : 14);
    stage_send(world.now_s);
    world.now_s += 3; /* flows end sooner */
}

static void say(unsigned operation, unsigned message, const struct subscriber *one, int number,
                uint32_t lease_s)
{
    char circuit[32];
    (void)snprintf(circuit, sizeof circuit, "OLT-1 eth %d", number);
    bool up = operation == 1;
    uint32_t address = CLIENT + (uint32_t)one->address;
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, up ? one->mac : CORE, up ? CORE : one->mac);
    packet_vlan(&stage.packet, 0x8100, 100);
    packet_ipv4(&stage.packet, 0, 0xffffffff);
    packet_udp(&stage.packet, up ? 68 : 67, up ? 67 : 68);
    packet_dhcp(&stage.packet, &(struct packet_dhcp){.operation = operation,
                                                     .message = message,
                                                     .client_mac = one->mac,
                                                     .client_address = up ? address : 0,
                                                     .your_address = up ? 0 : address,
                                                     .circuit = up ? NULL : circuit,
                                                     .lease_s = lease_s});
    send();
}

static void put_traffic(uint64_t mac, uint32_t address)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, mac ? mac : ROUTER, CORE);
    if (mac)
        packet_vlan(&stage.packet, 0x8100, 100);
    packet_ipv4(&stage.packet, address, ELSEWHERE);
    packet_udp(&stage.packet, 5000, 443);
    packet_zeros(&stage.packet, 1 + below(1000));
    send();
}

static void put_record(unsigned status, const struct subscriber *one, int number)
{
    char session[16], user[16], port[16];
    (void)snprintf(session, sizeof session, "s%u", one->session);
    (void)snprintf(user, sizeof user, "user%d", number);
    (void)snprintf(port, sizeof port, "port%d", number);
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, 0x020000000101, 0x020000000102);
    packet_vlan(&stage.packet, 0x8100, 999);
    packet_ipv4(&stage.packet, 0xc0000201, 0xc0000202);
    packet_udp(&stage.packet, 40000, 1813);
    packet_radius(&stage.packet, &(struct packet_radius){.status = status,
                                                         .session = session,
                                                         .nas = "n",
                                                         .user = user,
                                                         .port_id = number % 2 ? port : NULL,
                                                         .address = CLIENT + (uint32_t)one->address,
                                                         .interim_s = INTERIM_S});
    send();
}

/* ---- what happens ---- */

static void see(struct subscriber *one)
{
    one->active = true;
    one->seen_s = world.now_s;
}

static bool is_held(int address)
{
    const struct holding *held = &world.holdings[address];
    return held->subscriber >= 0 && (held->session || world.now_s / 60 < held->end_minute);
}

/* False: the address is another's. */
static bool lease(int number)
{
    static const uint32_t times[] = {600, 3600, 86400, 7 * 86400};
    struct subscriber *one = &world.subscribers[number];
    int address = one->address;
    if (address < 0 || world.holdings[address].subscriber != number)
        address = (int)below(ADDRESSES);
    if (is_held(address) && world.holdings[address].subscriber != number)
        return false;
    uint32_t lease_s = times[below(4)];
    for (int i = 0; i < SUBSCRIBERS; i++)
        if (world.subscribers[i].address == address)
            world.subscribers[i].address = -1;
    one->address = address;
    see(one);
    one->named = true;
    one->by_mac = false;
    world.holdings[address] =
        (struct holding){number, world.now_s / 60 + (lease_s + 59) / 60 + 1, 0};
    say(2, 5, one, number, lease_s);
    return true;
}

static void release(int number)
{
    struct subscriber *one = &world.subscribers[number];
    if (one->address < 0 || !is_held(one->address) ||
        world.holdings[one->address].subscriber != number)
        return;
    world.holdings[one->address].subscriber = -1;
    say(1, 7, one, number, 0);
    one->address = -1;
}

/* The old one goes to a neighbour, who takes a lease at once, or away. */
static void change_router(int number)
{
    struct subscriber *one = &world.subscribers[number];
    uint64_t old = one->mac;
    int neighbour = (number + 1) % SUBSCRIBERS;
    if (one->by_mac || world.subscribers[neighbour].by_mac)
        return;
    one->mac = 0x020000010000 + world.macs++;
    if (!lease(number)) {
        one->mac = old;
        return;
    }
    uint64_t before = world.subscribers[neighbour].mac;
    world.subscribers[neighbour].mac = old;
    if (below(2) || !lease(neighbour))
        world.subscribers[neighbour].mac = before;
}

static void use(int number)
{
    struct subscriber *one = &world.subscribers[number];
    bool held = one->address >= 0 && is_held(one->address) &&
                world.holdings[one->address].subscriber == number;
    see(one);
    one->by_mac = !one->named;
    put_traffic(one->mac, held ? CLIENT + (uint32_t)one->address : 0x0a000000u + (uint32_t)number);
}

static void use_beyond_router(void)
{
    int address = (int)below(ADDRESSES);
    if (is_held(address))
        see(&world.subscribers[world.holdings[address].subscriber]);
    put_traffic(0, CLIENT + (uint32_t)address);
}

static void account(int number)
{
    struct subscriber *one = &world.subscribers[number];
    if (one->address < 0 || !is_held(one->address) ||
        world.holdings[one->address].subscriber != number)
        return;
    struct holding *held = &world.holdings[one->address];
    bool stop = one->session_lives && below(4) == 0;
    if (!one->session_lives && held->session)
        return;
    if (!one->session_lives || below(6) == 0) { /* the stop was lost */
        if (held->session)
            return;
        one->session = ++world.sessions;
        stop = false;
    }
    bool begins = !one->session_lives || one->session == world.sessions;
    one->session_lives = !stop;
    one->session_seen_s = world.now_s;
    see(one);
    if (!stop)
        *held = (struct holding){number, 0, one->session};
    else if (held->session == one->session)
        held->subscriber = -1;
    put_record(stop ? 2 : begins ? 1 : 3, one, number);
}

/* ---- the interval's end ---- */

/* A line that is forgotten holds nothing, unless it has a session. */
static void forget(void)
{
    for (int i = 0; i < SUBSCRIBERS; i++) {
        if (world.subscribers[i].session_lives)
            world.subscribers[i].seen_s = world.now_s;
        if (world.now_s - world.subscribers[i].seen_s < DAY_S)
            continue;
        world.subscribers[i].named = world.subscribers[i].by_mac = false;
        for (int k = 0; k < ADDRESSES; k++)
            if (world.holdings[k].subscriber == i)
                world.holdings[k].subscriber = -1;
    }
}

/* Sessions that are silent have ended, and hold nothing. */
static void end_sessions(void)
{
    for (int i = 0; i < SUBSCRIBERS; i++) {
        struct subscriber *one = &world.subscribers[i];
        if (!one->session_lives || world.now_s - one->session_seen_s <= 3 * INTERIM_S)
            continue;
        one->session_lives = false;
        for (int k = 0; k < ADDRESSES; k++)
            if (world.holdings[k].session == one->session)
                world.holdings[k].subscriber = -1;
    }
}

static void note_told(uint64_t pseudonym)
{
    uint64_t day = (world.now_s - 1 + CITY_S) / DAY_S;
    if (day != world.told_day)
        world.told_count = 0;
    world.told_day = day;
    for (size_t i = 0; i < world.told_count; i++)
        assert_true(world.told[i] != pseudonym);
    assert_true(world.told_count < SUBSCRIBERS); /* each of them once, by whichever name */
    world.told[world.told_count++] = pseudonym;
}

static void end_interval(void)
{
    unsigned expected = 0;
    uint64_t active = 0;
    for (int i = 0; i < SUBSCRIBERS; i++)
        expected += world.subscribers[i].active;
    struct report *report = stage_collect(world.now_s);
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        active += cell->lines_active;
        world.counted += cell->upstream_octets + cell->downstream_octets;
        for (size_t k = 0; k < cell->line_pseudonym_count; k++)
            note_told(cell->line_pseudonyms[k]);
    }
    report_free(report);
    assert_int_equal(active, expected);
    assert_int_equal(world.counted + stage_unattributed(), world.octets);
    struct meter_totals totals;
    meter_totals(stage.meter, &totals);
    assert_true(totals.lines.lines_known <= SUBSCRIBERS);
    assert_int_equal(totals.lines.bindings_not_stored + totals.lines.names_not_stored, 0);
    for (int i = 0; i < SUBSCRIBERS; i++)
        world.subscribers[i].active = false;
    end_sessions();
    forget();
}

static void step(void)
{
    int number = (int)below(SUBSCRIBERS);
    switch (below(16)) {
    case 0:
    case 1:
    case 2:
        (void)lease(number);
        break;
    case 3:
        release(number);
        break;
    case 4:
        change_router(number);
        break;
    case 5:
    case 6:
    case 7:
        account(number);
        break;
    case 8:
    case 9:
        use_beyond_router();
        break;
    case 10:
    case 11:
        end_interval();
        world.now_s += below(8) == 0 ? below(3 * DAY_S) : below(1200);
        end_interval();
        break;
    default:
        use(number);
        break;
    }
}

static void live(uint64_t seed)
{
    struct meter_options options = stage_options();
    options.line.rules = rules;
    options.line.rule_count = sizeof rules / sizeof rules[0];
    options.flow.idle_timeout_ns = NS_PER_S;
    stage_begin(&options);
    world = (struct world){.random = seed, .now_s = MORNING_S, .macs = SUBSCRIBERS};
    for (int i = 0; i < SUBSCRIBERS; i++)
        world.subscribers[i] =
            (struct subscriber){.mac = 0x020000010000 + (uint64_t)i, .address = -1};
    for (int i = 0; i < ADDRESSES; i++)
        world.holdings[i].subscriber = -1;
    for (int i = 0; i < STEPS; i++)
        step();
    end_interval();
    meter_free(stage.meter);
}

static void lines_live_as_the_model_s_do(void **state)
{
    (void)state;
    const char *runs = getenv("LASTMILE_RUNS"), *from = getenv("LASTMILE_FROM");
    unsigned long first = from ? strtoul(from, NULL, 10) : 0;
    for (unsigned long seed = first; seed < first + (runs ? strtoul(runs, NULL, 10) : RUNS);
         seed++) {
        if (runs)
            print_message("# seed %lu\n", seed);
        live(seed);
    }
}

/* Far more clients than there is room for: their octets are somewhere, what was not kept is
 * counted, and when the first are forgotten there is room again. */
static void a_full_meter_counts_what_it_does_not_keep(void **state)
{
    (void)state;
    struct meter_options options = stage_options();
    options.line.memory_bytes = LINE_MEMORY_MIN;
    options.flow.idle_timeout_ns = NS_PER_S;
    stage_begin(&options);
    world = (struct world){.random = 1, .now_s = MORNING_S};
    struct meter_totals totals;
    for (int day = 0; day < 3; day++) {
        uint64_t missed = 0;
        for (int i = 0; i < 2000; i++) {
            struct subscriber one = {.mac =
                                         0x020000010000 + (random_bits(&world.random) & 0xffffff),
                                     .address = (int)below(60000)};
            if (below(2))
                say(2, 5, &one, (int)below(1000), 86400 * 7);
            put_traffic(one.mac, CLIENT + (uint32_t)one.address);
            meter_totals(stage.meter, &totals);
            assert_true(totals.lines.lines_known < 1000);
            if (i == 0)
                missed = totals.lines.lines_not_stored;
        }
        assert_true(totals.lines.lines_not_stored > missed);
        struct report *report = stage_collect(world.now_s);
        world.counted += report->cells[0].upstream_octets;
        assert_int_equal(world.counted + stage_unattributed(), world.octets);
        report_free(report);
        world.now_s += 2 * DAY_S;
        report_free(stage_collect(world.now_s));
        meter_totals(stage.meter, &totals);
        assert_int_equal(totals.lines.lines_known, 0);
    }
    meter_free(stage.meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_live_as_the_model_s_do),
                                       cmocka_unit_test(a_full_meter_counts_what_it_does_not_keep)};
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
