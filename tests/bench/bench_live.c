/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Live capture on a pair of virtual interfaces in a namespace of its own: packets offered, seen and
 * dropped, and the CPU that the probe's path takes beside a bare TPACKET_V3 loop that only counts.
 * Figures to look at, not a test. Needs root.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* clock ids of threads */
#endif
#include "common/clock.h"
#include "probe/capture/capture.h"
#include "probe/meter.h"
#include "probe/tally.h"
#include "tests/bench/live_sender.h"
#include "tests/support/packet_builder.h"
#include "tests/support/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLOWS       1000
#define FIRST_PORT  1024
#define SLOT        128
#define BLOCK_BYTES (1u << 20)
#define BLOCKS      64
#define RING_BYTES  ((int)(BLOCK_BYTES * BLOCKS))
#define TIMEOUT_MS  100
#define SNAPLEN     128
#define WARMING     50000 /* packets */

static const char help[] =
    "bench_live [SECONDS [PACKETS_PER_SECOND [INTERVAL [BLOCK]]]]\n"
    "\n"
    "Offers so many packets a second (1000000; 0: as many as it can) of 1,000 UDP flows, 60 bytes\n"
    "each, in random order for so many seconds (10) to a veth pair in a network namespace of its\n"
    "own: to a bare TPACKET_V3 loop that reads each frame's header in the ring and counts packets\n"
    "and octets, to the probe's capture alone, then to capture, decode, flow and line as the "
    "probe\n"
    "runs them, by its own ring and by libpcap, and at last with one packet of INTERVAL (16)\n"
    "sampled by the kernel. Prints offered packets (what came out of the far interface), seen and\n"
    "dropped ones, and the CPU of the reading thread, in all and of a packet offered: what the\n"
    "kernel does to put a frame into the ring is on the sender's side, for all of them. All have\n"
    "a ring of 64 MiB, in blocks of 1 MiB, the probe's of BLOCK bytes where that is given. Needs\n"
    "root, two cores (the sender keeps one busy), and nothing else to do on the machine. The\n"
    "target: nothing dropped, and at most twice the CPU of the bare loop.\n";

/* One way of reading. */
struct way {
    const char *name;
    void *(*reader)(void *);
    bool by_libpcap, metered;
    uint32_t interval;
};

struct figure {
    const struct way *way;
    uint64_t seen, dropped;
    uint64_t cpu_from_ns, cpu_ns; /* of the reading thread; 0: warming up */
};

static struct veth_load load;
static struct live_sender *sender;     /* NULL: by system calls */
static atomic_bool opened, warm, done; /* the reader's ring; what counts is sent; all is */

/* What came out of the far interface. */
static uint64_t send_some(const struct veth_load *some, uint64_t *out_ns)
{
    uint64_t from_ns = clock_mono_ns();
    int64_t sent;
    if (sender) {
        sent = live_sender_run(sender, some->packets, some->most_ns, out_ns);
    } else {
        sent = veth_send(some);
        *out_ns = clock_mono_ns() - from_ns;
    }
    return sent > 0 ? (uint64_t)sent : 0;
}

static void *send_load(void *ctx)
{
    struct veth_load *mine = ctx;
    struct veth_load first = *mine;
    first.packets = WARMING;
    (void)send_some(&first, &first.most_ns);
    (void)usleep(4 * TIMEOUT_MS * 1000); /* they are read */
    atomic_store(&warm, true);
    (void)usleep(2 * TIMEOUT_MS * 1000); /* that is seen */
    mine->packets = send_some(mine, &mine->most_ns);
    atomic_store(&done, true);
    return NULL;
}

/* Called by the reader, over and over: begins to count once memory was touched and flows are known,
 * as in a probe that has run for a while. */
static void begin_when_warm(struct figure *figure)
{
    if (figure->cpu_from_ns > 0 || !atomic_load_explicit(&warm, memory_order_relaxed))
        return;
    figure->seen = 0;
    figure->cpu_from_ns = clock_thread_cpu_ns();
}

static void make_frames(void)
{
    static struct packet_builder packet;
    static uint8_t bytes[FLOWS][SLOT];
    static struct veth_frame frames[FLOWS];
    for (unsigned i = 0; i < FLOWS; i++) {
        packet_begin(&packet);
        packet_ethernet(&packet, 0x020000000001 + i / 4, 0x0200000000ff);
        packet_ipv4(&packet, 0x0a000001 + i / 4, 0xc6336401);
        packet_udp(&packet, FIRST_PORT + i, 443);
        packet_zeros(&packet, 18);
        packet_finish(&packet);
        memcpy(bytes[i], packet.bytes, packet.length);
        frames[i] = (struct veth_frame){bytes[i], packet.length};
    }
    load.frames = frames;
    load.frame_count = FLOWS;
}

/* ---- the bare loop ---- */

static int open_ring(uint8_t **out_ring)
{
    int version = TPACKET_V3;
    struct tpacket_req3 wanted = {.tp_block_size = BLOCK_BYTES,
                                  .tp_block_nr = BLOCKS,
                                  .tp_frame_size = 2048,
                                  .tp_frame_nr = BLOCK_BYTES / 2048 * BLOCKS,
                                  .tp_retire_blk_tov = TIMEOUT_MS};
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)if_nametoindex(VETH_FAR)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &wanted, sizeof wanted) != 0)
        return -1;
    *out_ring = mmap(NULL, (size_t)RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*out_ring == MAP_FAILED || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    return fd;
}

static uint64_t count_block(const struct tpacket_block_desc *block)
{
    const uint8_t *at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
    uint64_t octets = 0;
    for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
        const struct tpacket3_hdr *header = (const void *)at;
        octets += header->tp_len;
        at += header->tp_next_offset;
    }
    return octets;
}

static void count_bare(struct figure *figure, int fd, uint8_t *ring)
{
    uint64_t octets = 0;
    unsigned idle = 0;
    for (unsigned number = 0; idle < 5;) {
        struct tpacket_block_desc *block = (void *)(ring + (size_t)number * BLOCK_BYTES);
        begin_when_warm(figure);
        if (!(*(volatile uint32_t *)&block->hdr.bh1.block_status & TP_STATUS_USER)) {
            struct pollfd wanted = {.fd = fd, .events = POLLIN};
            int ready = poll(&wanted, 1, TIMEOUT_MS);
            idle = ready == 0 && atomic_load(&done) ? idle + 1 : 0;
            continue;
        }
        figure->seen += block->hdr.bh1.num_pkts;
        octets += count_block(block);
        __sync_synchronize();
        block->hdr.bh1.block_status = TP_STATUS_KERNEL;
        number = (number + 1) % BLOCKS;
    }
    figure->cpu_ns = clock_thread_cpu_ns() - figure->cpu_from_ns;
    if (octets < figure->seen * 60)
        fprintf(stderr, "frames are missing octets\n");
}

static void *run_bare(void *ctx)
{
    struct figure *figure = ctx;
    struct tpacket_stats_v3 stats = {0};
    socklen_t length = sizeof stats;
    uint8_t *ring = NULL;
    int fd = open_ring(&ring);
    if (fd < 0)
        return NULL;
    atomic_store(&opened, true);
    count_bare(figure, fd, ring);
    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
        figure->dropped = stats.tp_drops;
    (void)munmap(ring, (size_t)RING_BYTES);
    (void)close(fd);
    return figure;
}

/* ---- the probe's path ---- */

static int block_bytes; /* 0: as the probe has them */

struct counter {
    struct tally tally;
    struct meter *meter; /* NULL: capture alone */
};

/* As probe/observer.c does. */
static void count_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct counter *counter = ctx;
    tally_count(&counter->tally, frames, count);
    if (counter->meter)
        meter_frames(counter->meter, frames, count);
}

static void count_captured(struct figure *figure, struct capture *capture, struct counter *counter)
{
    struct capture_losses lost;
    for (unsigned idle = 0; idle < 5;) {
        begin_when_warm(figure);
        int frames = capture_read(capture, 4096, count_frames, counter);
        if (frames < 0)
            break;
        figure->seen += (uint64_t)frames;
        idle = frames == 0 && atomic_load(&done) ? idle + 1 : 0;
    }
    figure->cpu_ns = clock_thread_cpu_ns() - figure->cpu_from_ns;
    if (capture_losses(capture, &lost) == 0)
        figure->dropped = lost.dropped;
}

static struct capture *open_capture(const struct way *way)
{
    char error[CAPTURE_ERROR_BYTES] = "";
    const struct capture_options options = {.interface = VETH_FAR,
                                            .snaplen = SNAPLEN,
                                            .buffer_bytes = RING_BYTES,
                                            .block_bytes = block_bytes,
                                            .timeout_ms = TIMEOUT_MS,
                                            .by_libpcap = way->by_libpcap};
    struct capture *capture = capture_open_live(&options, error);
    if (!capture)
        fprintf(stderr, "%s\n", error);
    else
        (void)capture_set_sampling(capture, REPORT_SAMPLING_PROBABILISTIC, way->interval, 1);
    return capture;
}

static void *run_probe(void *ctx)
{
    struct figure *figure = ctx;
    struct counter counter = {0};
    struct meter_options options;
    meter_options_init(&options);
    tally_init(&counter.tally, REPORT_SAMPLING_NONE, 1);
    if (figure->way->metered)
        counter.meter = meter_new(&options);
    struct capture *capture = open_capture(figure->way);
    bool open = capture && (counter.meter || !figure->way->metered);
    if (open) {
        atomic_store(&opened, true);
        count_captured(figure, capture, &counter);
    }
    capture_close(capture);
    meter_free(counter.meter);
    return open ? figure : NULL;
}

/* ---- */

/* The CPU time of a packet offered, beside the bare loop's where that is known. */
static double run(const struct way *way, double bare_ns)
{
    struct figure figure = {.way = way};
    struct veth_load mine = load;
    pthread_t reading;
    pthread_t sending;
    void *ran = NULL;
    atomic_store(&done, false);
    atomic_store(&opened, false);
    atomic_store(&warm, false);
    if (pthread_create(&reading, NULL, way->reader, &figure) != 0)
        return 0;
    for (unsigned i = 0; i < 50 && !atomic_load(&opened); i++)
        (void)usleep(100000);
    if (pthread_create(&sending, NULL, send_load, &mine) != 0)
        exit(1);
    (void)pthread_join(sending, NULL);
    (void)pthread_join(reading, &ran);
    if (!ran) {
        printf("%-10s cannot be opened\n", way->name);
        return 0;
    }
    double ns = mine.packets > 0 ? (double)figure.cpu_ns / (double)mine.packets : 0;
    printf("%-10s offered %9" PRIu64 " in %6.3f s  seen %9" PRIu64 "  dropped %9" PRIu64
           "  cpu %6.3f s  %5.1f ns",
           way->name, mine.packets, (double)mine.most_ns / 1e9, figure.seen, figure.dropped,
           (double)figure.cpu_ns / 1e9, ns);
    if (bare_ns > 0)
        printf("  %4.2f x bare", ns / bare_ns);
    printf("\n");
    (void)fflush(stdout);
    return ns;
}

static uint64_t argument(int argc, char **argv, int number, uint64_t fallback)
{
    return argc > number ? strtoull(argv[number], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '-') {
        (void)fputs(help, stdout);
        return 0;
    }
    uint64_t seconds = argument(argc, argv, 1, 10);
    load.packets_per_s = argument(argc, argv, 2, 1000000);
    load.packets = seconds * load.packets_per_s;
    load.most_ns = 2 * seconds * CLOCK_NS_PER_S;
    if (!veth_enter()) {
        printf("needs root and network namespaces\n");
        return 77;
    }
    make_frames();
    const struct live_flows flows = {FIRST_PORT, FLOWS};
    sender = live_sender_new(&load.frames[0], &flows, load.packets_per_s);
    if (!sender)
        printf("sent by system calls: %s\n", strerror(errno));
    block_bytes = (int)argument(argc, argv, 4, 0);
    const struct way ways[] = {
        {"bare", run_bare, false, false, 1},
        {"capture", run_probe, false, false, 1},
        {"probe", run_probe, false, true, 1},
        {"by libpcap", run_probe, true, true, 1},
        {"sampled", run_probe, false, true, (uint32_t)argument(argc, argv, 3, 16)},
    };
    double bare = run(&ways[0], 0);
    for (size_t i = 1; i < sizeof ways / sizeof ways[0]; i++)
        (void)run(&ways[i], bare);
    live_sender_free(sender);
    return 0;
}
