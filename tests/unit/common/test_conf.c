/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/conf.h"

#include "common/optional.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 512

/* libconfig 1.5 loses the string that a syntax error cuts off; it reads one file a start. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

struct settings {
    char name[8];
    uint64_t count;
    double share;
    struct optional_double level;
    bool on;
    int colour;
};

static const struct conf_name colours[] = {{"red", 1}, {"green", 2}, {NULL, 0}};

static const struct conf_setting inner[] = {
    {.name = "depth", .type = CONF_UNSIGNED, .fallback = "2", .unit = "m", .help = "How deep."},
    {.name = NULL},
};

static const struct conf_setting table[] = {
    {.name = "name",
     .type = CONF_STRING,
     .offset = offsetof(struct settings, name),
     .size = sizeof((struct settings *)0)->name,
     .required = true,
     .help = "Its name."},
    {.name = "count",
     .type = CONF_UNSIGNED,
     .offset = offsetof(struct settings, count),
     .fallback = "3",
     .min = 1,
     .max = 9,
     .unit = "s",
     .help = "How many."},
    {.name = "share",
     .type = CONF_DOUBLE,
     .offset = offsetof(struct settings, share),
     .fallback = "0.5",
     .help = "What part."},
    {.name = "level",
     .type = CONF_OPTIONAL_DOUBLE,
     .offset = offsetof(struct settings, level),
     .help = "If known."},
    {.name = "on", .type = CONF_BOOL, .offset = offsetof(struct settings, on), .help = "Whether."},
    {.name = "colour",
     .type = CONF_ENUM,
     .offset = offsetof(struct settings, colour),
     .fallback = "red",
     .names = colours,
     .help = "Which."},
    {.name = "group", .type = CONF_GROUP, .children = inner, .help = "A group."},
    {.name = "list", .type = CONF_LIST, .children = inner, .help = "Groups."},
    {.name = "words", .type = CONF_STRINGS, .help = "Words."},
    {.name = NULL},
};

static void write_file(const char *folder, const char *text, char path[static PATH_SIZE])
{
    (void)snprintf(path, PATH_SIZE, "%s/t.cfg", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct conf *open_text(const char *folder, const char *text)
{
    char path[PATH_SIZE];
    struct conf_error error = {.text = ""};
    write_file(folder, text, path);
    struct conf *conf = conf_open(path, &error);
    if (!conf)
        fail_msg("%s", error.text);
    return conf;
}

static void a_full_file_is_read_as_it_stands(void **state)
{
    struct conf *conf =
        open_text(*state, "name = \"w\"; count = 9; share = 1; level = 2; on = true;\n"
                          "colour = \"green\"; group = { depth = 7; };\n"
                          "list = ( { depth = 8; }, { } ); words = [ \"a\", \"b\" ];\n");
    struct settings settings;
    struct conf_error error;
    const struct conf_group *root = conf_root(conf);
    assert_int_equal(conf_read(root, table, &settings, &error), 0);
    assert_string_equal(settings.name, "w");
    assert_int_equal(settings.count, 9);
    assert_true(settings.share == 1.0);
    assert_true(settings.level.known && settings.level.value == 2.0);
    assert_true(settings.on);
    assert_int_equal(settings.colour, 2);
    uint64_t depth = 0;
    assert_int_equal(conf_read(conf_child(root, "group"), inner, &depth, &error), 0);
    assert_int_equal(depth, 7);
    assert_int_equal(conf_list_length(root, "list"), 2);
    assert_int_equal(conf_read(conf_list_group(root, "list", 1), inner, &depth, &error), 0);
    assert_int_equal(depth, 2); /* its default */
    assert_null(conf_list_group(root, "list", 2));
    assert_int_equal(conf_list_length(root, "words"), 2);
    assert_string_equal(conf_list_string(root, "words", 1), "b");
    assert_null(conf_list_string(root, "words", 2));
    assert_int_equal(conf_list_length(root, "absent"), 0);
    assert_int_equal(conf_line(root, "group"), 2);
    conf_close(conf);
}

static void what_is_absent_has_its_default(void **state)
{
    struct conf *conf = open_text(*state, "name = \"w\";");
    struct settings settings;
    struct conf_error error;
    assert_int_equal(conf_read(conf_root(conf), table, &settings, &error), 0);
    assert_int_equal(settings.count, 3);
    assert_true(settings.share == 0.5);
    assert_false(settings.level.known);
    assert_false(settings.on);
    assert_int_equal(settings.colour, 1);
    assert_null(conf_child(conf_root(conf), "group"));
    conf_close(conf);
}

static void each_mistake_is_said_with_file_line_and_nearest_key(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"name = \"w\";\ncuont = 1;", "t.cfg:2: unknown key 'cuont'; did you mean 'count'?"},
        {"name = \"w\";\nzzzzzzzzzz = 1;", "t.cfg:2: unknown key 'zzzzzzzzzz'"},
        {"count = 1;", "'name' is missing: Its name."},
        {"name = \"w\";\n\ncount = 10;", "t.cfg:3: 'count' = 10 is outside 1 to 9 s"},
        {"name = \"w\"; count = -1;", "t.cfg:1: 'count' must be a whole number from 0 up"},
        {"name = \"w\"; count = 1.5;", "'count' must be a whole number"},
        {"name = \"w\"; count = \"1\";", "'count' must be a whole number"},
        {"name = 1;", "'name' must be a \"string\""},
        {"name = \"12345678\";", "'name' is longer than 7 bytes"},
        {"name = \"w\"; on = 1;", "'on' must be true or false"},
        {"name = \"w\"; colour = \"gren\";",
         "'gren' is no value of 'colour' (red, green); did you mean 'green'?"},
        {"name = \"w\"; group = ( );", "'group' must be a group { ... }"},
        {"name = \"w\"; list = { };", "'list' must be a list of groups"},
        {"name = \"w\"; list = ( 1 );", "'list' must be a list of groups"},
        {"name = \"w\"; words = [ 1 ];", "'words' must be a list of strings"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf *conf = open_text(*state, cases[i].text);
        struct settings settings;
        struct conf_error error = {.text = ""};
        assert_int_equal(conf_read(conf_root(conf), table, &settings, &error), -EINVAL);
        if (!strstr(error.text, cases[i].said))
            fail_msg("case %zu said: %s", i, error.text);
        conf_close(conf);
    }
}

static void a_file_that_is_none_is_refused_with_its_reason(void **state)
{
    char path[PATH_SIZE];
    struct conf_error error = {.text = ""};
    assert_null(conf_open("/nonexistent/probe.cfg", &error));
    assert_non_null(strstr(error.text, "/nonexistent/probe.cfg: No such file"));
    assert_null(conf_open(*state, &error));
    assert_non_null(strstr(error.text, "not a settings file"));
    write_file(*state, "a = 1;\nb = \"unfinished\n", path);
    assert_null(conf_open(path, &error));
    assert_non_null(strstr(error.text, "t.cfg:"));
    assert_int_equal(truncate(path, (1 << 20) + 1), 0);
    assert_null(conf_open(path, &error));
    assert_non_null(strstr(error.text, "not a settings file"));
}

static void the_nearest_word_is_near_or_none(void **state)
{
    (void)state;
    static const char *const words[] = {"interval", "interface", "internal"};
    assert_string_equal(conf_nearest("intervall", words, 3), "interval");
    assert_string_equal(conf_nearest("interfase", words, 3), "interface");
    assert_null(conf_nearest("x", words, 3));
    assert_null(conf_nearest("interval", words, 0));
    char endless[200];
    memset(endless, 'i', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_null(conf_nearest(endless, words, 3));
}

static void help_shows_each_key_with_unit_default_and_range(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    conf_print_help(out, table);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "# Its name. Required.\nname = \"\";\n"));
    assert_non_null(strstr(text, "# How many. [s] (1 to 9)\ncount = 3;\n"));
    assert_non_null(strstr(text, "One of: red, green\ncolour = \"red\";\n"));
    assert_non_null(strstr(text, "group = {\n    # How deep. [m]\n    depth = 2;\n};\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_full_file_is_read_as_it_stands),
        WITH_FOLDER(what_is_absent_has_its_default),
        WITH_FOLDER(each_mistake_is_said_with_file_line_and_nearest_key),
        WITH_FOLDER(a_file_that_is_none_is_refused_with_its_reason),
        cmocka_unit_test(the_nearest_word_is_near_or_none),
        cmocka_unit_test(help_shows_each_key_with_unit_default_and_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
