/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/series/protocol.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

size_t message_length(const struct message *message)
{
    size_t size = 0;
    if (message->type == MESSAGE_PUT)
        size = sizeof message->body.points[0];
    else if (message->type == MESSAGE_POINTS)
        size = sizeof message->body.values[0];
    return MESSAGE_HEAD_BYTES + (size_t)message->count * size;
}

static bool is_sound(const struct message *message, size_t received)
{
    if (received < MESSAGE_HEAD_BYTES)
        return false;
    if (message->type == MESSAGE_PUT && message->count > MESSAGE_POINTS_MAX)
        return false;
    if (message->type == MESSAGE_POINTS && message->count > MESSAGE_VALUES_MAX)
        return false;
    return received == message_length(message);
}

int message_send(int fd, const struct message *message)
{
    size_t length = message_length(message);
    for (;;) {
        ssize_t sent = send(fd, message, length, MSG_NOSIGNAL);
        if (sent == (ssize_t)length)
            return 0;
        if (sent < 0 && errno != EINTR)
            return errno == EAGAIN ? -ETIMEDOUT : -EPIPE;
    }
}

int message_receive(int fd, int timeout_ms, struct message *out)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int ready = poll(&wanted, 1, timeout_ms);
    if (ready <= 0)
        return ready == 0 || errno == EINTR ? -ETIMEDOUT : -EPROTO;
    ssize_t received = recv(fd, out, sizeof *out, 0);
    if (received <= 0)
        return received < 0 && errno == EINTR ? -ETIMEDOUT : 0;
    return is_sound(out, (size_t)received) ? 1 : -EPROTO;
}
