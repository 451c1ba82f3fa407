/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the access room asks of libsodium, which is known to crypto.c alone: a memory-hard hash of
 * passwords (argon2id, RFC 9106), random secrets, SHA-256 (FIPS 180-4), keyed pseudonyms (BLAKE2b,
 * RFC 7693), comparison in constant time. crypto_start comes before all else; then any thread.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_CRYPTO_H
#define LASTMILE_COLLECTOR_ACCESS_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_BYTES      32 /* 256 bits */
#define SECRET_TEXT_BYTES 44 /* base64url without padding, and its NUL */
#define DIGEST_BYTES      32
#define KEYED_TEXT_BYTES   17 /* sixteen hexadecimal digits and NUL */

/* 0, or -EIO where the system has no randomness. */
int crypto_start(void);

/* argon2id with 64 MiB and two passes: about a tenth of a second of one core. out has room for
 * ACCOUNT_HASH_BYTES. 0 or -ENOMEM. */
int crypto_hash_password(const char *password, char *out);
bool crypto_verify_password(const char *hash, const char *password);
/* A hash that no password has, to take as long over an account that is not there. */
extern const char crypto_no_password[];

void crypto_random(uint8_t *out, size_t length);
/* 256 random bits as text. */
void crypto_secret(char out[static SECRET_TEXT_BYTES]);
void crypto_digest(const char *text, uint8_t out[static DIGEST_BYTES]);
/* A keyed digest as text: what stands for an address, or what a form must bring back. */
void crypto_keyed(const uint8_t key[static SECRET_BYTES], const char *text,
                  char out[static KEYED_TEXT_BYTES]);
void crypto_keyed_secret(const uint8_t key[static SECRET_BYTES], const char *text,
                         char out[static SECRET_TEXT_BYTES]);
/* The same as a number, for tables. */
uint64_t crypto_hash_key(const uint8_t key[static SECRET_BYTES], const char *text);
/* In constant time. */
bool crypto_equal(const void *a, const void *b, size_t length);
/* The same for texts, the length of which is no secret. */
bool crypto_equal_text(const char *a, const char *b);
void crypto_wipe(void *bytes, size_t length);

#endif
