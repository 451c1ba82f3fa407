/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PPP (RFC 1661, 1662): with or without address and control bytes, with or without a compressed
 * protocol field; behind PPPoE, L2TP, PPTP, or a serial link.
 */
#include "probe/decode/layer.h"

#define ALL_STATIONS 0xff
#define UNNUMBERED   0x03

/* RFC 1661 section 2: 0x8000 and above are control protocols (LCP, authentication, NCPs). */
#define CONTROL_FIRST 0x8000

static const struct {
    uint16_t protocol;
    uint8_t layer;
} ppp_protocols[] = {
    {0x0021, LAYER_IPV4},
    {0x0057, LAYER_IPV6},
    {0x0281, LAYER_MPLS},
    {0x0283, LAYER_MPLS},
};

static enum layer layer_of_ppp(uint16_t protocol)
{
    for (size_t i = 0; i < sizeof ppp_protocols / sizeof ppp_protocols[0]; i++)
        if (ppp_protocols[i].protocol == protocol)
            return (enum layer)ppp_protocols[i].layer;
    return protocol >= CONTROL_FIRST ? LAYER_CONTROL : LAYER_UNSUPPORTED;
}

/* A serial link of a Cisco (RFC 1547 section 4.3.1): unicast or broadcast, and no protocol of PPP.
 */
static bool is_cisco_hdlc(const uint8_t *bytes)
{
    return (bytes[0] & 0x7f) == 0x0f && bytes[1] == 0;
}

enum layer layer_ppp(struct walk *walk)
{
    struct cursor *at = &walk->at;
    if (cursor_left(at) < 2)
        return walk_cut(walk);
    if (!walk->over_ethernet && is_cisco_hdlc(at->at))
        return LAYER_CISCO_HDLC;
    if (at->at[0] == ALL_STATIONS && at->at[1] == UNNUMBERED)
        cursor_skip(at, 2);
    uint16_t protocol = cursor_u8(at);
    if ((protocol & 1) == 0) /* the last byte of the field is odd */
        protocol = (uint16_t)(protocol << 8 | cursor_u8(at));
    if (at->failed)
        return walk_cut(walk);
    if (!walk->over_ethernet)
        walk_mark(walk, ENCAPSULATION_PPP);
    walk->over_ethernet = false;
    return layer_of_ppp(protocol);
}
