/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/fanout.h"

#include "probe/capture/fanout_program.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifndef SOL_PACKET
#define SOL_PACKET 263
#endif

static int join(int fd, uint16_t group, const struct sock_fprog *choice)
{
    unsigned how = PACKET_FANOUT_CBPF;
    unsigned argument = group | how << 16;
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, choice, sizeof *choice) != 0)
        return -errno;
    return 0;
}

int fanout_join(int fd, const struct capture_sharing *sharing, enum link_type link_type)
{
    struct sock_filter *steps = calloc(FANOUT_PROGRAM_MAX, sizeof *steps);
    if (!steps)
        return -ENOMEM;
    int length = fanout_program(sharing, link_type, steps);
    const struct sock_fprog choice = {.len = (unsigned short)length, .filter = steps};
    int status = length < 0 ? length : join(fd, sharing->group, &choice);
    free(steps);
    return status;
}
