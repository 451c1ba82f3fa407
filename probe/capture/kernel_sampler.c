/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The program is attached to the socket and not given to pcap_setfilter, for a reason: libpcap runs
 * a new filter itself over what lies in the ring already, and over the block that is being filled,
 * and its interpreter refuses the random word: up to a block of packets that the kernel has chosen
 * would vanish, uncounted.
 */
#include "probe/capture/kernel_sampler.h"

#include "probe/capture/socket_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX       3
#define TRIALS       64
#define TRIALS_LEAST 8 /* of 64 fair coins: fewer, or more than 56, once in 10^9 */

struct kernel_sampler {
    int fd;
    unsigned length; /* of the plain filter */
    struct sock_filter program[PREFIX + BPF_MAXINSNS], read_back[PREFIX + BPF_MAXINSNS];
};

static void write_prefix(struct sock_filter prefix[static PREFIX], uint32_t threshold)
{
    prefix[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
    prefix[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, threshold, 0, 1);
    prefix[2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
}

/* How many of TRIALS datagrams pass at a probability of one half. */
static int passed_of_trials(const int pair[static 2])
{
    struct sock_filter program[PREFIX + 1];
    write_prefix(program, UINT32_C(1) << 31);
    program[PREFIX] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT16_MAX);
    int status = socket_filter_attach(pair[1], program, PREFIX + 1);
    if (status < 0)
        return status;
    int passed = 0;
    for (int i = 0; i < TRIALS; i++) {
        char byte = 'x';
        if (send(pair[0], &byte, 1, MSG_DONTWAIT) != 1)
            return -EIO;
        passed += recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1;
    }
    return passed;
}

static bool kernel_draws(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    int passed = passed_of_trials(pair);
    (void)close(pair[0]);
    (void)close(pair[1]);
    return passed >= TRIALS_LEAST && passed <= TRIALS - TRIALS_LEAST;
}

struct kernel_sampler *kernel_sampler_new(int fd)
{
    struct kernel_sampler *sampler = calloc(1, sizeof *sampler);
    if (!sampler)
        return NULL;
    sampler->fd = fd;
    int length = socket_filter_read(fd, sampler->program + PREFIX, BPF_MAXINSNS);
    if (length <= 0 || length > BPF_MAXINSNS - PREFIX || !kernel_draws()) {
        free(sampler);
        errno = ENOTSUP;
        return NULL;
    }
    sampler->length = (unsigned)length;
    return sampler;
}

void kernel_sampler_free(struct kernel_sampler *sampler)
{
    free(sampler);
}

int kernel_sampler_set(struct kernel_sampler *sampler, uint32_t interval)
{
    struct sock_filter *program = sampler->program;
    unsigned length = sampler->length;
    if (interval > 1) {
        uint64_t all = UINT64_C(1) << 32;
        write_prefix(program, (uint32_t)((all + interval / 2) / interval));
        length += PREFIX;
    } else {
        program += PREFIX;
    }
    int status = socket_filter_attach(sampler->fd, program, length);
    if (status < 0)
        return status;
    int got = socket_filter_read(sampler->fd, sampler->read_back, PREFIX + BPF_MAXINSNS);
    bool same =
        got == (int)length && memcmp(sampler->read_back, program, length * sizeof *program) == 0;
    if (same)
        return 0;
    (void)socket_filter_attach(sampler->fd, sampler->program + PREFIX, sampler->length);
    return -ENOTSUP;
}
