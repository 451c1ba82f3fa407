/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/bench_frames.h"

#include "probe/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN       128
#define FRAME_MIN     64
#define HEADER_BYTES  24   /* of the file */
#define RECORD_BYTES  16   /* of a record's header */
#define FETCHED_AHEAD 1024 /* bytes: the walk is fetched as a stream, past the end of a page */
#define CACHE_LINE    64
#define START_S       1700000000u
#define STEP_NS       100 /* between two frames */
#define ZIPF_TENTHS   11  /* of the exponent */
#define CVLANS        4000
#define SERVERS       251

const struct bench_profile bench_profiles[BENCH_PROFILES] = {
    {"W1", "100 k flows, Zipf 1.1, IMIX", 100000, 1 << 22, 6250, BENCH_ZIPF, true, false, 0},
    {"W2", "1 M flows, uniform, 64 bytes", 1000000, 1 << 22, 62500, BENCH_UNIFORM, false, false, 0},
    {"W3", "200 k flows, uniform, IMIX, QinQ 0x88a8 + PPPoE, 30 % IPv6", 200000, 1 << 22, 12500,
     BENCH_UNIFORM, true, true, 30},
    {"W4", "5 M flows of one SYN", 5000000, 5000000, 65536, BENCH_ONCE, false, false, 0},
};

struct bench_frames {
    const struct bench_profile *profile;
    uint8_t *image;
    size_t length, room;
    double *zipf;            /* cumulated weights */
    uint8_t *seen;           /* a byte per flow */
    uint32_t (*sequence)[2]; /* per flow, down and up: of its next segment */
    uint64_t random;
    struct bench_truth truth;
};

/* xorshift64: good enough to draw flows by, and the same everywhere. */
static uint64_t roll(struct bench_frames *frames)
{
    frames->random ^= frames->random << 13;
    frames->random ^= frames->random >> 7;
    frames->random ^= frames->random << 17;
    return frames->random;
}

static uint32_t draw_zipf(struct bench_frames *frames)
{
    uint32_t low = 0, high = frames->profile->flows - 1;
    double wanted = (double)(roll(frames) >> 11) * 0x1p-53 * frames->zipf[high];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (frames->zipf[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint32_t draw(struct bench_frames *frames, uint32_t number)
{
    switch (frames->profile->draw) {
    case BENCH_ZIPF:
        return draw_zipf(frames);
    case BENCH_UNIFORM:
        return (uint32_t)(roll(frames) % frames->profile->flows);
    default:
        return number;
    }
}

/* ---- one frame ---- */

struct writer {
    uint8_t bytes[SNAPLEN + 32];
    size_t length;
};

static void put(struct writer *writer, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        writer->bytes[writer->length++] = (uint8_t)(value >> (8 * bytes));
}

/* A packet of one flow on its way up or down. */
struct draft {
    uint32_t flow, line;
    bool up, ipv6;
    uint32_t sequence;
    uint32_t wire_bytes, ip_bytes;
    size_t link_bytes; /* before the IP header */
};

static void put_link(const struct bench_profile *profile, const struct draft *draft,
                     struct writer *writer)
{
    uint64_t client = UINT64_C(0x020000000000) + draft->line, router = UINT64_C(0x02ffffffffff);
    put(writer, draft->up ? router : client, 6);
    put(writer, draft->up ? client : router, 6);
    if (profile->access) {
        put(writer, 0x88a8, 2);
        put(writer, 1 + draft->line / CVLANS, 2);
        put(writer, 0x8100, 2);
        put(writer, 1 + draft->line % CVLANS, 2);
        put(writer, 0x8864, 2);
        put(writer, 0x1100, 2); /* version, type, code: session */
        put(writer, 1 + draft->line % 65535, 2);
        put(writer, draft->ip_bytes + 2, 2);
        put(writer, draft->ipv6 ? 0x0057 : 0x0021, 2);
    } else {
        put(writer, draft->ipv6 ? 0x86dd : 0x0800, 2);
    }
}

static void put_address(struct writer *writer, bool ipv6, uint64_t address)
{
    if (ipv6) {
        put(writer,
            address >> 24 == 10 ? UINT64_C(0xfd00000000000000) : UINT64_C(0x20010db800000000), 8);
        put(writer, 0, 4);
    }
    put(writer, address, 4);
}

static void put_ip(const struct draft *draft, struct writer *writer)
{
    uint64_t client = 0x0a000000 + draft->line, server = 0xc6336400 + draft->flow % SERVERS;
    if (draft->ipv6) {
        put(writer, UINT64_C(0x60000000), 4);
        put(writer, draft->ip_bytes - 40, 2);
        put(writer, 0x0640, 2); /* TCP, hop limit */
    } else {
        put(writer, 0x4500, 2);
        put(writer, draft->ip_bytes, 2);
        put(writer, UINT64_C(0x0000000040060000), 8); /* no fragment; TTL, TCP, no checksum */
    }
    put_address(writer, draft->ipv6, draft->up ? client : server);
    put_address(writer, draft->ipv6, draft->up ? server : client);
}

/* The ports tell apart the flows of a line. */
static void put_tcp(const struct bench_profile *profile, const struct draft *draft,
                    struct writer *writer)
{
    uint64_t client = 1024 + draft->flow / profile->lines, server = 443;
    put(writer, draft->up ? client : server, 2);
    put(writer, draft->up ? server : client, 2);
    put(writer, draft->sequence, 4);
    put(writer, 0, 4);
    put(writer, profile->draw == BENCH_ONCE ? 0x5002 : 0x5010, 2); /* SYN; ACK */
    put(writer, 0xffff, 2);
    put(writer, 0, 4);
}

static void size_draft(struct bench_frames *frames, struct draft *draft)
{
    static const uint16_t imix[12] = {64, 64, 64, 64, 64, 64, 64, 594, 594, 594, 594, 1518};
    const struct bench_profile *profile = frames->profile;
    uint32_t headers = (profile->access ? 30u : 14u) + (draft->ipv6 ? 40u : 20u) + 20;
    uint32_t wanted = profile->imix ? imix[roll(frames) % 12] : FRAME_MIN;
    wanted -= 4; /* the frame check sequence is not captured */
    draft->link_bytes = profile->access ? 30 : 14;
    draft->ip_bytes = (wanted > headers ? wanted : headers) - (uint32_t)draft->link_bytes;
    /* A minimal frame is padded; its IP packet may be shorter: a bare acknowledgement is. */
    if (wanted == FRAME_MIN - 4)
        draft->ip_bytes = headers - (uint32_t)draft->link_bytes;
    uint32_t whole = draft->ip_bytes + (uint32_t)draft->link_bytes;
    draft->wire_bytes = whole > wanted ? whole : wanted;
}

static void put_native(struct bench_frames *frames, uint32_t value)
{
    memcpy(frames->image + frames->length, &value, sizeof value);
    frames->length += sizeof value;
}

static void append(struct bench_frames *frames, uint32_t number)
{
    const struct bench_profile *profile = frames->profile;
    struct writer writer = {.length = 0};
    uint32_t flow = draw(frames, number);
    struct draft draft = {.flow = flow, .line = flow % profile->lines};
    draft.ipv6 = draft.line % 100 < profile->ipv6_percent;
    draft.up = profile->draw == BENCH_ONCE || roll(frames) >> 32 & 1;
    size_draft(frames, &draft);
    uint32_t headers = (draft.ipv6 ? 40u : 20u) + 20;
    draft.sequence = frames->sequence[flow][draft.up];
    frames->sequence[flow][draft.up] += draft.ip_bytes - headers;
    put_link(profile, &draft, &writer);
    put_ip(&draft, &writer);
    put_tcp(profile, &draft, &writer);
    uint32_t kept = draft.wire_bytes < SNAPLEN ? draft.wire_bytes : SNAPLEN;
    uint64_t time_ns = (uint64_t)number * STEP_NS;
    put_native(frames, START_S + (uint32_t)(time_ns / 1000000000));
    put_native(frames, (uint32_t)(time_ns % 1000000000));
    put_native(frames, kept);
    put_native(frames, draft.wire_bytes);
    memcpy(frames->image + frames->length, writer.bytes, kept);
    frames->length += kept;
    frames->truth.packets++;
    frames->truth.wire_bytes += draft.wire_bytes;
    frames->truth.ip_bytes += draft.ip_bytes;
    frames->truth.biflows += !frames->seen[flow];
    frames->seen[flow] = 1;
}

/* ---- all of them ---- */

static int take_room(struct bench_frames *frames)
{
    const struct bench_profile *profile = frames->profile;
    frames->room = HEADER_BYTES + (size_t)profile->frames * (RECORD_BYTES + SNAPLEN);
    frames->image = memory_take(frames->room);
    frames->seen = calloc(profile->flows, 1);
    frames->sequence = calloc(profile->flows, sizeof *frames->sequence);
    frames->zipf = calloc(profile->flows, sizeof *frames->zipf);
    return frames->image && frames->seen && frames->sequence && frames->zipf ? 0 : -ENOMEM;
}

/* Version 2.4, nanoseconds, Ethernet, in this machine's byte order. */
static void put_header(struct bench_frames *frames)
{
    const uint16_t version[2] = {2, 4};
    put_native(frames, 0xa1b23c4d);
    memcpy(frames->image + frames->length, version, sizeof version);
    frames->length += sizeof version;
    put_native(frames, 0); /* time zone */
    put_native(frames, 0); /* accuracy */
    put_native(frames, SNAPLEN);
    put_native(frames, 1);
}

/* rank^-1.1 by Newton's tenth root: libm's pow would cost every probe that runs 300 KiB. */
static double zipf_weight(double rank)
{
    double root = 1 + (rank - 1) / 10, before, weight = 1;
    do {
        double ninth = root * root * root;
        ninth *= ninth * ninth;
        before = root;
        root -= (root - rank / ninth) / 10;
    } while (root < before); /* from above, until rounding ends it */
    for (unsigned i = 0; i < ZIPF_TENTHS; i++)
        weight /= root;
    return weight;
}

struct bench_frames *bench_frames_new(const struct bench_profile *profile)
{
    struct bench_frames *frames = calloc(1, sizeof *frames);
    if (!frames)
        return NULL;
    frames->profile = profile;
    frames->random = UINT64_C(88172645463325252);
    if (take_room(frames) < 0) {
        bench_frames_free(frames);
        errno = ENOMEM;
        return NULL;
    }
    double sum = 0;
    for (uint32_t i = 0; profile->draw == BENCH_ZIPF && i < profile->flows; i++)
        frames->zipf[i] = sum += zipf_weight(i + 1.0);
    put_header(frames);
    for (uint32_t i = 0; i < profile->frames; i++)
        append(frames, i);
    return frames;
}

void bench_frames_free(struct bench_frames *frames)
{
    if (!frames)
        return;
    if (frames->image)
        memory_give(frames->image, frames->room);
    free(frames->seen);
    free(frames->sequence);
    free(frames->zipf);
    free(frames);
}

const struct bench_truth *bench_frames_truth(const struct bench_frames *frames)
{
    return &frames->truth;
}

const uint8_t *bench_frames_image(const struct bench_frames *frames, size_t *out_bytes)
{
    *out_bytes = frames->length;
    return frames->image;
}

struct bench_walk bench_walk_begin(const struct bench_frames *frames)
{
    return (struct bench_walk){frames->image + HEADER_BYTES, frames->image + frames->length};
}

bool bench_walk_next(struct bench_walk *walk, struct frame *out_frame)
{
    uint32_t record[RECORD_BYTES / 4];
    if (walk->at == walk->end)
        return false;
    memcpy(record, walk->at, sizeof record);
    *out_frame = (struct frame){
        .time_unix_ns = record[0] * UINT64_C(1000000000) + record[1],
        .bytes = walk->at + RECORD_BYTES,
        .captured_bytes = record[2],
        .wire_bytes = record[3],
        .link_type = LINK_ETHERNET,
    };
    __builtin_prefetch(walk->at + FETCHED_AHEAD, 0, 0);
    __builtin_prefetch(walk->at + FETCHED_AHEAD + CACHE_LINE, 0, 0);
    walk->at += RECORD_BYTES + record[2];
    return true;
}
