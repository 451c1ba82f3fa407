/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A settings file, read by tables. What a group may hold is a table of `struct conf_setting`; the
 * same table reads the file, checks it, finds the nearest known key for a misspelt one, and prints
 * --help-config. libconfig syntax (groups {}, lists (), arrays [], "strings"), no @include.
 *
 * Every key of a group must stand in its table, so a typing error is an error, not a default.
 * One thread, at start. Nothing is kept of the file after conf_close but what was copied out.
 */
#ifndef LASTMILE_COMMON_CONF_H
#define LASTMILE_COMMON_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_type {
    CONF_STRING,          /* char[size]; longer is an error */
    CONF_UNSIGNED,        /* uint64_t, min..max */
    CONF_DOUBLE,          /* double, min..max; integers are taken too */
    CONF_OPTIONAL_DOUBLE, /* struct optional_double; an absent key is unknown */
    CONF_BOOL,            /* bool */
    CONF_ENUM,            /* int, one of names */
    CONF_GROUP,           /* { }: the caller reads it by conf_child */
    CONF_LIST,            /* ( {..}, {..} ): the caller reads it by conf_list_* */
    CONF_STRINGS,         /* [ "a", "b" ]: the caller reads it by conf_list_* */
};

/* id <-> name; a table ends with a NULL name. */
struct conf_name {
    const char *name;
    int id;
};

/* One key. A table ends with a NULL name. */
struct conf_setting {
    const char *name;
    enum conf_type type;
    size_t offset;                 /* of the member in the struct that conf_read fills */
    size_t size;                   /* CONF_STRING: bytes of the array */
    bool required;                 /* absent is an error */
    const char *fallback;          /* as it would stand in the file, without quotes; or NULL */
    double min, max;               /* numbers; 0, 0 = any */
    const struct conf_name *names; /* CONF_ENUM */
    const struct conf_setting *children; /* CONF_GROUP, CONF_LIST: for help and nothing else */
    const char *unit;                    /* "s", "bytes"; or NULL */
    const char *help;                    /* one sentence */
};

/* What was wrong, as a person reads it: "probe.cfg:12: unknown key ...". */
struct conf_error {
    char text[512];
};

struct conf;
struct conf_group;

/* NULL with out_error set: unreadable, larger than 1 MiB, or a syntax error (with its line). */
struct conf *conf_open(const char *path, struct conf_error *out_error);
void conf_close(struct conf *conf);

/* The outermost group; borrowed until conf_close, as are all groups and strings below. */
const struct conf_group *conf_root(const struct conf *conf);

/* Fills *out by the table: the file's values, else defaults. A NULL group is one that the file
 * leaves out: all defaults. 0, or -EINVAL with out_error set (unknown key, wrong type, out of
 * range, missing); *out is then half-filled. */
int conf_read(const struct conf_group *group, const struct conf_setting *table, void *out,
              struct conf_error *out_error);

/* The group under a CONF_GROUP key, or NULL when absent. */
const struct conf_group *conf_child(const struct conf_group *group, const char *name);

/* Elements of a CONF_LIST or CONF_STRINGS key; 0 when absent. */
size_t conf_list_length(const struct conf_group *group, const char *name);
/* Element i as a group (CONF_LIST), or as a string (CONF_STRINGS); NULL out of range or of another
 * type. */
const struct conf_group *conf_list_group(const struct conf_group *group, const char *name,
                                         size_t i);
const char *conf_list_string(const struct conf_group *group, const char *name, size_t i);

/* Line of a key in its group, of the group itself when name is NULL or absent. */
int conf_line(const struct conf_group *group, const char *name);

/* Writes "file:line: ..." for a fault that only the caller can see. Returns -EINVAL. */
int conf_fail(const struct conf_group *group, const char *name, struct conf_error *out_error,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The id of a name, or -ENOENT. */
int conf_name_id(const struct conf_name *names, const char *name, int *out_id);
/* The name of an id, or "?". */
const char *conf_id_name(const struct conf_name *names, int id);

/* The candidate nearest to a word by edit distance, or NULL when none is near. For "did you mean".
 */
const char *conf_nearest(const char *word, const char *const *candidates, size_t count);

/* Prints a table as a commented settings file, with units, defaults and ranges. */
void conf_print_help(FILE *out, const struct conf_setting *table);

#endif
