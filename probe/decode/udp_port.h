/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The UDP ports that announce a tunnel or a control protocol, in a table without collisions, so
 * that asking for a port is one comparison. Inside probe/decode only.
 */
#ifndef LASTMILE_PROBE_DECODE_UDP_PORT_H
#define LASTMILE_PROBE_DECODE_UDP_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct udp_port {
    uint16_t port;         /* 0: an empty row */
    bool destination_only; /* the source port of a tunnel may be anything */
    uint8_t layer;         /* LAYER_END: a control protocol */
    uint8_t control;
};

/* The factor spreads those in the table; where a new one collides, the compiler warns of a row that
 * is set twice, and another odd factor is to be looked for. */
#define UDP_PORT_ROWS      16
#define UDP_PORT_ROW(port) (((port)*2257u & 0xffff) >> 12)
extern const struct udp_port decode_udp_ports[UDP_PORT_ROWS];

static inline bool decode_is_udp_port(uint16_t port)
{
    return decode_udp_ports[UDP_PORT_ROW(port)].port == port;
}

/* The row of what a datagram between these ports may be, or NULL. */
static inline const struct udp_port *decode_udp_port(uint16_t source, uint16_t destination)
{
    const struct udp_port *row = &decode_udp_ports[UDP_PORT_ROW(destination)];
    if (row->port == destination && destination != 0)
        return row;
    row = &decode_udp_ports[UDP_PORT_ROW(source)];
    return row->port == source && source != 0 && !row->destination_only ? row : NULL;
}

#endif
