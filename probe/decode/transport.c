/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TCP, UDP, and the other protocols that begin with two ports. Four bytes name the flow; what lies
 * behind them may be cut or wrong without harm to any count: then it is left out. A UDP port may
 * announce a tunnel (a guess, taken back when it does not hold) or a control protocol. UDP says
 * length 0 where it is longer than 16 bits can say (RFC 2675 section 4).
 */
#include "probe/decode/layer.h"
#include "probe/decode/udp_port.h"

#define PORTS_BYTES      4
#define TCP_HEADER_BYTES 20
#define TCP_FLAGS_BYTES  14 /* numbers, length and flags: what a short snaplen may leave */
#define UDP_HEADER_BYTES 8

/* Reads the ports; NULL with the walk ended. */
static const uint8_t *read_ports(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, PORTS_BYTES);
    if (!header) {
        (void)walk_cut(walk);
        return NULL;
    }
    walk->packet->key.source_port = cursor_load_u16(header);
    walk->packet->key.destination_port = cursor_load_u16(header + 2);
    return header;
}

enum layer layer_ports(struct walk *walk)
{
    return read_ports(walk) ? walk_end(walk, DECODE_DECODED) : LAYER_END;
}

enum layer layer_no_ports(struct walk *walk)
{
    return walk_end(walk, DECODE_DECODED);
}

enum layer layer_tcp(struct walk *walk)
{
    uint64_t wire_left = walk_wire_left(walk);
    const uint8_t *header = read_ports(walk);
    if (!header)
        return LAYER_END;
    struct packet *packet = walk->packet;
    if (cursor_left(&walk->at) >= TCP_FLAGS_BYTES - PORTS_BYTES) {
        uint32_t header_bytes = (uint32_t)(header[12] >> 4) * 4;
        if (header_bytes >= TCP_HEADER_BYTES && header_bytes <= wire_left) {
            packet->tcp_sequence = cursor_load_u32(header + 4);
            packet->tcp_acknowledgement = cursor_load_u32(header + 8);
            packet->tcp_flags = header[13];
            packet->transport_payload_bytes = (uint32_t)(wire_left - header_bytes);
        }
    }
    return walk_end(walk, DECODE_DECODED);
}

const struct udp_port decode_udp_ports[UDP_PORT_ROWS] = {
    [UDP_PORT_ROW(67)] = {67, false, LAYER_END, CONTROL_DHCPV4},
    [UDP_PORT_ROW(547)] = {547, false, LAYER_END, CONTROL_DHCPV6},
    [UDP_PORT_ROW(1813)] = {1813, false, LAYER_END, CONTROL_RADIUS_ACCOUNTING},
    [UDP_PORT_ROW(1646)] = {1646, false, LAYER_END,
                            CONTROL_RADIUS_ACCOUNTING}, /* before RFC 2866 */
    [UDP_PORT_ROW(1701)] = {1701, false, LAYER_L2TP, CONTROL_NONE},
    [UDP_PORT_ROW(2152)] = {2152, false, LAYER_GTPU, CONTROL_NONE},
    [UDP_PORT_ROW(4789)] = {4789, true, LAYER_VXLAN, CONTROL_NONE},
    [UDP_PORT_ROW(4790)] = {4790, true, LAYER_VXLAN, CONTROL_NONE}, /* the generic extension */
    [UDP_PORT_ROW(8472)] = {8472, true, LAYER_VXLAN, CONTROL_NONE}, /* Linux before IANA's number */
    [UDP_PORT_ROW(5247)] = {5247, false, LAYER_CAPWAP, CONTROL_NONE},
    [UDP_PORT_ROW(6081)] = {6081, true, LAYER_GENEVE, CONTROL_NONE},
    [UDP_PORT_ROW(6635)] = {6635, true, LAYER_MPLS, CONTROL_NONE}, /* RFC 7510 */
};

/* Enters a tunnel that may turn out to be none. */
static enum layer guess(struct walk *walk, enum layer layer)
{
    walk->outer = *walk->packet;
    walk->guessed = true;
    return layer;
}

enum layer layer_udp(struct walk *walk)
{
    uint64_t wire_left = walk_wire_left(walk);
    const uint8_t *header = read_ports(walk);
    if (!header)
        return LAYER_END;
    struct packet *packet = walk->packet;
    const struct udp_port *row =
        decode_udp_port(packet->key.source_port, packet->key.destination_port);
    if (!row) {
        if (wire_left >= UDP_HEADER_BYTES)
            packet->transport_payload_bytes = (uint32_t)(wire_left - UDP_HEADER_BYTES);
        return walk_end(walk, DECODE_DECODED);
    }
    if (!cursor_take(&walk->at, UDP_HEADER_BYTES - PORTS_BYTES))
        return wire_left < UDP_HEADER_BYTES ? walk_end(walk, DECODE_DECODED) : walk_cut(walk);
    uint64_t length = cursor_load_u16(header + 4);
    if (length == 0 && wire_left > UINT16_MAX) /* too long to be said: jumbograms, offload */
        length = wire_left;
    if (length < UDP_HEADER_BYTES || !walk_bound(walk, length - UDP_HEADER_BYTES))
        return walk_end(walk, DECODE_DECODED);
    packet->transport_payload_bytes = (uint32_t)(length - UDP_HEADER_BYTES);
    packet->payload_offset = walk_offset(walk);
    packet->control = row->control;
    if (row->layer == LAYER_END || length == UDP_HEADER_BYTES)
        return walk_end(walk, DECODE_DECODED);
    return guess(walk, (enum layer)row->layer);
}
