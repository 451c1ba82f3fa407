/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of lines. One line has several: its access node writes a circuit's name into PPPoE
 * discovery and DHCP, a BRAS has its own for the same port, the terminal has a serial number, the
 * subscriber an account. Whatever is found to be one line is one, under its best name.
 *
 * A name is compared with others of its slot only: one kind, said by one protocol. There one line
 * has one name, so that two names of a slot are two lines, and names of two slots may be one's. The
 * slots are in the order of the design, and within a kind access node before BRAS, so that a
 * line's name does not depend on what was heard first.
 *
 * | what two messages share | other evidence | lines |
 * |---|---|---|
 * | both names stand in one message | | one; a weaker name that had another line's better one
 *   beside it goes over (an account that roams, a terminal that moves) and joins nothing |
 * | the client's MAC, within its VLANs | names of different slots | one |
 * | the same | two names of one slot: it is a router's or a relay's MAC, or the client has moved |
 *   two; the MAC leads to the last |
 * | the pair of VLAN tags | as with the MAC | as with the MAC |
 * | a leased address | the lease holds, and its client's MAC is the message's | one |
 * | the same | another client, or the lease is over | two; the address is the last one's |
 * | an address of a RADIUS record | it is leased to the other, and the lease holds | one |
 * | the same, lease after record | the record is at most LINE_RECORD_FRESH_NS old: else the address
 *   may be another's whose predecessor's stop was lost | one, or two until the next record |
 * | the same | it is another session's | two: that session has ended, whether its stop was seen or
 *   not |
 * | Acct-Session-Id within its NAS | no two names of one slot | one |
 * | the same | two of one slot: the NAS counts its sessions anew | two |
 * | a flow's address is one line's, its PPPoE session's or tags' MAC another's | the record of that
 *   address is fresh, or the lease is that MAC's | one |
 * | users of a WLAN | | no lines at all |
 * | a circuit's name, under tags of two access nodes | | two: line_names.c |
 * | any of these | tags lead to two access nodes, or one is excluded | two |
 *
 * Inside probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_LINE_NAMES_H
#define LASTMILE_PROBE_LINE_LINE_NAMES_H

#include "probe/line/line.h"

#define LINE_RECORD_FRESH_NS UINT64_C(120000000000)
#define LINE_NAMES_MAX       4   /* of one message */
#define LINE_NAME_PART_BYTES 255 /* an attribute holds no more */

/* What one message calls a line, best first. */
struct line_name {
    uint64_t pseudonym;
    enum line_name_slot slot;
};
struct line_message {
    struct line_name names[LINE_NAMES_MAX];
    size_t count;
    uint16_t cell; /* where its tags lead, or untagged traffic where they are a server's */
    bool placed;   /* the tags are the line's own, and the cell is a node's */
};

struct line_message line_names_of(struct line_meter *meter, const struct line_hint *hint);

/* The line that a message names, found, made, or taken from `before`: that is what the message's
 * client had so far, or LINE_NONE. All its names lead there from now on. LINE_NONE when there is
 * no room, or no name. */
uint32_t line_known_as(struct line_meter *meter, const struct line_message *message,
                       uint32_t before);

/* Two lines turn out to be one. The one that is left, or LINE_NONE when they cannot be. */
uint32_t line_join(struct line_meter *meter, uint32_t one, uint32_t other);
/* The same, heedless of names in `limit` and weaker slots. */
uint32_t line_join_below(struct line_meter *meter, uint32_t one, uint32_t other,
                         enum line_name_slot limit);

/* What is unique within a NAS, and the NAS before it; NULL: the NAS alone. */
struct line_joined_name {
    uint8_t bytes[2 * LINE_NAME_PART_BYTES + 1];
    size_t length;
};
struct line_joined_name line_name_within_nas(const struct line_accounting *record,
                                             const struct byte_range *part);

/* That it goes by: LINE_NAME_SLOTS for a pair of tags or a MAC. */
enum line_name_slot line_best_slot(const struct line_meter *meter, uint32_t number);
/* The access node of a cell by the rules, or NULL where they say none. */
const char *line_node(const struct line_meter *meter, uint16_t cell);
/* That of a line, as far as its own messages tell. */
const char *line_node_of(const struct line_meter *meter, uint32_t number);
bool line_nodes_differ(const char *one, const char *other);

#endif
