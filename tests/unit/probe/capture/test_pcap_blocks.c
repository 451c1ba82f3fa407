/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two readers of one file must agree: by blocks, and libpcap alone, which alone reads from a pipe.
 */
#include "probe/capture/capture.h"

#include "tests/support/cmocka_all.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (256 << 10) /* of those that are damaged in many ways */
#define DAMAGES  40

struct digest {
    uint64_t frames, wire_bytes, hash;
    int status;
};

static void mix(struct digest *digest, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        digest->hash = (digest->hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
}

/* Of damaged files where a long has 32 bits: libpcap multiplies a record's microseconds, which may
 * be any number there, in a long. */
static bool times_are_cut;

static void add_frame(struct digest *digest, const struct frame *frame)
{
    digest->frames++;
    digest->wire_bytes += frame->wire_bytes;
    if (!times_are_cut)
        mix(digest, &frame->time_unix_ns, sizeof frame->time_unix_ns);
    mix(digest, &frame->captured_bytes, sizeof frame->captured_bytes);
    mix(digest, &frame->link_type, sizeof frame->link_type);
    mix(digest, frame->bytes, frame->captured_bytes);
}

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    assert_in_range(count, 1, CAPTURE_BATCH);
    for (size_t i = 0; i < count; i++)
        add_frame(ctx, &frames[i]);
}

static struct digest digest_of(const char *path, unsigned at_once)
{
    struct digest digest = {0};
    char error[CAPTURE_ERROR_BYTES];
    struct capture *capture = capture_open_file(path, NULL, error);
    if (!capture)
        return digest;
    do
        digest.status = capture_read(capture, at_once, on_frames, &digest);
    while (digest.status > 0);
    capture_close(capture);
    return digest;
}

/* A file on its way into a pipe. */
struct writer {
    const char *path;
    int out;
};

/* A thread, not a child: a sanitized process is slow to fork. */
static void *copy_file(void *ctx)
{
    const struct writer *writer = ctx;
    static char bytes[65536]; /* one writer at a time */
    FILE *file = fopen(writer->path, "rb");
    size_t got;
    while (file && (got = fread(bytes, 1, sizeof bytes, file)) > 0)
        if (write(writer->out, bytes, got) != (ssize_t)got)
            break; /* the reader has had enough */
    if (file)
        (void)fclose(file);
    (void)close(writer->out);
    return NULL;
}

static struct digest digest_through_pipe(const char *path)
{
    int ends[2];
    char name[32];
    pthread_t thread;
    assert_int_equal(pipe(ends), 0);
    struct writer writer = {path, ends[1]};
    assert_int_equal(pthread_create(&thread, NULL, copy_file, &writer), 0);
    (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    struct digest digest = digest_of(name, 0);
    (void)close(ends[0]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return digest;
}

static uint64_t assert_agree(const char *path, unsigned at_once)
{
    struct digest blocks = digest_of(path, at_once);
    struct digest libpcap = digest_through_pipe(path);
    if (blocks.frames != libpcap.frames)
        print_message("# %s\n", path);
    assert_int_equal(blocks.frames, libpcap.frames);
    assert_int_equal(blocks.wire_bytes, libpcap.wire_bytes);
    assert_int_equal(blocks.hash, libpcap.hash);
    assert_int_equal(blocks.status, libpcap.status);
    return blocks.frames;
}

static void for_each_capture(void (*visit)(const char *path))
{
    const char *data = getenv("LASTMILE_SHARED_DATA");
    char folder[512], path[1024];
    (void)snprintf(folder, sizeof folder, "%s/pcap", data ? data : "");
    DIR *dir = opendir(folder);
    if (!dir)
        skip();
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strstr(entry->d_name, ".pcap") || strstr(entry->d_name, ".cap"))
            visit(path);
    }
    (void)closedir(dir);
}

static uint64_t frames_seen;

static void compare_whole(const char *path)
{
    frames_seen += assert_agree(path, 0);
    (void)assert_agree(path, 3);
}

static void both_readers_agree_on_every_capture(void **state)
{
    (void)state;
    frames_seen = 0;
    for_each_capture(compare_whole);
    assert_true(frames_seen > 0);
}

/* ---- damage ---- */

static uint32_t below(uint32_t limit)
{
    static uint64_t random_state = 5;
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % limit;
}

static void compare_bytes(const uint8_t *bytes, size_t length)
{
    char path[] = "/tmp/lastmile-blocks-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    assert_int_equal(close(fd), 0);
    (void)assert_agree(path, 1 + below(9));
    assert_int_equal(remove(path), 0);
}

/* Cut anywhere; lengths, times and the header overwritten by small, large and random numbers. */
static void damage(const uint8_t *bytes, size_t length)
{
    static uint8_t copy[FILE_MAX];
    for (unsigned i = 0; i < DAMAGES; i++) {
        memcpy(copy, bytes, length);
        for (unsigned changes = below(3); changes > 0; changes--) {
            const uint32_t values[] = {0, 1, 65536, 262144, 262145, UINT32_MAX, below(UINT32_MAX)};
            size_t at = below(4) ? below((uint32_t)length) : below(48);
            uint32_t value = values[below(7)];
            if (at + sizeof value <= length)
                memcpy(copy + at, &value, sizeof value);
        }
        compare_bytes(copy, below(2) ? length : below((uint32_t)length));
    }
}

static void compare_damaged(const char *path)
{
    static uint8_t bytes[FILE_MAX];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    assert_int_equal(fclose(file), 0);
    if (length > 100 && length < sizeof bytes && below(4) == 0)
        damage(bytes, length);
}

static void both_readers_agree_on_damaged_captures(void **state)
{
    (void)state;
    times_are_cut = sizeof(long) < sizeof(int64_t);
    for_each_capture(compare_damaged);
    times_are_cut = false;
}

/* ---- files of our own ---- */

static void put_u32(uint8_t *at, uint32_t value, bool foreign)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * (foreign ? 3 - i : i));
}

/* Larger than a block, so that records lie across its end; each hundredth may be the longest, up to
 * larger than a block by itself. */
static void write_records(uint8_t *bytes, size_t *out_length, uint32_t magic, bool foreign,
                          uint32_t longest)
{
    const uint32_t header[6] = {magic, foreign ? 0x00020004 : 0x00040002, 0, 0, longest, 1};
    size_t length = 0;
    for (size_t i = 0; i < 6; i++, length += 4)
        put_u32(bytes + length, header[i], foreign);
    for (uint32_t i = 0; i < 1500; i++) {
        uint32_t captured = i == 700 ? longest : below(i % 100 == 0 ? longest : 2000);
        const uint32_t record[4] = {i, i * 600, captured, captured + below(3)};
        for (size_t k = 0; k < 4; k++, length += 4)
            put_u32(bytes + length, record[k], foreign);
        memset(bytes + length, (int)(i & 0xff), captured);
        length += captured;
    }
    *out_length = length;
}

static void both_readers_agree_on_either_byte_order_and_resolution(void **state)
{
    (void)state;
    uint8_t *bytes = malloc(8 << 20);
    assert_non_null(bytes);
    for (unsigned i = 0; i < 8; i++) {
        size_t length;
        write_records(bytes, &length, i & 1 ? 0xa1b2c3d4 : 0xa1b23c4d, i & 2,
                      i & 4 ? 262144 : 2000);
        compare_bytes(bytes, length);
        compare_bytes(bytes, length - 7);
    }
    free(bytes);
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a writer may be left alone */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_readers_agree_on_every_capture),
        cmocka_unit_test(both_readers_agree_on_damaged_captures),
        cmocka_unit_test(both_readers_agree_on_either_byte_order_and_resolution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
