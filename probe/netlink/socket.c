/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/netlink/socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES  (32 << 10) /* a dump's datagram has at most so much */
#define RECEIVE_BYTES (1 << 20)
#define WAIT_MS       1000

int netlink_open(int protocol, uint32_t groups)
{
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int room = RECEIVE_BYTES;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); /* as much as it allows */
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int status = -errno;
    (void)close(fd);
    return status;
}

/* One datagram, and only of the kernel. Its length, 0 when there is none, or a negated errno. */
static ssize_t receive(int fd, uint8_t *bytes, size_t size)
{
    struct sockaddr_nl from = {.nl_family = AF_NETLINK};
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
    for (;;) {
        ssize_t length = recvmsg(fd, &message, 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return errno == EAGAIN ? 0 : -errno;
        if (message.msg_flags & MSG_TRUNC)
            return -EPROTO;
        if (from.nl_pid == 0)
            return length;
    }
}

/* 1 at the answer's end, 0 to go on, or a negated errno. */
static int take_answer(struct cursor in, uint32_t sequence, netlink_message_fn take, void *ctx)
{
    struct netlink_message message;
    while (netlink_next_message(&in, &message)) {
        if (message.sequence != sequence)
            continue; /* of a question that was given up */
        if (message.type == NLMSG_ERROR || message.type == NLMSG_DONE) {
            int status = netlink_error(&message);
            return status == 0 ? 1 : status;
        }
        take(ctx, &message);
    }
    return in.failed ? -EPROTO : 0;
}

int netlink_ask(int fd, const struct netlink_request *request, netlink_message_fn take, void *ctx)
{
    _Alignas(8) uint8_t bytes[ANSWER_BYTES];
    uint32_t sequence;
    if (request->full)
        return -EMSGSIZE;
    memcpy(&sequence, request->bytes + 8, sizeof sequence);
    if (send(fd, request->bytes, request->length, 0) < 0)
        return -errno;
    int status = 0;
    while (status == 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, WAIT_MS) <= 0)
            return -ETIMEDOUT;
        ssize_t length = receive(fd, bytes, sizeof bytes);
        status = length < 0 ? (int)length
                            : take_answer(cursor_of(bytes, (size_t)length), sequence, take, ctx);
    }
    return status > 0 ? 0 : status;
}

int netlink_drain(int fd, unsigned datagrams_max, netlink_message_fn take, void *ctx)
{
    _Alignas(8) uint8_t bytes[ANSWER_BYTES];
    unsigned count = 0;
    for (; count < datagrams_max; count++) {
        struct netlink_message message;
        ssize_t length = receive(fd, bytes, sizeof bytes);
        if (length <= 0)
            return length < 0 ? (int)length : (int)count;
        struct cursor in = cursor_of(bytes, (size_t)length);
        while (netlink_next_message(&in, &message))
            take(ctx, &message);
        if (in.failed)
            return -EPROTO;
    }
    return (int)count;
}
