/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the writer of the registry has looked up already: names and their ids, which never change
 * while it runs. A memory of bounded size that may forget at any time, and must when a transaction
 * is rolled back. It knows no SQL.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_KNOWN_H
#define LASTMILE_COLLECTOR_REGISTRY_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known;

/* NULL when memory is out. */
struct known *known_new(void);
void known_free(struct known *known);

/* One kind of key each: what its numbers and its bytes mean. */
enum known_kind {
    KNOWN_OPERATOR,   /* name */
    KNOWN_PROBE,      /* operator id; name; the value is an index */
    KNOWN_BOOT,       /* probe id; boot id; the value is an index */
    KNOWN_AREA,       /* name */
    KNOWN_NODE,       /* operator id; name */
    KNOWN_INTERFACE,  /* node id; name */
    KNOWN_SERIES,     /* its five columns */
    KNOWN_BRANCH,     /* node id, residence, technology */
    KNOWN_CLASS,      /* operator id; name */
    KNOWN_BRANCH_DAY, /* branch id, day; the value is the area and the settlement */
};

#define KNOWN_NUMBERS    5
#define KNOWN_TEXT_BYTES 64

struct known_key {
    int64_t numbers[KNOWN_NUMBERS];
    uint8_t kind, length;
    uint8_t bytes[KNOWN_TEXT_BYTES];
};
/* Bytes beyond KNOWN_TEXT_BYTES make a key that is never found, and never kept. */
struct known_key known_key(enum known_kind kind, const int64_t *numbers, size_t number_count,
                           const void *bytes, size_t length);

bool known_find(const struct known *known, const struct known_key *key, int64_t *out_value);
/* Keeps it; false where memory is out, or the bound is reached: then it is looked up again. Probes
 * and boots are not held to the bound: their rows bound themselves. */
bool known_put(struct known *known, const struct known_key *key, int64_t value);
/* Whether it is better emptied before the next batch. */
bool known_is_full(const struct known *known);
void known_forget(struct known *known);

#endif
