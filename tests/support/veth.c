/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* unshare, mount, sendmmsg */
#endif
#include "tests/support/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* /sys/class/net is of the namespace in which it was mounted. Nobody else is to see the new one;
 * the root of a chroot is often no mount of its own, then /sys must be. */
static bool show_own_sysfs(void)
{
    return (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
            mount("none", "/sys", NULL, MS_REC | MS_PRIVATE, NULL) == 0) &&
           mount("sysfs", "/sys", "sysfs", 0, NULL) == 0;
}

bool veth_enter(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 && show_own_sysfs() &&
           veth_create();
}

bool veth_create(void)
{
    return system("ip link add " VETH_NEAR " type veth peer name " VETH_FAR " 2>/dev/null"
                  " && { for i in " VETH_NEAR " " VETH_FAR "; do"
                  " echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done; } 2>/dev/null;"
                  " ip link set " VETH_NEAR " up 2>/dev/null"
                  " && ip link set " VETH_FAR " up 2>/dev/null") == 0;
}

bool veth_delete(void)
{
    return system("ip link del " VETH_NEAR " 2>/dev/null") == 0;
}

static int open_sender(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    int buffer = 8 << 20;
    const struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                        .sll_protocol = htons(ETH_P_ALL),
                                        .sll_ifindex = (int)if_nametoindex(VETH_NEAR)};
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int status = -errno;
    (void)close(fd);
    return status;
}

/* Waits until so many packets are due; none is sent to catch up with more than 10 ms. */
static void pace(const struct veth_load *load, uint64_t sent, uint64_t from_ns)
{
    if (load->packets_per_s == 0)
        return;
    uint64_t due_ns = from_ns + sent * 1000000 / load->packets_per_s * 1000;
    while (now_ns() < due_ns)
        continue;
}

int64_t veth_send(const struct veth_load *load)
{
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    uint64_t sent = 0;
    uint64_t from_ns = now_ns();
    int fd = open_sender();
    if (fd < 0)
        return fd;
    memset(messages, 0, sizeof messages);
    while (sent < load->packets && now_ns() - from_ns < load->most_ns) {
        unsigned count = load->packets - sent < BATCH ? (unsigned)(load->packets - sent) : BATCH;
        for (unsigned i = 0; i < count; i++) {
            const struct veth_frame *frame = &load->frames[(sent + i) % load->frame_count];
            parts[i] = (struct iovec){.iov_base = (void *)(uintptr_t)frame->bytes,
                                      .iov_len = frame->length};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        int taken = sendmmsg(fd, messages, count, 0);
        if (taken < 0 && errno != ENOBUFS && errno != EINTR)
            break;
        sent += taken > 0 ? (uint64_t)taken : 0;
        pace(load, sent, from_ns);
    }
    (void)close(fd);
    return (int64_t)sent;
}
