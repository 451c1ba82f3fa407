/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/snmprec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VALUE_BYTES_MAX 65536

/* A part of the text, not ended by NUL. */
struct span {
    const char *text;
    size_t length;
};

/* One line, taken apart. */
struct fields {
    struct span name, tag, value;
};

/* What a line's value is decoded into, reused from line to line. */
struct scratch {
    uint8_t bytes[VALUE_BYTES_MAX];
    uint32_t arcs[OID_ARCS_MAX];
};

static bool split(struct span line, struct fields *out)
{
    const char *first = memchr(line.text, '|', line.length);
    if (!first)
        return false;
    const char *rest = first + 1;
    size_t rest_length = line.length - (size_t)(rest - line.text);
    const char *second = memchr(rest, '|', rest_length);
    if (!second)
        return false;
    *out = (struct fields){
        .name = {line.text, (size_t)(first - line.text)},
        .tag = {rest, (size_t)(second - rest)},
        .value = {second + 1, rest_length - (size_t)(second + 1 - rest)},
    };
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Blanks and colons between octets are passed over; an odd digit is a fault. */
static bool decode_hex(struct span value, struct scratch *scratch, size_t *out_length)
{
    size_t length = 0;
    int high = -1;
    for (size_t i = 0; i < value.length; i++) {
        int digit = hex_digit(value.text[i]);
        if (digit < 0 && (value.text[i] == ' ' || value.text[i] == ':'))
            continue;
        if (digit < 0 || length == VALUE_BYTES_MAX)
            return false;
        if (high < 0) {
            high = digit;
        } else {
            scratch->bytes[length++] = (uint8_t)(high << 4 | digit);
            high = -1;
        }
    }
    *out_length = length;
    return high < 0;
}

/* One escape after its backslash; returns how many characters it took. */
static size_t decode_escape(const char *text, size_t length, uint8_t *out)
{
    static const char names[] = "nrt0abfv";
    static const uint8_t codes[] = {'\n', '\r', '\t', 0, '\a', '\b', '\f', '\v'};
    const char *found = text[0] ? strchr(names, text[0]) : NULL;
    if (found) {
        *out = codes[found - names];
        return 1;
    }
    if (text[0] == 'x' && length >= 3 && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
        *out = (uint8_t)(hex_digit(text[1]) << 4 | hex_digit(text[2]));
        return 3;
    }
    *out = (uint8_t)text[0];
    return 1;
}

static bool decode_text(struct span value, bool escaped, struct scratch *scratch,
                        size_t *out_length)
{
    size_t length = 0;
    for (size_t i = 0; i < value.length;) {
        if (length == VALUE_BYTES_MAX)
            return false;
        if (escaped && value.text[i] == '\\' && i + 1 < value.length)
            i += 1 +
                 decode_escape(value.text + i + 1, value.length - i - 1, &scratch->bytes[length]);
        else
            scratch->bytes[length] = (uint8_t)value.text[i++];
        length++;
    }
    *out_length = length;
    return true;
}

static bool decode_number(struct span value, bool *out_negative, uint64_t *out)
{
    size_t i = 0;
    while (i < value.length && value.text[i] == ' ')
        i++;
    *out_negative = i < value.length && value.text[i] == '-';
    i += *out_negative;
    size_t first = i;
    uint64_t number = 0;
    for (; i < value.length && value.text[i] >= '0' && value.text[i] <= '9'; i++) {
        unsigned digit = (unsigned)(value.text[i] - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    bool some = i > first;
    while (i < value.length && value.text[i] == ' ')
        i++;
    *out = number;
    return some && i == value.length;
}

static bool decode_address(struct span value, struct scratch *scratch, size_t *out_length)
{
    struct oid dotted;
    if (oid_parse(value.text, value.length, &dotted) != 0 || dotted.length != 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        scratch->bytes[i] = (uint8_t)dotted.arcs[i];
    *out_length = 4;
    return true;
}

static bool decode_integer(struct span value, struct varbind *varbind)
{
    bool negative = false;
    uint64_t number = 0;
    if (!decode_number(value, &negative, &number) || number > INT64_MAX)
        return false;
    varbind->integer = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

/* Some walks hold counters printed as signed numbers: they are taken modulo their width. */
static bool decode_unsigned(struct span value, struct varbind *varbind)
{
    bool negative = false;
    uint64_t number = 0;
    if (!decode_number(value, &negative, &number))
        return false;
    varbind->unsigned64 = negative ? 0 - number : number;
    if (varbind->type != VALUE_COUNTER64)
        varbind->unsigned64 &= UINT32_MAX;
    return true;
}

static bool decode_object_id(struct span value, struct scratch *scratch, struct varbind *varbind)
{
    struct oid oid;
    if (oid_parse(value.text, value.length, &oid) != 0)
        return false;
    memcpy(scratch->arcs, oid.arcs, oid.length * sizeof oid.arcs[0]);
    varbind->bytes = (const uint8_t *)scratch->arcs;
    varbind->length = oid.length * sizeof oid.arcs[0];
    return true;
}

static bool decode_octets(struct span value, const struct fields *fields, struct scratch *scratch,
                          struct varbind *varbind)
{
    bool hex = memchr(fields->tag.text, 'x', fields->tag.length) != NULL;
    bool escaped = memchr(fields->tag.text, 'e', fields->tag.length) != NULL;
    varbind->bytes = scratch->bytes;
    if (hex)
        return decode_hex(value, scratch, &varbind->length);
    if (varbind->type == VALUE_ADDRESS)
        return decode_address(value, scratch, &varbind->length);
    return decode_text(value, escaped, scratch, &varbind->length);
}

/* The value of a variation module's line: what stands behind initial= or value=. */
static struct span module_value(struct span value)
{
    static const char *const keys[] = {"initial=", "value="};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        size_t key_length = strlen(keys[k]);
        for (size_t i = 0; i + key_length <= value.length; i++) {
            if (memcmp(value.text + i, keys[k], key_length) != 0)
                continue;
            const char *start = value.text + i + key_length;
            size_t length = value.length - i - key_length;
            const char *comma = memchr(start, ',', length);
            return (struct span){start, comma ? (size_t)(comma - start) : length};
        }
    }
    return value;
}

/* The number in front of a tag: "4x" is 4. */
static unsigned tag_number(struct span tag)
{
    unsigned number = 0;
    for (size_t i = 0; i < tag.length && i < 3 && tag.text[i] >= '0' && tag.text[i] <= '9'; i++)
        number = number * 10 + (unsigned)(tag.text[i] - '0');
    return number;
}

static bool decode_value(struct fields *fields, struct scratch *scratch, struct varbind *varbind)
{
    const char *colon = memchr(fields->tag.text, ':', fields->tag.length);
    struct span value = fields->value;
    if (colon) {
        fields->tag.length = (size_t)(colon - fields->tag.text);
        value = module_value(value);
    }
    varbind->type = (enum value_type)tag_number(fields->tag);
    switch (varbind->type) {
    case VALUE_INTEGER:
        return decode_integer(value, varbind);
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIME_TICKS:
    case VALUE_COUNTER64:
        return decode_unsigned(value, varbind);
    case VALUE_OBJECT_ID:
        return decode_object_id(value, scratch, varbind);
    case VALUE_OCTETS:
    case VALUE_ADDRESS:
    case VALUE_OPAQUE:
        return decode_octets(value, fields, scratch, varbind);
    case VALUE_NULL:
        return true;
    default:
        return false;
    }
}

/* 1: a varbind was added; 0: the line is none; negative: the set is full. */
static int parse_line(struct span line, struct scratch *scratch, struct varbind_set *set)
{
    struct fields fields;
    struct varbind varbind = {.integer = 0};
    if (!split(line, &fields) ||
        oid_parse(fields.name.text, fields.name.length, &varbind.name) != 0 ||
        !decode_value(&fields, scratch, &varbind))
        return 0;
    int status = varbind_set_add(set, &varbind);
    return status == 0 ? 1 : status;
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.text[i] != ' ' && line.text[i] != '\t')
            return false;
    return true;
}

static int parse_lines(const char *text, size_t length, struct scratch *scratch,
                       struct varbind_set *set, struct snmprec_counts *counts)
{
    size_t number = 0;
    for (size_t position = 0; position < length;) {
        const char *start = text + position;
        const char *end = memchr(start, '\n', length - position);
        struct span line = {start, end ? (size_t)(end - start) : length - position};
        position += line.length + 1;
        number++;
        if (line.length > 0 && line.text[line.length - 1] == '\r')
            line.length--;
        if (is_blank(line))
            continue;
        counts->lines++;
        int status = parse_line(line, scratch, set);
        if (status < 0)
            return status;
        if (status == 0 && counts->skipped++ == 0)
            counts->first_skipped_line = number;
    }
    return 0;
}

int snmprec_parse(const char *text, size_t length, struct varbind_set *set,
                  struct snmprec_counts *out_counts)
{
    struct scratch *scratch = malloc(sizeof *scratch);
    if (!scratch)
        return -ENOMEM;
    struct snmprec_counts counts = {.lines = 0};
    int status = parse_lines(text, length, scratch, set, &counts);
    free(scratch);
    *out_counts = counts;
    return status;
}

static char *read_file(const char *path, size_t *out_length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    struct stat status;
    char *text = NULL;
    if (fstat(fileno(file), &status) != 0)
        goto out;
    errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > SNMPREC_BYTES_MAX)
        goto out;
    text = malloc((size_t)status.st_size + 1);
    if (text)
        *out_length = fread(text, 1, (size_t)status.st_size, file);
out:
    (void)fclose(file); /* nothing was written */
    return text;
}

struct varbind_set *snmprec_load(const char *path, struct snmprec_counts *out_counts)
{
    size_t length = 0;
    char *text = read_file(path, &length);
    if (!text)
        return NULL;
    struct varbind_set *set = varbind_set_new(SNMPREC_ROWS_MAX, 4 * SNMPREC_BYTES_MAX);
    int status = set ? snmprec_parse(text, length, set, out_counts) : -ENOMEM;
    free(text);
    if (status != 0) {
        varbind_set_free(set);
        errno = -status;
        return NULL;
    }
    varbind_set_sort(set);
    return set;
}
