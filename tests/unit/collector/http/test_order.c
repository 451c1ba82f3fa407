/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers that child processes make, with the programs that every system has.
 */
#include "collector/http/order.h"

#include "common/clock.h"

#include "tests/support/temp_folder.h"

#include "tests/support/cmocka_all.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static int open_folder(void **state)
{
    (void)state;
    folder = temp_folder_new();
    return folder && setenv("TMPDIR", folder, 1) == 0 ? 0 : -1;
}

static int close_folder(void **state)
{
    (void)state;
    (void)unsetenv("TMPDIR");
    temp_folder_remove(folder);
    return 0;
}

static size_t entries(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    size_t count = 0;
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count - 2;
}

static struct order *order_of(const char *const *arguments)
{
    struct order *order = order_new();
    assert_non_null(order);
    order->timeout_s = 10;
    order->memory_bytes = (size_t)256 << 20;
    for (; *arguments; arguments++)
        order_put(order, 0, *arguments);
    return order;
}

/* Runs it; the file's contents, or "" and the problem's status. */
static const char *run(struct order *order, enum http_status *out_status)
{
    static char contents[4096];
    const struct http_request request = {.method = HTTP_GET, .target.path = "/api/v1/export"};
    struct http_response response = {.status = HTTP_OK};
    http_respond_order(&response, "text/plain", order);
    order_run(&request, &response);
    *out_status = response.status;
    ssize_t length = 0;
    if (response.has_fd)
        length = pread(response.fd, contents, sizeof contents - 1, 0);
    assert_true(length >= 0);
    assert_true(!response.has_fd || (uint64_t)length == response.fd_length);
    contents[length] = '\0';
    http_response_fini(&response);
    assert_int_equal(entries(folder), 0); /* nothing is left behind */
    return contents;
}

static void what_a_program_prints_is_the_answer(void **state)
{
    (void)state;
    static const char *const arguments[] = {"printf", "%s|", "a b", "$HOME", ";ls", NULL};
    enum http_status status;
    assert_string_equal(run(order_of(arguments), &status), "a b|$HOME|;ls|");
    assert_int_equal(status, HTTP_OK);
}

static void a_second_program_goes_on_with_the_folder_of_the_first(void **state)
{
    (void)state;
    static const char *const arguments[] = {"touch", "one", "two", NULL};
    struct order *order = order_of(arguments);
    order_put(order, 1, "ls");
    enum http_status status;
    assert_string_equal(run(order, &status), "one\ntwo\n");
}

static void the_answer_can_be_a_file_that_a_program_wrote(void **state)
{
    (void)state;
    static const char *const arguments[] = {"sh", "-c", "echo noise; echo words >out.csv", NULL};
    struct order *order = order_of(arguments);
    order->result = "out.csv";
    enum http_status status;
    assert_string_equal(run(order, &status), "words\n");
}

static void a_program_that_fails_or_is_not_there_is_a_problem(void **state)
{
    (void)state;
    static const char *const wrong[][4] = {
        {"false", NULL},
        {"/nowhere/program", NULL},
        {"true", NULL}, /* and prints nothing */
        {"sh", "-c", "echo half; exit 1", NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum http_status status;
        assert_string_equal(run(order_of(wrong[i]), &status), "");
        assert_int_equal(status, HTTP_INTERNAL_ERROR);
    }
}

static void a_program_that_takes_too_long_is_ended_with_all_it_started(void **state)
{
    (void)state;
    static const char *const arguments[] = {"sh", "-c", "sleep 60 & sleep 60", NULL};
    struct order *order = order_of(arguments);
    order->timeout_s = 1;
    enum http_status status;
    uint64_t before = clock_mono_ns();
    (void)run(order, &status);
    assert_int_equal(status, HTTP_UNAVAILABLE);
    assert_true(clock_mono_ns() - before < 30 * CLOCK_NS_PER_S);
}

static void a_program_gets_no_more_memory_than_it_may(void **state)
{
    (void)state;
    static const char *const arguments[] = {"dd",      "if=/dev/zero", "bs=512M",
                                            "count=1", "of=/dev/null", NULL};
    enum http_status status;
    (void)run(order_of(arguments), &status);
    assert_int_equal(status, HTTP_INTERNAL_ERROR);
}

static void a_program_inherits_no_file_of_ours(void **state)
{
    (void)state;
    int leaked = open(folder, O_RDONLY); /* without O_CLOEXEC */
    assert_true(leaked > 2);
    static const char *const arguments[] = {"sh", "-c", "ls /proc/self/fd | wc -l", NULL};
    enum http_status status;
    const char *count = run(order_of(arguments), &status);
    assert_true(atoi(count) <= 4); /* the standard three, and the folder that is listed */
    (void)close(leaked);
}

static void an_order_with_too_many_words_is_none(void **state)
{
    (void)state;
    struct order *order = order_new();
    assert_non_null(order);
    for (size_t i = 0; i <= ORDER_ARGUMENTS_MAX; i++)
        order_put(order, 0, "x");
    struct http_response response = {.status = HTTP_OK};
    http_respond_order(&response, "text/plain", order);
    assert_int_equal(response.status, HTTP_INTERNAL_ERROR);
    http_response_fini(&response);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_folder, close_folder)
    const struct CMUnitTest tests[] = {
        CASE(what_a_program_prints_is_the_answer),
        CASE(a_second_program_goes_on_with_the_folder_of_the_first),
        CASE(the_answer_can_be_a_file_that_a_program_wrote),
        CASE(a_program_that_fails_or_is_not_there_is_a_problem),
        CASE(a_program_that_takes_too_long_is_ended_with_all_it_started),
        CASE(a_program_gets_no_more_memory_than_it_may),
        CASE(a_program_inherits_no_file_of_ours),
        CASE(an_order_with_too_many_words_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
