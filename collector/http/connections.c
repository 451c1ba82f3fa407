/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/connections.h"

#include "common/clock.h"

#include <stdlib.h>
#include <sys/socket.h>

#define ANSWER_TIMEOUTS 6 /* a response may take so many timeouts to be read */

struct connection *connections_add(struct connections *connections, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->next = connections->first;
    if (connection->next)
        connection->next->previous = connection;
    connections->first = connection;
    connection_set_deadline(connections, connection, false);
    return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    if (connection->next)
        connection->next->previous = connection->previous;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    free(connection);
}

void connection_set_deadline(const struct connections *connections, struct connection *connection,
                             bool answering)
{
    if (!connection)
        return;
    connection->answering = answering;
    connection->waiting = false;
    connection->deadline_mono_ns =
        clock_mono_ns() + connections->timeout_ns * (answering ? ANSWER_TIMEOUTS : 1);
}

/* The peer has ended the stream and waits for nothing. The library, told of data and end by one
 * edge of epoll, reads the data and would wait for more. */
static bool is_gone(const struct connection *connection)
{
    char byte;
    return !connection->answering &&
           recv(connection->fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void connections_sweep(struct connections *connections)
{
    uint64_t now = clock_mono_ns();
    for (struct connection *each = connections->first; each; each = each->next) {
        if (each->fd < 0 || each->waiting || (now < each->deadline_mono_ns && !is_gone(each)))
            continue;
        (void)shutdown(each->fd, SHUT_RDWR); /* fails only when the peer is gone already */
        each->fd = -1;
    }
}
