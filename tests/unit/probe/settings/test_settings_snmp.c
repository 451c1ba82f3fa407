/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/settings/settings.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct settings *read_with(const char *snmp, mode_t secrets_mode, struct conf_error *error)
{
    char path[512], text[2048];
    write_file("key", "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\n", 0600);
    write_file(
        "secrets",
        "credentials = ( { name = \"olt\"; version = \"3\"; user = \"u\"; auth = \"SHA-512\";\n"
        "auth_passphrase = \"a-secret-1\"; privacy = \"AES-256\";\n"
        "privacy_passphrase = \"p-secret-1\"; } );\n",
        secrets_mode);
    (void)snprintf(text, sizeof text,
                   "operator = \"cu\"; probe = \"p\"; pseudonym_key_file = \"key\";\n"
                   "snmp = { secrets_file = \"secrets\"; %s };\n",
                   snmp);
    write_file("probe.cfg", text, 0600);
    (void)snprintf(path, sizeof path, "%s/probe.cfg", folder);
    return settings_read(path, error);
}

#define DEVICE(more)                                                                               \
    "devices = ( { name = \"d\"; address = \"udp:192.0.2.1:161\"; area = \"a\"; " more " } );"

static void how_a_device_is_polled_comes_from_its_group_and_from_all(void **state)
{
    struct conf_error error = {""};
    (void)state;
    struct settings *settings =
        read_with("interval_ms = 60000; heavy_from_hour = 2; heavy_to_hour = 4;"
                  "heavy_pause_ms = 50; " DEVICE("credentials = \"olt\"; max_repetitions = 10;"
                                                 "table_ms = 5000; retries = 1;"),
                  0600, &error);
    if (!settings)
        print_error("%s\n", error.text);
    assert_non_null(settings);
    const struct poller_target *target = &settings->devices[0].target;
    assert_int_equal(target->interval_ms, 60000);
    assert_int_equal(target->max_repetitions, 10);
    assert_int_equal(target->table_ms, 5000);
    assert_int_equal(target->retries, 1);
    assert_int_equal(target->heavy_from_hour, 2);
    assert_int_equal(target->heavy_to_hour, 4);
    assert_int_equal(target->heavy_pause_ms, 50);
    assert_int_equal(target->version, POLLER_V3);
    assert_int_equal(target->auth, POLLER_AUTH_SHA512);
    assert_int_equal(target->privacy, POLLER_PRIVACY_AES256);
    assert_string_equal(target->auth_passphrase, "a-secret-1");
    settings_free(settings);
}

static void heavy_tables_are_read_at_night_unless_it_is_said_otherwise(void **state)
{
    struct conf_error error = {""};
    (void)state;
    struct settings *settings = read_with(DEVICE("credentials = \"olt\";"), 0600, &error);
    assert_non_null(settings);
    assert_int_equal(settings->devices[0].target.heavy_from_hour, 1);
    assert_int_equal(settings->devices[0].target.heavy_to_hour, 6);
    assert_int_equal(settings->devices[0].target.heavy_pause_ms, 200);
    settings_free(settings);
}

static void secrets_that_others_can_read_are_refused(void **state)
{
    static const mode_t modes[] = {0644, 0640, 0604, 0660};
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct conf_error error = {""};
        assert_null(read_with(DEVICE("credentials = \"olt\";"), modes[i], &error));
        assert_non_null(strstr(error.text, "chmod 600"));
        assert_null(strstr(error.text, "a-secret"));
    }
}

static void a_device_without_credentials_or_out_of_range_is_refused(void **state)
{
    static const char *const wrong[] = {DEVICE("credentials = \"router\";"),
                                        DEVICE("credentials = \"olt\"; max_repetitions = 51;"),
                                        DEVICE("credentials = \"olt\"; table_ms = 1;"),
                                        "heavy_to_hour = 25; " DEVICE("credentials = \"olt\";")};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct conf_error error = {""};
        assert_null(read_with(wrong[i], 0600, &error));
        assert_non_null(strstr(error.text, "probe.cfg:2"));
    }
}

static int set_up(void **state)
{
    (void)state;
    folder = temp_folder_new();
    return folder ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    temp_folder_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_a_device_is_polled_comes_from_its_group_and_from_all),
        cmocka_unit_test(heavy_tables_are_read_at_night_unless_it_is_said_otherwise),
        cmocka_unit_test(secrets_that_others_can_read_are_refused),
        cmocka_unit_test(a_device_without_credentials_or_out_of_range_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
