/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the server needs of the system before the library starts: a listening socket, and the texts
 * of its certificate and key.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_LISTEN_H
#define LASTMILE_COLLECTOR_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTEN_PEM_BYTES 65536 /* a certificate with its chain is a few kilobytes */

/* A listening socket, or a negated errno; -EINVAL for what is no numeric address. */
int listen_on(const char *address, uint16_t port);

/* The port that the kernel chose, and the address as a browser takes it. 0 or a negated errno. */
int listen_name(int listen_fd, const char *address, bool tls, uint16_t *out_port, char *out_url,
                size_t size);

/* A PEM file on the heap; the caller frees it with listen_free_pem. secret: -EACCES for a file that
 * others can read. NULL with errno. */
char *listen_read_pem(const char *path, bool secret);
void listen_free_pem(char *pem);

#endif
