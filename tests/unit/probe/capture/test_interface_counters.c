/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an interface counts beside what capture sees: counters that step back, interfaces that count
 * less than they carry, names that change hands, and drops of a driver. On interfaces, and under
 * counters, of a namespace of the test's own; skipped without root.
 */
#include "probe/capture/interface_counters.h"

#include "probe/capture/capture.h"
#include "probe/tally.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"
#include "tests/support/veth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#define NS_PER_S UINT64_C(1000000000)
#define FAR      "/sys/class/net/" VETH_FAR

static bool allowed;
static uint8_t bytes[100];
static const struct veth_frame frame = {bytes, sizeof bytes};

static void send_frames(uint64_t count)
{
    const struct veth_load load = {
        .frames = &frame, .frame_count = 1, .packets = count, .most_ns = 5 * NS_PER_S};
    assert_int_equal(veth_send(&load), count);
}

/* ---- counters of the test's own ---- */

struct fake {
    char *folder;
};

static void say(const struct fake *fake, const char *counter, unsigned long value)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", fake->folder, counter);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%lu\n", value) > 0);
    assert_int_equal(fclose(file), 0);
}

static void put_over(struct fake *fake)
{
    static const char *const counters[] = {"rx_bytes",   "rx_packets",       "tx_bytes",
                                           "tx_packets", "rx_missed_errors", "rx_fifo_errors"};
    fake->folder = temp_folder_new();
    assert_non_null(fake->folder);
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        say(fake, counters[i], 0);
    assert_int_equal(mount(fake->folder, FAR "/statistics", NULL, MS_BIND, NULL), 0);
}

static void take_off(struct fake *fake)
{
    assert_int_equal(umount(FAR "/statistics"), 0);
    temp_folder_remove(fake->folder);
}

static void assert_delta(struct interface_counters *counters, bool known, uint64_t value)
{
    struct optional_u64 delta = interface_counters_delta(counters);
    assert_int_equal(delta.known, known);
    assert_int_equal(delta.value, value);
}

static void octets_of_which_one_direction_steps_back_are_unknown_once(void **state)
{
    (void)state;
    struct fake fake;
    if (!allowed)
        skip();
    put_over(&fake);
    say(&fake, "rx_bytes", 1000000);
    struct interface_counters *counters = interface_counters_new(VETH_FAR);
    assert_non_null(counters);
    say(&fake, "rx_bytes", 1000500);
    assert_delta(counters, true, 500);
    say(&fake, "rx_bytes", 100); /* it was reset, while more than that was sent */
    say(&fake, "tx_bytes", 5000000);
    assert_delta(counters, false, 0);
    say(&fake, "rx_bytes", 300);
    say(&fake, "tx_bytes", 5000001);
    assert_delta(counters, true, 201);
    interface_counters_free(counters);
    take_off(&fake);
}

static void a_vlans_interface_counts_what_it_receives_without_the_header(void **state)
{
    (void)state;
    struct fake fake;
    if (!allowed)
        skip();
    put_over(&fake);
    say(&fake, "uevent", 0);
    char path[256];
    (void)snprintf(path, sizeof path, "%s/uevent", fake.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("DEVTYPE=vlan\nINTERFACE=" VETH_FAR "\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(mount(path, FAR "/uevent", NULL, MS_BIND, NULL), 0);
    struct interface_counters *counters = interface_counters_new(VETH_FAR);
    say(&fake, "rx_bytes", 46 * 10);
    say(&fake, "rx_packets", 10);
    say(&fake, "tx_bytes", 60 * 7);
    say(&fake, "tx_packets", 7);
    assert_delta(counters, true, 60 * 17);
    interface_counters_free(counters);
    assert_int_equal(umount(FAR "/uevent"), 0);
    take_off(&fake);
}

static void what_the_driver_dropped_was_not_sampled_before(void **state)
{
    (void)state;
    char error[CAPTURE_ERROR_BYTES] = "";
    struct fake fake;
    struct tally tally;
    if (!allowed)
        skip();
    put_over(&fake);
    const struct capture_options options = {.interface = VETH_FAR, .timeout_ms = 10};
    struct capture *capture = capture_open_live(&options, error);
    assert_non_null(capture);
    assert_int_equal(capture_set_sampling(capture, REPORT_SAMPLING_PROBABILISTIC, 8, 1), 0);
    if (!capture_samples_in_kernel(capture))
        skip();
    tally_init(&tally, REPORT_SAMPLING_PROBABILISTIC, 8);
    say(&fake, "rx_missed_errors", 1000);
    tally_gather(&tally, capture, 8);
    assert_int_equal(tally_losses(&tally).dropped_packets, 1000);
    capture_close(capture);
    take_off(&fake);
}

/* ---- interfaces that change ---- */

struct seen {
    uint64_t packets, octets;
};

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct seen *seen = ctx;
    seen->packets += count;
    for (size_t i = 0; i < count; i++)
        seen->octets += frames[i].wire_bytes;
}

static int read_until(struct capture *capture, struct seen *seen, uint64_t packets)
{
    int status = 0;
    for (unsigned i = 0; i < 200 && status >= 0 && seen->packets < packets; i++)
        status = capture_read(capture, 0, on_frames, seen);
    return status;
}

static void a_bridge_is_seen_whole_and_no_more(void **state)
{
    (void)state;
    char error[CAPTURE_ERROR_BYTES] = "";
    struct capture_losses lost;
    struct seen seen = {0};
    if (!allowed || system("ip link add lm-bridge type bridge 2>/dev/null") != 0)
        skip();
    assert_int_equal(system("echo 1 >/proc/sys/net/ipv6/conf/lm-bridge/disable_ipv6;"
                            "ip link set lm-bridge type bridge mcast_snooping 0;"
                            "ip link set lm-bridge up && ip link set " VETH_FAR
                            " master lm-bridge"),
                     0);
    const struct capture_options options = {.interface = "lm-bridge", .timeout_ms = 10};
    struct capture *capture = capture_open_live(&options, error);
    assert_non_null(capture);
    send_frames(200);
    assert_true(read_until(capture, &seen, 200) >= 0);
    assert_int_equal(capture_losses(capture, &lost), 0);
    assert_true(seen.octets >= 200 * sizeof bytes);
    assert_int_equal(lost.interface_octets.value, seen.octets);
    capture_close(capture);
    assert_int_equal(system("ip link del lm-bridge"), 0);
}

static void a_name_that_another_interface_has_got_is_no_longer_read(void **state)
{
    (void)state;
    char error[CAPTURE_ERROR_BYTES] = "";
    struct capture_losses lost;
    struct seen seen = {0};
    if (!allowed)
        skip();
    const struct capture_options options = {.interface = VETH_FAR, .timeout_ms = 10};
    struct capture *capture = capture_open_live(&options, error);
    assert_non_null(capture);
    send_frames(10);
    assert_true(read_until(capture, &seen, 10) >= 0);
    if (system("ip link set " VETH_FAR " name lm-away 2>/dev/null") != 0)
        skip(); /* while it is up, kernels before 6.2 do not rename it */
    assert_int_equal(system("ip link add " VETH_FAR " type veth peer name lm-far2"), 0);
    send_frames(1000); /* and all the time there is something to read */
    assert_int_equal(capture_losses(capture, &lost), 0);
    assert_false(lost.interface_octets.known);
    assert_int_equal(read_until(capture, &seen, 2000), -ENODEV);
    assert_int_equal(seen.packets, 1010); /* what came before is handed over */
    capture_close(capture);
    assert_int_equal(system("ip link del " VETH_FAR " && ip link del " VETH_NEAR), 0);
    assert_true(veth_create());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_of_which_one_direction_steps_back_are_unknown_once),
        cmocka_unit_test(a_vlans_interface_counts_what_it_receives_without_the_header),
        cmocka_unit_test(what_the_driver_dropped_was_not_sampled_before),
        cmocka_unit_test(a_bridge_is_seen_whole_and_no_more),
        cmocka_unit_test(a_name_that_another_interface_has_got_is_no_longer_read),
    };
    memset(bytes, 0xff, 6);
    bytes[6] = 2; /* a bridge takes nothing from nobody */
    bytes[12] = 0x88; /* an EtherType for experiments: nobody answers */
    bytes[13] = 0xb5;
    allowed = veth_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
