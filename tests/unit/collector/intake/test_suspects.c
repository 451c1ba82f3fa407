/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/suspects.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[512];

static int make_folder(void **state)
{
    char *folder = temp_folder_new();
    if (!folder)
        return -1;
    (void)snprintf(path, sizeof path, "%s/hand", folder);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    temp_folder_remove(*state);
    return 0;
}

static bool take(struct suspects *suspects, const char *text)
{
    return suspects_take(suspects, (const uint8_t *)text, strlen(text));
}

/* A process that handles the harmless one, and is killed over the other. */
static void die_over(const char *harmless, const char *deadly)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct suspects *suspects = suspects_open(path, 1);
        if (suspects && take(suspects, harmless))
            suspects_done(suspects);
        if (suspects && take(suspects, deadly))
            (void)raise(SIGKILL);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void a_message_is_condemned_after_three_deaths_and_no_other(void **state)
{
    (void)state;
    for (int death = 0; death < SUSPECT_DEATHS; death++)
        die_over("harmless", "deadly");
    struct suspects *suspects = suspects_open(path, 1);
    assert_non_null(suspects);
    assert_int_equal(suspects_count(suspects), 1);
    assert_false(take(suspects, "deadly"));
    assert_true(take(suspects, "harmless"));
    suspects_done(suspects);
    assert_true(take(suspects, "deadly or not"));
    suspects_done(suspects);
    suspects_close(suspects);
    suspects = suspects_open(path, 1); /* a good end is no death */
    assert_false(take(suspects, "deadly"));
    assert_int_equal(suspects_count(suspects), 1);
    suspects_close(suspects);
}

static void whoever_gets_through_is_innocent_again(void **state)
{
    (void)state;
    die_over("harmless", "unlucky");
    die_over("harmless", "unlucky");
    struct suspects *suspects = suspects_open(path, 1);
    assert_true(take(suspects, "unlucky"));
    suspects_done(suspects);
    assert_int_equal(suspects_count(suspects), 0);
    suspects_close(suspects);
    die_over("harmless", "unlucky");
    suspects = suspects_open(path, 1);
    assert_true(take(suspects, "unlucky"));
    suspects_close(suspects);
}

static void seventy_suspects_push_out_the_oldest_only(void **state)
{
    (void)state;
    char text[16];
    for (int i = 0; i < 70; i++) {
        (void)snprintf(text, sizeof text, "m%d", i);
        struct suspects *suspects = suspects_open(path, 1);
        assert_true(take(suspects, text));
        suspects_close(suspects); /* without done: as if it had died */
    }
    struct suspects *suspects = suspects_open(path, 1);
    assert_int_equal(suspects_count(suspects), 64);
    suspects_close(suspects);
}

static void a_damaged_file_is_begun_anew_and_a_missing_folder_is_an_error(void **state)
{
    (void)state;
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "no such thing", 13), 13);
    (void)close(fd);
    struct suspects *suspects = suspects_open(path, 1);
    assert_non_null(suspects);
    assert_int_equal(suspects_count(suspects), 0);
    suspects_close(suspects);
    assert_null(suspects_open("/nonexistent/hand", 1));
    assert_int_equal(errno, ENOENT);
    assert_true(suspects_take(NULL, (const uint8_t *)"x", 1));
    suspects_done(NULL);
}

#define WITH_PATH(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PATH(a_message_is_condemned_after_three_deaths_and_no_other),
        WITH_PATH(whoever_gets_through_is_innocent_again),
        WITH_PATH(seventy_suspects_push_out_the_oldest_only),
        WITH_PATH(a_damaged_file_is_begun_anew_and_a_missing_folder_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
