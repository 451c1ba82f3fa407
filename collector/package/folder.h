/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A folder of files, and of folders with files: as deep as a package is. Strangers' folders are
 * read, too: sizes and counts are bounded, and only regular files are files. One thread.
 */
#ifndef LASTMILE_COLLECTOR_PACKAGE_FOLDER_H
#define LASTMILE_COLLECTOR_PACKAGE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define FOLDER_PATH_BYTES 1024
#define FOLDER_NAME_BYTES 128 /* "archive/node_lines.csv" */
#define FOLDER_FILES_MAX  256
#define FOLDER_BYTES_MAX  (256u << 20) /* of one file */

struct folder_list {
    char names[FOLDER_FILES_MAX][FOLDER_NAME_BYTES]; /* sorted by bytes */
    size_t count;
};

/* Lists what is in a folder, and in the folders of it; a link, a device or a third level stands
 * there by its name like a file. 0, -EFBIG when there is too much, or another negated errno. */
int folder_list(const char *folder, struct folder_list *out_list);

/* A regular file with a NUL behind it, which the caller frees. 0, -EFBIG, -EINVAL for what is no
 * file, or another negated errno. */
int folder_read(const char *folder, const char *name, char **out_bytes, size_t *out_length);

/* A new file, on the disk when it returns. 0 or a negated errno. */
int folder_write(const char *folder, const char *name, const char *bytes, size_t length);

/* Whether a package may take this path: nothing is there, or an empty folder. 0, -EEXIST,
 * -ENOTDIR or another negated errno. */
int folder_is_free(const char *path);

/* Puts a folder in the place of nothing, or of an empty one, at once. 0 or a negated errno. */
int folder_rename(const char *from, const char *to);

/* Takes away a folder and the files that folder_list lists. */
void folder_remove(const char *folder);

#endif
