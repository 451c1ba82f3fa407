/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The wire format as a table: a row for each field of the structs of report.h, in the order of its
 * key. report_encode.c, report_decode.c and report_json.c walk the same rows, so that they cannot
 * differ; report.cddl says the same for readers. Only those files include this one.
 */
#ifndef LASTMILE_COMMON_REPORT_SCHEMA_H
#define LASTMILE_COMMON_REPORT_SCHEMA_H

#include "common/conf.h"

#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a member is held, and how it is written. */
enum report_field_kind {
    FIELD_COUNT,      /* uint64_t: uint */
    FIELD_OPTIONAL,   /* struct optional_u64: uint, absent when unknown */
    FIELD_FLAG,       /* bool */
    FIELD_CHOICE,     /* an enum: uint */
    FIELD_IDENTITY,   /* char[64]: text, a name of a topic */
    FIELD_NAME,       /* char[64]: text of a safe set, absent when empty unless `required` */
    FIELD_LABEL,      /* char[64]: printable text, likewise */
    FIELD_BOOT_ID,    /* uint8_t[16]: bytes */
    FIELD_COUNTS,     /* uint64_t[max]: array of uint; absent when the bool beside it is false */
    FIELD_HISTOGRAM,  /* struct histogram: array of bucket step, count, bucket step, count... */
    FIELD_PSEUDONYMS, /* uint64_t *, size_t: bytes, 8 each, big-endian, ascending */
    FIELD_SKETCH,     /* uint8_t *, size_t: bytes, absent when NULL */
    FIELD_RECORDS,    /* struct *, size_t: array of maps */
    FIELD_KINDS,
};

struct report_field {
    const char *name;
    uint8_t key;   /* in the map */
    bool required; /* absence is a fault */
    enum report_field_kind kind;
    uint32_t offset;
    uint32_t beside; /* offset of the size_t or bool that goes with the member */
    uint64_t min;    /* FIELD_COUNT */
    uint64_t max;    /* FIELD_COUNT, FIELD_CHOICE: the largest; arrays: how many */
    union {
        const struct conf_name *names;     /* FIELD_CHOICE */
        const struct report_table *record; /* FIELD_RECORDS */
    };
};

struct report_table {
    const struct report_field *fields; /* ascending by key */
    size_t field_count;
    size_t size;                          /* of the struct */
    bool (*is_sound)(const void *record); /* what a single field cannot say; or NULL */
};

/* Key 0 of the outermost map is REPORT_VERSION; the table begins at 1. */
#define REPORT_KEY_VERSION 0
/* Keys 0 to 5 (identity, boot, sequence) are the same in every version, whatever its number. */
#define REPORT_KEY_HEAD_LAST 5
extern const struct report_table report_table;

/* The members of a record that a field names. */
static inline const void *report_member(const struct report_field *field, const void *record)
{
    return (const char *)record + field->offset;
}

static inline void *report_member_mutable(const struct report_field *field, void *record)
{
    return (char *)record + field->offset;
}

static inline size_t report_beside(const struct report_field *field, const void *record)
{
    return *(const size_t *)(const void *)((const char *)record + field->beside);
}

/* An array member and the size_t beside it. */
static inline void *report_array(const struct report_field *field, const void *record)
{
    return *(void *const *)report_member(field, record);
}

/* Whether a code point may stand in a FIELD_NAME, at its beginning or further on. */
bool report_name_allows(uint32_t code_point, bool first);

#endif
