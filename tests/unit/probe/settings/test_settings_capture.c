/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/settings/settings.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;

static struct settings *read_sources(const char *sources, struct conf_error *error)
{
    char path[2][512];
    static const char key[] = "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\n";
    (void)snprintf(path[0], sizeof path[0], "%s/key", folder);
    (void)snprintf(path[1], sizeof path[1], "%s/probe.cfg", folder);
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(path[i], "w");
        assert_non_null(file);
        assert_true(
            fprintf(file, "%s%s",
                    i ? "operator = \"cu\"; probe = \"p\"; pseudonym_key_file = \"key\";\n" : key,
                    i ? sources : "") > 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(chmod(path[i], 0600), 0);
    }
    return settings_read(path[1], error);
}

static void a_source_has_one_thread_and_blocks_by_its_ring_unless_it_says_otherwise(void **state)
{
    (void)state;
    struct conf_error error = {""};
    struct settings *settings =
        read_sources("sources = ( { name = \"a\"; interface = \"lo\"; },\n"
                     "  { name = \"b\"; interface = \"lo\"; threads = 4; block_bytes = 4096; } );",
                     &error);
    assert_non_null(settings);
    assert_int_equal(settings->sources[0].threads, 1);
    assert_int_equal(settings->sources[0].block_bytes, 0);
    assert_int_equal(settings->sources[1].threads, 4);
    assert_int_equal(settings->sources[1].block_bytes, 4096);
    settings_free(settings);
}

static void threads_that_could_not_count_exactly_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sources, *said;
    } cases[] = {
        {"sources = ( { name = \"a\"; file = \"x.pcap\"; threads = 2; } );", "played by one"},
        {"sources = ( { name = \"a\"; interface = \"lo\"; threads = 17; } );", "threads"},
        {"sources = ( { name = \"a\"; interface = \"lo\"; threads = 2; } );\n"
         "access_nodes = ( { name = \"BRAS\"; area = \"1\"; routed = true; } );",
         "one thread"},
        {"sources = ( { name = \"a\"; interface = \"lo\"; threads = 2; } );\n"
         "access_nodes = ( { name = \"BRAS\"; area = \"1\"; source = \"a\"; routed = true; } );",
         "one thread"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf_error error = {""};
        assert_null(read_sources(cases[i].sources, &error));
        if (!strstr(error.text, cases[i].said))
            print_message("# %s\n", error.text);
        assert_non_null(strstr(error.text, cases[i].said));
    }
}

static void another_source_may_have_threads_beside_one_of_routed_lines(void **state)
{
    (void)state;
    struct conf_error error = {""};
    struct settings *settings = read_sources(
        "sources = ( { name = \"a\"; interface = \"lo\"; threads = 2; },\n"
        "  { name = \"b\"; interface = \"lo\"; } );\n"
        "access_nodes = ( { name = \"BRAS\"; area = \"1\"; source = \"b\"; routed = true; } );",
        &error);
    if (!settings)
        print_message("# %s\n", error.text);
    assert_non_null(settings);
    settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_has_one_thread_and_blocks_by_its_ring_unless_it_says_otherwise),
        cmocka_unit_test(threads_that_could_not_count_exactly_are_refused),
        cmocka_unit_test(another_source_may_have_threads_beside_one_of_routed_lines),
    };
    folder = temp_folder_new();
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    temp_folder_remove(folder);
    return status;
}
