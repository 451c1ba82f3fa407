/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small files written whole or not at all: beside, fsync, rename, fsync of the folder. One thread.
 */
#ifndef LASTMILE_COMMON_FOLDER_H
#define LASTMILE_COMMON_FOLDER_H

#include <stddef.h>
#include <sys/types.h>

#define FOLDER_PATH_BYTES 768
#define FOLDER_FILE_MAX   (64u << 20)

/* "FOLDER/NAME"; 0 or -ENAMETOOLONG. */
int folder_path(const char *folder, const char *name, char out[static FOLDER_PATH_BYTES]);

/* Makes a folder (and those above it) where it is missing. 0 or a negated errno. */
int folder_make(const char *path, mode_t mode);

/* Puts a text there, with that mode. A file that holds it already is left alone, so that its time
 * tells when it changed. 0 or a negated errno. */
int folder_put(const char *folder, const char *name, const char *text, mode_t mode);

/* The whole file, with a NUL behind it; the caller frees it. 0, -ENOENT, -EFBIG or another errno.
 */
int folder_get(const char *folder, const char *name, char **out_text);

/* Locks the folder against another run; a descriptor to close, or a negated errno. */
int folder_lock(const char *folder);

#endif
