/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A handful of BER (X.690) for the replay agent: reading with a sticky fault, writing backwards. It
 * shares nothing with the library that the poller uses, so that each checks the other. Tests only.
 */
#ifndef LASTMILE_TESTS_SUPPORT_BER_H
#define LASTMILE_TESTS_SUPPORT_BER_H

#include "probe/snmp/oid.h"

#define BER_INTEGER      0x02
#define BER_OCTET_STRING 0x04
#define BER_NULL         0x05
#define BER_OBJECT_ID    0x06
#define BER_SEQUENCE     0x30

/* A reader of [at, end). After the first fault every read gives nothing. */
struct ber_reader {
    const uint8_t *at, *end;
    bool fault;
};

/* The contents of the next element, which must have this tag (0: any, told by out_tag). */
struct ber_reader ber_read(struct ber_reader *reader, uint8_t tag, uint8_t *out_tag);
int64_t ber_read_integer(struct ber_reader *reader);
struct oid ber_read_oid(struct ber_reader *reader);

/* A writer that fills a buffer from its end to its beginning. */
struct ber_writer {
    uint8_t *start, *at, *end;
    bool full;
};

struct ber_writer ber_writer(uint8_t *buffer, size_t size);
/* Octets written so far. */
size_t ber_length(const struct ber_writer *writer);
void ber_put_octets(struct ber_writer *writer, const void *octets, size_t length);
/* Puts tag and length in front of what was written since the writer had `length_before`. */
void ber_close(struct ber_writer *writer, uint8_t tag, size_t length_before);
void ber_put_integer(struct ber_writer *writer, uint8_t tag, int64_t value);
/* Counters, gauges and ticks: unsigned, with a leading zero octet where the top bit is set. */
void ber_put_unsigned(struct ber_writer *writer, uint8_t tag, uint64_t value);
void ber_put_oid(struct ber_writer *writer, const uint32_t *arcs, size_t count);

#endif
