/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One poll of one device as questions and answers: who it is, which profile fits, what the profile
 * and IF-MIB want to know. The same for live agents, recordings and liars; it sends nothing itself
 * and reads no clock. One thread.
 */
#ifndef LASTMILE_PROBE_SNMP_GATHER_H
#define LASTMILE_PROBE_SNMP_GATHER_H

#include "probe/snmp/profile.h"
#include "probe/snmp/snapshot.h"
#include "probe/snmp/walk.h"

struct gather;

/* Who listens to a poll, to record it (recorder.h). Called within gather_answer and gather_finish;
 * all is borrowed. */
struct gather_listener {
    void (*on_answer)(void *ctx, const struct source_answer *answer); /* each, as it came */
    void (*on_values)(void *ctx, struct varbind_set *values);         /* what was believed of it */
    void *ctx;
    const struct oid *subtrees; /* walked too, when everything else has been read */
    size_t subtree_count;
};

/* What of one device may be believed (faults: endless tables, strings of 64 KB). */
#define GATHER_COLUMN_ROWS_MAX  10000
#define GATHER_COLUMN_BYTES_MAX ((size_t)4 << 20)
#define GATHER_DEVICE_ROWS_MAX  ((size_t)400000)
#define GATHER_DEVICE_BYTES_MAX ((size_t)128 << 20)

/* profiles are borrowed; forced may be NULL: recognise. NULL when memory is out. */
struct gather *gather_new(const struct profile_set *profiles, const struct profile *forced,
                          const struct walk_pace *pace);
void gather_free(struct gather *gather);

/* What one poll leaves to the next of the same device: who it is, so that probe objects are asked
 * for now and then only, and which tables were empty, so that one question does for all of them.
 * Zeroes are a good beginning. */
struct gather_memory {
    const struct profile *profile; /* NULL: nothing is remembered */
    uint64_t identity;             /* of sysObjectID and sysDescr */
    uint64_t empty;                /* bits of columns without rows (plan.h) */
    unsigned uses;                 /* polls since the probe objects were asked for */
    char recognised_by[SNAPSHOT_TEXT_BYTES];
};
/* Before the first question, and after the last. */
void gather_recall(struct gather *gather, const struct gather_memory *memory);
void gather_memorise(const struct gather *gather, struct gather_memory *out_memory);

/* Before the first question. Without it a profile's heavy tables are read as others are; with
 * allowed = false they are left out, and the snapshot says so. */
void gather_set_heavy(struct gather *gather, bool allowed);

/* Before the first question: interfaces have roles, so what tells them apart is read, too. */
void gather_set_roles(struct gather *gather, bool with_stack);

/* Before the first question. The listener is borrowed. */
void gather_listen(struct gather *gather, const struct gather_listener *listener);

/* The next question; false when the poll has ended. */
bool gather_request(struct gather *gather, struct source_request *out_request);

/* Takes the answer to the last question. */
void gather_answer(struct gather *gather, const struct source_answer *answer);

/* The table that the last question was about: 0 for none, else a number that changes with the
 * table; and whether it is a heavy one, between whose questions to pause. */
size_t gather_table(const struct gather *gather);
bool gather_is_heavy(const struct gather *gather);
/* Ends that table for a reason ("...": kept rows stay), and goes on with the next. */
void gather_skip_table(struct gather *gather, const char *reason);

/* Ends the poll with what there is, for a reason. GATHER_LATE of an agent that has not said a word
 * becomes "no answer". */
#define GATHER_LATE "out of time"
void gather_stop(struct gather *gather, const char *reason);

/* How the agent likes to be asked, for the next poll. */
struct walk_pace gather_pace(const struct gather *gather);

/* The values found, for what the snapshot does not hold; borrowed. */
struct varbind_set *gather_values(struct gather *gather);

/* Fills a snapshot with everything that one poll alone can say (deltas need two): device, figures,
 * warnings, outcome, counts. 0, or -ENOMEM. */
int gather_finish(struct gather *gather, struct device_snapshot *out_snapshot);

#endif
