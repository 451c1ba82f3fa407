/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/report_json.h"

#include "common/distinct.h"
#include "common/report_schema.h"

#include <inttypes.h>
#include <stdio.h>

#define HEX_BYTES (2 * REPORT_BOOT_ID_BYTES + 1)

static void put_hex(struct json_writer *writer, const char *key, const uint8_t *bytes,
                    size_t length)
{
    char text[HEX_BYTES] = "";
    for (size_t i = 0; i < length && 2 * i + 2 < sizeof text; i++)
        (void)snprintf(text + 2 * i, sizeof text - 2 * i, "%02x", bytes[i]);
    json_writer_put_string(writer, key, text);
}

static void put_quantile(struct json_writer *writer, const char *key,
                         const struct histogram *histogram, double q)
{
    uint64_t value = 0;
    if (histogram_quantile(histogram, q, &value) == 0)
        json_writer_put_u64(writer, key, value);
    else
        json_writer_put_null(writer, key);
}

static void put_histogram(struct json_writer *writer, const char *key,
                          const struct histogram *histogram)
{
    json_writer_begin_object(writer, key);
    json_writer_put_u64(writer, "count", histogram->count);
    put_quantile(writer, "p50", histogram, 0.50);
    put_quantile(writer, "p95", histogram, 0.95);
    json_writer_begin_array(writer, "buckets");
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] == 0)
            continue;
        json_writer_begin_array(writer, NULL);
        json_writer_put_u64(writer, NULL, histogram_bucket_value(i));
        json_writer_put_u64(writer, NULL, histogram->buckets[i]);
        json_writer_end(writer);
    }
    json_writer_end(writer);
    json_writer_end(writer);
}

static void put_counts(struct json_writer *writer, const struct report_field *field,
                       const void *record)
{
    const uint64_t *counts = report_member(field, record);
    if (!field->required && !*(const bool *)((const char *)record + field->beside)) {
        json_writer_put_null(writer, field->name);
        return;
    }
    json_writer_begin_array(writer, field->name);
    for (size_t i = 0; i < field->max; i++)
        json_writer_put_u64(writer, NULL, counts[i]);
    json_writer_end(writer);
}

static void put_pseudonyms(struct json_writer *writer, const struct report_field *field,
                           const void *record)
{
    const uint64_t *pseudonyms = report_array(field, record);
    json_writer_begin_array(writer, field->name);
    for (size_t i = 0; i < report_beside(field, record); i++) {
        char text[HEX_BYTES];
        (void)snprintf(text, sizeof text, "%016" PRIx64, pseudonyms[i]);
        json_writer_put_string(writer, NULL, text);
    }
    json_writer_end(writer);
}

static void put_sketch(struct json_writer *writer, const struct report_field *field,
                       const void *record)
{
    const uint8_t *bytes = report_array(field, record);
    struct distinct *distinct = bytes ? distinct_read(bytes, report_beside(field, record)) : NULL;
    if (distinct)
        json_writer_put_double(writer, field->name, distinct_estimate(distinct));
    else
        json_writer_put_null(writer, field->name);
    distinct_free(distinct);
}

static void put_name(struct json_writer *writer, const struct report_field *field, const char *name)
{
    json_writer_put_string(writer, field->name, *name ? name : NULL);
}

static void put_record(struct json_writer *writer, const struct report_table *table,
                       const void *record);

static void put_records(struct json_writer *writer, const struct report_field *field,
                        const void *record)
{
    const char *records = report_array(field, record);
    json_writer_begin_array(writer, field->name);
    for (size_t i = 0; i < report_beside(field, record); i++) {
        json_writer_begin_object(writer, NULL);
        put_record(writer, field->record, records + i * field->record->size);
        json_writer_end(writer);
    }
    json_writer_end(writer);
}

static void put_field(struct json_writer *writer, const struct report_field *field,
                      const void *record)
{
    const void *member = report_member(field, record);
    switch (field->kind) {
    case FIELD_COUNT:
        json_writer_put_u64(writer, field->name, *(const uint64_t *)member);
        break;
    case FIELD_OPTIONAL:
        json_writer_put_optional_u64(writer, field->name, *(const struct optional_u64 *)member);
        break;
    case FIELD_FLAG:
        json_writer_put_bool(writer, field->name, *(const bool *)member);
        break;
    case FIELD_CHOICE:
        json_writer_put_string(writer, field->name,
                               conf_id_name(field->names, (int)*(const unsigned *)member));
        break;
    case FIELD_IDENTITY:
    case FIELD_NAME:
    case FIELD_LABEL:
        put_name(writer, field, member);
        break;
    case FIELD_BOOT_ID:
        put_hex(writer, field->name, member, REPORT_BOOT_ID_BYTES);
        break;
    case FIELD_COUNTS:
        put_counts(writer, field, record);
        break;
    case FIELD_HISTOGRAM:
        put_histogram(writer, field->name, member);
        break;
    case FIELD_PSEUDONYMS:
        put_pseudonyms(writer, field, record);
        break;
    case FIELD_SKETCH:
        put_sketch(writer, field, record);
        break;
    case FIELD_RECORDS:
        put_records(writer, field, record);
        break;
    case FIELD_KINDS:
        break;
    }
}

static void put_record(struct json_writer *writer, const struct report_table *table,
                       const void *record)
{
    for (size_t i = 0; i < table->field_count; i++)
        put_field(writer, &table->fields[i], record);
}

void report_put_json(const struct report *report, struct json_writer *writer)
{
    json_writer_put_u64(writer, "version", REPORT_VERSION);
    put_record(writer, &report_table, report);
}
