/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each case in a child, since it is the process that ends. The timer's time is the test's, too: a
 * machine that is slow only makes a child live longer.
 */
#include "probe/watchdog.h"
#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 200
#define FED      5 /* of the child that has been fed to the end */

/* Runs work in a child: its wait status, and what it said on stderr. */
static int in_a_child(void (*work)(void), char said[static 256])
{
    int ends[2];
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        if (watchdog_begin(LIMIT_MS) == 0)
            work();
        _exit(2);
    }
    (void)close(ends[1]);
    ssize_t length = read(ends[0], said, 255); /* to the child's end, or its words */
    said[length > 0 ? length : 0] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void stand_still(void)
{
    for (;;)
        (void)pause(); /* as a call that is begun again and again */
}

/* Longer than the limit, by the timer's own beats: it is fed at each. */
static void go_on(void)
{
    for (int beats = 0; beats < 6; beats++) {
        (void)pause();
        watchdog_feed();
    }
    _exit(FED);
}

static void what_stands_still_is_ended_and_says_so(void **state)
{
    (void)state;
    char said[256];
    int status = in_a_child(stand_still, said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_non_null(strstr(said, "stood still"));
}

static void what_gives_signs_of_life_goes_on(void **state)
{
    (void)state;
    char said[256];
    int status = in_a_child(go_on, said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FED);
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_still_is_ended_and_says_so),
        cmocka_unit_test(what_gives_signs_of_life_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
