/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which message was in hand when this process died. A message that kills its reader would come
 * again after each start, since it has no receipt; after SUSPECT_DEATHS deaths over it in a row it
 * is condemned, and is not read any more. Kept in a mapped file, which outlives a crash of the
 * process and costs no system call a message; a power cut forgets, and only repetitions are lost
 * with it. A file that cannot be, or that is damaged, is begun anew: then deaths are counted from
 * nought. One thread; messages are known by a keyed digest.
 */
#ifndef LASTMILE_COLLECTOR_INTAKE_SUSPECTS_H
#define LASTMILE_COLLECTOR_INTAKE_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUSPECT_DEATHS 3

struct suspects;

/* Counts the death of the process before, where it died over a message. The seed keys a file that
 * is made now; anything that nobody guesses. NULL with errno. */
struct suspects *suspects_open(const char *path, uint64_t seed);
void suspects_close(struct suspects *suspects); /* NULL is fine */

/* Takes a message in hand until suspects_done; false: it is condemned, and must not be read. NULL
 * suspects nobody. */
bool suspects_take(struct suspects *suspects, const uint8_t *payload, size_t length);
void suspects_done(struct suspects *suspects);

/* Messages that a process has died over and that are remembered; for the log. */
size_t suspects_count(const struct suspects *suspects);

#endif
