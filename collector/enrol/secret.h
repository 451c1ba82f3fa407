/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A password that nobody chose, and what the broker keeps of it. libcrypto stays in secret.c.
 */
#ifndef LASTMILE_COLLECTOR_ENROL_SECRET_H
#define LASTMILE_COLLECTOR_ENROL_SECRET_H

#define SECRET_BYTES      33  /* 128 random bits in hexadecimal, and a NUL */
#define SECRET_HASH_BYTES 160 /* "$7$101$salt$hash" and its NUL, with room */

/* 0, or -EIO when there is no randomness. */
int secret_make(char out[static SECRET_BYTES]);

/* The hash as mosquitto_passwd of mosquitto 2.0 writes it: PBKDF2 (RFC 8018) with HMAC-SHA-512, 12
 * octets of salt, 101 rounds; the password's own 128 bits are what keeps it. 0 or -EIO. */
int secret_hash(const char *password, char out[static SECRET_HASH_BYTES]);

/* Overwrites what the compiler might otherwise leave. */
void secret_wipe(char secret[static SECRET_BYTES]);

#endif
