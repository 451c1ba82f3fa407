/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Options of a command by a table: the same table reads them, finds the nearest known one for a
 * misspelt one, and prints them in --help. "--name value" and "--name=value". One thread.
 */
#ifndef LASTMILE_COLLECTOR_COMMAND_OPTIONS_H
#define LASTMILE_COLLECTOR_COMMAND_OPTIONS_H

#include "common/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTIONS_MAX           16
#define OPTIONS_ARGUMENTS_MAX 64

struct option_rule {
    const char *name;  /* "--year"; a table ends with NULL */
    const char *value; /* what stands for it in the help: "Y"; NULL for a switch */
    const char *help;
};

struct options {
    const struct option_rule *rules;
    const char *values[OPTIONS_MAX]; /* by rule; NULL when absent, "" for a switch that is set */
    const char *arguments[OPTIONS_ARGUMENTS_MAX];
    size_t argument_count;
};

/* Reads argv[0..argc). 0, or -EINVAL with out_error set. "--" ends the options. */
int options_read(const struct option_rule *rules, int argc, char *const *argv,
                 struct options *out_options, struct conf_error *out_error);

/* The value of an option, "" for a switch that is set, NULL when absent. */
const char *options_value(const struct options *options, const char *name);

void options_print(FILE *out, const struct option_rule *rules);

#endif
