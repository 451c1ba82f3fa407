/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Identities and their pseudonyms of equal length: the same identity gets the same one, two get
 * two. Not for callers outside the room.
 */
#ifndef LASTMILE_PROBE_SNMP_ANONYMIZE_NAMES_H
#define LASTMILE_PROBE_SNMP_ANONYMIZE_NAMES_H

#include "probe/snmp/snapshot.h"

#define IDENTITY_MAC_BYTES     6
#define IDENTITY_ADDRESS_BYTES 4

enum identity_kind {
    IDENTITY_MAC,     /* 6 octets; becomes a locally administered one (IEEE 802) */
    IDENTITY_ADDRESS, /* 4 octets; the same prefix becomes the same prefix, octet by octet */
    IDENTITY_TEXT,    /* letters become letters, digits digits, all else stays */
    IDENTITY_OCTETS,  /* zeros stay, all else becomes anything */
    IDENTITY_KINDS,
};

struct identities;

struct identities *identities_new(snapshot_pseudonym_fn pseudonym, void *ctx);
void identities_free(struct identities *identities);

/* Writes the pseudonym of bytes to out, which may be bytes. False when memory is out. */
bool identities_map(struct identities *identities, enum identity_kind kind, const uint8_t *bytes,
                    size_t length, uint8_t *out);

/* True when this identity has been mapped before. */
bool identities_know(const struct identities *identities, enum identity_kind kind,
                     const uint8_t *bytes, size_t length);

#endif
