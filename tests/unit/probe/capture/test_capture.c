/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/capture.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* DLT_ numbers as pcap(3) fixes them; this test does not know libpcap. */
static void capture_maps_link_types_and_calls_the_rest_unsupported(void **state)
{
    (void)state;
    assert_int_equal(capture_link_type_of(1), LINK_ETHERNET);
    assert_int_equal(capture_link_type_of(113), LINK_LINUX_COOKED);
    assert_int_equal(capture_link_type_of(276), LINK_LINUX_COOKED_V2);
    assert_int_equal(capture_link_type_of(127), LINK_IEEE802_11_RADIOTAP);
    assert_int_equal(capture_link_type_of(228), LINK_RAW_IP);
    assert_int_equal(capture_link_type_of(-1), LINK_UNSUPPORTED);
    assert_int_equal(capture_link_type_of(147), LINK_UNSUPPORTED);
}

struct record {
    uint32_t seconds, fraction, captured, wire;
};

/* A classic pcap file in host byte order. */
static void write_pcap(char path[static 32], uint32_t magic, const struct record *records,
                       size_t count, size_t cut)
{
    const uint16_t version[2] = {2, 4};
    uint32_t header[6] = {magic, 0, 0, 0, 65535, 1};
    memcpy(&header[1], version, sizeof version);
    static const uint8_t zeros[64];
    memcpy(path, "/tmp/lastmile-capture-XXXXXX", 29);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(header, sizeof header, 1, file), 1);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fwrite(&records[i], sizeof records[i], 1, file), 1);
        assert_int_equal(fwrite(zeros, records[i].captured, 1, file), 1);
    }
    assert_int_equal(fflush(file), 0);
    assert_int_equal(ftruncate(fd, ftell(file) - (long)cut), 0);
    assert_int_equal(fclose(file), 0);
}

struct seen {
    size_t count;
    struct frame last[4];
};

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct seen *seen = ctx;
    for (size_t i = 0; i < count; i++)
        seen->last[seen->count++ % 4] = frames[i];
}

static struct capture *open_file(const char *path)
{
    char error[CAPTURE_ERROR_BYTES] = "";
    struct capture *capture = capture_open_file(path, NULL, error);
    if (!capture)
        print_message("# %s\n", error);
    return capture;
}

static void capture_reads_times_in_micro_and_nanoseconds(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic;
        uint64_t time_ns;
    } formats[] = {{0xa1b2c3d4, 1000000007000}, {0xa1b23c4d, 1000000000007}};
    const struct record records[] = {{1000, 7, 14, 60}, {999, 0, 14, 14}};
    for (size_t i = 0; i < 2; i++) {
        char path[32];
        struct seen seen = {0};
        write_pcap(path, formats[i].magic, records, 2, 0);
        struct capture *capture = open_file(path);
        assert_non_null(capture);
        assert_int_equal(capture_read(capture, 0, on_frames, &seen), 2);
        assert_int_equal(capture_read(capture, 0, on_frames, &seen), -ENODATA);
        assert_int_equal(seen.last[0].time_unix_ns, formats[i].time_ns);
        assert_int_equal(seen.last[0].captured_bytes, 14);
        assert_int_equal(seen.last[0].wire_bytes, 60);
        assert_int_equal(seen.last[1].time_unix_ns, 999000000000); /* a step back */
        assert_int_equal(capture_link_type(capture), LINK_ETHERNET);
        capture_close(capture);
        assert_int_equal(remove(path), 0);
    }
}

static void capture_hands_over_what_stands_before_a_cut_and_says_so(void **state)
{
    (void)state;
    const struct record records[] = {{1, 0, 20, 20}, {2, 0, 20, 20}, {3, 0, 20, 20}};
    char path[32];
    struct seen seen = {0};
    write_pcap(path, 0xa1b2c3d4, records, 3, 5);
    struct capture *capture = open_file(path);
    assert_non_null(capture);
    int status;
    do
        status = capture_read(capture, 1, on_frames, &seen);
    while (status > 0);
    assert_int_equal(status, -EIO);
    assert_int_equal(seen.count, 2);
    assert_true(strlen(capture_error(capture)) > 0);
    capture_close(capture);
    assert_int_equal(remove(path), 0);
}

static void capture_stop_ends_reading(void **state)
{
    (void)state;
    const struct record records[] = {{1, 0, 20, 20}};
    char path[32];
    struct seen seen = {0};
    struct capture_losses losses;
    write_pcap(path, 0xa1b2c3d4, records, 1, 0);
    struct capture *capture = open_file(path);
    assert_non_null(capture);
    assert_int_equal(capture_losses(capture, &losses), 0);
    assert_false(losses.interface_octets.known);
    capture_stop(capture);
    assert_int_equal(capture_read(capture, 0, on_frames, &seen), -ECANCELED);
    assert_int_equal(seen.count, 0);
    capture_close(capture);
    assert_int_equal(remove(path), 0);
}

static void capture_says_why_it_cannot_open(void **state)
{
    (void)state;
    char error[CAPTURE_ERROR_BYTES] = "";
    assert_null(capture_open_file("/nonexistent/file.pcap", NULL, error));
    assert_non_null(strstr(error, "/nonexistent/file.pcap"));
    struct capture_options options = {.interface = "lastmile-none0"};
    error[0] = '\0';
    assert_null(capture_open_live(&options, error));
    assert_true(errno == ENODEV || errno == EPERM || errno == EIO);
    assert_non_null(strstr(error, "lastmile-none0"));
    options.snaplen = CAPTURE_SNAPLEN_MIN - 1;
    assert_null(capture_open_live(&options, error));
    assert_int_equal(errno, EINVAL);
    const struct record records[] = {{1, 0, 20, 20}};
    char path[32];
    write_pcap(path, 0xa1b2c3d4, records, 1, 0);
    assert_null(capture_open_file(path, "no such filter", error));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(remove(path), 0);
}

/* Sends datagrams over loopback to a port that nobody else has. */
static void send_datagrams(size_t count, uint16_t *out_port, int *out_fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    if (*out_fd < 0) {
        *out_fd = socket(AF_INET, SOCK_DGRAM, 0);
        assert_true(*out_fd >= 0);
        assert_int_equal(bind(*out_fd, (struct sockaddr *)&address, length), 0);
    }
    assert_int_equal(getsockname(*out_fd, (struct sockaddr *)&address, &length), 0);
    *out_port = ntohs(address.sin_port);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sendto(*out_fd, "x", 1, 0, (struct sockaddr *)&address, length), 1);
}

static void capture_sees_frames_of_a_live_interface_where_it_may(void **state)
{
    (void)state;
    char filter[32], error[CAPTURE_ERROR_BYTES] = "";
    uint16_t port;
    int fd = -1;
    struct seen seen = {0};
    struct capture_losses losses;
    send_datagrams(0, &port, &fd);
    (void)snprintf(filter, sizeof filter, "udp dst port %u", port);
    struct capture_options options = {.interface = "lo", .filter = filter, .timeout_ms = 20};
    struct capture *capture = capture_open_live(&options, error);
    if (!capture) {
        assert_true(errno == EPERM || errno == ENODEV);
        (void)close(fd);
        skip();
    }
    assert_int_equal(capture_read(capture, 0, on_frames, &seen), 0); /* nothing yet, and no wait */
    send_datagrams(10, &port, &fd);
    for (unsigned tries = 0; tries < 100 && seen.count < 10; tries++)
        assert_true(capture_read(capture, 0, on_frames, &seen) >= 0);
    assert_true(seen.count >= 10); /* loopback shows a frame once or twice */
    assert_int_equal(seen.last[0].wire_bytes, 14 + 20 + 8 + 1);
    assert_int_equal(capture_losses(capture, &losses), 0);
    assert_true(losses.received >= 10);
    assert_int_equal(losses.dropped, 0);
    assert_true(!losses.interface_octets.known || losses.interface_octets.value > 0);
    capture_stop(capture);
    assert_int_equal(capture_read(capture, 0, on_frames, &seen), -ECANCELED);
    capture_close(capture);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capture_maps_link_types_and_calls_the_rest_unsupported),
        cmocka_unit_test(capture_reads_times_in_micro_and_nanoseconds),
        cmocka_unit_test(capture_hands_over_what_stands_before_a_cut_and_says_so),
        cmocka_unit_test(capture_stop_ends_reading),
        cmocka_unit_test(capture_says_why_it_cannot_open),
        cmocka_unit_test(capture_sees_frames_of_a_live_interface_where_it_may),
    };
    if (getenv(
            "LASTMILE_EMULATED")) /* its packet sockets would be another architecture's kernel's */
        cmocka_set_skip_filter("*live_interface*");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
