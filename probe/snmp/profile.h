/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Device profiles: which object answers which question, on which device. All of it is configuration
 * (config/profiles, one file a device family; config/profiles/README.md has the vocabulary); a new
 * device is a new file. A set is read once at start, and never changes after.
 */
#ifndef LASTMILE_PROBE_SNMP_PROFILE_H
#define LASTMILE_PROBE_SNMP_PROFILE_H

#include "common/conf.h"

struct profile;
struct profile_set;

/* Reads every *.cfg of a folder. NULL with out_error set ("file:line: ..."): a folder or file that
 * cannot be read, a key or value that is not in the vocabulary, a name used twice. */
struct profile_set *profile_set_load(const char *directory, struct conf_error *out_error);
void profile_set_free(struct profile_set *profiles);

/* How many there are. */
size_t profile_set_count(const struct profile_set *profiles);

/* The profile of a name, or NULL; borrowed from the set. */
const struct profile *profile_set_find(const struct profile_set *profiles, const char *name);

/* Where profiles lie: the argument when given, else $LASTMILE_PROFILES, else the installed folder,
 * else config/profiles of the source tree. Borrowed. */
const char *profile_directory(const char *given);

#endif
