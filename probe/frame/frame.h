/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What capture hands out and decode takes, so that neither knows the other: a frame as it was on
 * the wire, cut at the snaplen. The bytes are borrowed until the call that got them returns.
 */
#ifndef LASTMILE_PROBE_FRAME_FRAME_H
#define LASTMILE_PROBE_FRAME_FRAME_H

#include <stdint.h>

/* The first header of a frame (our own numbers; capture maps libpcap's DLT_ values to them). */
enum link_type {
    LINK_UNSUPPORTED, /* counted, not read */
    LINK_ETHERNET,
    LINK_LINUX_COOKED,    /* LINUX_SLL */
    LINK_LINUX_COOKED_V2, /* LINUX_SLL2 */
    LINK_RAW_IP,          /* IPv4 or IPv6, said by the first nibble */
    LINK_NULL,            /* BSD loopback: address family in some host's byte order */
    LINK_PPP,             /* with or without address and control bytes */
    LINK_PPP_ETHER,       /* PPPoE without its Ethernet header */
    LINK_FRAME_RELAY,
    LINK_CISCO_HDLC,
    LINK_IEEE802_11,
    LINK_IEEE802_11_RADIOTAP,
    LINK_IEEE802_11_PRISM,
    LINK_IEEE802_11_AVS,
    LINK_PPI,
    LINK_TYPES,
};

struct frame {
    uint64_t time_unix_ns;
    const uint8_t *bytes;
    uint32_t captured_bytes; /* that `bytes` holds */
    uint32_t wire_bytes;     /* that the wire held */
    enum link_type link_type;
    uint32_t sampling_interval; /* one of so many was taken; 0 as 1: all were */
};

#endif
