/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every way in which a packet may be wrapped that the decoder must see through, as a table: what
 * stands in front of the innermost IP header, and how many bytes of it an outer IP header counts.
 * For tests that want the same flows in each of them.
 */
#ifndef LASTMILE_TESTS_SUPPORT_WRAPPING_H
#define LASTMILE_TESTS_SUPPORT_WRAPPING_H

#include "probe/frame/frame.h"
#include "tests/support/packet_builder.h"

struct wrapping {
    const char *name;           /* "capwap-802.11" */
    const char *encapsulations; /* as replay names them, parted by spaces; "" for none */
    enum link_type link;
    int dlt;               /* libpcap's number of the link type */
    unsigned tunnel_bytes; /* of the outermost IP header's length before the innermost */
    void (*begin)(struct packet_builder *packet);
};

extern const struct wrapping wrappings[];
extern const size_t wrapping_count;
/* NULL when there is none of this name. */
const struct wrapping *wrapping_find(const char *name);

#endif
