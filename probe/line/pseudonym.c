/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/pseudonym.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Longer names are hashed as far as this; an agent circuit id has at most 63 bytes (TR-101). */
#define NAME_BYTES_MAX 512

struct pseudonym {
    size_t key_length;
    uint8_t key[PSEUDONYM_KEY_BYTES_MAX];
};

struct pseudonym *pseudonym_new(const uint8_t *key, size_t length)
{
    if (length < PSEUDONYM_KEY_BYTES_MIN || length > PSEUDONYM_KEY_BYTES_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct pseudonym *pseudonym = calloc(1, sizeof *pseudonym);
    if (!pseudonym)
        return NULL;
    pseudonym->key_length = length;
    memcpy(pseudonym->key, key, length);
    return pseudonym;
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
    uint8_t message[1 + NAME_BYTES_MAX];
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    size_t kept = length < NAME_BYTES_MAX ? length : NAME_BYTES_MAX;
    message[0] = (uint8_t)domain;
    memcpy(message + 1, bytes, kept);
    /* It fails for want of memory only; then the name is "none", not a wrong line. */
    if (!HMAC(EVP_sha256(), pseudonym->key, (int)pseudonym->key_length, message, kept + 1, digest,
              NULL))
        return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof value; i++)
        value = value << 8 | digest[i];
    return value != 0 ? value : 1;
}
