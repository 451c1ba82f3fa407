/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SHA-256 (FIPS 180-4) of bytes in memory, as sha256sum prints it. libcrypto stays in the .c file.
 */
#ifndef LASTMILE_COLLECTOR_PACKAGE_DIGEST_H
#define LASTMILE_COLLECTOR_PACKAGE_DIGEST_H

#include <stddef.h>

#define DIGEST_BYTES 65 /* 64 hexadecimal digits, small letters, and the NUL */

/* 0, or -EIO when the library refuses. */
int digest_sha256(const char *bytes, size_t length, char out[static DIGEST_BYTES]);

#endif
