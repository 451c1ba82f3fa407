/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose request it is: the peer of the connection, or, where that is a reverse proxy that we trust,
 * whom it speaks for (X-Forwarded-For: strangers' bytes but for what the proxy has put last). Pure.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_CLIENT_H
#define LASTMILE_COLLECTOR_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#define CLIENT_TEXT_BYTES 48

/* proxies: numeric addresses, with spaces between. An IPv4 address in IPv6's clothes is the IPv4
 * one. */
bool client_is_proxy(const char *proxies, const char *peer);
bool client_is_loopback(const char *peer);

/* Writes what limits are counted by: an IPv4 address, or the /64 of an IPv6 one; "?" for a peer
 * that is no address. */
void client_of(const char *proxies, const char *peer, const char *forwarded_for,
               char out[static CLIENT_TEXT_BYTES]);

#endif
