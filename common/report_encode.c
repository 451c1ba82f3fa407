/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * struct report -> bytes, by the table of report_schema.c. What leaves here passes report_decode:
 * the same bounds are asked of the fields, and names are cleaned on the way.
 */
#include "common/cbor.h"
#include "common/distinct.h"
#include "common/report_schema.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdlib.h>

struct encoder {
    struct buffer out;
    uint64_t *scratch;      /* where pseudonyms are sorted; REPORT_PSEUDONYMS_MAX of them */
    size_t pseudonyms_left; /* that this report may still hold */
    int status;             /* the first fault */
};

static void fail(struct encoder *encoder, int status)
{
    if (encoder->status == 0)
        encoder->status = status;
}

static void write_count_between(struct encoder *encoder, const struct report_field *field,
                                uint64_t value)
{
    if (value < field->min || value > field->max)
        fail(encoder, -EINVAL);
    cbor_write_unsigned(&encoder->out, value);
}

static void write_count(struct encoder *encoder, const struct report_field *field,
                        const void *record)
{
    write_count_between(encoder, field, *(const uint64_t *)report_member(field, record));
}

static void write_optional(struct encoder *encoder, const struct report_field *field,
                           const void *record)
{
    const struct optional_u64 *optional = report_member(field, record);
    write_count_between(encoder, field, optional->value);
}

static void write_flag(struct encoder *encoder, const struct report_field *field,
                       const void *record)
{
    cbor_write_bool(&encoder->out, *(const bool *)report_member(field, record));
}

static void write_choice(struct encoder *encoder, const struct report_field *field,
                         const void *record)
{
    write_count_between(encoder, field, *(const unsigned *)report_member(field, record));
}

static void write_identity(struct encoder *encoder, const struct report_field *field,
                           const void *record)
{
    const char *name = report_member(field, record);
    if (topic_check_name(name) != 0)
        fail(encoder, -EINVAL);
    cbor_write_text(&encoder->out, name);
}

/* Devices and files name things as they like; a byte that may not stand there becomes '_', and a
 * character that was cut by the end of the array is left out. */
static void write_text(struct encoder *encoder, const struct report_field *field,
                       const void *record)
{
    const uint8_t *in = report_member(field, record);
    size_t length = strnlen((const char *)in, REPORT_NAME_BYTES - 1);
    char clean[REPORT_NAME_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        uint32_t code_point = 0;
        size_t step = utf8_decode(in + i, length - i, &code_point);
        bool allowed = step && (field->kind == FIELD_NAME ? report_name_allows(code_point, i == 0)
                                                          : utf8_is_printable(code_point));
        bool cut = !step && in[i] >= 0xc2 && length == REPORT_NAME_BYTES - 1 && length - i < 4;
        if (cut)
            break;
        if (allowed)
            memcpy(clean + used, in + i, step);
        else
            clean[used] = '_';
        used += allowed ? step : 1;
        i += step ? step : 1;
    }
    clean[used] = '\0';
    if (used == 0)
        fail(encoder, -EINVAL);
    cbor_write_text(&encoder->out, clean);
}

static void write_boot_id(struct encoder *encoder, const struct report_field *field,
                          const void *record)
{
    cbor_write_bytes(&encoder->out, report_member(field, record), REPORT_BOOT_ID_BYTES);
}

static void write_counts(struct encoder *encoder, const struct report_field *field,
                         const void *record)
{
    const uint64_t *counts = report_member(field, record);
    cbor_write_array(&encoder->out, (size_t)field->max);
    for (size_t i = 0; i < field->max; i++) {
        if (counts[i] > INT64_MAX)
            fail(encoder, -EINVAL);
        cbor_write_unsigned(&encoder->out, counts[i]);
    }
}

static void write_histogram(struct encoder *encoder, const struct report_field *field,
                            const void *record)
{
    const struct histogram *histogram = report_member(field, record);
    size_t used = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && histogram->count; i++)
        used += histogram->buckets[i] != 0;
    cbor_write_array(&encoder->out, 2 * used);
    size_t last = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && used; i++) {
        if (histogram->buckets[i] == 0)
            continue;
        cbor_write_unsigned(&encoder->out, i - last);
        cbor_write_unsigned(&encoder->out, histogram->buckets[i]);
        last = i;
    }
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A set has one encoding: ascending, each once. */
static void write_pseudonyms(struct encoder *encoder, const struct report_field *field,
                             const void *record)
{
    size_t count = report_beside(field, record);
    if (count > encoder->pseudonyms_left) {
        fail(encoder, -EMSGSIZE);
        return;
    }
    if (count) {
        memcpy(encoder->scratch, report_array(field, record), count * sizeof *encoder->scratch);
        qsort(encoder->scratch, count, sizeof *encoder->scratch, compare_u64);
    }
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || encoder->scratch[i] != encoder->scratch[i - 1])
            encoder->scratch[distinct++] = encoder->scratch[i];
    encoder->pseudonyms_left -= distinct;
    cbor_write_bytes_head(&encoder->out, distinct * sizeof(uint64_t));
    for (size_t i = 0; i < distinct; i++)
        buffer_put_u64(&encoder->out, encoder->scratch[i]);
}

static void write_sketch(struct encoder *encoder, const struct report_field *field,
                         const void *record)
{
    size_t length = report_beside(field, record);
    if (length > field->max)
        fail(encoder, -EINVAL);
    else
        cbor_write_bytes(&encoder->out, report_array(field, record), length);
}

static void write_records(struct encoder *encoder, const struct report_field *field,
                          const void *record);

typedef void (*write_field_fn)(struct encoder *encoder, const struct report_field *field,
                               const void *record);

static const write_field_fn writers[FIELD_KINDS] = {
    [FIELD_COUNT] = write_count,
    [FIELD_OPTIONAL] = write_optional,
    [FIELD_FLAG] = write_flag,
    [FIELD_CHOICE] = write_choice,
    [FIELD_IDENTITY] = write_identity,
    [FIELD_NAME] = write_text,
    [FIELD_LABEL] = write_text,
    [FIELD_BOOT_ID] = write_boot_id,
    [FIELD_COUNTS] = write_counts,
    [FIELD_HISTOGRAM] = write_histogram,
    [FIELD_PSEUDONYMS] = write_pseudonyms,
    [FIELD_SKETCH] = write_sketch,
    [FIELD_RECORDS] = write_records,
};

/* An unknown figure is an absent key. */
static bool is_present(const struct report_field *field, const void *record)
{
    if (field->required)
        return true;
    switch (field->kind) {
    case FIELD_OPTIONAL:
        return ((const struct optional_u64 *)report_member(field, record))->known;
    case FIELD_COUNT:
        return *(const uint64_t *)report_member(field, record) != 0;
    case FIELD_CHOICE:
        return *(const unsigned *)report_member(field, record) != 0;
    case FIELD_NAME:
    case FIELD_LABEL:
        return *(const char *)report_member(field, record) != '\0';
    case FIELD_COUNTS:
        return *(const bool *)((const char *)record + field->beside);
    case FIELD_SKETCH:
        return report_array(field, record) != NULL;
    case FIELD_HISTOGRAM:
        return ((const struct histogram *)report_member(field, record))->count != 0;
    case FIELD_RECORDS:
        return report_beside(field, record) != 0;
    default:
        return true;
    }
}

/* Writes the fields of a record; the outermost map has its version before them. */
static void write_record(struct encoder *encoder, const struct report_table *table,
                         const void *record)
{
    bool outermost = table == &report_table;
    size_t present = outermost ? 1 : 0;
    for (size_t i = 0; i < table->field_count; i++)
        present += is_present(&table->fields[i], record);
    if (table->is_sound && !table->is_sound(record))
        fail(encoder, -EINVAL);
    cbor_write_map(&encoder->out, present);
    if (outermost) {
        cbor_write_unsigned(&encoder->out, REPORT_KEY_VERSION);
        cbor_write_unsigned(&encoder->out, REPORT_VERSION);
    }
    for (size_t i = 0; i < table->field_count; i++) {
        const struct report_field *field = &table->fields[i];
        if (!is_present(field, record))
            continue;
        cbor_write_unsigned(&encoder->out, field->key);
        writers[field->kind](encoder, field, record);
    }
}

/* The depth of the tables bounds the recursion: report, inventory, lines. */
static void write_records(struct encoder *encoder, const struct report_field *field,
                          const void *record)
{
    const char *records = report_array(field, record);
    size_t count = report_beside(field, record);
    if (count > field->max) {
        fail(encoder, -EINVAL);
        return;
    }
    cbor_write_array(&encoder->out, count);
    for (size_t i = 0; i < count; i++)
        write_record(encoder, field->record, records + i * field->record->size);
}

int report_encode(const struct report *report, uint8_t **out_bytes, size_t *out_length)
{
    uint8_t *bytes = malloc(REPORT_BYTES_MAX);
    uint64_t *scratch = malloc(REPORT_PSEUDONYMS_MAX * sizeof *scratch);
    struct encoder encoder = {.out = buffer_over(bytes, REPORT_BYTES_MAX),
                              .scratch = scratch,
                              .pseudonyms_left = REPORT_PSEUDONYMS_MAX};
    if (!bytes || !scratch)
        encoder.status = -ENOMEM;
    else
        write_record(&encoder, &report_table, report);
    if (encoder.out.overflowed)
        fail(&encoder, -EMSGSIZE);
    free(scratch);
    uint8_t *fitted = encoder.status == 0 ? realloc(bytes, encoder.out.length) : NULL;
    if (!fitted) {
        free(bytes);
        return encoder.status ? encoder.status : -ENOMEM;
    }
    *out_bytes = fitted;
    *out_length = encoder.out.length;
    return 0;
}
