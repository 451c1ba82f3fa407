/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/conf.h"

#include "common/optional.h"

#include <libconfig.h>

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (1 << 20)
#define WORD_MAX       64

/* A conf_group IS a libconfig setting; its name in our headers keeps the library's type in here. */
struct conf {
    config_t file;
    char path[256];
};

static const config_setting_t *setting_of(const struct conf_group *group)
{
    return (const config_setting_t *)(const void *)group;
}

static const struct conf_group *group_of(const config_setting_t *setting)
{
    return (const struct conf_group *)(const void *)setting;
}

/* libconfig 1.5 takes no const where it changes nothing. */
static config_setting_t *unconst(const config_setting_t *setting)
{
    union {
        const config_setting_t *in;
        config_setting_t *out;
    } same = {.in = setting};
    return same.out;
}

static config_setting_t *member(const struct conf_group *group, const char *name)
{
    return config_setting_get_member(unconst(setting_of(group)), name);
}

static int error_at(const char *path, int line, struct conf_error *out_error, const char *text)
{
    if (line > 0)
        (void)snprintf(out_error->text, sizeof out_error->text, "%s:%d: %s", path, line, text);
    else
        (void)snprintf(out_error->text, sizeof out_error->text, "%s: %s", path, text);
    return -EINVAL;
}

/* The file's name travels as the root's hook, so that a group alone can say where it stands. */
static const char *path_of(const config_setting_t *setting)
{
    while (config_setting_parent(setting))
        setting = config_setting_parent(setting);
    const struct conf *conf = config_setting_get_hook(setting);
    return conf ? conf->path : "?";
}

struct conf *conf_open(const char *path, struct conf_error *out_error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        (void)error_at(path, 0, out_error, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX) {
        (void)error_at(path, 0, out_error, "not a settings file (a regular file up to 1 MiB)");
        return NULL;
    }
    struct conf *conf = calloc(1, sizeof *conf);
    if (!conf) {
        (void)error_at(path, 0, out_error, "out of memory");
        return NULL;
    }
    (void)snprintf(conf->path, sizeof conf->path, "%s", path);
    config_init(&conf->file);
    if (config_read_file(&conf->file, path) != CONFIG_TRUE) {
        const char *text = config_error_text(&conf->file);
        (void)error_at(path, config_error_line(&conf->file), out_error,
                       text ? text : "cannot be read");
        conf_close(conf);
        return NULL;
    }
    config_setting_set_hook(config_root_setting(&conf->file), conf);
    return conf;
}

void conf_close(struct conf *conf)
{
    if (!conf)
        return;
    config_destroy(&conf->file);
    free(conf);
}

const struct conf_group *conf_root(const struct conf *conf)
{
    return group_of(config_root_setting(&conf->file));
}

int conf_line(const struct conf_group *group, const char *name)
{
    const config_setting_t *setting = name ? member(group, name) : NULL;
    if (!setting)
        setting = setting_of(group);
    return (int)config_setting_source_line(setting);
}

int conf_fail(const struct conf_group *group, const char *name, struct conf_error *out_error,
              const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* a cut sentence still names the line */
    va_end(args);
    return error_at(path_of(setting_of(group)), conf_line(group, name), out_error, text);
}

int conf_name_id(const struct conf_name *names, const char *name, int *out_id)
{
    for (; names->name; names++) {
        if (strcmp(names->name, name) == 0) {
            *out_id = names->id;
            return 0;
        }
    }
    return -ENOENT;
}

const char *conf_id_name(const struct conf_name *names, int id)
{
    for (; names->name; names++)
        if (names->id == id)
            return names->name;
    return "?";
}

/* Levenshtein distance, one row; words over WORD_MAX are far from everything. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t b_length = strlen(b);
    if (strlen(a) > WORD_MAX || b_length > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t skipped = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < skipped ? replaced : skipped;
        }
    }
    return row[b_length];
}

const char *conf_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 2 + 2; /* more changes than that is another word */
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, candidates[i]);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}

static int fail_unknown(const struct conf_group *group, const char *name, const char *what,
                        const char *const *candidates, size_t count, struct conf_error *out_error)
{
    const char *nearest = conf_nearest(name, candidates, count);
    return nearest ? conf_fail(group, name, out_error, "unknown %s '%s'; did you mean '%s'?", what,
                               name, nearest)
                   : conf_fail(group, name, out_error, "unknown %s '%s'", what, name);
}

static int check_keys(const struct conf_group *group, const struct conf_setting *table,
                      struct conf_error *out_error)
{
    const char *known[96];
    size_t known_count = 0;
    for (const struct conf_setting *s = table; s->name && known_count < 96; s++)
        known[known_count++] = s->name;
    const config_setting_t *setting = setting_of(group);
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
        const char *name = config_setting_name(child);
        bool found = false;
        for (size_t k = 0; k < known_count && !found; k++)
            found = name && strcmp(name, known[k]) == 0;
        if (name && !found)
            return fail_unknown(group, name, "key", known, known_count, out_error);
    }
    return 0;
}

static int read_enum(const struct conf_group *group, const struct conf_setting *s, const char *text,
                     int *out, struct conf_error *out_error)
{
    if (conf_name_id(s->names, text, out) == 0)
        return 0;
    const char *known[64];
    size_t known_count = 0;
    for (const struct conf_name *n = s->names; n->name && known_count < 64; n++)
        known[known_count++] = n->name;
    const char *nearest = conf_nearest(text, known, known_count);
    char list[200] = "";
    for (size_t i = 0, used = 0; i < known_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", known[i]);
    return conf_fail(group, s->name, out_error, "'%s' is no value of '%s' (%s)%s%s%s", text,
                     s->name, list, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

static int check_range(const struct conf_group *group, const struct conf_setting *s, double value,
                       struct conf_error *out_error)
{
    bool bounded = s->min < s->max;
    if (bounded && !(value >= s->min && value <= s->max))
        return conf_fail(group, s->name, out_error, "'%s' = %.15g is outside %.15g to %.15g%s%s",
                         s->name, value, s->min, s->max, s->unit ? " " : "",
                         s->unit ? s->unit : "");
    return 0;
}

static int fail_type(const struct conf_group *group, const struct conf_setting *s,
                     struct conf_error *out_error)
{
    static const char *const wanted[] = {
        [CONF_STRING] = "a \"string\"",
        [CONF_UNSIGNED] = "a whole number from 0 up",
        [CONF_DOUBLE] = "a number",
        [CONF_OPTIONAL_DOUBLE] = "a number (or leave it out)",
        [CONF_BOOL] = "true or false",
        [CONF_ENUM] = "a \"string\"",
        [CONF_GROUP] = "a group { ... }",
        [CONF_LIST] = "a list of groups ( {...}, {...} )",
        [CONF_STRINGS] = "a list of strings [ \"...\", \"...\" ]",
    };
    return conf_fail(group, s->name, out_error, "'%s' must be %s", s->name, wanted[s->type]);
}

static int store_string(const struct conf_group *group, const struct conf_setting *s,
                        const char *text, void *out, struct conf_error *out_error)
{
    if (strlen(text) >= s->size)
        return conf_fail(group, s->name, out_error, "'%s' is longer than %zu bytes", s->name,
                         s->size - 1);
    (void)snprintf(out, s->size, "%s", text);
    return 0;
}

static int read_number(const struct conf_group *group, const struct conf_setting *s,
                       const config_setting_t *setting, double *out, struct conf_error *out_error)
{
    int type = config_setting_type(setting);
    if (type == CONFIG_TYPE_FLOAT)
        *out = config_setting_get_float(setting);
    else if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
        *out = (double)config_setting_get_int64(setting);
    else
        return fail_type(group, s, out_error);
    return check_range(group, s, *out, out_error);
}

static int read_unsigned(const struct conf_group *group, const struct conf_setting *s,
                         const config_setting_t *setting, uint64_t *out,
                         struct conf_error *out_error)
{
    int type = config_setting_type(setting);
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return fail_type(group, s, out_error);
    long long value = config_setting_get_int64(setting);
    if (value < 0)
        return fail_type(group, s, out_error);
    *out = (uint64_t)value;
    return check_range(group, s, (double)value, out_error);
}

static int check_container(const struct conf_group *group, const struct conf_setting *s,
                           const config_setting_t *setting, struct conf_error *out_error)
{
    if (s->type == CONF_GROUP)
        return config_setting_is_group(setting) ? 0 : fail_type(group, s, out_error);
    if (config_setting_is_group(setting) || config_setting_is_scalar(setting))
        return fail_type(group, s, out_error);
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        bool right = s->type == CONF_LIST ? config_setting_is_group(element)
                                          : config_setting_type(element) == CONFIG_TYPE_STRING;
        if (!right)
            return fail_type(group, s, out_error);
    }
    return 0;
}

static int read_value(const struct conf_group *group, const struct conf_setting *s,
                      const config_setting_t *setting, void *out, struct conf_error *out_error)
{
    double number = 0;
    int status = 0;
    switch (s->type) {
    case CONF_STRING:
        if (config_setting_type(setting) != CONFIG_TYPE_STRING)
            return fail_type(group, s, out_error);
        return store_string(group, s, config_setting_get_string(setting), out, out_error);
    case CONF_UNSIGNED:
        return read_unsigned(group, s, setting, out, out_error);
    case CONF_DOUBLE:
        return read_number(group, s, setting, out, out_error);
    case CONF_OPTIONAL_DOUBLE:
        status = read_number(group, s, setting, &number, out_error);
        if (status == 0)
            *(struct optional_double *)out = optional_double(number);
        return status;
    case CONF_BOOL:
        if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
            return fail_type(group, s, out_error);
        *(bool *)out = config_setting_get_bool(setting) != 0;
        return 0;
    case CONF_ENUM:
        if (config_setting_type(setting) != CONFIG_TYPE_STRING)
            return fail_type(group, s, out_error);
        return read_enum(group, s, config_setting_get_string(setting), out, out_error);
    case CONF_GROUP:
    case CONF_LIST:
    case CONF_STRINGS:
        return check_container(group, s, setting, out_error);
    }
    return -EINVAL;
}

/* Fallbacks are ours, not the user's: a wrong one is caught by the test of every table. */
static void store_fallback(const struct conf_group *group, const struct conf_setting *s, void *out)
{
    struct conf_error unused;
    switch (s->type) {
    case CONF_STRING:
        (void)store_string(group, s, s->fallback ? s->fallback : "", out, &unused);
        break;
    case CONF_UNSIGNED:
        *(uint64_t *)out = s->fallback ? strtoull(s->fallback, NULL, 10) : 0;
        break;
    case CONF_DOUBLE:
        *(double *)out = s->fallback ? strtod(s->fallback, NULL) : 0;
        break;
    case CONF_OPTIONAL_DOUBLE:
        *(struct optional_double *)out = (struct optional_double){.known = false, .value = 0};
        break;
    case CONF_BOOL:
        *(bool *)out = s->fallback && strcmp(s->fallback, "true") == 0;
        break;
    case CONF_ENUM:
        *(int *)out = 0;
        if (s->fallback)
            (void)conf_name_id(s->names, s->fallback, out);
        break;
    case CONF_GROUP:
    case CONF_LIST:
    case CONF_STRINGS:
        break;
    }
}

int conf_read(const struct conf_group *group, const struct conf_setting *table, void *out,
              struct conf_error *out_error)
{
    int status = group ? check_keys(group, table, out_error) : 0;
    for (const struct conf_setting *s = table; s->name && status == 0; s++) {
        void *field = (char *)out + s->offset;
        const config_setting_t *setting = group ? member(group, s->name) : NULL;
        if (setting)
            status = read_value(group, s, setting, field, out_error);
        else if (s->required && !group)
            status = error_at("settings", 0, out_error, s->help);
        else if (s->required)
            status = conf_fail(group, NULL, out_error, "'%s' is missing: %s", s->name, s->help);
        else
            store_fallback(group, s, field);
    }
    return status;
}

const struct conf_group *conf_child(const struct conf_group *group, const char *name)
{
    const config_setting_t *setting = member(group, name);
    return setting && config_setting_is_group(setting) ? group_of(setting) : NULL;
}

size_t conf_list_length(const struct conf_group *group, const char *name)
{
    const config_setting_t *setting = member(group, name);
    return setting ? (size_t)config_setting_length(setting) : 0;
}

static const config_setting_t *element(const struct conf_group *group, const char *name, size_t i)
{
    const config_setting_t *setting = member(group, name);
    return setting && i < (size_t)config_setting_length(setting)
               ? config_setting_get_elem(setting, (unsigned)i)
               : NULL;
}

const struct conf_group *conf_list_group(const struct conf_group *group, const char *name, size_t i)
{
    const config_setting_t *setting = element(group, name, i);
    return setting && config_setting_is_group(setting) ? group_of(setting) : NULL;
}

const char *conf_list_string(const struct conf_group *group, const char *name, size_t i)
{
    const config_setting_t *setting = element(group, name, i);
    return setting ? config_setting_get_string(setting) : NULL;
}

static void print_setting(FILE *out, const struct conf_setting *s, int depth)
{
    static const char *const opening[] = {[CONF_GROUP] = "{", [CONF_LIST] = "( {"};
    static const char *const closing[] = {[CONF_GROUP] = "};", [CONF_LIST] = "} );"};
    int indent = depth * 4;
    (void)fprintf(out, "%*s# %s", indent, "", s->help);
    if (s->type == CONF_ENUM)
        for (const struct conf_name *n = s->names; n->name; n++)
            (void)fprintf(out, "%s%s", n == s->names ? " One of: " : ", ", n->name);
    if (s->unit)
        (void)fprintf(out, " [%s]", s->unit);
    if (s->min < s->max)
        (void)fprintf(out, " (%.15g to %.15g)", s->min, s->max);
    (void)fprintf(out, "%s\n", s->required ? " Required." : "");
    if (s->children) {
        (void)fprintf(out, "%*s%s = %s\n", indent, "", s->name, opening[s->type]);
        for (const struct conf_setting *child = s->children; child->name; child++)
            print_setting(out, child, depth + 1);
        (void)fprintf(out, "%*s%s\n", indent, "", closing[s->type]);
        return;
    }
    bool quoted = s->type == CONF_STRING || s->type == CONF_ENUM;
    const char *quote = quoted ? "\"" : "";
    (void)fprintf(out, "%*s%s = %s%s%s;\n", indent, "", s->name, quote,
                  s->fallback ? s->fallback : (quoted ? "" : "..."), quote);
}

void conf_print_help(FILE *out, const struct conf_setting *table)
{
    for (const struct conf_setting *s = table; s->name; s++)
        print_setting(out, s, 0);
}
