/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks columns side by side: which question comes next, and what of the answer is kept. It
 * believes nothing: names must lie in their column; a name that does not increase is borne (some
 * agents keep unsorted tables) as long as it is new, and ends the column when it repeats; rows and
 * octets are capped; NULLs and giant values are left out and counted. Answers too big or missing
 * make the questions smaller, down to one GETNEXT, and answers that come make them larger again,
 * carefully; the device remembers. Silence to a large question is told from silence to all by one
 * small one. Pure but for the set that it fills; one thread.
 */
#ifndef LASTMILE_PROBE_SNMP_WALK_H
#define LASTMILE_PROBE_SNMP_WALK_H

#include "probe/snmp/source.h"

#define WALK_COLUMNS_MAX     SOURCE_NAMES_MAX
#define WALK_REPETITIONS_MAX 50
#define WALK_VALUE_BYTES_MAX 8192 /* VLAN bitmaps of 6 KB are seen (vrp_ac6605-26) */

/* How an agent likes to be asked; kept by the device from walk to walk and poll to poll. Zeroes but
 * for the repetitions are a good beginning. */
struct walk_pace {
    unsigned repetitions;     /* of GETBULK, 1..WALK_REPETITIONS_MAX */
    unsigned columns;         /* side by side in a question; 0: WALK_COLUMNS_MAX */
    bool get_next_only;       /* SNMPv1, or agents that answer no GETBULK at all */
    unsigned repetitions_max; /* grown to; 0: the repetitions at the first walk */
    unsigned proven;          /* varbinds in the largest answer that came */
    unsigned failed;          /* varbinds of the smallest question that failed; 0: none */
    unsigned streak;          /* answers since the last change */
    unsigned rows;            /* expected of the tables walked next; 0: not known */
};

struct walk_limits {
    size_t rows_max;  /* of one column */
    size_t bytes_max; /* of one column's values */
};

enum walk_state {
    WALK_MORE,
    WALK_DONE,
    WALK_LOOP,   /* the agent repeats itself or goes backwards without end */
    WALK_CAPPED, /* a limit was reached; the rows so far are kept */
    WALK_BROKEN, /* an error or a nonsensical answer inside the column */
    WALK_SILENT, /* no answer, not even to a single GETNEXT */
    WALK_LATE,   /* the caller has ended it */
};

/* Hashes of a column's names, kept from its first step back on. */
struct walk_seen {
    uint64_t *hashes; /* open addressing; 0 is free */
    size_t count, capacity;
};

struct walk_column {
    struct oid column, last;
    enum walk_state state;
    size_t rows, bytes;
    size_t backward;  /* names that did not increase */
    size_t left_out;  /* NULLs and giant values */
    size_t odd_types; /* rows of another type than the first */
    enum value_type type;
    struct walk_seen seen;
};

struct walk {
    struct walk_column columns[WALK_COLUMNS_MAX];
    size_t count;
    struct walk_limits limits;
    size_t first_row; /* in the set, where these columns' rows begin */
    bool checking;    /* whether the agent is there at all, by one small question */
    size_t asked[WALK_COLUMNS_MAX], asked_count; /* columns in the last question */
    unsigned asked_repetitions;
    size_t silent_count; /* the question that was not answered, while checking */
    unsigned silent_repetitions;
    bool shrunk; /* by answers too big; what the pace was before: */
    struct walk_pace pace_before;
};

/* Begins at some columns (1..WALK_COLUMNS_MAX); set is where rows will go. */
void walk_start(struct walk *walk, const struct oid *columns, size_t count,
                const struct walk_limits *limits, const struct varbind_set *set);
/* Frees what the walk remembers. */
void walk_fini(struct walk *walk);

/* The next question. */
void walk_request(struct walk *walk, const struct walk_pace *pace,
                  struct source_request *out_request);

/* Takes the answer; rows go to set. WALK_MORE while any column is unfinished, else WALK_DONE:
 * columns[].state says how each has ended. */
enum walk_state walk_answer(struct walk *walk, struct walk_pace *pace,
                            const struct source_answer *answer, struct varbind_set *set);

/* Ends the unfinished columns. */
void walk_stop(struct walk *walk, enum walk_state state);

#endif
