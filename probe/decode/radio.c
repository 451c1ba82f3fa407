/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What monitor-mode drivers put before an 802.11 frame: radiotap (radiotap.org), Prism, AVS, and
 * CACE's PPI. All but AVS are little-endian, or in the byte order of the host that wrote them.
 */
#include "probe/decode/layer.h"

#define RADIOTAP_TSFT  0x01
#define RADIOTAP_FLAGS 0x02
#define RADIOTAP_MORE  0x80 /* in the last byte of a presence word */
#define FLAG_PADDED    0x20 /* the 802.11 header is padded to four bytes */

static uint16_t load_le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* Steps to `bytes` from the header's start, where an 802.11 frame begins. */
static enum layer skip_to_frame(struct walk *walk, const uint8_t *header, uint32_t bytes,
                                enum layer next)
{
    uint32_t taken = (uint32_t)(walk->at.at - header);
    if (bytes < taken)
        return walk_end(walk, DECODE_MALFORMED);
    cursor_skip(&walk->at, bytes - taken);
    return walk->at.failed ? walk_cut(walk) : next;
}

/* The flags field stands behind all presence words and the TSF timer, which is aligned to 8. */
static uint8_t radiotap_flags(struct cursor header)
{
    const uint8_t *start = header.at;
    cursor_skip(&header, 4);
    const uint8_t *present = cursor_take(&header, 4);
    if (!present || !(present[0] & RADIOTAP_FLAGS))
        return 0;
    for (const uint8_t *word = present; word && word[3] & RADIOTAP_MORE;)
        word = cursor_take(&header, 4);
    if (present[0] & RADIOTAP_TSFT) {
        size_t offset = (size_t)(header.at - start);
        cursor_skip(&header, (8 - offset % 8) % 8 + 8);
    }
    return cursor_u8(&header);
}

enum layer layer_radiotap(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    uint16_t length = load_le16(header + 2);
    if (header[0] != 0 || length < 8)
        return walk_end(walk, DECODE_MALFORMED);
    size_t there = (size_t)(walk->at.end - header);
    walk->padded_wlan =
        radiotap_flags(cursor_of(header, length < there ? length : there)) & FLAG_PADDED;
    return skip_to_frame(walk, header, length, LAYER_IEEE802_11);
}

#define PRISM_HEADER_BYTES 144
#define AVS_MAGIC          0x80211000 /* and a version in the last twelve bits */
#define AVS_MAGIC_MASK     0xfffff000

/* Drivers announce AVS' header as Prism's, too. */
enum layer layer_prism(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    bool avs = (cursor_load_u32(header) & AVS_MAGIC_MASK) == AVS_MAGIC;
    uint32_t length = avs ? cursor_load_u32(header + 4) : PRISM_HEADER_BYTES;
    return skip_to_frame(walk, header, length, LAYER_IEEE802_11);
}

enum layer layer_avs(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    uint32_t length = cursor_load_u32(header + 4);
    return skip_to_frame(walk, header, length, LAYER_IEEE802_11);
}

/* LINKTYPE_ numbers that PPI may hold. */
static const struct {
    uint16_t link_type;
    uint8_t layer;
} ppi_links[] = {{105, LAYER_IEEE802_11}, {1, LAYER_ETHERNET}, {127, LAYER_RADIOTAP}};

enum layer layer_ppi(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    uint16_t link_type = load_le16(header + 4);
    enum layer next = LAYER_UNSUPPORTED;
    for (size_t i = 0; i < sizeof ppi_links / sizeof ppi_links[0]; i++)
        if (ppi_links[i].link_type == link_type && header[6] == 0 && header[7] == 0)
            next = (enum layer)ppi_links[i].layer;
    return skip_to_frame(walk, header, load_le16(header + 2), next);
}
