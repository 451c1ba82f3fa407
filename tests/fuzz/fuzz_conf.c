/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a settings file, read by a table with every type: numbers keep their range, and a
 * refusal says why.
 */
#include "common/conf.h"
#include "common/optional.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 loses the string that a syntax error cuts off; it reads one file a start. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

struct settings {
    char name[16];
    uint64_t count;
    double share;
    struct optional_double level;
    bool on;
    int colour;
};

static const struct conf_name colours[] = {{"red", 1}, {"green", 2}, {NULL, 0}};

static const struct conf_setting table[] = {
    {.name = "name",
     .type = CONF_STRING,
     .offset = offsetof(struct settings, name),
     .size = sizeof((struct settings *)0)->name,
     .help = "a name"},
    {.name = "count",
     .type = CONF_UNSIGNED,
     .offset = offsetof(struct settings, count),
     .fallback = "3",
     .min = 1,
     .max = 9,
     .help = "a count"},
    {.name = "share", .type = CONF_DOUBLE, .offset = offsetof(struct settings, share), .help = "x"},
    {.name = "level",
     .type = CONF_OPTIONAL_DOUBLE,
     .offset = offsetof(struct settings, level),
     .help = "x"},
    {.name = "on", .type = CONF_BOOL, .offset = offsetof(struct settings, on), .help = "x"},
    {.name = "colour",
     .type = CONF_ENUM,
     .offset = offsetof(struct settings, colour),
     .fallback = "red",
     .names = colours,
     .help = "x"},
    {.name = "group", .type = CONF_GROUP, .help = "x"},
    {.name = "list", .type = CONF_LIST, .help = "x"},
    {.name = "words", .type = CONF_STRINGS, .help = "x"},
    {.name = NULL},
};

static void read_settings(const struct conf *conf)
{
    struct conf_error error = {.text = ""};
    struct settings settings;
    const struct conf_group *root = conf_root(conf);
    if (conf_read(root, table, &settings, &error) != 0) {
        if (error.text[0] == '\0')
            abort();
        return;
    }
    if (settings.count < 1 || settings.count > 9 || !memchr(settings.name, '\0', 16))
        abort();
    for (size_t i = 0; i < conf_list_length(root, "words"); i++)
        if (!conf_list_string(root, "words", i))
            abort();
    for (size_t i = 0; i < conf_list_length(root, "list"); i++)
        if (!conf_list_group(root, "list", i))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (memchr(data, '@', size)) /* an include would read this machine's files */
        return 0;
    FILE *file = tmpfile();
    if (!file || fwrite(data, 1, size, file) != size || fflush(file) != 0)
        abort();
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    struct conf_error error = {.text = ""};
    struct conf *conf = conf_open(path, &error);
    if (conf)
        read_settings(conf);
    else if (error.text[0] == '\0')
        abort();
    conf_close(conf);
    (void)fclose(file);
    return 0;
}
