/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Packages of random archives, whole and tampered with.
 */
#include "collector/package/package.h"

#include "collector/plan/plan.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/random_archive.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct desk {
    char *folder;
    char path[600]; /* of the package */
    struct conf_error error;
};

static void config_file(const char *name, char out[static 600])
{
    const char *source = getenv("LASTMILE_SOURCE");
    (void)snprintf(out, 600, "%s/config/%s", source ? source : ".", name);
}

static int export_archive(struct desk *desk, struct archive *archive)
{
    char plan_file[600];
    char indicators_file[600];
    char areas_file[600];
    config_file("plans/weihai-2015.cfg", plan_file);
    config_file("indicators.cfg", indicators_file);
    config_file("areas/weihai.cfg", areas_file);
    const struct package_order order = {plan_file, indicators_file, areas_file, archive};
    assert_int_equal(archive_hide_names(archive->inputs), 0);
    return package_export(&order, desk->path, &desk->error);
}

static void export_seed(struct desk *desk, uint32_t seed)
{
    struct archive *archive = random_archive(seed, 12);
    assert_non_null(archive);
    if (export_archive(desk, archive) != 0)
        fail_msg("%s", desk->error.text);
    archive_free(archive);
}

static int set_up(void **state)
{
    static struct desk desk;
    memset(&desk, 0, sizeof desk);
    desk.folder = temp_folder_new();
    *state = &desk;
    if (!desk.folder)
        return -1;
    (void)snprintf(desk.path, sizeof desk.path, "%s/weihai", desk.folder);
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    temp_folder_remove(desk->folder);
    return 0;
}

static void assert_verified(struct desk *desk)
{
    if (package_verify(desk->path, &desk->error) != 0)
        fail_msg("%s", desk->error.text);
}

/* words: how the fault begins. */
static void assert_found(struct desk *desk, const char *words)
{
    assert_int_equal(package_verify(desk->path, &desk->error), -EINVAL);
    if (strncmp(desk->error.text, words, strlen(words)) != 0)
        fail_msg("'%s' does not begin with '%s'", desk->error.text, words);
}

static void path_of(const struct desk *desk, const char *name, char out[static 800])
{
    (void)snprintf(out, 800, "%s/%s", desk->path, name);
}

static void write_over(struct desk *desk, const char *name, const char *bytes, size_t length)
{
    char path[800];
    path_of(desk, name, path);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

/* Makes SHA256SUMS fit the files that lie there, as one would who changes a figure. */
static void forge_manifest(struct desk *desk)
{
    static struct folder_list list;
    char *text = NULL;
    size_t text_length = 0;
    FILE *out = open_memstream(&text, &text_length);
    assert_int_equal(folder_list(desk->path, &list), 0);
    for (size_t i = 0; i < list.count; i++) {
        char *bytes = NULL;
        char sha256[DIGEST_BYTES];
        size_t length = 0;
        if (strcmp(list.names[i], PACKAGE_MANIFEST) == 0)
            continue;
        assert_int_equal(folder_read(desk->path, list.names[i], &bytes, &length), 0);
        assert_int_equal(digest_sha256(bytes, length, sha256), 0);
        (void)fprintf(out, "%s  %s\n", sha256, list.names[i]);
        free(bytes);
    }
    assert_int_equal(fclose(out), 0);
    write_over(desk, PACKAGE_MANIFEST, text, text_length);
    free(text);
}

static void a_package_verifies_and_is_written_twice_to_the_same_bytes(void **state)
{
    struct desk *desk = *state;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        char other[700];
        static struct folder_list list;
        export_seed(desk, seed);
        assert_verified(desk);
        (void)snprintf(other, sizeof other, "%s/other-%u", desk->folder, seed);
        assert_int_equal(rename(desk->path, other), 0);
        export_seed(desk, seed);
        assert_int_equal(folder_list(other, &list), 0);
        assert_true(list.count > 20);
        for (size_t i = 0; i < list.count; i++) {
            char *a = NULL;
            char *b = NULL;
            size_t a_length = 0;
            size_t b_length = 0;
            assert_int_equal(folder_read(other, list.names[i], &a, &a_length), 0);
            assert_int_equal(folder_read(desk->path, list.names[i], &b, &b_length), 0);
            assert_int_equal(a_length, b_length);
            assert_memory_equal(a, b, a_length);
            free(a);
            free(b);
        }
        folder_remove(desk->path);
    }
}

/* Another byte in the middle of every file, one file at a time. */
static void tamper_with_each(struct desk *desk, bool with_manifest)
{
    static struct folder_list list;
    assert_int_equal(folder_list(desk->path, &list), 0);
    for (size_t i = 0; i < list.count; i++) {
        const char *name = list.names[i];
        char *bytes = NULL;
        size_t length = 0;
        if (strcmp(name, PACKAGE_MANIFEST) == 0)
            continue;
        assert_int_equal(folder_read(desk->path, name, &bytes, &length), 0);
        size_t at = length / 2;
        char kept = bytes[at];
        bytes[at] = kept == '7' ? '8' : '7';
        write_over(desk, name, bytes, length);
        if (with_manifest)
            forge_manifest(desk);
        if (package_verify(desk->path, &desk->error) == 0)
            fail_msg("another byte %zu of %s is not found", at, name);
        bool inside = strncmp(name, PACKAGE_ARCHIVE "/", 8) == 0;
        if (!inside || !with_manifest) /* an input shows in what is made of it */
            assert_non_null(strstr(desk->error.text, name));
        bytes[at] = kept;
        write_over(desk, name, bytes, length);
        if (with_manifest)
            forge_manifest(desk);
        assert_verified(desk);
        free(bytes);
    }
}

static void every_changed_byte_is_found_by_the_manifest(void **state)
{
    export_seed(*state, 3);
    tamper_with_each(*state, false);
}

static void every_changed_byte_is_found_though_the_manifest_was_made_to_fit(void **state)
{
    export_seed(*state, 3);
    tamper_with_each(*state, true);
}

/* Writes "to" in place of the first "from" of a file, and makes the manifest fit. */
static void forge(struct desk *desk, const char *name, const char *from, const char *to)
{
    char *bytes = NULL;
    size_t length = 0;
    assert_int_equal(folder_read(desk->path, name, &bytes, &length), 0);
    char *at = strstr(bytes, from);
    if (!at)
        fail_msg("no '%s' in %s", from, name);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    write_over(desk, name, bytes, length);
    forge_manifest(desk);
    free(bytes);
}

static void add_households(struct archive *archive, double value)
{
    struct imported *imported = &archive->inputs->imported;
    free(imported->denominators);
    imported->denominators = calloc(1, sizeof *imported->denominators);
    imported->denominator_count = 1;
    assert_non_null(imported->denominators);
    *imported->denominators = (struct denominator){.area = "371000",
                                                   .variable = "resident-households",
                                                   .class_name = "all",
                                                   .value = value,
                                                   .unit = "households",
                                                   .reference_day = 17531,
                                                   .source = "yearbook",
                                                   .vintage = "2018",
                                                   .status = "final"};
}

static void a_forged_figure_is_told_with_line_and_with_what_it_should_be(void **state)
{
    struct desk *desk = *state;
    struct archive *archive = random_archive(4, 12);
    add_households(archive, 1234567);
    assert_int_equal(export_archive(desk, archive), 0);
    archive_free(archive);
    forge(desk, "denominators.csv", "1234567", "7654321");
    assert_found(desk, "denominators.csv:2: is \"");
    assert_non_null(strstr(desk->error.text, "7654321"));
    assert_non_null(strstr(desk->error.text, "should be"));
    assert_non_null(strstr(desk->error.text, "1234567"));
    forge(desk, "denominators.csv", "7654321", "1234567");
    assert_verified(desk);
    forge(desk, "archive/denominators.csv", "1234567", "7654321");
    assert_found(desk, "denominators.csv:2: is \"");
    forge(desk, "archive/denominators.csv", "7654321", "1234567");
    forge(desk, "archive/settings.csv", ",0.95,", ",0.59,"); /* a weaker rule */
    assert_int_equal(package_verify(desk->path, &desk->error), -EINVAL);
    forge(desk, "archive/settings.csv", ",0.59,", ",0.95,");
    forge(desk, "archive/plan.cfg", "value = 60", "value = 10"); /* an easier target */
    assert_found(desk, "targets.csv:");
    forge(desk, "archive/plan.cfg", "value = 10", "value = -1"); /* no target can be that */
    assert_int_equal(package_verify(desk->path, &desk->error), -EINVAL);
    assert_non_null(strstr(desk->error.text, "/archive/plan.cfg:"));
}

static void a_difference_names_the_version_that_made_the_package(void **state)
{
    struct desk *desk = *state;
    struct archive *archive = random_archive(4, 12);
    (void)snprintf(archive->made_by, sizeof archive->made_by, "0.0.9");
    assert_int_equal(export_archive(desk, archive), 0);
    archive_free(archive);
    assert_verified(desk);
    forge(desk, "targets.csv", "ftth-share", "ftth-shade");
    assert_found(desk, "targets.csv:");
    assert_non_null(strstr(desk->error.text, "made by lastmile 0.0.9, verified by "));
}

static void a_revised_figure_stands_in_the_package_with_its_old_value(void **state)
{
    struct desk *desk = *state;
    char *bytes = NULL;
    size_t length = 0;
    struct archive *archive = random_archive(4, 12);
    archive->revision_count = 0;
    struct archive_revision *revision = archive_add_revision(archive);
    *revision = (struct archive_revision){.indicator = "ftth-share",
                                          .area = "371000",
                                          .period = "2017",
                                          .value = {true, 61.25},
                                          .old_value = {true, 59.5},
                                          .reason = "late reports",
                                          .computed_by = "0.1.0",
                                          .revised_ns = 1520000000000000000};
    assert_int_equal(export_archive(desk, archive), 0);
    archive_free(archive);
    assert_int_equal(folder_read(desk->path, "revisions.csv", &bytes, &length), 0);
    assert_non_null(strstr(bytes, "\r\nftth-share,371000,,2017,61.25,59.5,late reports,,0.1.0,"));
    free(bytes);
    forge(desk, "archive/revisions.csv", "59.5", "58.5");
    assert_found(desk, "revisions.csv:2: is \"");
}

static void files_missing_or_too_many_are_named(void **state)
{
    struct desk *desk = *state;
    char path[800];
    export_seed(desk, 2);
    write_over(desk, "notes.txt", "x", 1);
    assert_found(desk, "notes.txt: not part of the package");
    forge_manifest(desk);
    assert_found(desk, "notes.txt: no file of a package");
    path_of(desk, "notes.txt", path);
    assert_int_equal(unlink(path), 0);
    assert_found(desk, "notes.txt: missing");
    forge_manifest(desk);
    path_of(desk, "lines.csv", path);
    assert_int_equal(unlink(path), 0);
    assert_found(desk, "lines.csv: missing");
    forge_manifest(desk);
    assert_found(desk, "lines.csv: No such file");
    path_of(desk, "archive/nodes.csv", path);
    assert_int_equal(unlink(path), 0);
    forge_manifest(desk);
    assert_found(desk, "archive: nodes.csv: No such file");
    write_over(desk, PACKAGE_MANIFEST, "abc  verdicts.csv\n", 18);
    assert_found(desk, "SHA256SUMS:1: no line of sha256sum");
    write_over(desk, PACKAGE_MANIFEST, "", 0);
    assert_found(desk, "README.md: not part of the package");
}

static void a_link_is_no_file_of_a_package(void **state)
{
    struct desk *desk = *state;
    char path[800];
    export_seed(desk, 2);
    path_of(desk, "README.md", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_found(desk, "README.md: ");
}

static void a_package_takes_no_place_that_is_taken(void **state)
{
    struct desk *desk = *state;
    char path[800];
    struct archive *archive = random_archive(1, 3);
    assert_int_equal(mkdir(desk->path, 0700), 0); /* empty: free */
    assert_int_equal(export_archive(desk, archive), 0);
    assert_verified(desk);
    assert_int_equal(export_archive(desk, archive), -EEXIST);
    assert_verified(desk);
    (void)snprintf(path, sizeof path, "%s", desk->path);
    (void)snprintf(desk->path, sizeof desk->path, "%s/absent/x", desk->folder);
    assert_int_equal(export_archive(desk, archive), -ENOENT);
    (void)snprintf(desk->path, sizeof desk->path, "%s/weihai/README.md", desk->folder);
    assert_int_equal(export_archive(desk, archive), -ENOTDIR);
    static struct folder_list list;
    assert_int_equal(folder_list(desk->folder, &list), 0);
    for (size_t i = 0; i < list.count; i++)
        assert_null(strstr(list.names[i], ".part"));
    archive_free(archive);
}

static void what_fails_halfway_leaves_nothing(void **state)
{
    struct desk *desk = *state;
    static struct folder_list list;
    struct archive *archive = random_archive(1, 3);
    const struct package_order order = {"/nonexistent/plan.cfg", "", "", archive};
    assert_int_equal(package_export(&order, desk->path, &desk->error), -ENOENT);
    assert_string_equal(desk->error.text, "/nonexistent/plan.cfg: No such file or directory");
    assert_int_equal(folder_list(desk->folder, &list), 0);
    assert_int_equal(list.count, 0);
    archive_free(archive);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_package_verifies_and_is_written_twice_to_the_same_bytes),
        CASE(every_changed_byte_is_found_by_the_manifest),
        CASE(every_changed_byte_is_found_though_the_manifest_was_made_to_fit),
        CASE(a_forged_figure_is_told_with_line_and_with_what_it_should_be),
        CASE(a_difference_names_the_version_that_made_the_package),
        CASE(a_revised_figure_stands_in_the_package_with_its_old_value),
        CASE(files_missing_or_too_many_are_named),
        CASE(a_link_is_no_file_of_a_package),
        CASE(a_package_takes_no_place_that_is_taken),
        CASE(what_fails_halfway_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
