/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/anonymize_names.h"

#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 64 /* for a pseudonym that nobody has: short texts have few */

/* One identity: its octets, then its pseudonym's. */
struct entry {
    uint64_t hash;
    uint32_t length;
    uint32_t kind;
    uint8_t *bytes; /* owned; NULL: a free place */
};

/* Open addressing; the pseudonyms given away are entries, too, so that none is given twice. */
struct identities {
    snapshot_pseudonym_fn pseudonym;
    void *ctx;
    struct entry *entries;
    size_t count, capacity; /* a power of two */
};

struct identities *identities_new(snapshot_pseudonym_fn pseudonym, void *ctx)
{
    struct identities *identities = calloc(1, sizeof *identities);
    if (!identities)
        return NULL;
    *identities = (struct identities){.pseudonym = pseudonym, .ctx = ctx, .capacity = 1024};
    identities->entries = calloc(identities->capacity, sizeof *identities->entries);
    if (identities->entries)
        return identities;
    free(identities);
    return NULL;
}

void identities_free(struct identities *identities)
{
    if (!identities)
        return;
    for (size_t i = 0; i < identities->capacity; i++)
        free(identities->entries[i].bytes);
    free(identities->entries);
    free(identities);
}

/* FNV-1a: places in a table, hides nothing. */
static uint64_t hash_of(uint32_t kind, const uint8_t *bytes, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ kind;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash ^ hash >> 29;
}

static struct entry *place_of(const struct identities *identities, uint32_t kind,
                              const uint8_t *bytes, size_t length)
{
    uint64_t hash = hash_of(kind, bytes, length);
    size_t i = (size_t)hash & (identities->capacity - 1);
    for (;; i = (i + 1) & (identities->capacity - 1)) {
        struct entry *entry = &identities->entries[i];
        if (!entry->bytes || (entry->hash == hash && entry->kind == kind &&
                              entry->length == length && memcmp(entry->bytes, bytes, length) == 0))
            return entry;
    }
}

static bool grow(struct identities *identities)
{
    if (2 * (identities->count + 2) < identities->capacity)
        return true;
    struct identities old = *identities;
    struct entry *entries = calloc(old.capacity * 2, sizeof *entries);
    if (!entries)
        return false;
    identities->entries = entries;
    identities->capacity = old.capacity * 2;
    for (size_t i = 0; i < old.capacity; i++) {
        const struct entry *entry = &old.entries[i];
        if (entry->bytes)
            *place_of(identities, entry->kind, entry->bytes, entry->length) = *entry;
    }
    free(old.entries);
    return true;
}

/* Keeps length octets, and behind them more of them when there are. */
static bool keep(struct identities *identities, uint32_t kind, const uint8_t *bytes, size_t length,
                 const uint8_t *more)
{
    struct entry *place = place_of(identities, kind, bytes, length);
    if (place->bytes)
        return true;
    uint8_t *copy = malloc(2 * length + 1);
    if (!copy)
        return false;
    memcpy(copy, bytes, length);
    if (more)
        memcpy(copy + length, more, length);
    *place = (struct entry){.hash = hash_of(kind, bytes, length),
                            .length = (uint32_t)length,
                            .kind = kind,
                            .bytes = copy};
    identities->count++;
    return true;
}

/* Octet i of the keyed stream that belongs to an identity. */
struct stream {
    const struct identities *identities;
    uint64_t seed, block;
    size_t next;
};

static struct stream stream_of(const struct identities *identities, enum identity_kind kind,
                               const uint8_t *bytes, size_t length, unsigned attempt)
{
    uint64_t seed = identities->pseudonym(identities->ctx, bytes, length);
    return (struct stream){.identities = identities,
                           .seed = seed ^ ((uint64_t)kind << 32 | attempt)};
}

static uint8_t stream_next(struct stream *stream)
{
    if (stream->next % 8 == 0) {
        const uint64_t counted[2] = {stream->seed, stream->next};
        stream->block =
            stream->identities->pseudonym(stream->identities->ctx, counted, sizeof counted);
    }
    return (uint8_t)(stream->block >> 8 * (stream->next++ % 8));
}

static uint8_t char_like(uint8_t c, uint8_t random)
{
    if (c >= '0' && c <= '9')
        return (uint8_t)('0' + random % 10);
    if (c >= 'a' && c <= 'z')
        return (uint8_t)('a' + random % 26);
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)('A' + random % 26);
    return c >= 0x80 ? (uint8_t)('a' + random % 26) : c;
}

/* The prefix decides the octet behind it, so that equal networks stay equal networks. */
static void map_address(const struct identities *identities, const uint8_t *bytes, uint8_t *out)
{
    uint8_t result[IDENTITY_ADDRESS_BYTES];
    for (size_t i = 0; i < sizeof result; i++) {
        struct stream stream = stream_of(identities, IDENTITY_ADDRESS, bytes, i, 0);
        result[i] = bytes[i] ^ stream_next(&stream);
    }
    memcpy(out, result, sizeof result);
}

static void map_octets(const struct identities *identities, enum identity_kind kind,
                       const uint8_t *bytes, size_t length, unsigned attempt, uint8_t *out)
{
    struct stream stream = stream_of(identities, kind, bytes, length, attempt);
    for (size_t i = 0; i < length; i++) {
        uint8_t random = stream_next(&stream);
        if (kind == IDENTITY_MAC)
            out[i] = i == 0 ? 0x02 : random;
        else if (kind == IDENTITY_TEXT)
            out[i] = char_like(bytes[i], random);
        else
            out[i] = bytes[i] == 0 ? 0 : (uint8_t)(random | 1);
    }
}

bool identities_map(struct identities *identities, enum identity_kind kind, const uint8_t *bytes,
                    size_t length, uint8_t *out)
{
    if (length == 0)
        return true;
    if (!grow(identities))
        return false;
    const struct entry *known = place_of(identities, kind, bytes, length);
    if (known->bytes) {
        memcpy(out, known->bytes + length, length);
        return true;
    }
    uint8_t *result = malloc(length);
    if (!result)
        return false;
    uint32_t given = (uint32_t)kind + IDENTITY_KINDS;
    if (kind == IDENTITY_ADDRESS)
        map_address(identities, bytes, result);
    else
        for (unsigned attempt = 0; attempt < TRIES_MAX; attempt++) {
            map_octets(identities, kind, bytes, length, attempt, result);
            if (!place_of(identities, given, result, length)->bytes)
                break;
        }
    bool kept = keep(identities, (uint32_t)kind, bytes, length, result) &&
                keep(identities, given, result, length, NULL);
    memcpy(out, result, length);
    free(result);
    return kept;
}

bool identities_know(const struct identities *identities, enum identity_kind kind,
                     const uint8_t *bytes, size_t length)
{
    return place_of(identities, (uint32_t)kind, bytes, length)->bytes != NULL;
}
