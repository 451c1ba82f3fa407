/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Serves the site on a socket. One thread of its own, an epoll loop; the site is used by the lanes
 * of answers.h alone from http_server_new until http_server_free. Every limit is set here, for the
 * library's defaults are none. libmicrohttpd is known to this room alone.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_HTTP_SERVER_H
#define LASTMILE_COLLECTOR_HTTP_HTTP_SERVER_H

#include <stdint.h>

struct gate;
struct http_server;
struct site;

struct http_options {
    const char *address;                  /* numeric, IPv4 or IPv6; copied */
    uint16_t port;                        /* 0 = any free one */
    unsigned connections_max;             /* all together */
    unsigned connections_per_address_max; /* a reverse proxy is one address: raise it there */
    unsigned timeout_s; /* for a request to be complete, and for a connection to be idle */
    struct gate *gate;  /* who may come in; borrowed, and used by the thread alone */
    const char *cert_file, *key_file; /* PEM, for TLS; NULL: plain text. They outlive the
                                       * server */
};

/* Binds, listens and starts the thread. Takes the site, which http_server_free frees. NULL with
 * errno (EADDRINUSE, EINVAL for an address that is none, ...); the site is then the caller's. */
struct http_server *http_server_new(const struct http_options *options, struct site *site);

/* Has cert_file and key_file read anew: whoever connects from then on gets them; who is connected
 * gets one more answer. What is not good is logged, and the old ones go on.
 * Nothing without TLS. Any thread. */
void http_server_renew(struct http_server *server);

/* Stops the thread, closes every connection. NULL is fine. */
void http_server_free(struct http_server *server);

/* The port that is listened on. */
uint16_t http_server_port(const struct http_server *server);

/* "http://127.0.0.1:8080/", for the ready line; borrowed. */
const char *http_server_url(const struct http_server *server);

#endif
