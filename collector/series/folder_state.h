/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the folder of round-robin databases says of itself, in one small file ("state"): whether
 * they are open, in which boot of the machine, and for which retention they were made. Updates are
 * not synced one by one: after a power cut a file may hold some pages of an update and not others,
 * which nothing in it tells. A process that dies loses nothing: the kernel has its pages.
 */
#ifndef LASTMILE_COLLECTOR_SERIES_FOLDER_STATE_H
#define LASTMILE_COLLECTOR_SERIES_FOLDER_STATE_H

#include "collector/series/series.h"

#define FOLDER_BOOT_BYTES 64

/* Which boot of the machine this is: /proc/sys/kernel/random/boot_id; "unknown" without it. */
void folder_read_boot(char out[static FOLDER_BOOT_BYTES]);

/* A folder without the file, or with another's words in it, is SERIES_UNCLEAN when it has
 * databases in it, else sound. */
enum series_suspicion folder_suspect(const char *folder, const struct series_retention *retention,
                                     const char *boot);

/* Written and synced, or else the file is gone. open false: everything in the folder is synced
 * first. 0 or a negated errno. */
int folder_note(const char *folder, const struct series_retention *retention, const char *boot,
                bool open);

#endif
