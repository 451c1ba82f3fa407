/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/package/digest.h"

#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>

int digest_sha256(const char *bytes, size_t length, char out[static DIGEST_BYTES])
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    if (EVP_Digest(bytes, length, octets, &count, EVP_sha256(), NULL) != 1 ||
        count != (DIGEST_BYTES - 1) / 2)
        return -EIO;
    for (unsigned i = 0; i < count; i++)
        (void)snprintf(out + (size_t)2 * i, 3, "%02x", octets[i]);
    return 0;
}
