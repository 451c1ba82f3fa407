/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/ber.h"

#include <string.h>

static struct ber_reader nothing(struct ber_reader *reader)
{
    reader->fault = true;
    return (struct ber_reader){.at = reader->end, .end = reader->end, .fault = true};
}

static bool read_octet(struct ber_reader *reader, uint8_t *out)
{
    if (reader->fault || reader->at == reader->end)
        return false;
    *out = *reader->at++;
    return true;
}

static bool read_length(struct ber_reader *reader, size_t *out)
{
    uint8_t octet = 0;
    if (!read_octet(reader, &octet))
        return false;
    size_t length = octet;
    if (octet & 0x80) {
        unsigned count = octet & 0x7f;
        length = 0;
        if (count == 0 || count > 4)
            return false;
        for (unsigned i = 0; i < count; i++) {
            if (!read_octet(reader, &octet))
                return false;
            length = length << 8 | octet;
        }
    }
    *out = length;
    return length <= (size_t)(reader->end - reader->at);
}

struct ber_reader ber_read(struct ber_reader *reader, uint8_t tag, uint8_t *out_tag)
{
    uint8_t found = 0;
    size_t length = 0;
    if (!read_octet(reader, &found) || (tag != 0 && found != tag) || !read_length(reader, &length))
        return nothing(reader);
    if (out_tag)
        *out_tag = found;
    struct ber_reader contents = {.at = reader->at, .end = reader->at + length, .fault = false};
    reader->at += length;
    return contents;
}

int64_t ber_read_integer(struct ber_reader *reader)
{
    struct ber_reader contents = ber_read(reader, BER_INTEGER, NULL);
    size_t length = (size_t)(contents.end - contents.at);
    if (contents.fault || length == 0 || length > 8) {
        reader->fault = true;
        return 0;
    }
    uint64_t value = contents.at[0] & 0x80 ? UINT64_MAX : 0;
    while (contents.at < contents.end)
        value = value << 8 | *contents.at++;
    return (int64_t)value;
}

struct oid ber_read_oid(struct ber_reader *reader)
{
    struct oid oid = {.length = 0};
    struct ber_reader contents = ber_read(reader, BER_OBJECT_ID, NULL);
    uint64_t arc = 0;
    for (; contents.at < contents.end && oid.length < OID_ARCS_MAX - 1; contents.at++) {
        arc = arc << 7 | (*contents.at & 0x7f);
        if (*contents.at & 0x80)
            continue;
        if (oid.length == 0) {
            uint64_t first = arc < 80 ? arc / 40 : 2;
            oid.arcs[oid.length++] = (uint32_t)first;
            arc -= first * 40;
        }
        oid.arcs[oid.length++] = (uint32_t)arc;
        arc = 0;
    }
    if (contents.fault || contents.at != contents.end)
        reader->fault = true;
    return oid;
}

struct ber_writer ber_writer(uint8_t *buffer, size_t size)
{
    return (struct ber_writer){
        .start = buffer, .at = buffer + size, .end = buffer + size, .full = false};
}

size_t ber_length(const struct ber_writer *writer)
{
    return (size_t)(writer->end - writer->at);
}

void ber_put_octets(struct ber_writer *writer, const void *octets, size_t length)
{
    if (writer->full || (size_t)(writer->at - writer->start) < length) {
        writer->full = true;
        return;
    }
    writer->at -= length;
    if (length > 0)
        memcpy(writer->at, octets, length);
}

static void put_octet(struct ber_writer *writer, unsigned octet)
{
    uint8_t one = (uint8_t)octet;
    ber_put_octets(writer, &one, 1);
}

void ber_close(struct ber_writer *writer, uint8_t tag, size_t length_before)
{
    size_t length = ber_length(writer) - length_before;
    unsigned count = 0;
    for (size_t rest = length; length >= 0x80 && rest > 0; rest >>= 8, count++)
        put_octet(writer, rest & 0xff);
    put_octet(writer, length >= 0x80 ? 0x80 | count : (unsigned)length);
    put_octet(writer, tag);
}

void ber_put_integer(struct ber_writer *writer, uint8_t tag, int64_t value)
{
    size_t before = ber_length(writer);
    int64_t rest = value;
    unsigned octet = 0;
    do {
        octet = (unsigned)rest & 0xff;
        put_octet(writer, octet);
        rest = rest < 0 ? ~(~rest >> 8) : rest >> 8;
    } while (!((rest == 0 && !(octet & 0x80)) || (rest == -1 && (octet & 0x80))));
    ber_close(writer, tag, before);
}

void ber_put_unsigned(struct ber_writer *writer, uint8_t tag, uint64_t value)
{
    size_t before = ber_length(writer);
    unsigned octet = 0;
    do {
        octet = (unsigned)(value & 0xff);
        put_octet(writer, octet);
        value >>= 8;
    } while (value > 0);
    if (octet & 0x80)
        put_octet(writer, 0);
    ber_close(writer, tag, before);
}

static void put_arc(struct ber_writer *writer, uint64_t arc)
{
    put_octet(writer, (unsigned)(arc & 0x7f));
    for (arc >>= 7; arc > 0; arc >>= 7)
        put_octet(writer, (unsigned)(0x80 | (arc & 0x7f)));
}

void ber_put_oid(struct ber_writer *writer, const uint32_t *arcs, size_t count)
{
    size_t before = ber_length(writer);
    for (size_t i = count; i > 2; i--)
        put_arc(writer, arcs[i - 1]);
    if (count >= 2)
        put_arc(writer, (uint64_t)arcs[0] * 40 + arcs[1]);
    else
        put_octet(writer, 0);
    ber_close(writer, BER_OBJECT_ID, before);
}
