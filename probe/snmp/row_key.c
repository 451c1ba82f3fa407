/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/row_key.h"

#include <string.h>

struct cell cell_of(const struct varbind_row *row, const struct oid *column)
{
    return (struct cell){row, row->arcs + column->length, row->arc_count - column->length};
}

const struct varbind_row *cell_beside(const struct cell *cell, struct varbind_set *set,
                                      const struct oid *column)
{
    struct oid name = *column;
    if (column->length == 0 || name.length + cell->index_length > OID_ARCS_MAX)
        return NULL;
    memcpy(name.arcs + name.length, cell->index, cell->index_length * sizeof name.arcs[0]);
    name.length += (uint32_t)cell->index_length;
    return varbind_set_find(set, &name);
}

/* Arcs of an index as octets, when all of them are. */
static bool arcs_to_octets(const uint32_t *arcs, size_t count, struct snapshot_key *out)
{
    if (count == 0 || count > SNAPSHOT_KEY_BYTES)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (arcs[i] > UINT8_MAX)
            return false;
        out->bytes[i] = (uint8_t)arcs[i];
    }
    out->length = count;
    return true;
}

/* Arcs that are numbers, four octets each; what does not fit is left out. */
static bool arcs_to_key(const uint32_t *arcs, size_t count, struct snapshot_key *out)
{
    size_t most = SNAPSHOT_KEY_BYTES / 4;
    out->length = 0;
    for (size_t i = 0; i < count && i < most; i++)
        for (unsigned shift = 32; shift > 0; shift -= 8)
            out->bytes[out->length++] = (uint8_t)(arcs[i] >> (shift - 8));
    return out->length > 0;
}

static bool octets_to_key(const struct varbind_row *row, struct snapshot_key *out)
{
    if (!row || row->type != VALUE_OCTETS || row->length > SNAPSHOT_KEY_BYTES)
        return false;
    if (row->length > 0)
        memcpy(out->bytes, row->bytes, row->length);
    out->length = row->length;
    return true;
}

bool row_key(const struct key_rule *rule, const struct cell *cell, struct varbind_set *set,
             struct snapshot_key *out_key)
{
    if (rule->skip > cell->index_length)
        return false;
    const uint32_t *arcs = cell->index + rule->skip;
    size_t count = cell->index_length - (size_t)rule->skip;
    *out_key = (struct snapshot_key){.length = 0};
    switch (rule->place) {
    case KEY_INDEX_MAC:
        return count >= 6 && arcs_to_octets(arcs, 6, out_key);
    case KEY_INDEX_STRING:
        return count >= 1 && arcs[0] <= count - 1 && arcs_to_octets(arcs + 1, arcs[0], out_key);
    case KEY_INDEX:
        if (rule->arcs > 0 && rule->arcs < count)
            count = (size_t)rule->arcs;
        return arcs_to_key(arcs, count, out_key);
    case KEY_OBJECT:
        return octets_to_key(cell_beside(cell, set, rule->object), out_key);
    case KEY_NONE:
        break;
    }
    return false;
}

static int hex_digit(uint8_t octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - '0';
    octet = (uint8_t)(octet | 0x20);
    return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

static bool is_letter(uint8_t octet)
{
    octet = (uint8_t)(octet | 0x20);
    return octet >= 'a' && octet <= 'z';
}

/* Hexadecimal digits, with or without signs between them, as exactly `count` octets. */
static bool from_hex(const uint8_t *in, size_t length, size_t count, uint8_t *out)
{
    size_t digits = 0;
    uint8_t octets[8] = {0};
    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(in[i]);
        if (digit < 0 && (in[i] == ':' || in[i] == '-' || in[i] == '.' || in[i] == ' '))
            continue;
        if (digit < 0 || digits == 2 * count)
            return false;
        octets[digits / 2] = (uint8_t)(octets[digits / 2] << 4 | digit);
        digits++;
    }
    if (digits != 2 * count)
        return false;
    memcpy(out, octets, count);
    return true;
}

/* "HWTC1A2B3C4D", the same with a sign in between, 16 digits, or the eight octets themselves. */
static bool normalise_serial(struct snapshot_key *key)
{
    uint8_t *bytes = key->bytes;
    bool vendor = key->length >= 8;
    for (size_t i = 0; i < 4 && vendor; i++)
        vendor = is_letter(bytes[i]);
    if (vendor && key->length > 8 && from_hex(bytes + 4, key->length - 4, 4, bytes + 4))
        key->length = 8;
    else if (!vendor && from_hex(bytes, key->length, 8, bytes))
        key->length = 8;
    if (key->length != 8)
        return false;
    for (size_t i = 0; i < 4; i++)
        bytes[i] = is_letter(bytes[i]) ? (uint8_t)(bytes[i] & ~0x20U) : bytes[i];
    return true;
}

static void trim(struct snapshot_key *key)
{
    size_t first = 0;
    while (key->length > 0 && (key->bytes[key->length - 1] == ' ' ||
                               (key->length > 8 && key->bytes[key->length - 1] == 0)))
        key->length--;
    while (first < key->length && key->bytes[first] == ' ')
        first++;
    key->length -= first;
    memmove(key->bytes, key->bytes + first, key->length);
}

bool row_key_normalise(enum element_kind kind, struct snapshot_key *key)
{
    if (key->length > 8)
        trim(key);
    bool serial = kind == ELEMENT_TERMINAL && normalise_serial(key);
    if (!serial && key->length >= 12 && from_hex(key->bytes, key->length, 6, key->bytes))
        key->length = 6;
    for (size_t i = 0; i < key->length; i++)
        if (key->bytes[i] != 0)
            return true;
    return false;
}
