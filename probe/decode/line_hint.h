/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What control protocols say about a subscriber line: PPPoE discovery with the access node's tag
 * (RFC 2516; TR-101 issue 2, 3.9.2), DHCPv4 with option 82 (RFC 2131, 3046), DHCPv6 with the
 * relay's interface-id and remote-id (RFC 8415, 4649, 6939), RADIUS accounting (RFC 2866). Also
 * which network a WLAN cell calls itself (IEEE 802.11). Strangers' bytes, read by bounded cursors;
 * what lies beyond a limit below is left out. Pure. The bytes pointed to are borrowed from the
 * frame, are personal, and go nowhere but to probe/line.
 */
#ifndef LASTMILE_PROBE_DECODE_LINE_HINT_H
#define LASTMILE_PROBE_DECODE_LINE_HINT_H

#include "probe/decode/packet.h"

struct byte_range {
    const uint8_t *bytes; /* NULL: absent */
    size_t length;
};

enum line_event {
    LINE_EVENT_SEEN,      /* the client asks, or an interim record: it all still holds */
    LINE_EVENT_STARTED,   /* a session or a lease was granted */
    LINE_EVENT_ENDED,     /* PADT, release, stop: the addresses are the client's no more */
    LINE_EVENT_ALL_ENDED, /* RADIUS Accounting-On or -Off: no session of this NAS is left */
};

/* An address, or a prefix routed to the client. */
struct line_address {
    uint8_t ip_version; /* 4 or 6 */
    uint8_t bits;       /* 32 or 128: one address */
    uint8_t bytes[16];  /* IPv4 in the first four; 0 behind the prefix */
    uint32_t valid_s;   /* from now on; 0: not said */
};
#define LINE_HINT_ADDRESSES 4

/* What a RADIUS accounting record says beside names. */
struct line_accounting {
    struct byte_range session; /* Acct-Session-Id, unique within its NAS */
    struct byte_range nas;     /* NAS-Identifier, or its address */
    uint64_t octets[2];        /* of the session so far; 0 down, 1 up */
    uint32_t session_s;        /* Acct-Session-Time; 0: unknown */
    uint32_t interim_s;        /* Acct-Interim-Interval; 0: unknown */
    bool octets_known, gigawords_known;
};

struct line_hint {
    enum line_event event;
    enum control_protocol protocol;
    uint8_t client_mac[MAC_BYTES]; /* 0: unknown */
    uint16_t svlan, cvlan;
    uint16_t pppoe_session; /* 0: none (yet) */
    struct line_address addresses[LINE_HINT_ADDRESSES];
    size_t address_count;         /* of the client */
    struct byte_range circuit_id; /* TR-101 and option 82: sub-option 1; interface-id; VSA 3561 */
    struct byte_range remote_id;  /* sub-option 2; option 37 behind its enterprise number */
    struct byte_range account;    /* RADIUS User-Name */
    struct byte_range port_id;    /* RADIUS NAS-Port-Id, a name within its NAS */
    struct line_accounting accounting;
    bool is_accounting; /* the hint is a RADIUS record: its VLANs are not the line's */
    bool relayed;       /* a relay has sent it on: its VLANs may be the relay's */
    bool from_client;   /* the frame's sender is the client */
};

/* The packet came out of a subscriber's session or pair of tags. */
static inline bool line_hint_is_of_subscriber(const struct packet *packet)
{
    return packet->key.pppoe_session != 0 || (packet->key.svlan != 0 && packet->key.cvlan != 0);
}

/* Reads the control message that decode_frame announced in packet->control; frame and captured are
 * those given to decode_frame. 0; -EPROTO when it is cut or malformed; -ENOENT when it says nothing
 * about a line. */
int decode_line_hint(const struct packet *packet, const uint8_t *frame, uint32_t captured,
                     struct line_hint *out_hint);

#define SSID_BYTES_MAX 32 /* IEEE 802.11-2020, 9.4.2.2 */

/* A cell of a WLAN and the network that it belongs to. */
struct wlan_hint {
    uint8_t bssid[MAC_BYTES];
    uint8_t ssid[SSID_BYTES_MAX];
    size_t ssid_length;
};

/* Reads the beacon, probe response or (re)association request that decode_frame announced as
 * CONTROL_WLAN_MANAGEMENT. 0; -EPROTO when it is cut or malformed; -ENOENT when it hides the
 * network's name. */
int decode_wlan_hint(const struct packet *packet, const uint8_t *frame, uint32_t captured,
                     struct wlan_hint *out_hint);

#endif
