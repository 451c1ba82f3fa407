/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/replay_lies.h"

#include <string.h>

#define LONG_STRING 65000

static const char *const names[LIES] = {
    [LIE_NONE] = "none",
    [LIE_SAME_OID] = "same-oid",
    [LIE_DECREASING] = "decreasing",
    [LIE_ENDLESS] = "endless",
    [LIE_JUMP] = "jump",
    [LIE_WRONG_TYPE] = "wrong-type",
    [LIE_NULL] = "null",
    [LIE_NO_SUCH_INSTANCE] = "no-such-instance",
    [LIE_TOO_BIG] = "too-big",
    [LIE_GEN_ERR] = "gen-err",
    [LIE_LONG_STRINGS] = "long-strings",
    [LIE_BAD_UTF8] = "bad-utf8",
    [LIE_TYPES_CHANGE] = "types-change",
};

enum replay_lie replay_lie_find(const char *name)
{
    for (int lie = 0; lie < LIES; lie++)
        if (strcmp(names[lie], name) == 0)
            return (enum replay_lie)lie;
    return LIES;
}

const char *replay_lie_name(enum replay_lie lie)
{
    return names[lie];
}

static const struct varbind_row *with_name(const struct varbind_row *honest, const struct oid *name,
                                           struct replay_fake *fake)
{
    fake->row = *honest;
    oid_copy(&fake->name, name);
    fake->row.arcs = fake->name.arcs;
    fake->row.arc_count = fake->name.length;
    return &fake->row;
}

static const struct varbind_row *with_octets(const struct varbind_row *honest, enum value_type type,
                                             const void *octets, size_t length,
                                             struct replay_fake *fake)
{
    fake->row = *honest;
    fake->row.type = type;
    fake->row.bytes = octets;
    fake->row.length = length;
    return &fake->row;
}

/* The row before the name that was asked for; before the first comes the last. */
static const struct varbind_row *backwards(struct varbind_set *set, const struct oid *name,
                                           const struct varbind_row *rows, size_t count)
{
    const struct varbind_row *asked = varbind_set_find(set, name);
    return asked && asked > rows ? asked - 1 : &rows[count - 1];
}

static const struct varbind_row *one_more(const struct oid *subtree, const struct oid *name,
                                          const struct varbind_row *honest,
                                          struct replay_fake *fake)
{
    struct oid next;
    oid_copy(&next, oid_has_prefix(name, subtree) ? name : subtree);
    if (next.length == subtree->length)
        next.arcs[next.length++] = 0;
    next.arcs[next.length - 1]++;
    return with_name(honest, &next, fake);
}

static const struct varbind_row *another_type(size_t place, const struct varbind_row *honest,
                                              struct replay_fake *fake)
{
    switch (place % 3) {
    case 0:
        return honest;
    case 1:
        return with_octets(honest, VALUE_OCTETS, "twelve", 6, fake);
    default:
        return with_octets(honest, VALUE_ADDRESS, "\x7f\0\0\1", 4, fake);
    }
}

const struct varbind_row *replay_lie_tell(enum replay_lie lie, const struct oid *subtree,
                                          struct varbind_set *set, const struct oid *name,
                                          const struct varbind_row *honest,
                                          struct replay_fake *fake)
{
    static const struct oid elsewhere = {8, {1, 3, 6, 1, 2, 1, 1, 9}};
    static const uint8_t octets[LONG_STRING];
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, subtree, &count);
    bool inside = honest && honest >= rows && honest < rows + count;
    size_t place = inside ? (size_t)(honest - rows) : 0;
    if (!inside && lie != LIE_SAME_OID && lie != LIE_DECREASING && lie != LIE_ENDLESS)
        return honest;
    switch (lie) {
    case LIE_SAME_OID:
        return name->length > subtree->length ? with_name(rows, name, fake) : honest;
    case LIE_DECREASING:
        return backwards(set, name, rows, count);
    case LIE_ENDLESS:
        return one_more(subtree, name, rows, fake);
    case LIE_JUMP:
        return place == count / 2 ? with_name(honest, &elsewhere, fake) : honest;
    case LIE_WRONG_TYPE:
        return with_octets(honest, VALUE_ADDRESS, "\1\2", 2, fake);
    case LIE_NULL:
        return with_octets(honest, VALUE_NULL, NULL, 0, fake);
    case LIE_NO_SUCH_INSTANCE:
        return place == count / 2 ? NULL : honest;
    case LIE_LONG_STRINGS:
        return with_octets(honest, VALUE_OCTETS, octets, sizeof octets, fake);
    case LIE_BAD_UTF8:
        return with_octets(honest, VALUE_OCTETS, "\xff\xfe\0\xc3\n\xc3", 6, fake);
    case LIE_TYPES_CHANGE:
        return another_type(place, honest, fake);
    default:
        return honest;
    }
}
