/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/ring.h"

#include "probe/capture/socket_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_PACKET /* hidden by strict POSIX headers */
#define SOL_PACKET 263
#endif
#ifndef PACKET_IGNORE_OUTGOING /* Linux 4.20 */
#define PACKET_IGNORE_OUTGOING 23
#endif

#define NS_PER_S        UINT64_C(1000000000)
#define VLAN_TAG_BYTES  4
#define ADDRESSES_BYTES 12  /* of an Ethernet header: the tag stands behind them */
#define FRAME_OVERHEAD  256 /* of a frame and of its block, generously */
#define BLOCK_BYTES_MIN                                                                            \
    4096 /* a page; where pages are larger the kernel refuses, and libpcap reads */
#define BLOCKS_MIN  2
#define FRAME_SIZE  2048 /* of no meaning to TPACKET_V3, but checked */
#define AHEAD_BYTES 2048 /* of the block that are fetched before they are read */
#define CACHE_LINE  64

struct ring {
    int fd;
    uint32_t snaplen;
    bool drops_outgoing; /* on loopback, where the kernel does not do it */
    uint8_t *blocks;
    size_t block_bytes, block_count;
    size_t at;                /* the block that is read, or read next */
    const uint8_t *next;      /* its next frame */
    uint32_t left;            /* frames from there on */
    bool holds_block;         /* it has not been given back yet */
    size_t ready, ready_most; /* blocks from `at` on that are known to wait; at most */
    bool gone;                /* the interface: no more frames will come */
};

static struct tpacket_hdr_v1 *block_header(const struct ring *ring, size_t number)
{
    struct tpacket_block_desc *block = (void *)(ring->blocks + number * ring->block_bytes);
    return &block->hdr.bh1;
}

/* ---- opening ---- */

static size_t block_bytes_for(const struct ring_options *options)
{
    size_t bytes = BLOCK_BYTES_MIN;
    while (bytes < options->snaplen + FRAME_OVERHEAD ||
           (bytes < options->block_bytes && bytes * 2 <= options->ring_bytes / 4))
        bytes *= 2;
    return bytes;
}

static int set_option(int fd, int name, const void *value, socklen_t length)
{
    return setsockopt(fd, SOL_PACKET, name, value, length) == 0 ? 0 : -errno;
}

static int map_blocks(struct ring *ring, const struct ring_options *options)
{
    size_t block = block_bytes_for(options);
    size_t count = options->ring_bytes / block;
    count = count < BLOCKS_MIN ? BLOCKS_MIN : count;
    const struct tpacket_req3 wanted = {
        .tp_block_size = (unsigned)block,
        .tp_block_nr = (unsigned)count,
        .tp_frame_size = FRAME_SIZE,
        .tp_frame_nr = (unsigned)(block / FRAME_SIZE * count),
        .tp_retire_blk_tov = options->timeout_ms,
    };
    int status = set_option(ring->fd, PACKET_RX_RING, &wanted, sizeof wanted);
    if (status < 0)
        return status;
    void *blocks = mmap(NULL, block * count, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
    if (blocks == MAP_FAILED)
        return -errno;
    ring->blocks = blocks;
    ring->block_bytes = block;
    ring->block_count = count;
    return 0;
}

static int prepare(struct ring *ring, const struct ring_options *options)
{
    int version = TPACKET_V3;
    unsigned reserve = VLAN_TAG_BYTES; /* in front of each frame, for the tag that comes back */
    if (set_option(ring->fd, PACKET_VERSION, &version, sizeof version) < 0)
        return -ENOTSUP;
    int status = set_option(ring->fd, PACKET_RESERVE, &reserve, sizeof reserve);
    if (status == 0)
        status = socket_filter_copy(ring->fd, options->filter_fd);
    if (status == -ENOENT)
        status = -ENOTSUP; /* nothing would cut the frames, and whole ones be copied */
    return status == 0 ? map_blocks(ring, options) : status;
}

static int code_of_fault(int code)
{
    return code == ENETDOWN || code == ENXIO ? -ENODEV : -code;
}

static int pending_fault(const struct ring *ring)
{
    int code = 0;
    socklen_t length = sizeof code;
    if (getsockopt(ring->fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0)
        code = errno;
    return code_of_fault(code);
}

/* The socket was made for no protocol: nothing has come in before this. */
static int begin(struct ring *ring, const struct ring_options *options)
{
    const struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                        .sll_protocol = htons(ETH_P_ALL),
                                        .sll_ifindex = (int)if_nametoindex(options->interface)};
    const struct packet_mreq everything = {.mr_ifindex = address.sll_ifindex,
                                           .mr_type = PACKET_MR_PROMISC};
    int yes = 1;
    if (address.sll_ifindex == 0)
        return -ENODEV;
    if (options->loopback)
        ring->drops_outgoing = set_option(ring->fd, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) < 0;
    if (bind(ring->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return code_of_fault(errno);
    int status = pending_fault(ring); /* bound to an interface that is down */
    if (status == 0 && options->promiscuous && !options->loopback)
        status = set_option(ring->fd, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything);
    return status;
}

struct ring *ring_new(const struct ring_options *options)
{
    struct ring *ring = calloc(1, sizeof *ring);
    if (!ring)
        return NULL;
    ring->snaplen = options->snaplen;
    ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    int status = ring->fd >= 0 ? prepare(ring, options) : -errno;
    if (status == 0)
        status = begin(ring, options);
    if (status == 0)
        return ring;
    ring_free(ring);
    errno = -status;
    return NULL;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    if (ring->blocks)
        (void)munmap(ring->blocks, ring->block_bytes * ring->block_count);
    if (ring->fd >= 0)
        (void)close(ring->fd);
    free(ring);
}

/* ---- reading ---- */

/* The kernel's writes to a block come before its status; ours are over before it is given back. */
static bool is_ready(const struct ring *ring, size_t number)
{
    const uint32_t *status = &block_header(ring, number % ring->block_count)->block_status;
    return __atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

static void give_back(struct ring *ring)
{
    if (!ring->holds_block)
        return;
    __atomic_store_n(&block_header(ring, ring->at)->block_status, TP_STATUS_KERNEL,
                     __ATOMIC_RELEASE);
    ring->holds_block = false;
    ring->at = ring->at + 1 == ring->block_count ? 0 : ring->at + 1;
    ring->ready--;
}

/* Gives the block back that has been read, and takes the next. False when there is none. */
static bool take_block(struct ring *ring)
{
    give_back(ring);
    while (ring->ready < ring->block_count && is_ready(ring, ring->at + ring->ready))
        ring->ready++;
    if (ring->ready > ring->ready_most)
        ring->ready_most = ring->ready;
    if (ring->ready == 0)
        return false;
    const struct tpacket_hdr_v1 *header = block_header(ring, ring->at);
    ring->next = (const uint8_t *)header - offsetof(struct tpacket_block_desc, hdr) +
                 header->offset_to_first_pkt;
    ring->left = header->num_pkts;
    ring->holds_block = true;
    return true;
}

/* The kernel takes a tag off before capture sees the frame, and keeps room in front of it. */
static uint8_t *put_tag_back(uint8_t *bytes, const struct tpacket3_hdr *header)
{
    bool says = (header->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    const uint16_t tag[2] = {htons(says ? header->hv1.tp_vlan_tpid : ETH_P_8021Q),
                             htons((uint16_t)header->hv1.tp_vlan_tci)};
    uint8_t *front = bytes - VLAN_TAG_BYTES;
    memmove(front, bytes, ADDRESSES_BYTES);
    memcpy(front + ADDRESSES_BYTES, tag, sizeof tag);
    return front;
}

static void fill_frame(const struct ring *ring, uint8_t *at, struct frame *out)
{
    const struct tpacket3_hdr *header = (const void *)at;
    uint8_t *bytes = at + header->tp_mac;
    uint32_t captured = header->tp_snaplen;
    uint32_t wire = header->tp_len;
    if (header->tp_status & TP_STATUS_VLAN_VALID && captured >= ADDRESSES_BYTES) {
        bytes = put_tag_back(bytes, header);
        captured += VLAN_TAG_BYTES;
        wire += VLAN_TAG_BYTES;
    }
    *out = (struct frame){
        .time_unix_ns = header->tp_sec * NS_PER_S + header->tp_nsec,
        .bytes = bytes,
        .captured_bytes = captured < ring->snaplen ? captured : ring->snaplen,
        .wire_bytes = wire,
        .link_type = LINK_ETHERNET,
    };
}

_Static_assert(sizeof(struct tpacket3_hdr) % TPACKET_ALIGNMENT == 0, "the address follows at once");

static bool was_sent(const uint8_t *at)
{
    const struct sockaddr_ll *address = (const void *)(at + sizeof(struct tpacket3_hdr));
    return address->sll_pkttype == PACKET_OUTGOING;
}

/* The kernel has just written the block on another core, from where a line comes slowly; and where
 * the next frame lies is known only when this one's header is there. Frames that are cut lie close
 * together: three lines are one of them and what is between. */
static inline void fetch_ahead(const uint8_t *at)
{
    __builtin_prefetch(at + AHEAD_BYTES);
    __builtin_prefetch(at + AHEAD_BYTES + CACHE_LINE);
    __builtin_prefetch(at + AHEAD_BYTES + 2 * CACHE_LINE);
}

/* Frames of the block at hand. Its layout is the kernel's, and trusted as the kernel is. */
static size_t read_block(struct ring *ring, struct frame *out_frames, size_t most)
{
    uint8_t *at = (uint8_t *)(uintptr_t)ring->next;
    size_t count = 0;
    uint32_t left = ring->left;
    for (; left > 0 && count < most; left--) {
        fetch_ahead(at);
        if (!ring->drops_outgoing || !was_sent(at))
            fill_frame(ring, at, &out_frames[count++]);
        at += ((const struct tpacket3_hdr *)(const void *)at)->tp_next_offset;
    }
    ring->next = at;
    ring->left = left;
    return count;
}

size_t ring_read(struct ring *ring, struct frame *out_frames, size_t most)
{
    size_t count = 0;
    while (count == 0 && (ring->left > 0 || take_block(ring)))
        count = read_block(ring, out_frames, most);
    return count;
}

int ring_wait(struct ring *ring, int timeout_ms)
{
    struct pollfd wanted = {.fd = ring->fd, .events = POLLIN};
    int ready = poll(&wanted, 1, timeout_ms);
    if (ready > 0 && wanted.revents & POLLIN)
        return 1;
    if (ring->gone)
        return -ENODEV;
    if (ready <= 0)
        return 0;
    int status = pending_fault(ring);
    /* The block that was being filled comes when its time is over: once more. */
    ring->gone = status == -ENODEV;
    return ring->gone ? ring_wait(ring, timeout_ms) : status;
}

int ring_fd(const struct ring *ring)
{
    return ring->fd;
}

int ring_losses(struct ring *ring, struct ring_losses *out_losses)
{
    struct tpacket_stats_v3 stats = {0};
    socklen_t length = sizeof stats;
    *out_losses = (struct ring_losses){0};
    if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) != 0)
        return -errno;
    *out_losses = (struct ring_losses){.received = stats.tp_packets, .dropped = stats.tp_drops};
    return 0;
}

uint32_t ring_permille(struct ring *ring)
{
    size_t most = ring->ready_most;
    ring->ready_most = ring->ready;
    return (uint32_t)(most * 1000 / ring->block_count);
}
