/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The sockets that are served, each with a deadline. The library's own timeout starts anew with
 * each byte, so that a client who sends a byte a second would never meet it; these are absolute.
 * For the server's thread.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_CONNECTIONS_H
#define LASTMILE_COLLECTOR_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct connection {
    struct connection *next, *previous;
    int fd;
    bool answering; /* between a request and the end of its answer */
    bool waiting;   /* for its answer to be made, however long that takes */
    uint64_t deadline_mono_ns;
};

struct connections {
    struct connection *first;
    uint64_t timeout_ns; /* for a request; an answer may take several */
};

/* The new socket's, with a deadline for its first request. NULL: memory; it is served without. */
struct connection *connections_add(struct connections *connections, int fd);
void connections_remove(struct connections *connections, struct connection *connection);

/* From now on, for a request or for its answer. A NULL connection is fine. */
void connection_set_deadline(const struct connections *connections, struct connection *connection,
                             bool answering);

/* Shuts down what is past its deadline or gone; the library then sees the end and cleans up. */
void connections_sweep(struct connections *connections);

#endif
