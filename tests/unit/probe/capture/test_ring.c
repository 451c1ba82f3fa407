/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The ring of our own beside libpcap: over the same traffic on a pair of interfaces of the test's
 * own, both hand out the same frames, byte for byte. Skipped without root.
 */
#include "probe/capture/capture.h"

#include "common/clock.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES      2000
#define FRAME_BYTES 1514
#define READERS     2 /* the ring, libpcap */

static bool allowed;
static uint8_t bytes[FRAMES][FRAME_BYTES];
static struct veth_frame sent[FRAMES];

/* What a frame has behind its addresses, before its own EtherType (one for experiments). */
static const struct {
    uint8_t bytes[12];
    size_t length;
} tags[] = {
    {{0}, 0},
    {{0x81, 0, 0x20, 0x64}, 4},
    {{0x88, 0xa8, 0, 0x64}, 4},
    {{0x88, 0xa8, 0x60, 0x64, 0x81, 0, 0, 7}, 8},
    {{0x81, 0, 0, 0x64, 0x81, 0, 0, 7}, 8},
    {{0x91, 0, 0, 0x64, 0x81, 0, 0, 7}, 8}, /* the kernel knows no 0x9100 */
    {{0x81, 0, 0, 0}, 4},                   /* a priority tag */
    {{0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3}, 12},
};
static const size_t lengths[] = {60, 1514, 62, 64, 128, 130, 127, 500};

static void make_frames(void)
{
    for (size_t i = 0; i < FRAMES; i++) {
        uint8_t *frame = bytes[i];
        size_t tag = i % (sizeof tags / sizeof tags[0]);
        size_t at = 12 + tags[tag].length;
        memset(frame, 0xff, 6);
        frame[6] = 2;
        memcpy(frame + 12, tags[tag].bytes, tags[tag].length);
        frame[at] = 0x88;
        frame[at + 1] = 0xb5;
        for (at += 2; at < FRAME_BYTES; at++)
            frame[at] = (uint8_t)(at * 31 + i * 7 + (i >> 8));
        sent[i] = (struct veth_frame){frame, lengths[i / 8 % 8]};
    }
}

struct record {
    uint64_t time_unix_ns;
    uint32_t captured, wire;
    uint8_t bytes[FRAME_BYTES];
};

struct log {
    size_t count, batches;
    struct record *records; /* FRAMES */
};

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct log *log = ctx;
    assert_in_range(count, 1, CAPTURE_BATCH);
    log->batches++;
    for (size_t i = 0; i < count; i++) {
        assert_true(log->count < FRAMES);
        struct record *record = &log->records[log->count++];
        assert_int_equal(frames[i].link_type, LINK_ETHERNET);
        assert_int_equal(frames[i].sampling_interval, 1);
        record->time_unix_ns = frames[i].time_unix_ns;
        record->captured = frames[i].captured_bytes;
        record->wire = frames[i].wire_bytes;
        memcpy(record->bytes, frames[i].bytes, frames[i].captured_bytes);
    }
}

static void open_both(struct capture_options options, struct capture *out[static READERS])
{
    char error[CAPTURE_ERROR_BYTES] = "";
    for (size_t i = 0; i < READERS; i++) {
        options.by_libpcap = i == 1;
        out[i] = capture_open_live(&options, error);
        if (!out[i])
            print_message("# %s\n", error);
        assert_non_null(out[i]);
        assert_int_equal(capture_reads_ring(out[i]), i == 0);
    }
}

static void drain(struct capture *capture, unsigned at_once, struct log *log)
{
    log->records = calloc(FRAMES, sizeof *log->records);
    assert_non_null(log->records);
    for (unsigned idle = 0; idle < 3;) {
        int status = capture_read(capture, at_once, on_frames, log);
        assert_true(status >= 0);
        idle = status == 0 ? idle + 1 : 0;
    }
}

static void assert_same(const struct log *ours, const struct log *theirs)
{
    assert_int_equal(ours->count, theirs->count);
    for (size_t i = 0; i < ours->count; i++) {
        const struct record *a = &ours->records[i];
        const struct record *b = &theirs->records[i];
        assert_int_equal(a->captured, b->captured);
        assert_int_equal(a->wire, b->wire);
        assert_memory_equal(a->bytes, b->bytes, a->captured);
    }
}

/* What was sent is what was seen, cut at the snaplen. */
static void assert_as_sent(const struct log *log, uint32_t snaplen)
{
    assert_int_equal(log->count, FRAMES);
    for (size_t i = 0; i < FRAMES; i++) {
        const struct record *record = &log->records[i];
        assert_int_equal(record->wire, sent[i].length);
        assert_int_equal(record->captured, record->wire < snaplen ? record->wire : snaplen);
        assert_memory_equal(record->bytes, bytes[i], record->captured);
    }
}

static void assert_times_within(const struct log *log, uint64_t from_unix_ns, uint64_t to_unix_ns)
{
    for (size_t i = 0; i < log->count; i++) {
        assert_in_range(log->records[i].time_unix_ns, from_unix_ns, to_unix_ns);
        from_unix_ns = log->records[i].time_unix_ns;
    }
}

static void both_readers_hand_out_the_same_frames_with_their_tags(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        int snaplen, block_bytes;
        unsigned at_once;
    } cases[] = {{NULL, 1600, 0, 0},         {NULL, 128, 0, 0},
                 {NULL, 64, 4096, 7},        {NULL, 1600, 1 << 20, 1},
                 {"vlan 100", 128, 4096, 0}, {"vlan 100 and vlan 7", 256, 0, 100},
                 {"greater 500", 96, 0, 0}};
    const struct veth_load load = {
        .frames = sent, .frame_count = FRAMES, .packets = FRAMES, .most_ns = 5 * CLOCK_NS_PER_S};
    if (!allowed)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct capture *captures[READERS];
        struct log logs[READERS] = {0};
        open_both((struct capture_options){.interface = VETH_FAR,
                                           .filter = cases[i].filter,
                                           .snaplen = cases[i].snaplen,
                                           .block_bytes = cases[i].block_bytes,
                                           .timeout_ms = 20,
                                           .promiscuous = true},
                  captures);
        uint64_t from = clock_unix_ns();
        assert_int_equal(veth_send(&load), FRAMES);
        for (size_t k = 0; k < READERS; k++) {
            struct capture_losses lost;
            drain(captures[k], cases[i].at_once, &logs[k]);
            assert_times_within(&logs[k], from, clock_unix_ns());
            assert_int_equal(capture_losses(captures[k], &lost), 0);
            assert_int_equal(lost.received, logs[k].count);
            assert_int_equal(lost.dropped, 0);
            assert_int_equal(lost.interface_octets.known, cases[i].filter == NULL);
            capture_close(captures[k]);
        }
        assert_same(&logs[0], &logs[1]);
        assert_true(logs[0].count > 0);
        assert_true(cases[i].at_once == 1 || logs[0].batches < logs[0].count);
        if (!cases[i].filter)
            assert_as_sent(&logs[0], (uint32_t)cases[i].snaplen);
        for (size_t k = 0; k < READERS; k++)
            free(logs[k].records);
    }
}

static void send_datagrams(unsigned count, uint16_t port)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    for (unsigned i = 0; i < count; i++) /* nobody listens: refusals come back, and are no matter */
        (void)sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof to);
    assert_int_equal(close(fd), 0);
}

static void both_readers_see_a_frame_on_loopback_once(void **state)
{
    (void)state;
    struct capture *captures[READERS];
    struct log logs[READERS] = {0};
    if (!allowed)
        skip();
    assert_int_equal(system("ip link set lo up"), 0);
    open_both((struct capture_options){.interface = "lo",
                                       .filter = "udp dst port 4739",
                                       .timeout_ms = 20,
                                       .promiscuous = true},
              captures);
    send_datagrams(100, 4739);
    for (size_t k = 0; k < READERS; k++) {
        drain(captures[k], 0, &logs[k]);
        capture_close(captures[k]);
    }
    assert_true(logs[0].count >= 50); /* a refusal in between makes the next sendto fail */
    assert_same(&logs[0], &logs[1]);
    for (size_t k = 0; k < READERS; k++)
        free(logs[k].records);
}

static void the_ring_says_how_full_it_has_been(void **state)
{
    (void)state;
    char error[CAPTURE_ERROR_BYTES];
    struct log log = {0};
    const struct capture_options options = {.interface = VETH_FAR,
                                            .snaplen = 128,
                                            .buffer_bytes = 1 << 20,
                                            .block_bytes = 1 << 14,
                                            .timeout_ms = 20};
    const struct veth_load load = {
        .frames = sent, .frame_count = FRAMES, .packets = FRAMES, .most_ns = 5 * CLOCK_NS_PER_S};
    if (!allowed)
        skip();
    struct capture *capture = capture_open_live(&options, error);
    assert_non_null(capture);
    assert_int_equal(capture_ring_permille(capture), 0);
    assert_int_equal(veth_send(&load), FRAMES); /* of 192 to 240 bytes each in the ring */
    drain(capture, 0, &log);
    assert_in_range(capture_ring_permille(capture), 300, 600);
    assert_int_equal(capture_ring_permille(capture), 0);
    free(log.records);
    capture_close(capture);
}

static void what_the_ring_holds_is_read_before_it_is_said_that_the_interface_is_gone(void **state)
{
    (void)state;
    char error[CAPTURE_ERROR_BYTES];
    struct log log = {.records = calloc(FRAMES, sizeof *log.records)};
    const struct capture_options options = {.interface = VETH_FAR, .timeout_ms = 200};
    const struct veth_load load = {
        .frames = sent, .frame_count = FRAMES, .packets = 100, .most_ns = 5 * CLOCK_NS_PER_S};
    if (!allowed) {
        free(log.records);
        skip();
    }
    struct capture *capture = capture_open_live(&options, error);
    assert_non_null(capture);
    assert_int_equal(veth_send(&load), 100); /* in a block that has not been handed over */
    assert_true(veth_delete());
    int status = 0;
    while (status >= 0)
        status = capture_read(capture, 0, on_frames, &log);
    assert_int_equal(status, -ENODEV);
    assert_int_equal(log.count, 100);
    assert_true(strlen(capture_error(capture)) > 0);
    assert_int_equal(capture_read(capture, 0, on_frames, &log), -ENODEV);
    capture_close(capture);
    free(log.records);
    assert_true(veth_create());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_readers_hand_out_the_same_frames_with_their_tags),
        cmocka_unit_test(both_readers_see_a_frame_on_loopback_once),
        cmocka_unit_test(the_ring_says_how_full_it_has_been),
        cmocka_unit_test(what_the_ring_holds_is_read_before_it_is_said_that_the_interface_is_gone),
    };
    make_frames();
    allowed = veth_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
