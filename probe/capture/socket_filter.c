/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/socket_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#ifndef SO_ATTACH_FILTER /* hidden by strict POSIX headers */
#define SO_ATTACH_FILTER 26
#endif
#ifndef SO_GET_FILTER
#define SO_GET_FILTER SO_ATTACH_FILTER
#endif

int socket_filter_attach(int fd, struct sock_filter *program, unsigned length)
{
    struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};
    if (length > BPF_MAXINSNS)
        return -EMSGSIZE;
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0 ? 0 : -errno;
}

int socket_filter_read(int fd, struct sock_filter *out_program, unsigned capacity)
{
    socklen_t length = capacity; /* in instructions */
    int status = getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, out_program, &length);
    return status == 0 ? (int)length : -errno;
}

int socket_filter_copy(int to_fd, int from_fd)
{
    struct sock_filter program[BPF_MAXINSNS];
    int length = socket_filter_read(from_fd, program, BPF_MAXINSNS);
    if (length <= 0)
        return length < 0 ? length : -ENOENT;
    return socket_filter_attach(to_fd, program, (unsigned)length);
}
