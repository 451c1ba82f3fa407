/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/message.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <errno.h>
#include <string.h>

/* The library makes these words macros for members of its PDU; they are ours, too. */
#undef non_repeaters
#undef max_repetitions

#define SEQUENCE ((u_char)(ASN_SEQUENCE | ASN_CONSTRUCTOR))

/* A place in a message that grows: NULL after the first thing that did not fit. */
struct writer {
    u_char *at;
    size_t left;
};

static void put_integer(struct writer *writer, long value)
{
    if (writer->at)
        writer->at = asn_build_int(writer->at, &writer->left, ASN_INTEGER, &value, sizeof value);
}

/* A header whose length is not known yet; close_sequence writes it again. */
static u_char *open_sequence(struct writer *writer, u_char tag)
{
    u_char *start = writer->at;
    if (start)
        writer->at = asn_build_sequence(start, &writer->left, tag, 0);
    return start;
}

static void close_sequence(struct writer *writer, u_char *start, u_char tag)
{
    size_t header = 4; /* asn_build_sequence always writes two octets of length */
    if (writer->at)
        (void)asn_build_sequence(start, &header, tag, (size_t)(writer->at - start) - 4);
}

static void put_name(struct writer *writer, const struct oid *name)
{
    oid arcs[OID_ARCS_MAX];
    size_t count = name->length;
    for (size_t i = 0; i < count; i++)
        arcs[i] = name->arcs[i];
    if (writer->at)
        writer->at = snmp_build_var_op(writer->at, arcs, &count, ASN_NULL, 0, NULL, &writer->left);
}

int message_write(uint8_t *buffer, size_t size, enum message_version version, const char *community,
                  uint32_t request_id, const struct source_request *request)
{
    static const u_char commands[] = {[SOURCE_GET] = SNMP_MSG_GET,
                                      [SOURCE_GET_NEXT] = SNMP_MSG_GETNEXT,
                                      [SOURCE_GET_BULK] = SNMP_MSG_GETBULK};
    u_char command = commands[request->operation];
    struct writer writer = {.at = buffer, .left = size};
    u_char *message = open_sequence(&writer, SEQUENCE);
    put_integer(&writer, version);
    if (writer.at)
        writer.at = asn_build_string(writer.at, &writer.left, ASN_OCTET_STR,
                                     (const u_char *)community, strlen(community));
    u_char *pdu = open_sequence(&writer, command);
    put_integer(&writer, (long)request_id);
    put_integer(&writer, 0); /* non-repeaters, or error-status */
    put_integer(&writer,
                request->operation == SOURCE_GET_BULK ? (long)request->max_repetitions : 0);
    u_char *list = open_sequence(&writer, SEQUENCE);
    for (size_t i = 0; i < request->name_count; i++)
        put_name(&writer, &request->names[i]);
    close_sequence(&writer, list, SEQUENCE);
    close_sequence(&writer, pdu, command);
    close_sequence(&writer, message, SEQUENCE);
    return writer.at ? (int)(writer.at - buffer) : -EMSGSIZE;
}

static enum source_status status_of(long error)
{
    switch (error) {
    case SNMP_ERR_NOERROR:
        return SOURCE_OK;
    case SNMP_ERR_TOOBIG:
        return SOURCE_TOO_BIG;
    case SNMP_ERR_NOSUCHNAME:
        return SOURCE_NO_SUCH_NAME;
    default:
        return SOURCE_ERROR;
    }
}

/* The library reads through pointers that may write, and does not write. */
static u_char *read_integer(u_char *at, size_t *left, long *out)
{
    u_char type = 0;
    return at ? asn_parse_int(at, left, &type, out, sizeof *out) : NULL;
}

int message_open(const uint8_t *octets, size_t length, struct message *out_message)
{
    u_char type = 0;
    u_char community[256];
    size_t community_length = sizeof community;
    size_t left = length;
    long version = 0;
    long fields[3] = {0};
    u_char *at = asn_parse_sequence((u_char *)octets, &left, &type, SEQUENCE, "message");
    at = read_integer(at, &left, &version);
    if (at)
        at = asn_parse_string(at, &left, &type, community, &community_length);
    if (at)
        at = asn_parse_header(at, &left, &type);
    if (!at || type != SNMP_MSG_RESPONSE)
        return -EPROTO;
    for (size_t i = 0; i < 3; i++)
        at = read_integer(at, &left, &fields[i]);
    if (at)
        at = asn_parse_sequence(at, &left, &type, SEQUENCE, "varbinds");
    if (!at)
        return -EPROTO;
    *out_message = (struct message){.version = version,
                                    .request_id = (uint32_t)fields[0],
                                    .status = status_of(fields[1]),
                                    .error_index = fields[2] > 0 ? (size_t)fields[2] : 0,
                                    .varbinds = at,
                                    .varbinds_length = left};
    return 0;
}

/* A value in its octets: with its header from start, without it the last `length` before end. */
struct encoded {
    u_char *start, *end;
    size_t length;
};

static bool read_object_id(const struct encoded *value, struct message_room *room,
                           struct varbind *to)
{
    oid arcs[OID_ARCS_MAX];
    size_t count = OID_ARCS_MAX;
    size_t left = (size_t)(value->end - value->start);
    u_char type = 0;
    if (!asn_parse_objid(value->start, &left, &type, arcs, &count) ||
        room->arcs_used + count > MESSAGE_ARCS_MAX)
        return false;
    uint32_t *kept = &room->arcs[room->arcs_used];
    room->arcs_used += count;
    for (size_t i = 0; i < count; i++)
        kept[i] = (uint32_t)arcs[i];
    to->bytes = (const uint8_t *)kept;
    to->length = count * sizeof kept[0];
    return true;
}

static bool read_number(const struct encoded *value, struct varbind *to)
{
    size_t left = (size_t)(value->end - value->start);
    u_char type = 0;
    long integer = 0;
    u_long natural = 0;
    struct counter64 wide = {0, 0};
    switch (to->type) {
    case VALUE_INTEGER:
        if (!asn_parse_int(value->start, &left, &type, &integer, sizeof integer))
            return false;
        to->integer = integer;
        return true;
    case VALUE_COUNTER64:
        if (!asn_parse_unsigned_int64(value->start, &left, &type, &wide, sizeof wide))
            return false;
        to->unsigned64 = (uint64_t)wide.high << 32 | (uint32_t)wide.low;
        return true;
    default:
        if (!asn_parse_unsigned_int(value->start, &left, &type, &natural, sizeof natural))
            return false;
        to->unsigned64 = (uint32_t)natural;
        return true;
    }
}

/* A value that cannot be read is none. */
static void read_value(u_char tag, const struct encoded *value, struct message_room *room,
                       struct varbind *to)
{
    bool good = true;
    to->type = (enum value_type)tag;
    to->bytes = NULL;
    to->length = 0;
    switch (tag) {
    case VALUE_INTEGER:
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIME_TICKS:
    case VALUE_COUNTER64:
        good = read_number(value, to);
        break;
    case VALUE_OBJECT_ID:
        good = read_object_id(value, room, to);
        break;
    case VALUE_NULL:
    case VALUE_NO_SUCH_OBJECT:
    case VALUE_NO_SUCH_INSTANCE:
    case VALUE_END_OF_MIB_VIEW:
        break;
    case VALUE_OCTETS:
    case VALUE_ADDRESS:
        to->bytes = value->end - value->length;
        to->length = value->length;
        break;
    default: /* floats in Opaque, and what is newer than we */
        to->type = VALUE_OPAQUE;
        to->bytes = value->end - value->length;
        to->length = value->length;
        break;
    }
    if (!good)
        to->type = VALUE_NULL;
}

int message_unfold(const struct message *message, struct message_room *room)
{
    u_char *at = (u_char *)message->varbinds;
    size_t left = message->varbinds_length;
    room->count = room->arcs_used = 0;
    while (left > 0 && room->count < MESSAGE_VARBINDS_MAX) {
        oid name[OID_ARCS_MAX];
        size_t name_length = OID_ARCS_MAX;
        struct encoded value = {.length = 0};
        u_char tag = 0;
        at = snmp_parse_var_op(at, name, &name_length, &tag, &value.length, &value.start, &left);
        if (!at)
            return -EPROTO;
        value.end = at;
        struct varbind *to = &room->varbinds[room->count++];
        to->name.length = (uint32_t)name_length;
        for (size_t i = 0; i < name_length; i++)
            to->name.arcs[i] = (uint32_t)name[i];
        read_value(tag, &value, room, to);
    }
    return 0;
}
