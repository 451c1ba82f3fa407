/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Strangers' bytes -> struct report, by the table of report_schema.c. Every length is asked of the
 * limits before memory is taken; the first fault ends the reading and is the answer.
 */
#include "common/cbor.h"
#include "common/distinct.h"
#include "common/report_schema.h"
#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>

struct decoder {
    struct cbor_reader in;
    size_t pseudonyms_left; /* that this report may still hold */
    unsigned depth;         /* maps and arrays open */
    enum report_fault fault;
};

static bool fail(struct decoder *decoder, enum report_fault fault)
{
    decoder->fault = fault;
    return false;
}

/* Gives the reader's fault the name that the report's header has for it. */
static bool fail_as_reader(struct decoder *decoder)
{
    static const enum report_fault faults[] = {
        [CBOR_OK] = REPORT_NOT_CBOR,
        [CBOR_MALFORMED] = REPORT_NOT_CBOR,
        [CBOR_NOT_DETERMINISTIC] = REPORT_NOT_CANONICAL,
        [CBOR_UNSUPPORTED] = REPORT_WRONG_TYPE,
        [CBOR_TOO_DEEP] = REPORT_OUT_OF_BOUNDS,
    };
    return fail(decoder, faults[decoder->in.fault]);
}

static bool next(struct decoder *decoder, enum cbor_kind kind, struct cbor_token *out_token)
{
    if (!cbor_reader_next(&decoder->in, out_token))
        return fail_as_reader(decoder);
    return out_token->kind == kind || fail(decoder, REPORT_WRONG_TYPE);
}

static bool next_between(struct decoder *decoder, uint64_t min, uint64_t max, uint64_t *out_value)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_UNSIGNED, &token))
        return false;
    if (token.value < min || token.value > max)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    *out_value = token.value;
    return true;
}

static bool read_count(struct decoder *decoder, const struct report_field *field, void *record)
{
    return next_between(decoder, field->min, field->max, report_member_mutable(field, record));
}

static bool read_optional(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct optional_u64 *optional = report_member_mutable(field, record);
    optional->known = next_between(decoder, field->min, field->max, &optional->value);
    return optional->known;
}

static bool read_flag(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_BOOL, &token))
        return false;
    *(bool *)report_member_mutable(field, record) = token.value != 0;
    return true;
}

static bool read_choice(struct decoder *decoder, const struct report_field *field, void *record)
{
    uint64_t value = 0;
    if (!next_between(decoder, 0, field->max, &value))
        return false;
    *(unsigned *)report_member_mutable(field, record) = (unsigned)value;
    return true;
}

static bool is_allowed(const struct report_field *field, const uint8_t *bytes, size_t length)
{
    uint32_t code_point = 0;
    for (size_t i = 0; i < length;) {
        size_t step = utf8_decode(bytes + i, length - i, &code_point);
        bool allowed = step && (field->kind == FIELD_NAME ? report_name_allows(code_point, i == 0)
                                                          : utf8_is_printable(code_point));
        if (!allowed)
            return false;
        i += step;
    }
    return true;
}

static bool read_text(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_TEXT, &token))
        return false;
    if (token.value == 0 || token.value >= REPORT_NAME_BYTES ||
        !is_allowed(field, token.bytes, (size_t)token.value))
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    char *name = report_member_mutable(field, record);
    memcpy(name, token.bytes, (size_t)token.value);
    name[token.value] = '\0';
    if (field->kind == FIELD_IDENTITY && topic_check_name(name) != 0)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    return true;
}

static bool read_boot_id(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_BYTES, &token))
        return false;
    if (token.value != REPORT_BOOT_ID_BYTES)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    memcpy(report_member_mutable(field, record), token.bytes, REPORT_BOOT_ID_BYTES);
    return true;
}

static bool read_counts(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_ARRAY, &token))
        return false;
    if (token.value != field->max)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    uint64_t *counts = report_member_mutable(field, record);
    for (size_t i = 0; i < field->max; i++)
        if (!next_between(decoder, 0, INT64_MAX, &counts[i]))
            return false;
    if (!field->required)
        *(bool *)((char *)record + field->beside) = true;
    return true;
}

static bool read_histogram(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_ARRAY, &token))
        return false;
    if (token.value % 2 != 0 || token.value > UINT64_C(2) * HISTOGRAM_BUCKETS)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    struct histogram *histogram = report_member_mutable(field, record);
    uint64_t bucket = 0;
    for (uint64_t i = 0; i < token.value / 2; i++) {
        uint64_t step = 0;
        uint64_t count = 0;
        if (!next_between(decoder, i ? 1 : 0, HISTOGRAM_BUCKETS - 1 - bucket, &step) ||
            !next_between(decoder, 1, UINT32_MAX, &count))
            return false;
        bucket += step;
        histogram->buckets[bucket] = (uint32_t)count;
        histogram->count += count;
    }
    return true;
}

static uint64_t read_u64(const uint8_t *in)
{
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof value; i++)
        value = value << 8 | in[i];
    return value;
}

static bool read_pseudonyms(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_BYTES, &token))
        return false;
    size_t count = (size_t)token.value / sizeof(uint64_t);
    if (token.value % sizeof(uint64_t) != 0 || count > decoder->pseudonyms_left)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    if (count == 0)
        return true;
    uint64_t *pseudonyms = malloc(count * sizeof *pseudonyms);
    if (!pseudonyms)
        return fail(decoder, REPORT_NO_MEMORY);
    *(uint64_t **)report_member_mutable(field, record) = pseudonyms;
    *(size_t *)(void *)((char *)record + field->beside) = count;
    decoder->pseudonyms_left -= count;
    for (size_t i = 0; i < count; i++) {
        pseudonyms[i] = read_u64(token.bytes + i * sizeof(uint64_t));
        if (i && pseudonyms[i] <= pseudonyms[i - 1])
            return fail(decoder, REPORT_NOT_CANONICAL);
    }
    return true;
}

static bool read_sketch(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token token;
    if (!next(decoder, CBOR_KIND_BYTES, &token))
        return false;
    struct distinct *sketch = distinct_read(token.bytes, (size_t)token.value);
    if (!sketch)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    distinct_free(sketch);
    uint8_t *bytes = malloc((size_t)token.value);
    if (!bytes)
        return fail(decoder, REPORT_NO_MEMORY);
    memcpy(bytes, token.bytes, (size_t)token.value);
    *(uint8_t **)report_member_mutable(field, record) = bytes;
    *(size_t *)(void *)((char *)record + field->beside) = (size_t)token.value;
    return true;
}

static bool read_records(struct decoder *decoder, const struct report_field *field, void *record);

typedef bool (*read_field_fn)(struct decoder *decoder, const struct report_field *field,
                              void *record);

static const read_field_fn readers[FIELD_KINDS] = {
    [FIELD_COUNT] = read_count,
    [FIELD_OPTIONAL] = read_optional,
    [FIELD_FLAG] = read_flag,
    [FIELD_CHOICE] = read_choice,
    [FIELD_IDENTITY] = read_text,
    [FIELD_NAME] = read_text,
    [FIELD_LABEL] = read_text,
    [FIELD_BOOT_ID] = read_boot_id,
    [FIELD_COUNTS] = read_counts,
    [FIELD_HISTOGRAM] = read_histogram,
    [FIELD_PSEUDONYMS] = read_pseudonyms,
    [FIELD_SKETCH] = read_sketch,
    [FIELD_RECORDS] = read_records,
};

/* Reads the map's next key, which is above the one before. */
static bool read_key(struct decoder *decoder, bool first, uint64_t *key)
{
    uint64_t value = 0;
    if (!next_between(decoder, 0, UINT64_MAX, &value))
        return false;
    if (!first && value <= *key)
        return fail(decoder, REPORT_NOT_CANONICAL);
    *key = value;
    return true;
}

static bool read_version(struct decoder *decoder, uint64_t key)
{
    uint64_t version = 0;
    if (key != REPORT_KEY_VERSION)
        return fail(decoder, REPORT_WRONG_TYPE);
    if (!next_between(decoder, 0, UINT64_MAX, &version))
        return false;
    return version == REPORT_VERSION || fail(decoder, REPORT_WRONG_VERSION);
}

/* Passes the rows below a key, which the map does not hold. */
static bool pass_absent(struct decoder *decoder, const struct report_table *table, uint64_t key,
                        size_t *row)
{
    for (; *row < table->field_count && table->fields[*row].key < key; ++*row)
        if (table->fields[*row].required)
            return fail(decoder, REPORT_WRONG_TYPE);
    return true;
}

static bool read_value(struct decoder *decoder, const struct report_table *table, uint64_t key,
                       size_t *row, void *record)
{
    if (!pass_absent(decoder, table, key, row))
        return false;
    if (*row == table->field_count || table->fields[*row].key != key)
        return cbor_reader_skip(&decoder->in, decoder->depth) || fail_as_reader(decoder);
    const struct report_field *field = &table->fields[(*row)++];
    return readers[field->kind](decoder, field, record);
}

static bool read_record(struct decoder *decoder, const struct report_table *table, void *record)
{
    struct cbor_token map;
    if (!next(decoder, CBOR_KIND_MAP, &map))
        return false;
    decoder->depth++;
    uint64_t key = 0;
    size_t row = 0;
    for (uint64_t i = 0; i < map.value; i++) {
        if (!read_key(decoder, i == 0, &key))
            return false;
        bool read = i == 0 && table == &report_table
                        ? read_version(decoder, key)
                        : read_value(decoder, table, key, &row, record);
        if (!read)
            return false;
    }
    decoder->depth--;
    if (!pass_absent(decoder, table, UINT64_MAX, &row))
        return false;
    if (table->is_sound && !table->is_sound(record))
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    return true;
}

/* What stands before the first key that a version may change. */
static bool read_head(struct decoder *decoder, struct report *report)
{
    struct cbor_token map;
    uint64_t key = 0;
    uint64_t version = 0;
    size_t row = 0;
    if (!next(decoder, CBOR_KIND_MAP, &map))
        return false;
    decoder->depth++;
    for (uint64_t i = 0; i < map.value && key < REPORT_KEY_HEAD_LAST; i++) {
        if (!read_key(decoder, i == 0, &key))
            return false;
        if (i == 0 && key != REPORT_KEY_VERSION)
            return fail(decoder, REPORT_WRONG_TYPE);
        bool read = key > REPORT_KEY_HEAD_LAST ||
                    (i == 0 ? next_between(decoder, 0, UINT64_MAX, &version)
                            : read_value(decoder, &report_table, key, &row, report));
        if (!read)
            return false;
    }
    return pass_absent(decoder, &report_table, REPORT_KEY_HEAD_LAST + 1, &row);
}

/* The depth of the tables bounds the recursion: report, inventory, lines. */
static bool read_records(struct decoder *decoder, const struct report_field *field, void *record)
{
    struct cbor_token array;
    if (!next(decoder, CBOR_KIND_ARRAY, &array))
        return false;
    if (array.value > field->max)
        return fail(decoder, REPORT_OUT_OF_BOUNDS);
    if (array.value > decoder->in.length - decoder->in.offset) /* each takes a byte at least */
        return fail(decoder, REPORT_NOT_CBOR);
    if (array.value == 0)
        return true;
    char *records = calloc((size_t)array.value, field->record->size);
    if (!records)
        return fail(decoder, REPORT_NO_MEMORY);
    *(void **)report_member_mutable(field, record) = records;
    *(size_t *)(void *)((char *)record + field->beside) = (size_t)array.value;
    decoder->depth++;
    for (size_t i = 0; i < array.value; i++)
        if (!read_record(decoder, field->record, records + i * field->record->size))
            return false;
    decoder->depth--;
    return true;
}

static enum report_fault decode(const uint8_t *bytes, size_t length, bool head_only,
                                struct report **out_report)
{
    if (length > REPORT_BYTES_MAX)
        return REPORT_TOO_LARGE;
    struct report *report = report_new();
    if (!report)
        return REPORT_NO_MEMORY;
    struct decoder decoder = {.in = cbor_reader_over(bytes, length),
                              .pseudonyms_left = REPORT_PSEUDONYMS_MAX};
    if (head_only)
        (void)read_head(&decoder, report);
    else if (read_record(&decoder, &report_table, report) && decoder.in.offset != length)
        (void)fail(&decoder, REPORT_NOT_CANONICAL);
    if (decoder.fault != REPORT_OK) {
        report_free(report);
        return decoder.fault;
    }
    *out_report = report;
    return REPORT_OK;
}

enum report_fault report_decode(const uint8_t *bytes, size_t length, struct report **out_report)
{
    return decode(bytes, length, false, out_report);
}

enum report_fault report_decode_head(const uint8_t *bytes, size_t length,
                                     struct report **out_report)
{
    return decode(bytes, length, true, out_report);
}
