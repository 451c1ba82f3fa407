/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the kernel shares frames without a VLAN tag among the captures of a group: each flow stays
 * whole, each line as far as its frames say it, each capture has its part, and nothing is lost. On
 * a pair of virtual interfaces in a namespace of the test's own; skipped without root.
 */
#include "probe/capture/fanout_program.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/veth.h"

#include <linux/filter.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

enum {
    LINES = 300,
    KINDS_MAX = 16,
    FRAMES_MAX = LINES * KINDS_MAX,
    FRAME_BYTES = 110,
    MEMBERS_MAX = 4
};

static bool allowed;
static const struct ip_prefix inside[] = {{4, 12, {10, 0x10}},
                                          {6, 45, {0x20, 0x01, 0x0d, 0xb8, 0, 0x0f}}};

/* ---- frames of subscribers ---- */

enum body {
    NOTHING,
    IPV4,
    IPV4_FRAGMENT,
    IPV4_OUTSIDE, /* neither end is a subscriber's */
    IPV4_DHCP,    /* from nowhere to all */
    IPV4_NEIGHBOUR,
    IPV6,
    IPV6_LOCAL, /* between addresses that hold on the link only */
    OTHERS,
};

/* What a subscriber's traffic is made of. */
struct kind {
    uint16_t type;
    enum body body;
    bool down, to_group;
    bool other_gateway; /* answers from another MAC than it is asked at */
    bool tag;           /* with a priority, of no VLAN */
    unsigned labels;    /* of MPLS */
    unsigned flow;      /* 0: goes with its line; else only with what has the same number */
};

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_ARP = 0x0806, TYPE_MPLS = 0x8847 };
enum { TYPE_PPPOE_DISCOVERY = 0x8863, TYPE_PPPOE = 0x8864 };

struct offered {
    uint8_t bytes[FRAMES_MAX][FRAME_BYTES];
    struct veth_frame frames[FRAMES_MAX];
    size_t count;
};
static struct offered offered;

static uint8_t *put(uint8_t *at, const void *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static uint8_t *put_macs(uint8_t *at, const struct kind *kind, unsigned line, bool routed)
{
    const uint8_t gateway[] = {2, 0, 0, 0, 1, kind->other_gateway ? 2 : 1};
    const uint8_t router[] = {2, 0, 0, 0, 2, 1};
    const uint8_t subscriber[] = {0xf4,          0x6d, (uint8_t)(line % 3), (uint8_t)(line >> 8),
                                  (uint8_t)line, 0x10};
    const uint8_t group[] = {0x33, 0x33, 0, 0, 0, 0xfb};
    const uint8_t *near = routed ? router : subscriber;
    at = put(at, kind->to_group ? group : kind->down ? near : gateway, 6);
    return put(at, kind->down ? gateway : near, 6);
}

static uint8_t *put_ends(uint8_t *at, const void *near, const void *far, size_t length, bool down)
{
    at = put(at, down ? far : near, length);
    return put(at, down ? near : far, length);
}

static uint8_t *put_ipv4(uint8_t *at, const struct kind *kind, unsigned line)
{
    uint8_t header[12] = {0x45, 0, 0, 60, 0, 1, 0, 0, 64, 17};
    uint8_t near[] = {10, 0x17, (uint8_t)(line >> 8), (uint8_t)line};
    uint8_t far[] = {198, 51, 100, (uint8_t)(line * 7)};
    static const uint8_t nobody[4], all[] = {255, 255, 255, 255};
    if (kind->body == IPV4_FRAGMENT)
        header[7] = 100;
    if (kind->body == IPV4_OUTSIDE)
        near[1] = 0x20;
    if (kind->body == IPV4_NEIGHBOUR)
        put(far, (uint8_t[]){10, 0x18, 9, (uint8_t)line}, 4);
    at = put(at, header, sizeof header);
    if (kind->body == IPV4_DHCP)
        return put_ends(at, nobody, all, 4, false);
    return put_ends(at, near, far, 4, kind->down);
}

static uint8_t *put_ipv6(uint8_t *at, const struct kind *kind, unsigned line)
{
    static const uint8_t header[] = {0x60, 0, 0, 0, 0, 20, 17, 64};
    uint8_t near[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0x0b, (uint8_t)(line >> 8), (uint8_t)line};
    uint8_t far[16] = {0x20, 0x01, 0x0d, 0xb9, [14] = (uint8_t)(line * 5)};
    if (kind->body == IPV6_LOCAL) {
        put(near, (uint8_t[8]){0xfe, 0x80}, 8);
        put(far, (uint8_t[8]){0xfe, 0x80}, 8);
    }
    near[15] = (uint8_t)line;
    at = put(at, header, sizeof header);
    return put_ends(at, near, far, 16, kind->down);
}

static uint8_t *put_body(uint8_t *at, const struct kind *kind, unsigned line)
{
    if (kind->body >= IPV4 && kind->body <= IPV4_NEIGHBOUR)
        return put_ipv4(at, kind, line);
    return kind->body == IPV6 || kind->body == IPV6_LOCAL ? put_ipv6(at, kind, line) : at;
}

/* A frame that says at its end with which others it must stay. */
static void make_frame(uint8_t out[static FRAME_BYTES], const struct kind *kind, unsigned line,
                       bool routed)
{
    uint32_t whole = kind->flow * LINES + line;
    memset(out, 0, FRAME_BYTES);
    uint8_t *at = put_macs(out, kind, line, routed);
    if (kind->tag)
        at = put(at, (uint8_t[]){0x81, 0, 0xa0, 0}, 4);
    at = put(at, (uint8_t[]){(uint8_t)(kind->type >> 8), (uint8_t)kind->type}, 2);
    for (unsigned i = 0; i < kind->labels; i++)
        at = put(at, (uint8_t[]){0, kind->down, i + 1 == kind->labels ? 0x11 : 0x10, 64}, 4);
    (void)put_body(at, kind, line);
    memcpy(out + FRAME_BYTES - sizeof whole, &whole, sizeof whole);
}

static void offer(const struct kind *kinds, size_t count, bool routed)
{
    offered.count = 0;
    for (size_t i = 0; i < count; i++)
        for (unsigned line = 0; line < LINES; line++) {
            uint8_t *bytes = offered.bytes[offered.count];
            make_frame(bytes, &kinds[i], line, routed);
            offered.frames[offered.count++] = (struct veth_frame){bytes, FRAME_BYTES};
        }
}

/* ---- a group ---- */

struct group {
    struct capture *members[MEMBERS_MAX];
    unsigned count;
    int member_of[LINES * KINDS_MAX]; /* of what must be whole; -1: nobody's yet */
    unsigned packets[MEMBERS_MAX], lines[MEMBERS_MAX];
    unsigned parted; /* frames that did not come where others of the same had come */
    unsigned reading;
};

static void open_group(struct group *group, unsigned count, enum capture_share by)
{
    static uint16_t number = 100;
    char error[CAPTURE_ERROR_BYTES] = "";
    const struct capture_options options = {
        .interface = VETH_FAR,
        .buffer_bytes = 4 << 20,
        .timeout_ms = 10,
        .sharing = {++number, by, inside, sizeof inside / sizeof inside[0]}};
    memset(group, 0, sizeof *group);
    memset(group->member_of, 0xff, sizeof group->member_of);
    group->count = count;
    for (unsigned i = 0; i < count; i++) {
        group->members[i] = capture_open_live(&options, error);
        if (!group->members[i])
            print_message("# %s\n", error);
        assert_non_null(group->members[i]);
    }
}

static void close_group(struct group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        capture_close(group->members[i]);
}

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct group *group = ctx;
    int me = (int)group->reading;
    group->packets[me] += (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        uint32_t whole = 0;
        if (frames[i].captured_bytes < FRAME_BYTES)
            continue;
        memcpy(&whole, frames[i].bytes + frames[i].captured_bytes - sizeof whole, sizeof whole);
        int *member = &group->member_of[whole];
        if (*member == -1)
            group->lines[me]++;
        group->parted += *member != -1 && *member != me;
        *member = me;
    }
}

/* Sends what is offered and reads until all of it has come; false when some has not. */
static bool run(struct group *group)
{
    const struct veth_load load = {.frames = offered.frames,
                                   .frame_count = offered.count,
                                   .packets = offered.count,
                                   .most_ns = 5 * NS_PER_S};
    size_t seen = 0;
    assert_int_equal(veth_send(&load), offered.count);
    for (unsigned idle = 0; idle < 100 && seen < offered.count;) {
        size_t before = seen;
        for (group->reading = 0; group->reading < group->count; group->reading++) {
            int frames = capture_read(group->members[group->reading], 0, on_frames, group);
            assert_true(frames >= 0);
            seen += (size_t)frames;
        }
        idle = seen == before ? idle + 1 : 0;
    }
    return seen == offered.count;
}

/* Within six deviations of as many lots. */
static void assert_fair(const struct group *group)
{
    double lots = 0;
    for (unsigned i = 0; i < group->count; i++)
        lots += group->lines[i];
    for (unsigned i = 0; i < group->count; i++) {
        double p = 1.0 / group->count, off = group->lines[i] - lots * p;
        assert_true(off * off <= 36 * lots * p * (1 - p));
    }
}

static void check(enum capture_share by, const struct kind *kinds, size_t count, bool routed)
{
    struct group group;
    for (unsigned members = 2; members <= MEMBERS_MAX; members += 2) {
        offer(kinds, count, routed);
        open_group(&group, members, by);
        assert_true(run(&group));
        assert_int_equal(group.parted, 0);
        assert_fair(&group);
        close_group(&group);
    }
}

#define KINDS(list) list, sizeof(list) / sizeof(list)[0]

/* ---- what is shared by what ---- */

static const struct kind one_gateway[] = {
    {.type = TYPE_IPV4, .body = IPV4},
    {.type = TYPE_IPV4, .body = IPV4, .down = true},
    {.type = TYPE_IPV4, .body = IPV4_OUTSIDE},
    {.type = TYPE_IPV6, .body = IPV6},
    {.type = TYPE_IPV6, .body = IPV6, .down = true},
    {.type = TYPE_IPV6, .body = IPV6_LOCAL, .down = true},
    {.type = TYPE_PPPOE_DISCOVERY},
    {.type = TYPE_PPPOE},
    {.type = TYPE_PPPOE, .down = true},
    {.type = TYPE_ARP, .down = true},
    {.type = TYPE_IPV4, .body = IPV4, .tag = true},
};

static const struct kind two_gateways[] = {
    {.type = TYPE_IPV4, .body = IPV4},
    {.type = TYPE_IPV4, .body = IPV4, .down = true, .other_gateway = true},
    {.type = TYPE_IPV4, .body = IPV4_FRAGMENT, .down = true, .other_gateway = true},
    {.type = TYPE_IPV4, .body = IPV4_DHCP, .to_group = true},
    {.type = TYPE_IPV6, .body = IPV6},
    {.type = TYPE_IPV6, .body = IPV6, .down = true, .other_gateway = true},
    {.type = TYPE_IPV6, .body = IPV6_LOCAL, .to_group = true},
    {.type = TYPE_IPV4, .body = IPV4_NEIGHBOUR, .flow = 1},
    {.type = TYPE_IPV4, .body = IPV4_NEIGHBOUR, .down = true, .other_gateway = true, .flow = 1},
    {.type = TYPE_IPV4, .body = IPV4_OUTSIDE, .flow = 2},
    {.type = TYPE_IPV4, .body = IPV4_OUTSIDE, .down = true, .other_gateway = true, .flow = 2},
    {.type = TYPE_PPPOE_DISCOVERY, .flow = 3},
    {.type = TYPE_PPPOE, .flow = 3},
    {.type = TYPE_PPPOE, .down = true, .flow = 3},
};

static const struct kind behind_a_router[] = {
    {.type = TYPE_IPV4, .body = IPV4},
    {.type = TYPE_IPV4, .body = IPV4, .down = true},
    {.type = TYPE_IPV4, .body = IPV4_FRAGMENT},
    {.type = TYPE_IPV4, .body = IPV4, .down = true, .tag = true},
    {.type = TYPE_MPLS, .body = IPV4, .labels = 1},
    {.type = TYPE_MPLS, .body = IPV4, .labels = 3, .down = true},
    {.type = TYPE_IPV6, .body = IPV6, .flow = 1},
    {.type = TYPE_IPV6, .body = IPV6, .down = true, .flow = 1},
    {.type = TYPE_MPLS, .body = IPV6, .labels = 4, .down = true, .flow = 1},
    {.type = TYPE_IPV4, .body = IPV4_OUTSIDE, .flow = 2},
    {.type = TYPE_IPV4, .body = IPV4_OUTSIDE, .down = true, .flow = 2},
    {.type = TYPE_IPV4, .body = IPV4_NEIGHBOUR, .flow = 3},
    {.type = TYPE_IPV4, .body = IPV4_NEIGHBOUR, .down = true, .flow = 3},
};

static void a_pair_of_macs_keeps_all_of_a_subscriber_together(void **state)
{
    (void)state;
    if (!allowed)
        skip();
    check(CAPTURE_SHARE_MACS, KINDS(one_gateway), false);
}

static void the_inside_mac_keeps_a_subscriber_together_whatever_the_gateways_do(void **state)
{
    (void)state;
    if (!allowed)
        skip();
    check(CAPTURE_SHARE_INSIDE_MAC, KINDS(two_gateways), false);
}

static void behind_a_router_the_inside_address_keeps_flows_whole_and_spreads_them(void **state)
{
    (void)state;
    if (!allowed)
        skip();
    check(CAPTURE_SHARE_INSIDE_ADDRESS, KINDS(behind_a_router), true);
}

/* The checks above can fail: what is shared by the wrong thing is parted, or lies on one. */
static void the_wrong_choice_parts_lines_or_leaves_all_to_one(void **state)
{
    (void)state;
    struct group group;
    if (!allowed)
        skip();
    offer(KINDS(two_gateways), false);
    open_group(&group, 2, CAPTURE_SHARE_MACS);
    assert_true(run(&group));
    assert_true(group.parted > LINES / 4);
    close_group(&group);
    offer(KINDS(behind_a_router), true);
    open_group(&group, 2, CAPTURE_SHARE_MACS);
    assert_true(run(&group));
    assert_true(group.packets[0] == 0 || group.packets[1] == 0);
    close_group(&group);
}

static void frames_that_end_before_their_addresses_are_counted_once(void **state)
{
    (void)state;
    struct group group;
    static const enum capture_share shares[] = {CAPTURE_SHARE_MACS, CAPTURE_SHARE_INSIDE_MAC,
                                                CAPTURE_SHARE_INSIDE_ADDRESS};
    if (!allowed)
        skip();
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        offer(KINDS(behind_a_router), true);
        for (size_t k = 0; k < offered.count; k++)
            offered.frames[k].length = 20 + k % 50; /* the kernel drops half a tag */
        open_group(&group, 3, shares[i]);
        assert_true(run(&group));
        close_group(&group);
    }
}

static void as_many_prefixes_as_the_settings_take_find_room(void **state)
{
    (void)state;
    static struct ip_prefix many[64];
    static struct sock_filter steps[FANOUT_PROGRAM_MAX];
    char error[CAPTURE_ERROR_BYTES] = "";
    for (size_t i = 0; i < 64; i++) {
        memcpy(many[i].address, inside[1].address, 16);
        many[i].ip_version = 6;
        many[i].bits = 127;
        many[i].address[7] = (uint8_t)i;
    }
    const struct capture_options options = {
        .interface = VETH_FAR, .sharing = {99, CAPTURE_SHARE_INSIDE_ADDRESS, many, 64}};
    int length = fanout_program(&options.sharing, LINK_ETHERNET, steps);
    assert_in_range(length, 64 * 8, FANOUT_PROGRAM_MAX);
    assert_int_equal(fanout_program(&options.sharing, LINK_IEEE802_11_RADIOTAP, steps), 1);
    assert_int_equal(steps[0].code, BPF_RET | BPF_K);
    if (!allowed)
        skip();
    struct capture *capture = capture_open_live(&options, error);
    assert_non_null(capture); /* the kernel takes it */
    capture_close(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_of_macs_keeps_all_of_a_subscriber_together),
        cmocka_unit_test(the_inside_mac_keeps_a_subscriber_together_whatever_the_gateways_do),
        cmocka_unit_test(behind_a_router_the_inside_address_keeps_flows_whole_and_spreads_them),
        cmocka_unit_test(the_wrong_choice_parts_lines_or_leaves_all_to_one),
        cmocka_unit_test(frames_that_end_before_their_addresses_are_counted_once),
        cmocka_unit_test(as_many_prefixes_as_the_settings_take_find_room),
    };
    allowed = veth_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
