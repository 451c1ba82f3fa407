/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What control protocols say about a subscriber line: PPPoE discovery with the access node's tag
 * (RFC 2516; TR-101 issue 2, 3.9.2) and DHCPv4 with option 82 (RFC 2131, 3046). Strangers' bytes,
 * read by a bounded cursor. Pure. The bytes pointed to are borrowed from the frame, are personal,
 * and go nowhere but to probe/line.
 */
#ifndef LASTMILE_PROBE_DECODE_LINE_HINT_H
#define LASTMILE_PROBE_DECODE_LINE_HINT_H

#include "probe/decode/packet.h"

struct byte_range {
    const uint8_t *bytes; /* NULL: absent */
    size_t length;
};

enum line_event {
    LINE_EVENT_SEEN,    /* the client asks: its MAC and its tags belong to the circuit */
    LINE_EVENT_STARTED, /* a session or a lease was granted */
    LINE_EVENT_ENDED,   /* PADT, release */
};

struct line_hint {
    enum line_event event;
    uint8_t client_mac[MAC_BYTES];
    uint16_t svlan, cvlan;
    uint16_t pppoe_session;       /* 0: none (yet) */
    uint8_t ip_version;           /* 4 or 6 when address is known, else 0 */
    uint8_t address[16];          /* of the client */
    struct byte_range circuit_id; /* TR-101 sub-option 1; option 82 sub-option 1 */
    struct byte_range remote_id;  /* sub-option 2 */
    struct byte_range account;    /* RADIUS User-Name, later */
    bool from_client;             /* the frame's sender is the client */
};

/* Reads the control message that decode_frame announced in packet->control; frame and captured are
 * those given to decode_frame. 0; -EPROTO when it is cut or malformed; -ENOENT when it says nothing
 * about a line. */
int decode_line_hint(const struct packet *packet, const uint8_t *frame, uint32_t captured,
                     struct line_hint *out_hint);

#endif
