/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SNMPv1 and v2c messages (RFC 1157, RFC 3416): questions to octets, octets to answers, by the
 * ASN.1 routines of net-snmp, without a copy of a value and without memory of its own a varbind.
 * Octets are strangers': what is malformed is said so. Pure; one thread a room.
 */
#ifndef LASTMILE_PROBE_SNMP_MESSAGE_H
#define LASTMILE_PROBE_SNMP_MESSAGE_H

#include "probe/snmp/source.h"

#define MESSAGE_QUESTION_MAX 12288 /* sixteen names of 128 arcs fit */
#define MESSAGE_VARBINDS_MAX 1024  /* more than is ever asked for; the rest is left out */
#define MESSAGE_ARCS_MAX     65536 /* of object identifiers as values: octets of a datagram */

enum message_version { MESSAGE_V1 = 0, MESSAGE_V2C = 1 };

/* Writes a question. Its length, or -EMSGSIZE. */
int message_write(uint8_t *buffer, size_t size, enum message_version version, const char *community,
                  uint32_t request_id, const struct source_request *request);

/* What stands in front of the varbinds of a response; the rest is borrowed from the octets. */
struct message {
    int64_t version;
    uint32_t request_id;
    enum source_status status;
    size_t error_index;
    const uint8_t *varbinds;
    size_t varbinds_length;
};

/* 0, or -EPROTO for octets that are no response. */
int message_open(const uint8_t *octets, size_t length, struct message *out_message);

/* Where an answer's varbinds are unfolded, again and again: large, so kept by its owner. */
struct message_room {
    struct varbind varbinds[MESSAGE_VARBINDS_MAX];
    uint32_t arcs[MESSAGE_ARCS_MAX];
    size_t count, arcs_used;
};

/* Unfolds the varbinds, whose octets stay borrowed from the message. Values that cannot be read
 * become NULL. 0, or -EPROTO when the list is malformed: the varbinds before the fault are there.
 */
int message_unfold(const struct message *message, struct message_room *room);

#endif
