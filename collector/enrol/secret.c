/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS      101
#define SALT_OCTETS 12
#define HASH_OCTETS 64
#define BASE64(n)   (((n) + 2) / 3 * 4 + 1)

int secret_make(char out[static SECRET_BYTES])
{
    unsigned char octets[(SECRET_BYTES - 1) / 2];
    if (RAND_bytes(octets, sizeof octets) != 1)
        return -EIO;
    for (size_t i = 0; i < sizeof octets; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", octets[i]);
    OPENSSL_cleanse(octets, sizeof octets);
    return 0;
}

int secret_hash(const char *password, char out[static SECRET_HASH_BYTES])
{
    unsigned char salt[SALT_OCTETS];
    unsigned char hash[HASH_OCTETS];
    unsigned char salt_text[BASE64(SALT_OCTETS)];
    unsigned char hash_text[BASE64(HASH_OCTETS)];
    if (RAND_bytes(salt, sizeof salt) != 1 ||
        PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, sizeof salt, ROUNDS, EVP_sha512(),
                          sizeof hash, hash) != 1)
        return -EIO;
    (void)EVP_EncodeBlock(salt_text, salt, sizeof salt);
    (void)EVP_EncodeBlock(hash_text, hash, sizeof hash);
    (void)snprintf(out, SECRET_HASH_BYTES, "$7$%d$%s$%s", ROUNDS, (const char *)salt_text,
                   (const char *)hash_text);
    return 0;
}

void secret_wipe(char secret[static SECRET_BYTES])
{
    OPENSSL_cleanse(secret, SECRET_BYTES);
}
