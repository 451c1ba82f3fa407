/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/fanout.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <sys/socket.h>

#ifndef SOL_PACKET
#define SOL_PACKET 263
#endif

#define LINK_AT(offset) ((uint32_t)(SKF_LL_OFF + (offset)))
#define METADATA(what)  ((uint32_t)(SKF_AD_OFF + (what)))
#define VID_MASK        0xfff
#define SPREAD          0x9e3779b1 /* 2^32 by the golden ratio: neighbours among VIDs part */

/* M[0] is the sum so far, X where the next EtherType stands. The outermost tag is in the packet's
 * metadata where the driver or the kernel took it off, else in the frame. */
static struct sock_filter program[] = {
    /*  0 */ BPF_STMT(BPF_LD | BPF_IMM, 0),
    /*  1 */ BPF_STMT(BPF_ST, 0),
    /*  2 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, METADATA(SKF_AD_VLAN_TAG_PRESENT)),
    /*  3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
    /*  4 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, METADATA(SKF_AD_VLAN_TAG)),
    /*  5 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, VID_MASK),
    /*  6 */ BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 12),
    /*  7 */ BPF_STMT(BPF_ST, 0),
    /* the first tag in the frame */
    /*  8 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, LINK_AT(12)),
    /*  9 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021Q, 3, 0),
    /* 10 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021AD, 2, 0),
    /* 11 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x9100, 1, 0),
    /* 12 */ BPF_STMT(BPF_JMP | BPF_JA, 16), /* no tag there: to 29 */
    /* 13 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, LINK_AT(14)),
    /* 14 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, VID_MASK),
    /* 15 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
    /* 16 */ BPF_STMT(BPF_LD | BPF_MEM, 0),
    /* 17 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 9), /* one in the metadata: it was inner */
    /* 18 */ BPF_STMT(BPF_MISC | BPF_TXA, 0),
    /* 19 */ BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 12),
    /* 20 */ BPF_STMT(BPF_ST, 0),
    /* and behind it a second one */
    /* 21 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, LINK_AT(16)),
    /* 22 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021Q, 1, 0),
    /* 23 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021AD, 0, 5),
    /* 24 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, LINK_AT(18)),
    /* 25 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, VID_MASK),
    /* 26 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
    /* 27 */ BPF_STMT(BPF_LD | BPF_MEM, 0),
    /* 28 */ BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), /* to 30: both */
    /* 29 */ BPF_STMT(BPF_LDX | BPF_IMM, 0),
    /* 30 */ BPF_STMT(BPF_LD | BPF_MEM, 0),
    /* 31 */ BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0),
    /* 32 */ BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, SPREAD),
    /* 33 */ BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
    /* 34 */ BPF_STMT(BPF_RET | BPF_A, 0), /* modulo the number of sockets */
};

int fanout_join(int fd, uint16_t group)
{
    unsigned how = PACKET_FANOUT_CBPF;
    unsigned argument = group | how << 16;
    const struct sock_fprog choice = {.len = sizeof program / sizeof program[0], .filter = program};
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &choice, sizeof choice) != 0)
        return -errno;
    return 0;
}
