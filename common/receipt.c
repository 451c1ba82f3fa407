/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The collector's answer, as bytes: a map of its version, an array of [boot id, sequence], and its
 * clock.
 */
#include "common/cbor.h"
#include "common/report.h"

#include <errno.h>

enum receipt_key { RECEIPT_KEY_VERSION = 0, RECEIPT_KEY_BOOTS = 1, RECEIPT_KEY_UNIX_NS = 2 };

int receipt_encode(const struct receipt *receipt, uint8_t *out, size_t size)
{
    struct buffer buffer = buffer_over(out, size);
    cbor_write_map(&buffer, receipt->unix_ns ? 3 : 2);
    cbor_write_unsigned(&buffer, RECEIPT_KEY_VERSION);
    cbor_write_unsigned(&buffer, REPORT_VERSION);
    cbor_write_unsigned(&buffer, RECEIPT_KEY_BOOTS);
    cbor_write_array(&buffer, receipt->boot_count);
    for (size_t i = 0; i < receipt->boot_count; i++) {
        cbor_write_array(&buffer, 2);
        cbor_write_bytes(&buffer, receipt->boots[i].boot_id, REPORT_BOOT_ID_BYTES);
        cbor_write_unsigned(&buffer, receipt->boots[i].contiguous_sequence);
    }
    if (receipt->unix_ns) {
        cbor_write_unsigned(&buffer, RECEIPT_KEY_UNIX_NS);
        cbor_write_unsigned(&buffer, receipt->unix_ns);
    }
    return buffer.overflowed ? -ENOSPC : (int)buffer.length;
}

static bool next(struct cbor_reader *in, enum cbor_kind kind, struct cbor_token *out_token)
{
    return cbor_reader_next(in, out_token) && out_token->kind == kind;
}

static bool next_is(struct cbor_reader *in, enum cbor_kind kind, uint64_t value)
{
    struct cbor_token token;
    return next(in, kind, &token) && token.value == value;
}

static bool read_boot(struct cbor_reader *in, struct receipt_boot *boot)
{
    struct cbor_token id;
    struct cbor_token sequence;
    if (!next_is(in, CBOR_KIND_ARRAY, 2) || !next(in, CBOR_KIND_BYTES, &id) ||
        id.value != REPORT_BOOT_ID_BYTES || !next(in, CBOR_KIND_UNSIGNED, &sequence) ||
        sequence.value > INT64_MAX)
        return false;
    memcpy(boot->boot_id, id.bytes, REPORT_BOOT_ID_BYTES);
    boot->contiguous_sequence = sequence.value;
    return true;
}

static bool read_boots(struct cbor_reader *in, struct receipt *receipt)
{
    struct cbor_token array;
    if (!next(in, CBOR_KIND_ARRAY, &array) || array.value > RECEIPT_BOOTS_MAX)
        return false;
    for (size_t i = 0; i < array.value; i++)
        if (!read_boot(in, &receipt->boots[i]))
            return false;
    receipt->boot_count = (size_t)array.value;
    return true;
}

/* The value of a key past the first two; those of a younger minor version are passed over. */
static bool read_rest(struct cbor_reader *in, uint64_t key, struct receipt *receipt)
{
    struct cbor_token value;
    if (key != RECEIPT_KEY_UNIX_NS)
        return cbor_reader_skip(in, 1);
    if (!next(in, CBOR_KIND_UNSIGNED, &value) || value.value > INT64_MAX)
        return false;
    receipt->unix_ns = value.value;
    return true;
}

int receipt_decode(const uint8_t *bytes, size_t length, struct receipt *out_receipt)
{
    if (length > RECEIPT_BYTES_MAX)
        return -EPROTO;
    struct cbor_reader in = cbor_reader_over(bytes, length);
    struct receipt receipt = {.boot_count = 0};
    struct cbor_token map;
    if (!next(&in, CBOR_KIND_MAP, &map) || map.value < 2 ||
        !next_is(&in, CBOR_KIND_UNSIGNED, RECEIPT_KEY_VERSION) ||
        !next_is(&in, CBOR_KIND_UNSIGNED, REPORT_VERSION) ||
        !next_is(&in, CBOR_KIND_UNSIGNED, RECEIPT_KEY_BOOTS) || !read_boots(&in, &receipt))
        return -EPROTO;
    uint64_t last_key = RECEIPT_KEY_BOOTS;
    for (uint64_t i = 2; i < map.value; i++) {
        struct cbor_token key;
        if (!next(&in, CBOR_KIND_UNSIGNED, &key) || key.value <= last_key ||
            !read_rest(&in, key.value, &receipt))
            return -EPROTO;
        last_key = key.value;
    }
    if (in.offset != length)
        return -EPROTO;
    *out_receipt = receipt;
    return 0;
}
