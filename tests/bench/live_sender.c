/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/live_sender.h"

#include "common/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCH       64         /* frames that the kernel redirects at once */
#define RUNS        (1u << 20) /* of the program in a call */
#define FRAME_BYTES 60
/* Where what differs stands in a frame: the last byte of its source's MAC address and of its IPv4
 * address, and the source port. */
#define MAC_AT  11
#define IPV4_AT 29
#define PORT_AT 34

/* What the program keeps: it sends when the next frame is due. */
struct schedule {
    uint64_t from_ns, now_ns; /* the kernel's monotonic clock; from there on, when it was asked */
    uint64_t sent, packets;
};

struct live_sender {
    int map, program; /* of one struct schedule */
    uint8_t frame[FRAME_BYTES];
};

static int call_bpf(int command, union bpf_attr *attributes)
{
    long got = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    return got < 0 ? -errno : (int)got;
}

static uint64_t address_of(const void *memory)
{
    return (uint64_t)(uintptr_t)memory;
}

/* One instruction; the registers are 4 bits wide. */
#define INSTRUCTION(what, to, from, offset, number)                                                \
    ((struct bpf_insn){                                                                            \
        .code = (what), .dst_reg = (to), .src_reg = (from), .off = (offset), .imm = (number)})

#define SCHEDULED(field, to, of)                                                                   \
    INSTRUCTION(BPF_LDX | BPF_MEM | BPF_DW, to, of, offsetof(struct schedule, field), 0)

static int make_map(void)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = sizeof(uint32_t);
    attributes.value_size = sizeof(struct schedule);
    attributes.max_entries = 1;
    return call_bpf(BPF_MAP_CREATE, &attributes);
}

static int access_schedule(const struct live_sender *sender, int command, struct schedule *schedule)
{
    static const uint32_t key;
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)sender->map;
    attributes.key = address_of(&key);
    attributes.value = address_of(schedule);
    return call_bpf(command, &attributes);
}

/* When a frame is due, names a flow by chance and sends it on the near interface. */
static int load_program(int map, const struct live_flows *flows, uint32_t period_ns)
{
    const struct bpf_insn instructions[] = {
        INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 6, 1, offsetof(struct xdp_md, data), 0),
        INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 7, 1, offsetof(struct xdp_md, data_end), 0),
        INSTRUCTION(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0), /* the key */
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 2, BPF_REG_10, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
        INSTRUCTION(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map),
        INSTRUCTION(0, 0, 0, 0, 0), /* its upper half */
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
        INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 2, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_DROP), /* 9: no frame now */
        INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 8, 0, 0, 0),
        SCHEDULED(sent, 9, 8),
        SCHEDULED(packets, 2, 8),
        INSTRUCTION(BPF_JMP | BPF_JGE | BPF_X, 9, 2, 9 - 15, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, FRAME_BYTES),
        INSTRUCTION(BPF_JMP | BPF_JGT | BPF_X, 1, 7, 9 - 18, 0), /* cut */
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 7, 9, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MUL | BPF_K, 7, 0, 0, (int32_t)period_ns), /* when it is due */
        /* What was due when the clock was last asked goes without asking, but for the last of 64.
         */
        SCHEDULED(now_ns, 0, 8),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 1, 9, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, BATCH - 1),
        INSTRUCTION(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1, BATCH - 1),
        INSTRUCTION(BPF_JMP | BPF_JGE | BPF_X, 0, 7, 5, 0),
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns),
        SCHEDULED(from_ns, 1, 8),
        INSTRUCTION(BPF_ALU64 | BPF_SUB | BPF_X, 0, 1, 0, 0),
        INSTRUCTION(BPF_STX | BPF_MEM | BPF_DW, 8, 0, offsetof(struct schedule, now_ns), 0),
        INSTRUCTION(BPF_JMP | BPF_JGT | BPF_X, 7, 0, 9 - 30, 0),
        INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, 9, 0, 0, 1),
        INSTRUCTION(BPF_STX | BPF_MEM | BPF_DW, 8, 9, offsetof(struct schedule, sent), 0),
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
        INSTRUCTION(BPF_ALU | BPF_MOD | BPF_K, 0, 0, 0, flows->count),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 3, 0, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, flows->first_port),
        INSTRUCTION(BPF_ALU | BPF_END | BPF_TO_BE, 3, 0, 0, 16),
        INSTRUCTION(BPF_STX | BPF_MEM | BPF_H, 6, 3, PORT_AT, 0),
        INSTRUCTION(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 2),
        INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 1),
        INSTRUCTION(BPF_STX | BPF_MEM | BPF_B, 6, 0, MAC_AT, 0),
        INSTRUCTION(BPF_STX | BPF_MEM | BPF_B, 6, 0, IPV4_AT, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, (int)if_nametoindex(VETH_NEAR)),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 0),
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect),
        INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_XDP;
    attributes.insns = address_of(instructions);
    attributes.insn_cnt = sizeof instructions / sizeof instructions[0];
    attributes.license = address_of("GPL");
    return call_bpf(BPF_PROG_LOAD, &attributes);
}

/* veth takes redirected frames when its other end polls, as it does with GRO. */
static int let_far_end_poll(void)
{
    struct ethtool_value on = {.cmd = ETHTOOL_SGRO, .data = 1};
    struct ifreq request = {.ifr_data = (void *)&on};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", VETH_FAR);
    int status = fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : -errno;
    if (fd >= 0)
        (void)close(fd);
    return status;
}

struct live_sender *live_sender_new(const struct veth_frame *like, const struct live_flows *flows,
                                    uint64_t packets_per_s)
{
    struct live_sender *sender = calloc(1, sizeof *sender);
    if (!sender)
        return NULL;
    uint64_t period_ns = packets_per_s ? CLOCK_NS_PER_S / packets_per_s : 0;
    sender->map = sender->program = -1;
    int status = -EINVAL;
    if (like->length == FRAME_BYTES && flows->count > 0 && flows->count <= LIVE_FLOWS_MAX &&
        period_ns < INT32_MAX)
        status = let_far_end_poll();
    if (status == 0)
        status = sender->map = make_map();
    if (status >= 0)
        status = sender->program = load_program(sender->map, flows, (uint32_t)period_ns);
    if (status >= 0) {
        memcpy(sender->frame, like->bytes, FRAME_BYTES);
        return sender;
    }
    live_sender_free(sender);
    errno = -status;
    return NULL;
}

void live_sender_free(struct live_sender *sender)
{
    if (!sender)
        return;
    if (sender->map >= 0)
        (void)close(sender->map);
    if (sender->program >= 0)
        (void)close(sender->program);
    free(sender);
}

static int run_program(const struct live_sender *sender)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.test.prog_fd = (uint32_t)sender->program;
    attributes.test.data_in = address_of(sender->frame);
    attributes.test.data_size_in = FRAME_BYTES;
    attributes.test.repeat = RUNS;
    attributes.test.batch_size = BATCH;
    attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    return call_bpf(BPF_PROG_TEST_RUN, &attributes);
}

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* the program's, too */
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* What the far end has received, by the kernel's count. */
static uint64_t received(void)
{
    uint64_t packets = 0;
    FILE *file = fopen("/sys/class/net/" VETH_FAR "/statistics/rx_packets", "re");
    if (file && fscanf(file, "%" SCNu64, &packets) != 1)
        packets = 0;
    if (file)
        (void)fclose(file);
    return packets;
}

int64_t live_sender_run(struct live_sender *sender, uint64_t packets, uint64_t most_ns,
                        uint64_t *out_ns)
{
    uint64_t before = received();
    uint64_t from_ns = monotonic_ns();
    struct schedule schedule = {.from_ns = from_ns, .packets = packets};
    int status = access_schedule(sender, BPF_MAP_UPDATE_ELEM, &schedule);
    while (status >= 0 && schedule.sent < packets && monotonic_ns() - from_ns < most_ns) {
        status = run_program(sender);
        if (status >= 0)
            status = access_schedule(sender, BPF_MAP_LOOKUP_ELEM, &schedule);
    }
    *out_ns = schedule.now_ns;
    return status < 0 ? status : (int64_t)(received() - before);
}
