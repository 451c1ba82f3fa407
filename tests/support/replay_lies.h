/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Twelve ways in which an SNMP agent may lie about one subtree, for the replay agent. Pure; tests
 * only.
 */
#ifndef LASTMILE_TESTS_SUPPORT_REPLAY_LIES_H
#define LASTMILE_TESTS_SUPPORT_REPLAY_LIES_H

#include "probe/snmp/varbind_set.h"

enum replay_lie {
    LIE_NONE,
    LIE_SAME_OID,         /* the successor of a name is that name */
    LIE_DECREASING,       /* rows backwards, then again */
    LIE_ENDLESS,          /* always one more row */
    LIE_JUMP,             /* half way through, a name in quite another tree, before this one */
    LIE_WRONG_TYPE,       /* addresses of two octets in place of numbers */
    LIE_NULL,             /* values of type NULL */
    LIE_NO_SUCH_INSTANCE, /* the exception half way through */
    LIE_TOO_BIG,          /* error-status tooBig, always */
    LIE_GEN_ERR,          /* error-status genErr, naming the variable */
    LIE_LONG_STRINGS,     /* strings of 65,000 octets */
    LIE_BAD_UTF8,         /* octets that are no text, with NUL and newline */
    LIE_TYPES_CHANGE,     /* another type in every row */
    LIES,
};

/* "same-oid", ...; LIES when there is none of that name. */
enum replay_lie replay_lie_find(const char *name);
const char *replay_lie_name(enum replay_lie lie);

/* A row that is made up. */
struct replay_fake {
    struct varbind_row row;
    struct oid name;
};

/* What the agent says in place of the honest successor (NULL: no such instance). `name` was asked
 * for; it, or honest (NULL: none is left), is in the subtree; `set` is the whole recording. */
const struct varbind_row *replay_lie_tell(enum replay_lie lie, const struct oid *subtree,
                                          struct varbind_set *set, const struct oid *name,
                                          const struct varbind_row *honest,
                                          struct replay_fake *fake);

#endif
