/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A folder for one test, and its removal with all that is in it. Only tests include it.
 */
#ifndef LASTMILE_TESTS_SUPPORT_TEMP_FOLDER_H
#define LASTMILE_TESTS_SUPPORT_TEMP_FOLDER_H

/* The path of an empty folder below TMPDIR or /tmp, or NULL. */
char *temp_folder_new(void);

/* Removes all that is in it, three levels deep. */
void temp_folder_empty(const char *path);
/* Removes the folder and frees its path. NULL is fine. */
void temp_folder_remove(char *path);

/* The same around a cmocka test, whose state the path is. */
int temp_folder_enter(void **state);
int temp_folder_leave(void **state);
#define WITH_FOLDER(test)                                                                          \
    cmocka_unit_test_setup_teardown(test, temp_folder_enter, temp_folder_leave)

#endif
