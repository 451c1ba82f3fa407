/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/replay.h"

#include "probe/snmp/gather.h"
#include "probe/snmp/recording.h"
#include "probe/snmp/snmprec.h"

#include <errno.h>

#define REPETITIONS 25

static struct device_snapshot *poll_set(struct varbind_set *set, const struct profile_set *profiles,
                                        const struct profile *forced,
                                        const struct gather_listener *listener)
{
    const struct walk_pace pace = {.repetitions = REPETITIONS};
    struct source_request request;
    struct device_snapshot *snapshot = device_snapshot_new();
    struct recording *recording = recording_new(set);
    struct gather *gather = gather_new(profiles, forced, &pace);
    bool whole = snapshot && recording && gather;
    if (whole)
        gather_listen(gather, listener);
    while (whole && gather_request(gather, &request)) {
        struct source_answer answer = recording_ask(recording, &request);
        gather_answer(gather, &answer);
    }
    if (!whole || gather_finish(gather, snapshot) != 0) {
        device_snapshot_free(snapshot);
        snapshot = NULL;
        errno = ENOMEM;
    }
    gather_free(gather);
    recording_free(recording);
    return snapshot;
}

struct device_snapshot *replay_poll(const char *path, const struct profile_set *profiles,
                                    const struct profile *forced,
                                    const struct gather_listener *listener)
{
    struct snmprec_counts counts;
    struct varbind_set *set = snmprec_load(path, &counts);
    if (!set)
        return NULL;
    if (varbind_set_count(set) == 0) {
        varbind_set_free(set);
        errno = ENODATA;
        return NULL;
    }
    struct device_snapshot *snapshot = poll_set(set, profiles, forced, listener);
    if (snapshot && counts.skipped > 0)
        device_snapshot_warn(snapshot,
                             "%zu of %zu lines of the recording are no varbinds (first: line %zu)",
                             counts.skipped, counts.lines, counts.first_skipped_line);
    varbind_set_free(set);
    return snapshot;
}
