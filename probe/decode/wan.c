/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Leased lines: frame relay (RFC 2427, and Cisco's own way with an EtherType) and Cisco HDLC.
 */
#include "probe/decode/layer.h"

#define ADDRESS_ENDS  0x01 /* extended address bit of Q.922 */
#define ADDRESS_BYTES 4
#define UNNUMBERED    0x03

static const struct {
    uint8_t nlpid; /* ISO/IEC TR 9577 */
    uint8_t layer;
} network_layers[] = {
    {0xcc, LAYER_IPV4},    {0x8e, LAYER_IPV6},    {0x80, LAYER_SNAP},    {0xcf, LAYER_PPP},
    {0x81, LAYER_CONTROL}, /* OSI: CLNP, ES-IS, IS-IS */
    {0x82, LAYER_CONTROL}, {0x83, LAYER_CONTROL}, {0x08, LAYER_CONTROL}, /* Q.933: the line's own
                                                                            signalling */
    {0x09, LAYER_CONTROL},                                               /* LMI */
};

static enum layer layer_of_nlpid(uint8_t nlpid)
{
    for (size_t i = 0; i < sizeof network_layers / sizeof network_layers[0]; i++)
        if (network_layers[i].nlpid == nlpid)
            return (enum layer)network_layers[i].layer;
    return LAYER_UNSUPPORTED;
}

enum layer layer_frame_relay(struct walk *walk)
{
    struct cursor *at = &walk->at;
    unsigned bytes = 1;
    while (!(cursor_u8(at) & ADDRESS_ENDS) && !at->failed && bytes < ADDRESS_BYTES)
        bytes++;
    uint8_t control = cursor_u8(at);
    uint8_t second = cursor_u8(at);
    if (at->failed)
        return walk_cut(walk);
    if (control != UNNUMBERED)
        return layer_of_ethertype((uint16_t)(control << 8 | second));
    if (second == 0) /* a byte of padding */
        second = cursor_u8(at);
    return at->failed ? walk_cut(walk) : layer_of_nlpid(second);
}

/* What Cisco's routers tell each other: keep-alives, CDP, OSI's routing. */
static bool is_routers_own(uint16_t protocol)
{
    return protocol == 0x8035 || protocol == 0x2000 || protocol == 0xfefe;
}

enum layer layer_cisco_hdlc(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 4);
    if (!header)
        return walk_cut(walk);
    uint16_t protocol = cursor_load_u16(header + 2);
    return is_routers_own(protocol) ? LAYER_CONTROL : layer_of_ethertype(protocol);
}
