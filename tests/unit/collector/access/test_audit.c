/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/audit.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NOW   (UINT64_C(1790000000) * CLOCK_NS_PER_S)
#define START (1000 * CLOCK_NS_PER_S)

static char *folder;
static struct audit *audit;
static char text[1 << 18];

static int set_up(void **state)
{
    (void)state;
    const uint8_t key[SECRET_BYTES] = {1, 2, 3};
    folder = temp_folder_new();
    audit = folder && crypto_start() == 0 ? audit_new(folder, key) : NULL;
    return audit ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    audit_free(audit);
    temp_folder_remove(folder);
    return 0;
}

static void note_as(const char *account, const char *role, const char *client, bool always,
                    uint64_t mono_ns)
{
    const struct audit_entry entry = {.account = account,
                                      .role = role,
                                      .client = client,
                                      .method = "GET",
                                      .route = "/api/v1/nodes",
                                      .outcome = "401",
                                      .always = always};
    audit_note(audit, &entry, NOW, mono_ns);
}

static void note(const char *account, const char *client, bool always, uint64_t mono_ns)
{
    note_as(account, NULL, client, always, mono_ns);
}

/* How many lines there are; the text is then all of them. */
static size_t lines(void)
{
    char path[AUDIT_PATH_BYTES];
    size_t count = 0;
    audit_path(folder, NOW, path);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = '\0';
    if (file)
        (void)fclose(file);
    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    return count;
}

static void what_repeats_is_noted_once_in_ten_minutes(void **state)
{
    (void)state;
    struct stat status;
    char path[AUDIT_PATH_BYTES];
    for (int i = 0; i < 5; i++)
        note("wang", "192.0.2.1", false, START);
    assert_int_equal(lines(), 1);
    note("li", "192.0.2.1", false, START);
    note("wang", "192.0.2.2", false, START + 599 * CLOCK_NS_PER_S);
    assert_int_equal(lines(), 2);
    note("wang", "192.0.2.1", false, START + 600 * CLOCK_NS_PER_S);
    note("wang", "192.0.2.1", true, START + 600 * CLOCK_NS_PER_S);
    assert_int_equal(lines(), 4);
    audit_path(folder, NOW, path);
    assert_non_null(strstr(path, "/audit-2026-09.jsonl"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void an_address_is_a_pseudonym_and_the_same_one_again(void **state)
{
    (void)state;
    note("", "192.0.2.77", true, START);
    note("", "192.0.2.77", true, START);
    assert_int_equal(lines(), 2);
    assert_null(strstr(text, "192.0.2"));
    const char *first = strstr(text, "\"client\"");
    const char *second = first ? strstr(first + 1, "\"client\"") : NULL;
    assert_non_null(second);
    assert_memory_equal(first, second, 28);
}

static void strangers_fill_no_disk_and_what_is_left_out_is_counted(void **state)
{
    (void)state;
    char client[32];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(client, sizeof client, "198.51.%d.%d", i / 256, i % 256);
        note("", client, false, START);
    }
    assert_int_equal(lines(), 100);
    note("wang", "192.0.2.1", false, START + CLOCK_NS_PER_S);
    assert_int_equal(lines(), 101);
    assert_non_null(strstr(text, "900"));
    assert_non_null(strstr(text, "\"omitted_before\""));
}

static void strangers_do_not_hide_who_has_logged_in(void **state)
{
    (void)state;
    char client[32];
    for (int i = 0; i < 200; i++) {
        (void)snprintf(client, sizeof client, "198.51.%d.%d", i / 256, i % 256);
        note("", client, false, START);
    }
    note("wang", "192.0.2.1", true, START); /* by its name alone: a stranger, too */
    assert_int_equal(lines(), 100);
    note_as("wang", "commission", "192.0.2.1", false, START);
    note_as("li", "operator", "192.0.2.2", false, START);
    assert_int_equal(lines(), 102);
    assert_non_null(strstr(text, "\"commission\""));
}

static void an_account_fills_no_disk_and_no_room_of_another(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        note_as("wang", "commission", "192.0.2.1", true, START);
    assert_int_equal(lines(), 100);
    note_as("li", "operator", "192.0.2.2", false, START);
    assert_int_equal(lines(), 101);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_repeats_is_noted_once_in_ten_minutes),
        CASE(an_address_is_a_pseudonym_and_the_same_one_again),
        CASE(strangers_fill_no_disk_and_what_is_left_out_is_counted),
        CASE(strangers_do_not_hide_who_has_logged_in),
        CASE(an_account_fills_no_disk_and_no_room_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
