/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A folder for one test, and its removal with all that is in it. Only tests include it.
 */
#ifndef LASTMILE_TESTS_SUPPORT_TEMP_FOLDER_H
#define LASTMILE_TESTS_SUPPORT_TEMP_FOLDER_H

/* The path of an empty folder below TMPDIR or /tmp, or NULL. */
char *temp_folder_new(void);

/* Removes the folder and frees its path. NULL is fine. */
void temp_folder_remove(char *path);

#endif
