/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The city's private certificate authority: its own certificate, those that it gives to the broker,
 * the collector and the probes, and the list of those that it took back (RFC 5280). EC P-256,
 * SHA-256. Everything is PEM text in memory; files are the caller's. libcrypto is known to
 * authority.c and secret.c alone. Times are seconds since 1970 UTC. One thread an object.
 */
#ifndef LASTMILE_COLLECTOR_ENROL_AUTHORITY_H
#define LASTMILE_COLLECTOR_ENROL_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTHORITY_SERIAL_BYTES 33 /* 16 octets in hexadecimal, and a NUL */
#define AUTHORITY_NAME_MAX     64 /* octets of a common name (X.520: ub-common-name) */

struct authority;

/* A certificate and its private key as PEM; free with pair_fini, which wipes the key. */
struct pair {
    char *certificate, *key; /* owned */
    char serial[AUTHORITY_SERIAL_BYTES];
};
void pair_fini(struct pair *pair);

/* A new authority, self-signed; it may sign end entities only (path length 0). 0 and its pair, or
 * -EINVAL (a name that is empty or longer than 64), -EIO when libcrypto refuses (said in the log).
 */
int authority_make(const char *name, int64_t from_s, int64_t until_s, struct pair *out_pair);

/* From what authority_make gave. NULL with errno: EPROTO (no certificate or key, or not of each
 * other), ENOMEM. */
struct authority *authority_open(const char *certificate, const char *key);
void authority_close(struct authority *authority);

enum authority_use {
    AUTHORITY_CLIENT, /* extended key usage clientAuth: a broker will not be impersonated by it */
    AUTHORITY_SERVER, /* serverAuth, for the hosts named */
};

struct authority_wish {
    const char *common_name;
    enum authority_use use;
    const char *hosts; /* of a server: names and addresses, separated by commas; else NULL */
    int64_t from_s, until_s;
};

/* A new key and a certificate for it. 0, -EINVAL (names, hosts, or a time that is none), -EIO. */
int authority_issue(const struct authority *authority, const struct authority_wish *wish,
                    struct pair *out_pair);

struct authority_revoked {
    const char *serial;
    int64_t revoked_s;
};

/* The revocation list as PEM, which the caller frees. It is good until the authority itself ends: a
 * broker refuses everybody once the list that it holds is past its time. 0, -EINVAL, -EIO. */
int authority_revoke(const struct authority *authority, const struct authority_revoked *revoked,
                     size_t count, int64_t now_s, char **out_list);

/* Whether the text is such a list by this authority, of exactly these: a new one, whose signature
 * would be another, then has nothing to say. */
bool authority_is_list(const struct authority *authority, const char *text,
                       const struct authority_revoked *revoked, size_t count);

/* The end of a certificate's validity; 0 for text that is none. */
int64_t authority_until(const char *certificate);

#endif
