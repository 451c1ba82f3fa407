/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HMAC (RFC 2104) over libcrypto's SHA-256 of old. The EVP interface, which is meant to take its
 * place, loads providers and a configuration first: 1.8 MiB of resident memory on a small router.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "probe/line/pseudonym.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define INNER_PAD 0x36
#define OUTER_PAD 0x5c

_Static_assert(PSEUDONYM_KEY_BYTES_MAX <= SHA256_CBLOCK, "longer keys would be hashed first");

/* Longer names are hashed as far as this; an agent circuit id has at most 63 bytes (TR-101). */
#define NAME_BYTES_MAX 512

/* The hash after the key's block: each name goes on from here. */
struct pseudonym {
    SHA256_CTX inner, outer;
};

static bool begin(SHA256_CTX *hash, const uint8_t *key, size_t length, uint8_t pad)
{
    uint8_t block[SHA256_CBLOCK] = {0};
    memcpy(block, key, length);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= pad;
    bool done = SHA256_Init(hash) && SHA256_Update(hash, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
    return done;
}

struct pseudonym *pseudonym_new(const uint8_t *key, size_t length)
{
    if (length < PSEUDONYM_KEY_BYTES_MIN || length > PSEUDONYM_KEY_BYTES_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct pseudonym *pseudonym = calloc(1, sizeof *pseudonym);
    if (!pseudonym)
        return NULL;
    if (begin(&pseudonym->inner, key, length, INNER_PAD) &&
        begin(&pseudonym->outer, key, length, OUTER_PAD))
        return pseudonym;
    pseudonym_free(pseudonym);
    errno = ENOMEM;
    return NULL;
}

void pseudonym_free(struct pseudonym *pseudonym)
{
    if (pseudonym)
        OPENSSL_cleanse(pseudonym, sizeof *pseudonym);
    free(pseudonym);
}

uint64_t pseudonym_of(const struct pseudonym *pseudonym, unsigned domain, const void *bytes,
                      size_t length)
{
    uint8_t digest[SHA256_DIGEST_LENGTH] = {0}, first = (uint8_t)domain;
    size_t kept = length < NAME_BYTES_MAX ? length : NAME_BYTES_MAX;
    SHA256_CTX inner = pseudonym->inner, outer = pseudonym->outer;
    bool done = SHA256_Update(&inner, &first, 1) && SHA256_Update(&inner, bytes, kept) &&
                SHA256_Final(digest, &inner) && SHA256_Update(&outer, digest, sizeof digest) &&
                SHA256_Final(digest, &outer);
    if (!done) /* "none", not a wrong line */
        return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof value; i++)
        value = value << 8 | digest[i];
    return value != 0 ? value : 1;
}
