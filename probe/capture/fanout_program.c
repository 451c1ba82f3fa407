/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/fanout_program.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <stddef.h>

#ifndef BPF_XOR /* hidden by an old header */
#define BPF_XOR 0xa0
#endif

#define LINK_AT(offset) ((uint32_t)SKF_LL_OFF + (offset))
#define METADATA(what)  ((uint32_t)(SKF_AD_OFF + (what)))
#define VID_MASK        0xfff
#define SCATTER         0x9e3779b1 /* 2^32 by the golden ratio: neighbours part */
#define LABELS_MAX      512
#define TYPE_AT         12 /* of the EtherType, from where X stands */
#define BODY_AT         14 /* of what it announces */
#define MPLS_BOTTOM     0x100
#define MPLS_DEPTH      4 /* of labels that are looked behind */

/* Words of the program's memory. */
enum {
    AT_TAGS,   /* both VIDs, the outer one above */
    AT_BASE,   /* X, while it is used otherwise */
    AT_SOURCE, /* whether the source is inside */
    AT_SUM,
};

/* Where the addresses stand in an IP header, and how many words each has. */
static const struct family {
    uint8_t ip_version;
    unsigned source, destination, words;
} families[] = {{4, BODY_AT + 12, BODY_AT + 16, 1}, {6, BODY_AT + 8, BODY_AT + 24, 4}};

/* ---- an assembler for jumps to what comes later ---- */

struct assembly {
    struct sock_filter *steps;
    unsigned count, label_count;
    unsigned places[LABELS_MAX]; /* of labels */
    bool full;
};

static void step(struct assembly *as, unsigned code, uint32_t k)
{
    if (as->count == FANOUT_PROGRAM_MAX)
        as->full = true;
    else
        as->steps[as->count++] = (struct sock_filter){.code = (uint16_t)code, .k = k};
}

static unsigned new_label(struct assembly *as)
{
    if (as->label_count == LABELS_MAX)
        as->full = true;
    else
        as->label_count++;
    return as->label_count - 1;
}

static void place(struct assembly *as, unsigned label)
{
    as->places[label] = as->count;
}

static void go(struct assembly *as, unsigned label)
{
    step(as, BPF_JMP | BPF_JA, label);
}

/* A conditional jump reaches 255 steps, so it only decides whether the one behind it is taken. */
static void test(struct assembly *as, unsigned how, uint32_t k, bool wanted, unsigned label)
{
    step(as, BPF_JMP | how | BPF_K, k);
    if (!as->full) {
        as->steps[as->count - 1].jt = wanted ? 0 : 1;
        as->steps[as->count - 1].jf = wanted ? 1 : 0;
    }
    go(as, label);
}

static void go_if_equal(struct assembly *as, uint32_t k, unsigned label)
{
    test(as, BPF_JEQ, k, true, label);
}

static void go_unless_equal(struct assembly *as, uint32_t k, unsigned label)
{
    test(as, BPF_JEQ, k, false, label);
}

/* Labels become distances. */
static int resolve(struct assembly *as)
{
    for (unsigned i = 0; i < as->count; i++)
        if (as->steps[i].code == (BPF_JMP | BPF_JA))
            as->steps[i].k = as->places[as->steps[i].k] - i - 1;
    return as->full ? -E2BIG : (int)as->count;
}

/* ---- reading ---- */

/* From X on: the octets of tags and labels in front of what is read. */
static void load(struct assembly *as, unsigned size, unsigned offset)
{
    step(as, BPF_LD | size | BPF_IND, LINK_AT(offset));
}

static void load_link(struct assembly *as, unsigned size, unsigned offset)
{
    step(as, BPF_LD | size | BPF_ABS, LINK_AT(offset));
}

static void load_vid(struct assembly *as)
{
    load(as, BPF_H, BODY_AT);
    step(as, BPF_ALU | BPF_AND | BPF_K, VID_MASK);
}

static void go_unless_tag(struct assembly *as, unsigned label)
{
    static const uint32_t types[] = {ETH_P_8021Q, ETH_P_8021AD, 0x9100};
    unsigned tag = new_label(as);
    load(as, BPF_H, TYPE_AT);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        go_if_equal(as, types[i], tag);
    go(as, label);
    place(as, tag);
}

/* X passes what it stands before; A is lost. */
static void pass(struct assembly *as, uint32_t octets)
{
    step(as, BPF_MISC | BPF_TXA, 0);
    step(as, BPF_ALU | BPF_ADD | BPF_K, octets);
    step(as, BPF_MISC | BPF_TAX, 0);
}

static void add_to_tags(struct assembly *as)
{
    step(as, BPF_MISC | BPF_TAX, 0);
    step(as, BPF_LD | BPF_MEM, AT_TAGS);
    step(as, BPF_ALU | BPF_OR | BPF_X, 0);
    step(as, BPF_ST, AT_TAGS);
}

/* Up to two tags, the outermost in the packet's metadata where the driver or the kernel took it
 * off, else in the frame. Then X stands behind those in the frame. */
static void read_tags(struct assembly *as)
{
    unsigned in_frame = new_label(as), outer = new_label(as), done = new_label(as);
    step(as, BPF_LD | BPF_IMM, 0);
    step(as, BPF_ST, AT_TAGS);
    step(as, BPF_LDX | BPF_IMM, 0);
    step(as, BPF_LD | BPF_W | BPF_ABS, METADATA(SKF_AD_VLAN_TAG_PRESENT));
    go_if_equal(as, 0, in_frame);
    step(as, BPF_LD | BPF_W | BPF_ABS, METADATA(SKF_AD_VLAN_TAG));
    step(as, BPF_ALU | BPF_AND | BPF_K, VID_MASK);
    step(as, BPF_ALU | BPF_LSH | BPF_K, 12);
    step(as, BPF_ST, AT_TAGS);
    place(as, in_frame);
    go_unless_tag(as, done);
    step(as, BPF_LD | BPF_MEM, AT_TAGS);
    go_if_equal(as, 0, outer);
    load_vid(as);
    add_to_tags(as);
    step(as, BPF_LDX | BPF_IMM, 4);
    go(as, done);
    place(as, outer);
    load_vid(as);
    step(as, BPF_ALU | BPF_LSH | BPF_K, 12);
    step(as, BPF_ST, AT_TAGS);
    step(as, BPF_LDX | BPF_IMM, 4);
    go_unless_tag(as, done);
    load_vid(as);
    add_to_tags(as);
    step(as, BPF_LDX | BPF_IMM, 8);
    place(as, done);
}

/* ---- choosing ---- */

static uint32_t word_of(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void go_if_in_prefix(struct assembly *as, const struct ip_prefix *prefix, unsigned offset,
                            unsigned label)
{
    unsigned other = new_label(as);
    for (unsigned bit = 0; bit < prefix->bits; bit += 32) {
        unsigned wanted = prefix->bits - bit;
        uint32_t mask = wanted < 32 ? ~(UINT32_MAX >> wanted) : UINT32_MAX;
        load(as, BPF_W, offset + bit / 8);
        if (wanted < 32)
            step(as, BPF_ALU | BPF_AND | BPF_K, mask);
        go_unless_equal(as, word_of(prefix->address + bit / 8) & mask, other);
    }
    go(as, label);
    place(as, other);
}

static void go_if_inside(struct assembly *as, const struct capture_sharing *sharing,
                         const struct family *family, unsigned offset, unsigned label)
{
    for (size_t i = 0; i < sharing->inside_count; i++)
        if (sharing->inside[i].ip_version == family->ip_version)
            go_if_in_prefix(as, &sharing->inside[i], offset, label);
}

/* Each bit of A comes to depend on those that are up to `shift` above it. */
static void fold(struct assembly *as, uint32_t shift)
{
    step(as, BPF_MISC | BPF_TAX, 0);
    step(as, BPF_ALU | BPF_RSH | BPF_K, shift);
    step(as, BPF_ALU | BPF_XOR | BPF_X, 0);
}

/* Into the sum, which is the same whichever end comes first. What the ends have in common (numbers
 * of neighbours, a prefix) must not cancel out: so each word is scattered before. */
static void add_words(struct assembly *as, unsigned offset, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        step(as, BPF_LDX | BPF_MEM, AT_BASE);
        load(as, BPF_W, offset + 4 * i);
        step(as, BPF_ALU | BPF_MUL | BPF_K, SCATTER + 2 * i);
        fold(as, 15);
        step(as, BPF_LDX | BPF_MEM, AT_SUM);
        step(as, BPF_ALU | BPF_ADD | BPF_X, 0);
        step(as, BPF_ST, AT_SUM);
    }
}

static void begin_sum(struct assembly *as)
{
    step(as, BPF_STX, AT_BASE);
    step(as, BPF_LD | BPF_IMM, 0);
    step(as, BPF_ST, AT_SUM);
}

struct exits {
    unsigned macs, source_mac, destination_mac;
    unsigned spread; /* A is what is shared by */
};

static void choose_address(struct assembly *as, const struct family *family, bool source,
                           bool destination, const struct exits *exits)
{
    begin_sum(as);
    if (source)
        add_words(as, family->source, family->words);
    if (destination)
        add_words(as, family->destination, family->words);
    go(as, exits->spread);
}

static void choose_by_ends(struct assembly *as, const struct capture_sharing *sharing,
                           const struct family *family, const struct exits *exits)
{
    bool by_address = sharing->by == CAPTURE_SHARE_INSIDE_ADDRESS;
    unsigned source_inside = new_label(as), source_known = new_label(as);
    unsigned destination_inside = new_label(as), both = new_label(as);
    unsigned source = by_address ? new_label(as) : exits->source_mac;
    unsigned destination = by_address ? new_label(as) : exits->destination_mac;
    step(as, BPF_LD | BPF_IMM, 0);
    step(as, BPF_ST, AT_SOURCE);
    go_if_inside(as, sharing, family, family->source, source_inside);
    go(as, source_known);
    place(as, source_inside);
    step(as, BPF_LD | BPF_IMM, 1);
    step(as, BPF_ST, AT_SOURCE);
    place(as, source_known);
    go_if_inside(as, sharing, family, family->destination, destination_inside);
    step(as, BPF_LD | BPF_MEM, AT_SOURCE);
    go_unless_equal(as, 0, source);
    go(as, both);
    place(as, destination_inside);
    step(as, BPF_LD | BPF_MEM, AT_SOURCE);
    go_if_equal(as, 0, destination);
    place(as, both);
    choose_address(as, family, true, true, exits);
    if (!by_address)
        return;
    place(as, source);
    choose_address(as, family, true, false, exits);
    place(as, destination);
    choose_address(as, family, false, true, exits);
}

/* X passes the labels; what lies behind them only its first nibble says. */
static void pass_labels(struct assembly *as, unsigned nothing)
{
    unsigned bottom = new_label(as);
    for (unsigned i = 0; i < MPLS_DEPTH; i++) {
        load(as, BPF_W, BODY_AT);
        step(as, BPF_ALU | BPF_AND | BPF_K, MPLS_BOTTOM);
        step(as, BPF_ST, AT_SUM);
        pass(as, 4);
        step(as, BPF_LD | BPF_MEM, AT_SUM);
        go_unless_equal(as, 0, bottom);
    }
    go(as, nothing);
    place(as, bottom);
}

static void choose_by_inside(struct assembly *as, const struct capture_sharing *sharing,
                             const struct exits *exits)
{
    unsigned ip[] = {new_label(as), new_label(as)};
    unsigned labels = new_label(as);
    if (sharing->by == CAPTURE_SHARE_INSIDE_MAC) {
        load_link(as, BPF_B, 0); /* to a group: the lowest bit of the first octet */
        test(as, BPF_JSET, 1, true, exits->source_mac);
    }
    load(as, BPF_H, TYPE_AT);
    go_if_equal(as, ETH_P_IP, ip[0]);
    go_if_equal(as, ETH_P_IPV6, ip[1]);
    go_if_equal(as, ETH_P_MPLS_UC, labels);
    go_if_equal(as, ETH_P_MPLS_MC, labels);
    go(as, exits->macs);
    place(as, labels);
    pass_labels(as, exits->macs);
    load(as, BPF_B, BODY_AT);
    step(as, BPF_ALU | BPF_RSH | BPF_K, 4);
    go_if_equal(as, families[0].ip_version, ip[0]);
    go_unless_equal(as, families[1].ip_version, exits->macs);
    for (size_t i = 2; i-- > 0;) {
        place(as, ip[i]);
        choose_by_ends(as, sharing, &families[i], exits);
    }
}

/* The last octets tell MACs apart, the first ones hardly. */
static void choose_macs(struct assembly *as, const struct exits *exits)
{
    enum { DESTINATION = 0, SOURCE = 6, HIGH = 2 };
    const struct {
        unsigned label;
        bool destination, source;
    } choices[] = {{exits->macs, true, true},
                   {exits->source_mac, false, true},
                   {exits->destination_mac, true, false}};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        place(as, choices[i].label);
        step(as, BPF_LDX | BPF_IMM, 0);
        begin_sum(as);
        if (choices[i].destination)
            add_words(as, DESTINATION + HIGH, 1);
        if (choices[i].source)
            add_words(as, SOURCE + HIGH, 1);
        go(as, exits->spread);
    }
}

/* Each bit of A comes to depend on all of them: what is shared by differs in a few, anywhere. */
static void mix(struct assembly *as)
{
    static const struct {
        uint32_t shift, factor; /* of MurmurHash3's last steps, in the public domain */
    } rounds[] = {{16, 0x85ebca6b}, {13, 0xc2b2ae35}, {16, 1}};
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        fold(as, rounds[i].shift);
        step(as, BPF_ALU | BPF_MUL | BPF_K, rounds[i].factor);
    }
}

int fanout_program(const struct capture_sharing *sharing, enum link_type link_type,
                   struct sock_filter *out_steps)
{
    struct assembly as = {.steps = out_steps};
    const struct exits exits = {new_label(&as), new_label(&as), new_label(&as), new_label(&as)};
    if (link_type != LINK_ETHERNET) {
        step(&as, BPF_RET | BPF_K, 0);
        return resolve(&as);
    }
    read_tags(&as);
    step(&as, BPF_LD | BPF_MEM, AT_TAGS);
    go_unless_equal(&as, 0, exits.spread);
    if (sharing->by != CAPTURE_SHARE_MACS)
        choose_by_inside(&as, sharing, &exits);
    choose_macs(&as, &exits);
    place(&as, exits.spread);
    mix(&as);
    step(&as, BPF_RET | BPF_A, 0); /* modulo the number of sockets */
    return resolve(&as);
}
