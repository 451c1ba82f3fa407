/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/crypto.h"

#include "collector/registry/account_store.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

_Static_assert(crypto_pwhash_STRBYTES <= ACCOUNT_HASH_BYTES, "a hash fits its column");
_Static_assert(crypto_hash_sha256_BYTES == DIGEST_BYTES, "a digest is a SHA-256");
_Static_assert(sodium_base64_ENCODED_LEN(SECRET_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ==
                   SECRET_TEXT_BYTES,
               "a secret's text fits");

const char crypto_no_password[] = "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

int crypto_start(void)
{
    return sodium_init() < 0 ? -EIO : 0;
}

int crypto_hash_password(const char *password, char *out)
{
    int status =
        crypto_pwhash_str_alg(out, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
    return status == 0 ? 0 : -ENOMEM;
}

bool crypto_verify_password(const char *hash, const char *password)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

void crypto_random(uint8_t *out, size_t length)
{
    randombytes_buf(out, length);
}

static void encode(const uint8_t bytes[static SECRET_BYTES], char out[static SECRET_TEXT_BYTES])
{
    (void)sodium_bin2base64(out, SECRET_TEXT_BYTES, bytes, SECRET_BYTES,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void crypto_secret(char out[static SECRET_TEXT_BYTES])
{
    uint8_t bytes[SECRET_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    encode(bytes, out);
    sodium_memzero(bytes, sizeof bytes);
}

void crypto_digest(const char *text, uint8_t out[static DIGEST_BYTES])
{
    (void)crypto_hash_sha256(out, (const unsigned char *)text, strlen(text)); /* always 0 */
}

static void keyed(const uint8_t *key, const char *text, uint8_t *out, size_t length)
{
    (void)crypto_generichash(out, length, (const unsigned char *)text, strlen(text), key,
                             SECRET_BYTES); /* fails only for lengths that are none */
}

void crypto_keyed(const uint8_t key[static SECRET_BYTES], const char *text,
                  char out[static KEYED_TEXT_BYTES])
{
    uint8_t bytes[crypto_generichash_BYTES_MIN];
    keyed(key, text, bytes, sizeof bytes);
    (void)sodium_bin2hex(out, KEYED_TEXT_BYTES, bytes, (KEYED_TEXT_BYTES - 1) / 2);
}

void crypto_keyed_secret(const uint8_t key[static SECRET_BYTES], const char *text,
                         char out[static SECRET_TEXT_BYTES])
{
    uint8_t bytes[SECRET_BYTES];
    keyed(key, text, bytes, sizeof bytes);
    encode(bytes, out);
}

uint64_t crypto_hash_key(const uint8_t key[static SECRET_BYTES], const char *text)
{
    uint8_t bytes[crypto_generichash_BYTES_MIN];
    uint64_t number;
    keyed(key, text, bytes, sizeof bytes);
    memcpy(&number, bytes, sizeof number);
    return number;
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}

bool crypto_equal_text(const char *a, const char *b)
{
    size_t length = strlen(a);
    return length == strlen(b) && crypto_equal(a, b, length);
}

void crypto_wipe(void *bytes, size_t length)
{
    sodium_memzero(bytes, length);
}
