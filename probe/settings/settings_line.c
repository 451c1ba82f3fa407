/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is measured of lines beside their octets: where their traffic goes (plain files of
 * prefixes), RADIUS sessions, demand, and the networks that may be named.
 */
#include "probe/settings/settings_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIXES_MAX ((size_t)1 << 20)
#define LINE_BYTES   256
#define FNV_PRIME    UINT64_C(1099511628211)

static const char *const default_classes[] = {"cloud-weihai", "cloud", "cdn", "kr", "jp"};

const struct conf_setting settings_destinations_table[] = {
    {.name = "prefix_files",
     .type = CONF_STRINGS,
     .help = "Files of 'PREFIX [CLASS]' a line, # begins a comment; the longest match holds."},
    {.name = "classes",
     .type = CONF_STRINGS,
     .help = "Names of classes; none: cloud-weihai, cloud, cdn, kr, jp. 'other' is what no prefix "
             "holds."},
    {TEXT(settings_destinations, default_class), .fallback = "cloud",
     .help = "Of a line without a class."},
    {AT(settings_destinations, line_octets), .type = CONF_UNSIGNED, .fallback = "1000000", .min = 1,
     .max = 4294967295.0, .unit = "octets/month",
     .help = "From so many on, both ways, a line counts as a user of a class."},
    {.name = NULL},
};

const struct conf_setting settings_accounting_table[] = {
    {AT(settings_accounting, sessions), .type = CONF_UNSIGNED, .fallback = "16384", .min = 0,
     .max = 16777216, .help = "RADIUS sessions kept of each source; 0: records are not read."},
    {AT(settings_accounting, interim_s), .type = CONF_UNSIGNED, .fallback = "600", .min = 60,
     .max = 86400, .unit = "s",
     .help = "Interim interval until a session shows its own; after three it is over."},
    {AT(settings_accounting, ignore_nas_port_id), .type = CONF_BOOL, .fallback = "false",
     .help = "NAS-Port-Id is shared by subscribers here: know them by their account."},
    {.name = NULL},
};

const struct conf_setting settings_demand_table[] = {
    {AT(settings_demand, flow_octets), .type = CONF_UNSIGNED, .fallback = "10000000", .min = 0,
     .max = 4294967294.0, .unit = "octets",
     .help = "A line demands while a flow brings it more than this; 0: not measured."},
    {AT(settings_demand, busy_from_hour), .type = CONF_UNSIGNED, .fallback = "19", .min = 0,
     .max = 23, .unit = "h", .help = "The city's busy hours, from,"},
    {AT(settings_demand, busy_to_hour), .type = CONF_UNSIGNED, .fallback = "24", .min = 0,
     .max = 24, .unit = "h", .help = "to; equal: all day."},
    {.name = NULL},
};

/* ---- files of prefixes ---- */

struct prefix_file {
    const struct conf_group *group;
    const char *path;
    unsigned line;
    struct settings_destinations *into;
    size_t limit; /* of into->prefixes */
    struct conf_error *out_error;
};

static int add_prefix(struct prefix_file *file, const struct prefix_class *prefix)
{
    struct settings_destinations *into = file->into;
    if (into->prefix_count == PREFIXES_MAX)
        return conf_fail(file->group, "prefix_files", file->out_error,
                         "%s:%u: more than %zu prefixes", file->path, file->line, PREFIXES_MAX);
    if (into->prefix_count == file->limit) {
        size_t limit = file->limit * 2 + 1024;
        struct prefix_class *more = realloc(into->prefixes, limit * sizeof *more);
        if (!more)
            return conf_fail(file->group, "prefix_files", file->out_error, "out of memory");
        into->prefixes = more;
        file->limit = limit;
    }
    into->prefixes[into->prefix_count++] = *prefix;
    return 0;
}

/* The class of a name from 1 on, or 0. */
static uint8_t class_named(const struct settings_destinations *destinations, const char *name)
{
    for (size_t i = 0; i < destinations->class_count; i++)
        if (strcmp(destinations->classes[i], name) == 0)
            return (uint8_t)(i + 1);
    return 0;
}

static int unknown_class(const struct prefix_file *file, const char *name)
{
    const char *names[LINE_CLASSES_MAX];
    for (size_t i = 0; i < file->into->class_count; i++)
        names[i] = file->into->classes[i];
    const char *near = conf_nearest(name, names, file->into->class_count);
    return conf_fail(file->group, "prefix_files", file->out_error,
                     "%s:%u: no class is named '%s'%s%s%s", file->path, file->line, name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The next word, ended in place; "" at the end. */
static const char *next_word(char **text)
{
    static const char blanks[] = " \t\r\n";
    char *word = *text + strspn(*text, blanks);
    char *end = word + strcspn(word, blanks);
    *text = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int read_line(struct prefix_file *file, char *text)
{
    text[strcspn(text, "#")] = '\0';
    const char *prefix = next_word(&text);
    const char *name = next_word(&text);
    const char *more = next_word(&text);
    if (*prefix == '\0')
        return 0;
    if (*name == '\0')
        name = file->into->default_class;
    struct prefix_class entry = {.class = class_named(file->into, name)};
    if (settings_parse_prefix(prefix, &entry.prefix) != 0)
        return conf_fail(file->group, "prefix_files", file->out_error,
                         "%s:%u: '%s' is no IP prefix", file->path, file->line, prefix);
    if (entry.class == 0)
        return unknown_class(file, name);
    if (*more != '\0')
        return conf_fail(file->group, "prefix_files", file->out_error,
                         "%s:%u: '%s' is one word too many", file->path, file->line, more);
    return add_prefix(file, &entry);
}

static int read_lines(struct prefix_file *file, FILE *in)
{
    char text[LINE_BYTES];
    int status = 0;
    while (status == 0 && fgets(text, sizeof text, in)) {
        file->line++;
        for (const char *c = text; *c; c++)
            file->into->files_hash = (file->into->files_hash ^ (uint8_t)*c) * FNV_PRIME;
        if (!strchr(text, '\n') && !feof(in))
            status = conf_fail(file->group, "prefix_files", file->out_error,
                               "%s:%u: a line of more than %d bytes", file->path, file->line,
                               LINE_BYTES - 2);
        else
            status = read_line(file, text);
    }
    if (status == 0 && ferror(in))
        status = conf_fail(file->group, "prefix_files", file->out_error, "%s: %s", file->path,
                           strerror(errno));
    return status;
}

static int read_prefix_files(const char *settings_path, const struct conf_group *group,
                             struct settings_destinations *into, struct conf_error *out_error)
{
    struct prefix_file file = {.group = group, .into = into, .out_error = out_error};
    int status = 0;
    for (size_t i = 0; status == 0 && i < conf_list_length(group, "prefix_files"); i++) {
        char path[SETTINGS_PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s", conf_list_string(group, "prefix_files", i));
        settings_resolve(settings_path, path);
        FILE *in = fopen(path, "r");
        if (!in)
            return conf_fail(group, "prefix_files", out_error, "%s: %s", path, strerror(errno));
        file.path = path;
        file.line = 0;
        status = read_lines(&file, in);
        (void)fclose(in);
    }
    return status;
}

static int add_class(const struct conf_group *group, struct settings_destinations *into,
                     const char *name, struct conf_error *out_error)
{
    if (into->class_count == LINE_CLASSES_MAX)
        return conf_fail(group, "classes", out_error, "more than %d classes", LINE_CLASSES_MAX);
    if (name[0] == '\0' || strlen(name) >= REPORT_NAME_BYTES || strcmp(name, "other") == 0 ||
        class_named(into, name) != 0)
        return conf_fail(group, "classes", out_error,
                         "'%s' is no name of a class, or stands there twice", name);
    (void)snprintf(into->classes[into->class_count++], REPORT_NAME_BYTES, "%s", name);
    return 0;
}

static int read_destinations(const char *file, const struct conf_group *group,
                             struct settings_destinations *into, struct conf_error *out_error)
{
    int status = conf_read(group, settings_destinations_table, into, out_error);
    size_t named = group ? conf_list_length(group, "classes") : 0;
    size_t count = named ? named : sizeof default_classes / sizeof default_classes[0];
    if (!group || status != 0)
        return status;
    for (size_t i = 0; i < count && status == 0; i++)
        status = add_class(group, into,
                           named ? conf_list_string(group, "classes", i) : default_classes[i],
                           out_error);
    return status == 0 ? read_prefix_files(file, group, into, out_error) : status;
}

/* ---- networks ---- */

static int read_ssids(const struct conf_group *root, struct settings *settings,
                      struct conf_error *out_error)
{
    size_t count = conf_list_length(root, "public_ssids");
    if (count > LINE_SSIDS_MAX)
        return conf_fail(root, "public_ssids", out_error, "more than %d networks", LINE_SSIDS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *ssid = conf_list_string(root, "public_ssids", i);
        if (ssid[0] == '\0' || strlen(ssid) > SSID_BYTES_MAX)
            return conf_fail(root, "public_ssids", out_error,
                             "'%s' is no SSID: 1 to %d bytes of UTF-8", ssid, SSID_BYTES_MAX);
        memcpy(settings->public_ssids[settings->public_ssid_count++], ssid, strlen(ssid));
    }
    return 0;
}

int settings_read_lines(const char *file, const struct conf_group *root, struct settings *settings,
                        struct conf_error *out_error)
{
    int status = read_destinations(file, conf_child(root, "destinations"), &settings->destinations,
                                   out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "accounting"), settings_accounting_table,
                           &settings->accounting, out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "demand"), settings_demand_table, &settings->demand,
                           out_error);
    return status == 0 ? read_ssids(root, settings, out_error) : status;
}
