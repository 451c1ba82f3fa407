/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A recording without identities, so that it can be mailed: hardware and network addresses, serial
 * numbers, names of networks, users, places and devices become keyed pseudonyms, alike wherever
 * they stand, in values and in indexes. Lengths, kinds of characters, tables, numbers and states
 * stay, so that the figures of a poll stay, too.
 *
 * Tables of neighbours, routes, connections and processes are left out: no profile reads them.
 * Kept are what the recognition needs (sysObjectID, sysDescr without the host's name), names of
 * interfaces that are no user's, and states that the profile knows. No MIB is asked what a string
 * means: every other string is replaced. Indexes of tables that the profile does not describe are
 * searched for what looks like an address or a text; look through a file before it is sent.
 */
#ifndef LASTMILE_PROBE_SNMP_ANONYMIZE_H
#define LASTMILE_PROBE_SNMP_ANONYMIZE_H

#include "probe/snmp/profile.h"
#include "probe/snmp/snapshot.h"
#include "probe/snmp/varbind_set.h"

/* The set's copy; profile is the one that reads it, or NULL. NULL when memory is out. */
struct varbind_set *anonymize(struct varbind_set *set, const struct profile *profile,
                              snapshot_pseudonym_fn pseudonym, void *ctx);

#endif
