/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/anonymize.h"

#include "probe/snmp/anonymize_names.h"
#include "probe/snmp/interfaces.h"
#include "probe/snmp/profile_rules.h"
#include "probe/snmp/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IF_TYPE_PPP      23
#define NUMBER_TEXT_MAX  6 /* digits: a count as text, and no serial number */
#define TEXT_ARCS_MIN    3 /* of a text in an index, behind its length */
#define TEXT_TAIL_MIN    5 /* of one without a length, at the end of an index */
#define TEXT_ARCS_MAX    64
#define MAC_LARGE_MIN    3 /* arcs above 31 that make six arcs look like an address */
#define PREFIX_ARCS      8 /* of a name; an index does not begin before */
#define VALUE_BYTES_KEPT 65536

struct work {
    struct varbind_set *from, *to;
    const struct profile *profile;
    struct identities *identities;
    uint8_t scratch[VALUE_BYTES_KEPT];
    uint32_t arcs[OID_ARCS_MAX];
    bool failed;
};

static void map(struct work *work, enum identity_kind kind, const uint8_t *bytes, size_t length,
                uint8_t *out)
{
    if (!identities_map(work->identities, kind, bytes, length, out))
        work->failed = true;
}

static bool is_text(const uint8_t *bytes, size_t length)
{
    size_t high = 0;
    for (size_t i = 0; i < length; i++) {
        if ((bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r') ||
            bytes[i] == 0x7f)
            return i > 0 && i + 1 == length && bytes[i] == 0 && high == 0; /* ended as in C */
        high += bytes[i] > 0x7e;
    }
    return high < length || length == 0 || length > IDENTITY_MAC_BYTES;
}

static bool is_short_number(const uint8_t *bytes, size_t length)
{
    size_t first = length > 0 && bytes[0] == '-' ? 1 : 0;
    for (size_t i = first; i < length; i++)
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
    return length > first && length - first <= NUMBER_TEXT_MAX;
}

/* DateAndTime (RFC 2579): a year's two octets, month, day. */
static bool is_date(const uint8_t *bytes, size_t length)
{
    return (length == 8 || length == 11) && (bytes[0] == 7 || bytes[0] == 8) && bytes[2] >= 1 &&
           bytes[2] <= 12 && bytes[3] >= 1 && bytes[3] <= 31 && bytes[4] < 24;
}

/* Addresses that name nobody: none, loopback, multicast, netmasks. */
static bool is_common_address(const uint8_t *b)
{
    uint32_t address = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    uint32_t inverse = ~address;
    return b[0] == 0 || b[0] == 127 || b[0] >= 224 || (inverse & (inverse + 1)) == 0;
}

static void map_address(struct work *work, const uint8_t *bytes, uint8_t *out)
{
    if (is_common_address(bytes))
        memmove(out, bytes, IDENTITY_ADDRESS_BYTES);
    else
        map(work, IDENTITY_ADDRESS, bytes, IDENTITY_ADDRESS_BYTES, out);
}

static void map_mac(struct work *work, const uint8_t *bytes, uint8_t *out)
{
    static const uint8_t none[IDENTITY_MAC_BYTES] = {0};
    if ((bytes[0] & 1) != 0 || memcmp(bytes, none, sizeof none) == 0)
        memmove(out, bytes, IDENTITY_MAC_BYTES); /* groups, and none */
    else
        map(work, IDENTITY_MAC, bytes, IDENTITY_MAC_BYTES, out);
}

/* An address written as text becomes its pseudonym's text. False when it is none. */
static bool map_written_address(struct work *work, char *text, size_t size)
{
    unsigned n[IDENTITY_MAC_BYTES];
    uint8_t bytes[IDENTITY_MAC_BYTES];
    char separator = text[0] != '\0' && text[1] != '\0' ? text[2] : '\0';
    int end = 0;
    int count = separator == '-' ? sscanf(text, "%2x-%2x-%2x-%2x-%2x-%2x%n", &n[0], &n[1], &n[2],
                                          &n[3], &n[4], &n[5], &end)
                                 : sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &n[0], &n[1], &n[2],
                                          &n[3], &n[4], &n[5], &end);
    bool mac = count == 6 && text[end] == '\0' && end == 17;
    bool address = !mac &&
                   sscanf(text, "%3u.%3u.%3u.%3u%n", &n[0], &n[1], &n[2], &n[3], &end) == 4 &&
                   text[end] == '\0' && n[0] < 256 && n[1] < 256 && n[2] < 256 && n[3] < 256;
    for (size_t i = 0; i < (mac ? 6U : address ? 4U : 0U); i++)
        bytes[i] = (uint8_t)n[i];
    if (mac) {
        map_mac(work, bytes, bytes);
        (void)snprintf(text, size, "%02x%c%02x%c%02x%c%02x%c%02x%c%02x", bytes[0], separator,
                       bytes[1], separator, bytes[2], separator, bytes[3], separator, bytes[4],
                       separator, bytes[5]);
    } else if (address) {
        map_address(work, bytes, bytes);
        (void)snprintf(text, size, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    }
    return mac || address;
}

static bool starts(const struct varbind_row *row, const struct oid *prefix)
{
    return prefix->length > 0 && row->arc_count >= prefix->length &&
           memcmp(row->arcs, prefix->arcs, prefix->length * sizeof prefix->arcs[0]) == 0;
}

/* The profile's figure whose objects a row belongs to, or NULL. */
static const struct figure_rule *rule_of(const struct work *work, const struct varbind_row *row,
                                         bool *out_is_name)
{
    *out_is_name = false;
    for (size_t i = 0; work->profile && i < work->profile->figure_count; i++) {
        const struct figure_rule *rule = &work->profile->figures[i];
        for (size_t o = 0; o < rule->object_count; o++)
            if (starts(row, &rule->objects[o]))
                return rule;
        *out_is_name = starts(row, &rule->name_object);
        if (*out_is_name)
            return rule;
    }
    return NULL;
}

static bool is_state(const struct figure_rule *rule, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; rule && rule->states && i < rule->states->state_count; i++) {
        const char *value = rule->states->states[i].value;
        if (strlen(value) == length && memcmp(value, bytes, length) == 0)
            return true;
    }
    return false;
}

/* A state, or a model, that the profile names for its terminals and access points. */
static bool is_of_elements(const struct work *work, const struct varbind_row *row)
{
    for (size_t i = 0; work->profile && i < work->profile->element_rule_count; i++) {
        const struct element_rule *rule = &work->profile->elements[i];
        const struct oid *states = rule->state_object.length ? &rule->state_object : &rule->rows;
        if (rule->states && starts(row, states) && state_map_find(rule->states, row))
            return true;
        if (starts(row, &rule->model_object) &&
            profile_model_class(work->profile, row) != MODEL_UNKNOWN)
            return true;
    }
    return false;
}

/* Interface names stay, but those of sessions, which are their users'. */
static bool is_plain_interface(const struct work *work, const struct varbind_row *row)
{
    static const enum interface_column columns[] = {IF_NAME, IF_DESCR};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        struct oid column = interface_column_oid(columns[i]);
        if (!starts(row, &column) || row->arc_count != column.length + 1)
            continue;
        struct oid type = interface_column_oid(IF_TYPE);
        type.arcs[type.length++] = row->arcs[row->arc_count - 1];
        const struct varbind_row *found = varbind_set_find(work->from, &type);
        bool session = found && found->integer == IF_TYPE_PPP;
        return !session && !memchr(row->bytes, '<', row->length) &&
               !memchr(row->bytes, '@', row->length);
    }
    return false;
}

/* sysDescr without the name that the host has given itself. */
static void keep_description(struct work *work, size_t length)
{
    struct oid name = system_object_oid(SYSTEM_NAME);
    const struct varbind_row *row = varbind_set_find(work->from, &name);
    if (!row || row->type != VALUE_OCTETS || row->length < 2)
        return;
    for (size_t i = 0; i + row->length <= length; i++)
        if (memcmp(work->scratch + i, row->bytes, row->length) == 0)
            map(work, IDENTITY_TEXT, row->bytes, row->length, work->scratch + i);
}

static void map_octets(struct work *work, const struct varbind_row *row, struct varbind *out)
{
    bool is_name = false;
    size_t length = row->length < sizeof work->scratch ? row->length : sizeof work->scratch - 1;
    const struct figure_rule *rule = rule_of(work, row, &is_name);
    struct oid descr = system_object_oid(SYSTEM_DESCR);
    memcpy(work->scratch, row->bytes, length);
    work->scratch[length] = '\0';
    out->bytes = work->scratch;
    out->length = length;
    if (starts(row, &descr))
        keep_description(work, length);
    else if (is_plain_interface(work, row) || is_date(row->bytes, length) ||
             is_of_elements(work, row) ||
             (!is_name &&
              (is_short_number(row->bytes, length) || is_state(rule, row->bytes, length))))
        return;
    else if (length == IDENTITY_MAC_BYTES && !is_text(row->bytes, length))
        map_mac(work, row->bytes, work->scratch);
    else if (!is_text(row->bytes, length))
        map(work, IDENTITY_OCTETS, row->bytes, length, work->scratch);
    else if (map_written_address(work, (char *)work->scratch, sizeof work->scratch))
        out->length = strlen((const char *)work->scratch);
    else
        map(work, IDENTITY_TEXT, row->bytes, length, work->scratch);
}

/* Arcs as octets; false when one is none. */
static bool octets_of(const uint32_t *arcs, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (arcs[i] > UINT8_MAX)
            return false;
        out[i] = (uint8_t)arcs[i];
    }
    return true;
}

static void map_arcs(struct work *work, enum identity_kind kind, uint32_t *arcs, size_t count)
{
    uint8_t bytes[OID_ARCS_MAX] = {0};
    if (count > OID_ARCS_MAX || !octets_of(arcs, count, bytes))
        return;
    if (kind == IDENTITY_MAC)
        map_mac(work, bytes, bytes);
    else if (kind == IDENTITY_ADDRESS)
        map_address(work, bytes, bytes);
    else
        map(work, kind, bytes, count, bytes);
    for (size_t i = 0; i < count; i++)
        arcs[i] = bytes[i];
}

static bool looks_like_mac(const uint32_t *arcs)
{
    size_t large = 0;
    for (size_t i = 0; i < IDENTITY_MAC_BYTES; i++) {
        if (arcs[i] > UINT8_MAX)
            return false;
        large += arcs[i] > 31;
    }
    return large >= MAC_LARGE_MIN && (arcs[0] & 1) == 0;
}

static bool is_known(const struct work *work, enum identity_kind kind, const uint32_t *arcs,
                     size_t count)
{
    uint8_t bytes[IDENTITY_MAC_BYTES];
    return octets_of(arcs, count, bytes) && identities_know(work->identities, kind, bytes, count);
}

static size_t printable_run(const uint32_t *arcs, size_t count)
{
    size_t run = 0;
    while (run < count && arcs[run] >= 0x20 && arcs[run] <= 0x7e)
        run++;
    return run;
}

/* A text or address behind its length, anywhere in an index that begins at `first`. Returns where
 * the rest begins. */
static size_t map_counted(struct work *work, struct oid *name, size_t first)
{
    for (size_t i = first; i < name->length;) {
        size_t length = name->arcs[i];
        uint32_t *arcs = &name->arcs[i + 1];
        bool fits = length >= TEXT_ARCS_MIN && length <= TEXT_ARCS_MAX && i + length < name->length;
        bool mac = fits && length == IDENTITY_MAC_BYTES && looks_like_mac(arcs);
        bool text = fits && printable_run(arcs, length) == length;
        if (mac || text)
            map_arcs(work, mac ? IDENTITY_MAC : IDENTITY_TEXT, arcs, length);
        i += mac || text ? length + 1 : 1;
        if (mac || text)
            first = i;
    }
    return first;
}

/* An address at the end of an index, or with one or two arcs behind it. */
static void map_tail(struct work *work, struct oid *name, size_t first)
{
    for (int known = 1; known >= 0; known--)
        for (size_t behind = 0; behind <= 2; behind++) {
            if (name->length < first + IDENTITY_MAC_BYTES + behind)
                break;
            uint32_t *arcs = &name->arcs[name->length - IDENTITY_MAC_BYTES - behind];
            if (known ? is_known(work, IDENTITY_MAC, arcs, IDENTITY_MAC_BYTES)
                      : looks_like_mac(arcs)) {
                map_arcs(work, IDENTITY_MAC, arcs, IDENTITY_MAC_BYTES);
                return;
            }
        }
    if (name->length < first + IDENTITY_ADDRESS_BYTES)
        return;
    uint32_t *arcs = &name->arcs[name->length - IDENTITY_ADDRESS_BYTES];
    bool is_private = arcs[0] == 10 || (arcs[0] == 192 && arcs[1] == 168) ||
                      (arcs[0] == 172 && arcs[1] >= 16 && arcs[1] < 32);
    if (is_private || is_known(work, IDENTITY_ADDRESS, arcs, IDENTITY_ADDRESS_BYTES)) {
        map_arcs(work, IDENTITY_ADDRESS, arcs, IDENTITY_ADDRESS_BYTES);
        return;
    }
    size_t run = 0;
    while (run < name->length - first && printable_run(&name->arcs[name->length - run - 1], 1) == 1)
        run++;
    if (run >= TEXT_TAIL_MIN)
        map_arcs(work, IDENTITY_TEXT, &name->arcs[name->length - run], run);
}

/* Where the profile says what stands in the index, it is that and nothing else. */
static bool map_described(struct work *work, const struct figure_rule *rule, size_t column,
                          struct oid *name)
{
    size_t first = column + (size_t)rule->index_skip;
    size_t left = name->length > first ? name->length - first : 0;
    uint32_t *arcs = &name->arcs[first < OID_ARCS_MAX ? first : 0];
    if (rule->key == KEY_INDEX_MAC && left >= IDENTITY_MAC_BYTES) {
        map_arcs(work, IDENTITY_MAC, arcs, IDENTITY_MAC_BYTES);
        return true;
    }
    if (rule->key == KEY_INDEX_STRING && left > arcs[0]) {
        bool mac = arcs[0] == IDENTITY_MAC_BYTES && looks_like_mac(arcs + 1);
        map_arcs(work, mac ? IDENTITY_MAC : IDENTITY_TEXT, arcs + 1, arcs[0]);
        return true;
    }
    return false;
}

static size_t column_length(const struct figure_rule *rule, const struct varbind_row *row)
{
    for (size_t o = 0; o < rule->object_count; o++)
        if (starts(row, &rule->objects[o]))
            return rule->objects[o].length;
    return rule->name_object.length;
}

/* Tables of nothing but neighbours, routes, connections, processes and who may ask; no profile
 * reads them, and they say too much of a network. */
static bool is_left_out(const struct varbind_row *row)
{
    static const struct oid subtrees[] = {
        {7, {1, 3, 6, 1, 2, 1, 3}},               /* atTable */
        {8, {1, 3, 6, 1, 2, 1, 4, 20}},           /* ipAddrTable */
        {8, {1, 3, 6, 1, 2, 1, 4, 21}},           /* ipRouteTable */
        {8, {1, 3, 6, 1, 2, 1, 4, 22}},           /* ipNetToMediaTable */
        {8, {1, 3, 6, 1, 2, 1, 4, 24}},           /* ipForward */
        {8, {1, 3, 6, 1, 2, 1, 4, 32}},           /* ipAddressPrefixTable */
        {8, {1, 3, 6, 1, 2, 1, 4, 34}},           /* ipAddressTable */
        {8, {1, 3, 6, 1, 2, 1, 4, 35}},           /* ipNetToPhysicalTable */
        {8, {1, 3, 6, 1, 2, 1, 4, 37}},           /* ipDefaultRouterTable */
        {8, {1, 3, 6, 1, 2, 1, 6, 13}},           /* tcpConnTable */
        {8, {1, 3, 6, 1, 2, 1, 6, 19}},           /* tcpConnectionTable */
        {8, {1, 3, 6, 1, 2, 1, 6, 20}},           /* tcpListenerTable */
        {8, {1, 3, 6, 1, 2, 1, 7, 5}},            /* udpTable */
        {8, {1, 3, 6, 1, 2, 1, 7, 7}},            /* udpEndpointTable */
        {7, {1, 3, 6, 1, 2, 1, 14}},              /* OSPF */
        {7, {1, 3, 6, 1, 2, 1, 15}},              /* BGP */
        {9, {1, 3, 6, 1, 2, 1, 17, 4, 3}},        /* dot1dTpFdbTable */
        {11, {1, 3, 6, 1, 2, 1, 17, 7, 1, 2, 2}}, /* dot1qTpFdbTable */
        {8, {1, 3, 6, 1, 2, 1, 25, 4}},           /* hrSWRunTable */
        {8, {1, 3, 6, 1, 2, 1, 25, 6}},           /* hrSWInstalledTable */
        {10, {1, 3, 6, 1, 2, 1, 31, 1, 4, 1}},    /* ifRcvAddressTable */
        {9, {1, 0, 8802, 1, 1, 2, 1, 4, 1}},      /* lldpRemTable */
        {9, {1, 0, 8802, 1, 1, 2, 1, 4, 2}},      /* lldpRemManAddrTable */
        {10, {1, 3, 6, 1, 4, 1, 9, 9, 23, 1}},    /* CDP */
        {10, {1, 3, 6, 1, 4, 1, 8072, 1, 9, 1}},  /* nsVacmAccessTable */
    };
    for (size_t i = 0; i < sizeof subtrees / sizeof subtrees[0]; i++)
        if (starts(row, &subtrees[i]))
            return true;
    return false;
}

/* Where an index may hold an identity: nowhere in the tables of mib-2 but those of protocols that
 * name stations by their addresses (bridges, LLDP, RADIUS, CAPWAP). */
static bool may_hold_identity(const struct varbind_row *row)
{
    static const struct oid mib2 = {6, {1, 3, 6, 1, 2, 1}};
    static const struct oid except[] = {{7, {1, 3, 6, 1, 2, 1, 4}},   {7, {1, 3, 6, 1, 2, 1, 16}},
                                        {7, {1, 3, 6, 1, 2, 1, 17}},  {7, {1, 3, 6, 1, 2, 1, 67}},
                                        {7, {1, 3, 6, 1, 2, 1, 196}}, {7, {1, 3, 6, 1, 2, 1, 197}}};
    for (size_t i = 0; i < sizeof except / sizeof except[0]; i++)
        if (starts(row, &except[i]))
            return true;
    return !starts(row, &mib2);
}

static void map_name(struct work *work, const struct varbind_row *row, struct oid *name)
{
    bool is_name = false;
    const struct figure_rule *rule = rule_of(work, row, &is_name);
    size_t column = rule ? column_length(rule, row) : 0;
    if ((rule && rule->method == METHOD_SCALAR) || !may_hold_identity(row) ||
        (rule && map_described(work, rule, column, name)))
        return;
    size_t first = column > PREFIX_ARCS ? column : PREFIX_ARCS;
    map_tail(work, name, map_counted(work, name, first));
}

static void map_row(struct work *work, const struct varbind_row *row)
{
    struct varbind varbind = varbind_of_row(row);
    if (row->type == VALUE_OCTETS) {
        map_octets(work, row, &varbind);
    } else if (row->type == VALUE_ADDRESS && row->length == IDENTITY_ADDRESS_BYTES) {
        map_address(work, row->bytes, work->scratch);
        varbind.bytes = work->scratch;
    } else if (row->type == VALUE_OBJECT_ID) {
        struct oid value = varbind_object_id(&varbind);
        map_tail(work, &value, map_counted(work, &value, PREFIX_ARCS));
        memcpy(work->arcs, value.arcs, value.length * sizeof value.arcs[0]);
        varbind.bytes = (const uint8_t *)work->arcs;
    }
    map_name(work, row, &varbind.name);
    if (varbind_set_add(work->to, &varbind) != 0)
        work->failed = true;
}

/* Addresses that stand as values are known when indexes are searched for them. */
static void learn(struct work *work, const struct varbind_row *row)
{
    uint8_t unused[IDENTITY_MAC_BYTES];
    if (row->type == VALUE_OCTETS && row->length == IDENTITY_MAC_BYTES &&
        !is_text(row->bytes, row->length))
        map_mac(work, row->bytes, unused);
    if (row->type == VALUE_ADDRESS && row->length == IDENTITY_ADDRESS_BYTES)
        map_address(work, row->bytes, unused);
}

struct varbind_set *anonymize(struct varbind_set *set, const struct profile *profile,
                              snapshot_pseudonym_fn pseudonym, void *ctx)
{
    static const struct oid everything = {.length = 0};
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, &everything, &count);
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        return NULL;
    work->from = set;
    work->to = varbind_set_new(count + 1, 2 * varbind_set_bytes(set) + 1);
    work->profile = profile;
    work->identities = identities_new(pseudonym, ctx);
    work->failed = !work->to || !work->identities;
    for (size_t i = 0; i < count && !work->failed; i++)
        learn(work, &rows[i]);
    for (size_t i = 0; i < count && !work->failed; i++)
        if (!is_left_out(&rows[i]))
            map_row(work, &rows[i]);
    struct varbind_set *result = work->to;
    if (work->failed) {
        varbind_set_free(result);
        result = NULL;
    } else {
        varbind_set_sort(result);
    }
    identities_free(work->identities);
    free(work);
    return result;
}
