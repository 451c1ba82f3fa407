/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one way out for an identity: HMAC-SHA-256 under the period's key, first 64 bits
 * (indicators.md 3.2). libcrypto is known to pseudonym.c alone. An object may be used by several
 * threads at once; the key is wiped when it is freed.
 */
#ifndef LASTMILE_PROBE_LINE_PSEUDONYM_H
#define LASTMILE_PROBE_LINE_PSEUDONYM_H

#include <stddef.h>
#include <stdint.h>

#define PSEUDONYM_KEY_BYTES     32
#define PSEUDONYM_KEY_BYTES_MIN 16
#define PSEUDONYM_KEY_BYTES_MAX 64

/* What kind of thing is named: the same bytes in two domains give unrelated pseudonyms. A line's
 * domain is its enum line_key_kind (1 to 15). Stored data depend on these: never renumber. */
enum pseudonym_domain {
    PSEUDONYM_LINE_FIRST = 1,
    PSEUDONYM_LINE_LAST = 15,
    PSEUDONYM_WTP = 16,         /* serial number or base MAC of an access point */
    PSEUDONYM_STATION = 17,     /* a WLAN user's MAC */
    PSEUDONYM_TERMINAL = 19,    /* serial number or MAC of a terminal that an access node lists */
    PSEUDONYM_DEVICE_SEED = 18, /* seeds of the keyed hash of distinct devices */
    PSEUDONYM_RECORDING = 19, /* whatever stands in a recording that is mailed; under its own key */
};

struct pseudonym;

/* Copies the key. NULL with errno EINVAL for a length out of range, ENOMEM. */
struct pseudonym *pseudonym_new(const uint8_t *key, size_t length);
void pseudonym_free(struct pseudonym *pseudonym);

/* HMAC-SHA-256(key, domain byte || bytes), the first 8 bytes as a big-endian number. 0 stands
 * for "none": only when memory was out. */
uint64_t pseudonym_of(const struct pseudonym *pseudonym, unsigned domain, const void *bytes,
                      size_t length);

#endif
