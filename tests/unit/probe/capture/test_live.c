/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Live capture on a pair of virtual interfaces in a namespace of the test's own: what was sent is
 * what was seen and dropped, to the packet; the kernel samples; an interface comes back. Skipped
 * without root.
 */
#include "probe/capture/capture.h"

#include "probe/capture/selector.h"
#include "probe/capture/visibility.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/veth.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

static bool allowed, by_libpcap;
static uint8_t small_frame[60], large_frame[1514];
static const struct veth_frame offered[] = {{small_frame, sizeof small_frame},
                                            {large_frame, sizeof large_frame}};

static void *send_load(void *ctx)
{
    struct veth_load *load = ctx;
    load->packets = (uint64_t)veth_send(load);
    return NULL;
}

static struct veth_load load_of(uint64_t packets, uint64_t packets_per_s)
{
    return (struct veth_load){.frames = offered,
                              .frame_count = 2,
                              .packets = packets,
                              .packets_per_s = packets_per_s,
                              .most_ns = 10 * NS_PER_S};
}

struct seen {
    struct sampling_sum sum;
    size_t longest;
};

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct seen *seen = ctx;
    for (size_t i = 0; i < count; i++) {
        sampling_sum_add(&seen->sum, frames[i].sampling_interval, frames[i].wire_bytes);
        if (frames[i].captured_bytes > seen->longest)
            seen->longest = frames[i].captured_bytes;
    }
}

/* In small blocks: each is handed over at its time, however empty, and a slow machine sends for
 * seconds while nobody reads. */
static struct capture *open_far(const char *filter, int buffer_bytes)
{
    char error[CAPTURE_ERROR_BYTES] = "";
    const struct capture_options options = {.interface = VETH_FAR,
                                            .filter = filter,
                                            .snaplen = 128,
                                            .buffer_bytes = buffer_bytes,
                                            .block_bytes = 1 << 16,
                                            .timeout_ms = 20,
                                            .by_libpcap = by_libpcap};
    struct capture *capture = capture_open_live(&options, error);
    if (!capture)
        print_message("# %s\n", error);
    else
        assert_int_equal(capture_reads_ring(capture), !by_libpcap);
    return capture;
}

/* Until nothing has come for five reads. */
static int drain(struct capture *capture, struct seen *seen)
{
    int status = 0;
    for (unsigned idle = 0; idle < 5 && status >= 0;) {
        status = capture_read(capture, 0, on_frames, seen);
        idle = status == 0 ? idle + 1 : 0;
    }
    return status;
}

/* Sends from a thread and reads meanwhile. Returns the packets sent. */
static uint64_t run_load(struct capture *capture, struct veth_load *load, struct seen *seen)
{
    pthread_t sender;
    assert_int_equal(pthread_create(&sender, NULL, send_load, load), 0);
    assert_true(drain(capture, seen) >= 0);
    assert_int_equal(pthread_join(sender, NULL), 0);
    assert_true(drain(capture, seen) >= 0);
    return load->packets;
}

static void what_was_sent_was_seen_or_dropped_to_the_packet(void **state)
{
    (void)state;
    static const int buffers[] = {16 << 20, 1 << 18}; /* roomy, and one that runs over */
    if (!allowed)
        skip();
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = {0};
        struct capture_losses lost;
        struct veth_load load = load_of(200000, 0);
        struct capture *capture = open_far(NULL, buffers[i]);
        assert_non_null(capture);
        if (i == 1) { /* nobody reads while it is sent */
            load.packets = 20000;
            (void)send_load(&load);
        }
        uint64_t sent = i == 1 ? load.packets : run_load(capture, &load, &seen);
        assert_true(drain(capture, &seen) >= 0);
        assert_int_equal(capture_losses(capture, &lost), 0);
        assert_int_equal(seen.sum.taken + lost.dropped, sent);
        assert_int_equal(seen.longest, 128);
        assert_true(i == 0 || lost.dropped > 0);
        assert_true(lost.interface_octets.known);
        assert_int_equal(lost.interface_octets.value, sent / 2 * (60 + 1514));
        if (lost.dropped == 0)
            assert_int_equal(seen.sum.scaled_octets, lost.interface_octets.value);
        capture_close(capture);
    }
}

static void the_kernel_samples_at_the_rate_asked_and_the_frames_say_it(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        uint32_t interval;
        double part; /* of the packets that pass the filter */
    } cases[] = {{NULL, 10, 1}, {"greater 1000", 4, 0.5}, {NULL, 1, 1}};
    if (!allowed)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = {0};
        struct capture_losses lost;
        struct veth_load load = load_of(200000, 0);
        struct capture *capture = open_far(cases[i].filter, 0);
        assert_non_null(capture);
        assert_int_equal(
            capture_set_sampling(capture, REPORT_SAMPLING_PROBABILISTIC, cases[i].interval, 1), 0);
        assert_true(capture_samples_in_kernel(capture));
        double passing = cases[i].part * (double)run_load(capture, &load, &seen);
        assert_int_equal(capture_losses(capture, &lost), 0);
        assert_int_equal(lost.received, seen.sum.taken + lost.dropped); /* the others: not copied */
        double p = 1.0 / cases[i].interval;
        double sigma = sqrt(passing * p * (1 - p));
        assert_true(fabs((double)lost.received - passing * p) <= 5 * sigma);
        assert_int_equal(seen.sum.scaled_packets, seen.sum.taken * cases[i].interval);
        assert_int_equal(lost.interface_octets.known, cases[i].filter == NULL);
        capture_close(capture);
    }
}

static void each_frame_says_the_rate_at_which_the_kernel_chose_it(void **state)
{
    (void)state;
    struct seen seen = {0};
    if (!allowed)
        skip();
    struct capture *capture = open_far(NULL, 64 << 20);
    assert_non_null(capture);
    uint64_t sent = 0;
    static const uint32_t intervals[] = {1, 8, 2};
    for (size_t i = 0; i < 3; i++) { /* nothing is read between the changes */
        struct veth_load load = load_of(50000, 0);
        if (i > 0)
            assert_int_equal(
                capture_set_sampling(capture, REPORT_SAMPLING_PROBABILISTIC, intervals[i], 1), 0);
        (void)send_load(&load);
        sent += load.packets;
    }
    assert_true(drain(capture, &seen) >= 0);
    struct sampling_estimate estimate = sampling_sum_estimate(&seen.sum);
    struct capture_losses lost;
    assert_int_equal(capture_losses(capture, &lost), 0);
    assert_int_equal(lost.dropped, 0);
    assert_int_equal(estimate.changes, 2);
    assert_true(estimate.packets_error > 0);
    assert_true(fabs((double)estimate.packets - (double)sent) <=
                5 * (double)estimate.packets_error);
    assert_true(fabs((double)estimate.octets - (double)lost.interface_octets.value) <=
                5 * (double)estimate.octets_error);
    capture_close(capture);
}

static void systematic_sampling_in_user_space_is_exact(void **state)
{
    (void)state;
    struct seen seen = {0};
    if (!allowed)
        skip();
    struct capture *capture = open_far(NULL, 64 << 20);
    assert_non_null(capture);
    assert_int_equal(capture_set_sampling(capture, REPORT_SAMPLING_SYSTEMATIC, 100, 0), 0);
    assert_false(capture_samples_in_kernel(capture));
    struct veth_load load = load_of(50000, 0);
    uint64_t sent = run_load(capture, &load, &seen);
    assert_int_equal(seen.sum.taken, sent / 100);
    assert_int_equal(seen.sum.scaled_packets, sent);
    assert_int_equal(capture_set_sampling(capture, REPORT_SAMPLING_SYSTEMATIC, 0, 0), -EINVAL);
    assert_int_equal(capture_set_sampling(capture, REPORT_SAMPLING_FLOW_HASH, 2, 0), -EINVAL);
    capture_close(capture);
}

enum { GROUP = 3, LINES = 200, PER_LINE = 50 };

struct share {
    int member;
    unsigned packets;
    int *member_of; /* by line; -1: nobody's yet */
};

static unsigned line_of(const struct frame *frame)
{
    const uint8_t *tags = frame->bytes + 12;
    return (tags[3] - 100u) * 20 + tags[7];
}

static void on_shared_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct share *share = ctx;
    share->packets += (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        int *member = &share->member_of[line_of(&frames[i])];
        assert_true(*member == -1 || *member == share->member);
        *member = share->member;
    }
}

/* A line's frames in both directions, PPPoE sessions and discovery, behind two tags. */
static void make_line_frame(unsigned line, unsigned turn, uint8_t out[static 64])
{
    const uint8_t tags[] = {0x88, 0xa8,
                            0,    (uint8_t)(100 + line / 20),
                            0x81, 0,
                            0,    (uint8_t)(line % 20),
                            0x88, turn % 5 ? 0x64 : 0x63};
    memset(out, 0, 64);
    out[turn % 2 ? 5 : 11] = (uint8_t)line;
    out[turn % 2 ? 11 : 5] = 0xfe;
    memcpy(out + 12, tags, sizeof tags);
    out[30] = (uint8_t)turn;
}

static void a_group_shares_frames_without_loss_and_never_parts_a_line(void **state)
{
    (void)state;
    static uint8_t bytes[LINES * PER_LINE][64];
    static struct veth_frame list[LINES * PER_LINE];
    static int member_of[LINES];
    struct capture *captures[GROUP];
    struct share shares[GROUP];
    char error[CAPTURE_ERROR_BYTES] = "";
    const struct capture_options options = {
        .interface = VETH_FAR, .timeout_ms = 20, .sharing = {.group = 77}, .by_libpcap = by_libpcap};
    if (!allowed)
        skip();
    memset(member_of, 0xff, sizeof member_of);
    for (unsigned i = 0; i < LINES * PER_LINE; i++) {
        make_line_frame(i % LINES, i / LINES, bytes[i]);
        list[i] = (struct veth_frame){bytes[i], sizeof bytes[i]};
    }
    for (int i = 0; i < GROUP; i++) {
        captures[i] = capture_open_live(&options, error);
        assert_non_null(captures[i]);
        shares[i] = (struct share){.member = i, .member_of = member_of};
    }
    const struct veth_load load = {.frames = list,
                                   .frame_count = LINES * PER_LINE,
                                   .packets = 3 * LINES * PER_LINE,
                                   .most_ns = 5 * NS_PER_S};
    assert_int_equal(veth_send(&load), load.packets);
    unsigned packets = 0;
    for (unsigned i = 0; i < GROUP; i++) {
        for (unsigned idle = 0; idle < 5;)
            idle = capture_read(captures[i], 0, on_shared_frames, &shares[i]) == 0 ? idle + 1 : 0;
        packets += shares[i].packets;
        assert_true(shares[i].packets > load.packets / GROUP / 3); /* each has its part */
        capture_close(captures[i]);
    }
    assert_int_equal(packets, load.packets);
}

static void an_interface_that_vanishes_is_said_and_can_be_opened_again(void **state)
{
    (void)state;
    struct seen seen = {0};
    if (!allowed)
        skip();
    struct capture *capture = open_far(NULL, 0);
    assert_non_null(capture);
    struct veth_load load = load_of(1000, 0);
    assert_int_equal(run_load(capture, &load, &seen), 1000);
    assert_true(veth_delete());
    int status = 0;
    for (unsigned i = 0; i < 100 && status >= 0; i++)
        status = capture_read(capture, 0, on_frames, &seen);
    assert_int_equal(status, -ENODEV);
    assert_true(strlen(capture_error(capture)) > 0);
    capture_close(capture);
    assert_null(open_far(NULL, 0));
    assert_int_equal(errno, ENODEV);
    assert_true(veth_create());
    capture = open_far(NULL, 0);
    assert_non_null(capture);
    load = load_of(1000, 0);
    assert_int_equal(run_load(capture, &load, &seen), 1000);
    assert_int_equal(seen.sum.taken, 2000);
    capture_close(capture);
}

/* `test_capture_live libpcap`: the same by libpcap. */
int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_was_seen_or_dropped_to_the_packet),
        cmocka_unit_test(the_kernel_samples_at_the_rate_asked_and_the_frames_say_it),
        cmocka_unit_test(each_frame_says_the_rate_at_which_the_kernel_chose_it),
        cmocka_unit_test(systematic_sampling_in_user_space_is_exact),
        cmocka_unit_test(a_group_shares_frames_without_loss_and_never_parts_a_line),
        cmocka_unit_test(an_interface_that_vanishes_is_said_and_can_be_opened_again),
    };
    memset(small_frame, 0xff, 6);
    memset(large_frame, 0xff, 6);
    small_frame[12] = large_frame[12] = 0x88; /* an EtherType for experiments: nobody answers */
    small_frame[13] = large_frame[13] = 0xb5;
    by_libpcap = argc > 1;
    allowed = veth_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
