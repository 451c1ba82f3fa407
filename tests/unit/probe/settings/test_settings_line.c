/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/settings/settings.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;

static void write_file(const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static struct settings *read_with(const char *more, const char *prefixes, struct conf_error *error)
{
    char path[512], text[2048];
    write_file("key", "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\n");
    write_file("prefixes", prefixes);
    (void)snprintf(text, sizeof text,
                   "operator = \"cu\"; probe = \"p\"; pseudonym_key_file = \"key\";\n"
                   "sources = ( { name = \"tap\"; interface = \"lo\"; } );\n%s\n",
                   more);
    write_file("probe.cfg", text);
    (void)snprintf(path, sizeof path, "%s/probe.cfg", folder);
    return settings_read(path, error);
}

#define FILES "destinations = { prefix_files = [ \"prefixes\" ]; };"

static void prefix_files_are_read_with_comments_and_default_class(void **state)
{
    (void)state;
    struct conf_error error = {""};
    struct settings *settings = read_with(
        FILES, "# ours\r\n\r\n 198.51.100.0/24\tcdn # near\n2001:db8::/32\n192.0.2.7 kr", &error);
    assert_non_null(settings);
    const struct settings_destinations *to = &settings->destinations;
    assert_int_equal(to->class_count, 5);
    assert_int_equal(to->prefix_count, 3);
    assert_string_equal(to->classes[to->prefixes[0].class - 1], "cdn");
    assert_int_equal(to->prefixes[0].prefix.bits, 24);
    assert_string_equal(to->classes[to->prefixes[1].class - 1], "cloud");
    assert_int_equal(to->prefixes[1].prefix.ip_version, 6);
    assert_string_equal(to->classes[to->prefixes[2].class - 1], "kr");
    assert_int_equal(to->prefixes[2].prefix.bits, 32);
    settings_free(settings);
}

static void a_fault_of_a_prefix_file_is_said_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *prefixes, *fault;
    } cases[] = {
        {"10.0.0.0/8\n10.0.0.0/33\n", "prefixes:2: '10.0.0.0/33' is no IP prefix"},
        {"10.0.0.0/8 clout\n", "prefixes:1: no class is named 'clout'; did you mean 'cloud'?"},
        {"\n\n10.0.0.0/8 cdn too\n", "prefixes:3: 'too' is one word too many"},
        {"2001:db8::/x\n", "prefixes:1: '2001:db8::/x' is no IP prefix"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf_error error = {""};
        assert_null(read_with(FILES, cases[i].prefixes, &error));
        assert_non_null(strstr(error.text, cases[i].fault));
        assert_non_null(strstr(error.text, "probe.cfg:3:"));
    }
}

static void other_prefixes_are_another_configuration(void **state)
{
    (void)state;
    struct conf_error error = {""};
    uint64_t hashes[2];
    for (size_t i = 0; i < 2; i++) {
        struct settings *settings = read_with(FILES, i ? "10.0.0.0/8\n" : "10.0.0.0/9\n", &error);
        assert_non_null(settings);
        hashes[i] = settings->configuration_hash;
        settings_free(settings);
    }
    assert_true(hashes[0] != hashes[1]);
}

static void what_is_left_out_is_measured_as_the_help_says(void **state)
{
    (void)state;
    struct conf_error error = {""};
    struct settings *settings = read_with("public_ssids = [ \"weihai-free\" ];", "", &error);
    assert_non_null(settings);
    assert_int_equal(settings->destinations.class_count, 0);
    assert_int_equal(settings->accounting.sessions, 16384);
    assert_int_equal(settings->demand.flow_octets, 10000000);
    assert_int_equal(settings->demand.busy_from_hour, 19);
    assert_int_equal(settings->flow.devices_precision, 12);
    assert_int_equal(settings->public_ssid_count, 1);
    assert_string_equal(settings->public_ssids[0], "weihai-free");
    settings_free(settings);
}

static void names_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "public_ssids = [ \"a name of more than thirty-two bytes\" ];",
        "public_ssids = [ \"\" ];",
        "destinations = { classes = [ \"other\" ]; };",
        "destinations = { classes = [ \"a\", \"a\" ]; };",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf_error error = {""};
        assert_null(read_with(cases[i], "", &error));
        assert_non_null(strstr(error.text, "probe.cfg:3:"));
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
        cmocka_unit_test(prefix_files_are_read_with_comments_and_default_class),
        cmocka_unit_test(a_fault_of_a_prefix_file_is_said_with_its_line),
        cmocka_unit_test(other_prefixes_are_another_configuration),
        cmocka_unit_test(what_is_left_out_is_measured_as_the_help_says),
        cmocka_unit_test(names_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
