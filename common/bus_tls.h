/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a TLS handshake failed. libmosquitto says "a TLS error occurred" to an expired certificate,
 * an unknown authority and a clock that is wrong alike; so the context that it is given takes
 * notes. For bus.c alone; one context a try. OpenSSL is known to bus_tls.c.
 */
#ifndef LASTMILE_COMMON_BUS_TLS_H
#define LASTMILE_COMMON_BUS_TLS_H

#include <stdint.h>

enum bus_tls_fault {
    BUS_TLS_NO_FAULT = 0,    /* or none that a certificate is to blame for */
    BUS_TLS_EXPIRED,         /* the broker's certificate, by this machine's clock */
    BUS_TLS_NOT_YET_VALID,   /* likewise: the clock is behind, as a rule */
    BUS_TLS_UNKNOWN_CA,      /* no chain to the CA file */
    BUS_TLS_WRONG_NAME,      /* the broker's certificate does not name the host */
    BUS_TLS_BAD_CERTIFICATE, /* anything else about the broker's certificate */
    BUS_TLS_REFUSED, /* the broker's alert: our certificate is missing or not what it takes */
};

struct bus_tls;

/* TLS 1.2 or younger, with a broker whose certificate that authority signed for that host, be it a
 * name or an address. Files are read now; cert_file and key_file may be NULL. NULL with errno:
 * ENOMEM, or EINVAL where a file cannot be read, is none, or key and certificate do not belong
 * together. */
struct bus_tls *bus_tls_new(const char *host, const char *ca_file, const char *cert_file,
                            const char *key_file);
/* After a connection broke before its login was answered: reads what the broker said last, which
 * bus_tls_fault then tells. */
void bus_tls_read_last_words(struct bus_tls *tls);
/* The login has been answered: nothing is kept for last words any more. */
void bus_tls_let_go(struct bus_tls *tls);
void bus_tls_free(struct bus_tls *tls); /* NULL is fine */

/* A number that is another one once any of the files was put anew; NULL is no file. */
uint64_t bus_tls_files_mark(const char *ca_file, const char *cert_file, const char *key_file);

/* Its SSL_CTX, borrowed. */
void *bus_tls_context(const struct bus_tls *tls);

/* What is known so far; the first fault stays. */
enum bus_tls_fault bus_tls_fault(const struct bus_tls *tls);

#endif
