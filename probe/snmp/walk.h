/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks one column: which question comes next, and what of the answer is kept. It believes nothing:
 * names must lie in the column; a name that does not increase is borne (some agents keep unsorted
 * tables) as long as it is new, and ends the walk when it repeats; rows and octets are capped;
 * answers too big or missing halve the repetitions down to 1 and then GETNEXT, remembered for the
 * device. Pure but for the set that it fills; one thread.
 */
#ifndef LASTMILE_PROBE_SNMP_WALK_H
#define LASTMILE_PROBE_SNMP_WALK_H

#include "probe/snmp/source.h"

#define WALK_REPETITIONS_MAX 50

/* How an agent likes to be asked; kept by the device from walk to walk and poll to poll. */
struct walk_pace {
    unsigned repetitions; /* 1..WALK_REPETITIONS_MAX */
    bool get_next_only;   /* SNMPv1, or agents that answer no GETBULK at all */
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
};

struct walk {
    struct oid column, last;
    struct walk_limits limits;
    size_t rows, bytes;
    size_t first_row; /* in the set, where this column's rows begin */
    size_t backward;  /* names that did not increase */
};

/* Begins at a column; set is where rows will go. */
void walk_start(struct walk *walk, const struct oid *column, const struct walk_limits *limits,
                const struct varbind_set *set);

/* The next question. */
void walk_request(const struct walk *walk, const struct walk_pace *pace,
                  struct source_request *out_request);

/* Takes the answer; rows go to set. */
enum walk_state walk_answer(struct walk *walk, struct walk_pace *pace,
                            const struct source_answer *answer, struct varbind_set *set);

#endif
