/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/settings.h"

#include "common/log.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/lastmile-settings-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    (void)memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int read_text(const char *text, struct collector_settings *settings,
                     struct conf_error *error)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return collector_settings_read(path, settings, error);
}

static void the_least_file_gives_every_default(void **state)
{
    (void)state;
    struct collector_settings settings;
    struct conf_error error;
    assert_int_equal(read_text("data_dir = \"/srv/lastmile\";", &settings, &error), 0);
    assert_int_equal(settings.broker.port, 1883);
    assert_int_equal(settings.http.port, 8080);
    assert_int_equal(settings.log_level, LOG_LEVEL_INFO);
    assert_int_equal(settings.rules.activity_days, 90);
    assert_true(settings.rules.census_coverage == 0.95);
    assert_false(settings.rules.probability_sample);
}

/* The file that is installed shows each default as it is; only its data_dir is no default. */
static void the_sample_file_says_the_defaults(void **state)
{
    (void)state;
    static struct collector_settings sample;
    static struct collector_settings least;
    struct conf_error error;
    char file[1024];
    const char *source = getenv("LASTMILE_SOURCE");
    if (!source)
        skip();
    (void)snprintf(file, sizeof file, "%s/config/collector.cfg", source);
    assert_int_equal(collector_settings_read(file, &sample, &error), 0);
    assert_int_equal(read_text("data_dir = \"/var/lib/lastmile\";", &least, &error), 0);
    assert_non_null(strstr(sample.plan_file, "/config/plans/weihai-2015.cfg"));
    memcpy(least.plan_file, sample.plan_file, sizeof least.plan_file);
    memcpy(least.areas_file, sample.areas_file, sizeof least.areas_file);
    memcpy(least.file, sample.file, sizeof least.file);
    assert_memory_equal(&sample, &least, sizeof sample);
}

static bool contains_key(const char *text, const char *name)
{
    char line[80];
    (void)snprintf(line, sizeof line, "%s = ", name);
    return strstr(text, line) != NULL;
}

static void the_sample_file_has_every_key(void **state)
{
    (void)state;
    static char text[65536];
    char file[1024];
    const char *source = getenv("LASTMILE_SOURCE");
    if (!source)
        skip();
    (void)snprintf(file, sizeof file, "%s/config/collector.cfg", source);
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    assert_true(fread(text, 1, sizeof text - 1, in) > 0);
    assert_int_equal(fclose(in), 0);
    for (const struct conf_setting *s = collector_settings_table; s->name; s++) {
        assert_true(contains_key(text, s->name));
        for (const struct conf_setting *child = s->children; child && child->name; child++)
            assert_true(contains_key(text, child->name));
    }
}

static void a_path_is_taken_from_the_folder_of_the_file(void **state)
{
    (void)state;
    struct collector_settings settings;
    struct conf_error error;
    assert_int_equal(read_text("data_dir = \"data\"; plan_file = \"/etc/plan.cfg\";\n"
                               "broker = { username = \"c\"; password_file = \"secret\"; };",
                               &settings, &error),
                     0);
    assert_string_equal(settings.data_dir, "/tmp/data");
    assert_string_equal(settings.plan_file, "/etc/plan.cfg");
    assert_string_equal(settings.broker.password_file, "/tmp/secret");
    assert_string_equal(settings.broker.ca_file, "");
}

static void a_fault_is_told_with_its_line_and_the_nearest_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"data_dir = \"d\";\nhttp = {\n  prot = 80;\n};",
         ":3: unknown key 'prot'; did you mean 'port'"},
        {"data_dir = \"d\";\nrecipt_interval_ms = 5;", ":2: unknown key 'recipt_interval_ms'"},
        {"data_dir = \"d\";\nhttp = { port = 70000; };", ":2: 'port' = 70000 is outside"},
        {"data_dir = \"d\";\nhttp = {\n address = \"192.0.2.1\"; };", ":3: passwords would reach"},
        {"data_dir = \"d\";\nhttp = { address = \"::\"; proxies = \"::1\";\n access = \"open\"; };",
         ":3: 'access' = \"open\" would show everything"},
        {"log_level = \"info\";", "'data_dir' is missing"},
        {"data_dir = \"d\";\nbroker = {\n cert_file = \"c\"; };", "go together"},
        {"data_dir = \"d\";\nbroker = {\n password_file = \"c\"; };", ":3: 'password_file' needs"},
        {"data_dir = \"d\";\nrules = {\n sample_coverage = 0.99; };",
         ":3: 'sample_coverage' is above"},
    };
    struct collector_settings settings;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf_error error = {.text = ""};
        assert_int_equal(read_text(cases[i].text, &settings, &error), -EINVAL);
        if (!strstr(error.text, cases[i].expected))
            fail_msg("'%s' does not say '%s'", error.text, cases[i].expected);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_least_file_gives_every_default),
        CASE(the_sample_file_says_the_defaults),
        CASE(the_sample_file_has_every_key),
        CASE(a_path_is_taken_from_the_folder_of_the_file),
        CASE(a_fault_is_told_with_its_line_and_the_nearest_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
