/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MPLS label stack (RFC 3032), one label a layer. What follows the last label is not announced: it
 * is told by its first nibble (RFC 4928), a pseudowire's control word being 0 (RFC 4385).
 */
#include "probe/decode/layer.h"

#define BOTTOM_OF_STACK 0x01

static enum layer below_the_stack(struct walk *walk)
{
    if (cursor_left(&walk->at) == 0)
        return walk_cut(walk);
    switch (walk->at.at[0] >> 4) {
    case 4:
        return LAYER_IPV4;
    case 6:
        return LAYER_IPV6;
    case 1: /* associated channel: the pseudowire's own maintenance */
        return LAYER_CONTROL;
    case 0:
        cursor_skip(&walk->at, 4);
        return walk->at.failed ? walk_cut(walk) : LAYER_ETHERNET;
    default:
        return LAYER_ETHERNET;
    }
}

enum layer layer_mpls(struct walk *walk)
{
    const uint8_t *label = cursor_take(&walk->at, 4);
    if (!label)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_MPLS);
    return label[2] & BOTTOM_OF_STACK ? below_the_stack(walk) : LAYER_MPLS;
}
