/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The roll: who was given which certificate or password, until when, and what was taken back. Each
 * gift is an entry, in the order in which they were given; none is ever removed. As text: a line an
 * entry, fields parted by tabs, "-" for none. Pure.
 */
#ifndef LASTMILE_COLLECTOR_ENROL_ROLL_H
#define LASTMILE_COLLECTOR_ENROL_ROLL_H

#include "collector/enrol/authority.h"
#include "collector/enrol/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROLL_NAME_BYTES 256

enum roll_kind { ROLL_BROKER, ROLL_COLLECTOR, ROLL_PROBE, ROLL_KINDS };
const char *roll_kind_name(enum roll_kind kind);

struct roll_entry {
    enum roll_kind kind;
    char name[ROLL_NAME_BYTES];          /* user at the broker; of the broker: its hosts */
    char serial[AUTHORITY_SERIAL_BYTES]; /* "" for a password */
    char hash[SECRET_HASH_BYTES];        /* "" for a certificate */
    int64_t from_s, until_s;             /* seconds since 1970 UTC; until 0: has no end */
    int64_t revoked_s;                   /* 0: holds */
};

struct roll {
    struct roll_entry *entries; /* owned */
    size_t count;
};
void roll_fini(struct roll *roll);

/* 0, -EPROTO with the number of the line that is none, or -ENOMEM. */
int roll_parse(const char *text, struct roll *out_roll, size_t *out_line);
/* 0 and a text that the caller frees, or -ENOMEM. */
int roll_format(const struct roll *roll, char **out_text);

int roll_add(struct roll *roll, const struct roll_entry *entry); /* 0 or -ENOMEM */

enum roll_state { ROLL_VALID, ROLL_SUPERSEDED, ROLL_EXPIRED, ROLL_REVOKED };
const char *roll_state_name(enum roll_state state);
/* Superseded: a younger one of the same name holds; it is good until its end, too. */
enum roll_state roll_state_of(const struct roll *roll, size_t index, int64_t now_s);

/* The youngest entry of that name which was not taken back, be it expired; or NULL. */
struct roll_entry *roll_find(struct roll *roll, enum roll_kind kind, const char *name);

/* Takes back all that a name was given, also what has ended: clocks differ. How many. */
size_t roll_revoke(struct roll *roll, enum roll_kind kind, const char *name, int64_t now_s);

#endif
