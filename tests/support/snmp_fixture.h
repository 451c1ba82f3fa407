/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What tests of the snmp room share: profiles from a text, polls of a text, and sources that lie.
 */
#ifndef LASTMILE_TESTS_SUPPORT_SNMP_FIXTURE_H
#define LASTMILE_TESTS_SUPPORT_SNMP_FIXTURE_H

#include "probe/snmp/profile.h"
#include "probe/snmp/snapshot.h"
#include "probe/snmp/source.h"

/* Profiles of one file with this text; NULL with out_error set. */
struct profile_set *fixture_profiles(const char *text, struct conf_error *out_error);

/* The profiles of the source tree. */
struct profile_set *fixture_shipped_profiles(void);

/* Changes an honest answer. varbinds has room for `room` of them and may be written; scratch is for
 * octets. question counts from 1. */
struct fixture_answer {
    struct source_answer answer;
    struct varbind *varbinds;
    size_t room;
    unsigned question;
};
typedef void (*fixture_lie_fn)(const struct source_request *request, struct fixture_answer *honest);

/* Polls a recording's text through a lie (or NULL). The snapshot is the caller's; out_questions may
 * be NULL. The poll fails the test when it takes more than 100,000 questions. */
struct device_snapshot *fixture_poll(const char *text, const struct profile_set *profiles,
                                     fixture_lie_fn lie, unsigned *out_questions);

/* The figure of a snapshot, published or not; NULL when there is none from this source. */
const struct snapshot_figure *fixture_figure(const struct device_snapshot *snapshot,
                                             const char *quantity, const char *source);

/* True when a warning contains the text. */
bool fixture_warns(const struct device_snapshot *snapshot, const char *text);

#endif
