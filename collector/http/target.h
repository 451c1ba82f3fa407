/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The request target (RFC 9112 section 3.2): strangers' bytes, taken apart within fixed bounds.
 * The path is compared as sent, never decoded, so no encoding of a slash or dot means anything.
 * The query is decoded (WHATWG application/x-www-form-urlencoded). Pure; a plain value.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_TARGET_H
#define LASTMILE_COLLECTOR_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#define TARGET_BYTES_MAX      1024 /* of the whole target; longer is 414 */
#define TARGET_PATH_BYTES     128
#define TARGET_PARAMETERS_MAX 16
#define TARGET_NAME_BYTES     32
#define TARGET_VALUE_BYTES    96

struct target_parameter {
    char name[TARGET_NAME_BYTES];
    char value[TARGET_VALUE_BYTES];
};

struct target {
    char path[TARGET_PATH_BYTES]; /* "/api/v1/figures" */
    struct target_parameter parameters[TARGET_PARAMETERS_MAX];
    size_t parameter_count;
};

/* Why a target is refused; each has its own sentence in the answer. */
enum target_fault {
    TARGET_OK = 0,
    TARGET_TOO_LONG,      /* the target, its path, a name or a value */
    TARGET_NOT_ORIGIN,    /* no leading slash */
    TARGET_BAD_ESCAPE,    /* a % without two hexadecimal digits */
    TARGET_BAD_CHARACTER, /* not UTF-8, or a character that cannot be seen */
    TARGET_TOO_MANY,      /* parameters */
    TARGET_REPEATED,      /* the same parameter twice */
    TARGET_FAULTS,
};

/* One sentence for the problem document. */
const char *target_fault_text(enum target_fault fault);

/* The origin form of a target: "/api" of "http://host/api", as clients ask a proxy (RFC 9112
 * section 3.2.2). Any other is given back as it is. Part of the target, or static. */
const char *target_origin(const char *target);

/* Takes the bytes apart; out_target is set only on TARGET_OK. */
enum target_fault target_parse(const char *bytes, size_t length, struct target *out_target);

/* True when a path is of a pattern, in which "{id}" stands for 1 to 18 digits. */
bool target_path_matches(const char *pattern, const char *path);

/* The same for the body of a form alone; the path stays empty. */
enum target_fault target_parse_form(const char *bytes, size_t length, struct target *out_form);

/* The value of a parameter, "" when it has none, NULL when it is absent. */
const char *target_value(const struct target *target, const char *name);

#endif
