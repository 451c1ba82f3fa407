/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An SNMP object identifier as a value: up to 128 arcs of 32 bits (RFC 2578 §3.5). Arcs are held
 * unsigned, since vendors use indexes above 2^31. Pure, no allocation, any thread.
 */
#ifndef LASTMILE_PROBE_SNMP_OID_H
#define LASTMILE_PROBE_SNMP_OID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OID_ARCS_MAX   128
#define OID_TEXT_BYTES 1536 /* 128 arcs of 10 digits, dots and the NUL */

struct oid {
    uint32_t length; /* arcs in use */
    uint32_t arcs[OID_ARCS_MAX];
};

/* Reads "1.3.6.1" or ".1.3.6.1" of a given length. 0, or -EINVAL (empty, not numbers, an arc above
 * 2^32-1, too many arcs). */
int oid_parse(const char *text, size_t length, struct oid *out_oid);

/* Writes dotted numbers without a leading dot; cut, but always ended, when size is small. */
void oid_format(const struct oid *oid, char *out, size_t size);

/* Below 0, 0 or above 0, in the lexicographic order of SNMP (RFC 3416 §4.2.2). */
int oid_compare(const struct oid *a, const struct oid *b);
/* The same on bare arcs. */
int oid_compare_arcs(const uint32_t *a, size_t a_length, const uint32_t *b, size_t b_length);

/* True when oid lies in the subtree of prefix, or is it. */
bool oid_has_prefix(const struct oid *oid, const struct oid *prefix);

/* Copies the arcs in use only: a whole struct is half a kilobyte. */
void oid_copy(struct oid *to, const struct oid *from);

/* A hash of arcs, FNV-1a with a last mix; every bit of it depends on every arc. Never 0. */
uint64_t oid_hash(const uint32_t *arcs, size_t length);

/* Copies arcs; more than OID_ARCS_MAX are cut. */
struct oid oid_from_arcs(const uint32_t *arcs, size_t length);

#endif
