/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/pcap_blocks.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du
#define VERSION_MAJOR      2
#define VERSION_MINOR      4
#define FILE_HEADER_BYTES  24
#define RECORD_BYTES       16
#define CAPTURED_MAX       262144             /* what libpcap takes for sane with most link types */
#define BLOCK_BYTES        ((size_t)64 << 10) /* stays in the cache; grows with a longer record */

struct pcap_blocks {
    int fd;
    bool swapped;
    enum link_type link_type;
    uint32_t captured_max;
    uint32_t fraction_ns;
    uint64_t block_offset; /* in the file, of the block's first byte */
    size_t at, end;        /* in the block */
    size_t block_bytes;
    uint8_t *block;
};

struct record {
    uint32_t seconds, fraction, captured, wire;
};
_Static_assert(sizeof(struct record) == RECORD_BYTES, "as it lies in the file");

static uint32_t swap_u32(uint32_t x)
{
    return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24;
}

static bool grow_block(struct pcap_blocks *blocks, size_t bytes)
{
    uint8_t *block = realloc(blocks->block, bytes);
    if (!block)
        return false;
    blocks->block = block;
    blocks->block_bytes = bytes;
    return true;
}

/* Moves what is left to the front and fills up behind it. */
static void fill_block(struct pcap_blocks *blocks)
{
    size_t left = blocks->end - blocks->at;
    memmove(blocks->block, blocks->block + blocks->at, left);
    blocks->block_offset += blocks->at;
    blocks->at = 0;
    blocks->end = left;
    while (blocks->end < blocks->block_bytes) {
        ssize_t got =
            pread(blocks->fd, blocks->block + blocks->end, blocks->block_bytes - blocks->end,
                  (off_t)(blocks->block_offset + blocks->end));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return; /* libpcap meets the same fault, and says so */
        blocks->end += (size_t)got;
    }
}

static bool read_header(struct pcap_blocks *blocks)
{
    uint32_t magic;
    uint16_t version[2];
    fill_block(blocks);
    if (blocks->end < FILE_HEADER_BYTES)
        return false;
    memcpy(&magic, blocks->block, sizeof magic);
    memcpy(version, blocks->block + sizeof magic, sizeof version);
    blocks->swapped = magic == swap_u32(MAGIC_MICROSECONDS) || magic == swap_u32(MAGIC_NANOSECONDS);
    if (blocks->swapped) {
        magic = swap_u32(magic);
        version[0] = (uint16_t)(version[0] >> 8 | version[0] << 8);
        version[1] = (uint16_t)(version[1] >> 8 | version[1] << 8);
    }
    blocks->fraction_ns = magic == MAGIC_NANOSECONDS ? 1 : 1000;
    blocks->at = FILE_HEADER_BYTES;
    return (magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS) &&
           version[0] == VERSION_MAJOR && version[1] == VERSION_MINOR;
}

struct pcap_blocks *pcap_blocks_new(int fd, enum link_type link_type, uint32_t snaplen)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        errno = EIO;
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || link_type == LINK_UNSUPPORTED) {
        errno = ENOTSUP;
        return NULL;
    }
    struct pcap_blocks *blocks = calloc(1, sizeof *blocks);
    if (!blocks)
        return NULL;
    blocks->fd = fd;
    blocks->link_type = link_type;
    blocks->captured_max = snaplen < CAPTURED_MAX ? snaplen : CAPTURED_MAX;
    int code = grow_block(blocks, BLOCK_BYTES) ? ENOTSUP : ENOMEM;
    if (code == ENOTSUP && read_header(blocks))
        return blocks;
    pcap_blocks_free(blocks);
    errno = code;
    return NULL;
}

void pcap_blocks_free(struct pcap_blocks *blocks)
{
    if (blocks)
        free(blocks->block);
    free(blocks);
}

/* The record at hand, and whether it is wholly in the block. */
static bool has_record(const struct pcap_blocks *blocks, struct record *out)
{
    *out = (struct record){0};
    if (blocks->end - blocks->at < RECORD_BYTES)
        return false;
    memcpy(out, blocks->block + blocks->at, RECORD_BYTES);
    if (blocks->swapped)
        *out = (struct record){swap_u32(out->seconds), swap_u32(out->fraction),
                               swap_u32(out->captured), swap_u32(out->wire)};
    return out->captured <= blocks->end - blocks->at - RECORD_BYTES;
}

/* False when the block holds no whole record any more, or one that is not plain. */
static bool take_record(struct pcap_blocks *blocks, struct frame *out_frame)
{
    struct record record;
    if (!has_record(blocks, &record) || record.captured > blocks->captured_max ||
        record.seconds > INT32_MAX || record.fraction > INT32_MAX)
        return false;
    *out_frame = (struct frame){
        .time_unix_ns =
            record.seconds * UINT64_C(1000000000) + (uint64_t)record.fraction * blocks->fraction_ns,
        .bytes = blocks->block + blocks->at + RECORD_BYTES,
        .captured_bytes = record.captured,
        .wire_bytes = record.wire,
        .link_type = blocks->link_type,
    };
    blocks->at += RECORD_BYTES + record.captured;
    return true;
}

/* Reads on; a record at hand that is longer than the block gets a longer one. */
static void read_on(struct pcap_blocks *blocks)
{
    struct record record;
    fill_block(blocks);
    if (has_record(blocks, &record) || record.captured > blocks->captured_max)
        return;
    size_t needed = RECORD_BYTES + (size_t)record.captured;
    if (needed > blocks->block_bytes && grow_block(blocks, needed))
        fill_block(blocks);
}

size_t pcap_blocks_read(struct pcap_blocks *blocks, struct frame *out_frames, size_t most)
{
    struct record record;
    size_t count = 0;
    if (!has_record(blocks, &record))
        read_on(blocks);
    while (count < most && take_record(blocks, &out_frames[count]))
        count++;
    return count;
}

uint64_t pcap_blocks_offset(const struct pcap_blocks *blocks)
{
    return blocks->block_offset + blocks->at;
}
