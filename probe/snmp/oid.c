/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/oid.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads one arc at *position and steps over it. */
static int parse_arc(const char *text, size_t length, size_t *position, uint32_t *out_arc)
{
    uint64_t value = 0;
    size_t start = *position;
    while (*position < length && is_digit(text[*position])) {
        value = value * 10 + (uint64_t)(text[*position] - '0');
        if (value > UINT32_MAX)
            return -EINVAL;
        (*position)++;
    }
    if (*position == start)
        return -EINVAL;
    *out_arc = (uint32_t)value;
    return 0;
}

int oid_parse(const char *text, size_t length, struct oid *out_oid)
{
    struct oid parsed = {.length = 0};
    size_t position = length > 0 && text[0] == '.' ? 1 : 0;
    for (;;) {
        if (parsed.length == OID_ARCS_MAX)
            return -EINVAL;
        if (parse_arc(text, length, &position, &parsed.arcs[parsed.length]) != 0)
            return -EINVAL;
        parsed.length++;
        if (position == length)
            break;
        if (text[position++] != '.')
            return -EINVAL;
    }
    *out_oid = parsed;
    return 0;
}

void oid_format(const struct oid *oid, char *out, size_t size)
{
    size_t used = 0;
    if (size > 0)
        out[0] = '\0';
    for (uint32_t i = 0; i < oid->length && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, i ? ".%u" : "%u", oid->arcs[i]);
}

int oid_compare_arcs(const uint32_t *a, size_t a_length, const uint32_t *b, size_t b_length)
{
    size_t common = a_length < b_length ? a_length : b_length;
    for (size_t i = 0; i < common; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return a_length == b_length ? 0 : a_length < b_length ? -1 : 1;
}

int oid_compare(const struct oid *a, const struct oid *b)
{
    return oid_compare_arcs(a->arcs, a->length, b->arcs, b->length);
}

bool oid_has_prefix(const struct oid *oid, const struct oid *prefix)
{
    return oid->length >= prefix->length &&
           memcmp(oid->arcs, prefix->arcs, prefix->length * sizeof oid->arcs[0]) == 0;
}

void oid_copy(struct oid *to, const struct oid *from)
{
    to->length = from->length;
    memcpy(to->arcs, from->arcs, from->length * sizeof from->arcs[0]);
}

uint64_t oid_hash(const uint32_t *arcs, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ arcs[i]) * UINT64_C(1099511628211);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    return hash ? hash : 1;
}

struct oid oid_from_arcs(const uint32_t *arcs, size_t length)
{
    struct oid oid = {.length = (uint32_t)(length < OID_ARCS_MAX ? length : OID_ARCS_MAX)};
    memcpy(oid.arcs, arcs, oid.length * sizeof arcs[0]);
    return oid;
}
