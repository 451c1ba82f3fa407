/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `lastmile export` was asked for, between its files. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_COMMAND_EXPORT_REQUEST_H
#define LASTMILE_COLLECTOR_COMMAND_EXPORT_REQUEST_H

#include "collector/command/command.h"
#include "collector/command/definitions.h"
#include "collector/indicator/figure.h"

#include <stdbool.h>
#include <stdint.h>

enum export_format { FORMAT_CSV, FORMAT_JSON, FORMAT_TABLE, FORMAT_XLSX, FORMAT_PACKAGE };

struct export_request {
    enum export_format format;
    const char *out_path;
    const struct plan_area *area;         /* NULL: all */
    const struct plan_indicator *checked; /* --check; else NULL */
    bool byte_order_mark, terminal, full, chinese;
    bool coverage; /* --table coverage */
    int year;
    uint64_t from_ns, to_ns; /* the year's part that has passed */
    struct figure_query query;
    struct definition_choices choices;
};

/* Exit statuses of --check beside EXIT_DONE (met) and EXIT_FAILED (not met); what could not be
 * answered is EXIT_USAGE. */
#define EXIT_INSUFFICIENT 3
#define EXIT_NOT_SET      4

/* Writes a package (export_package.c). An exit status, with a line on stderr when it is not 0. */
int export_package(const struct export_request *request, const struct workplace *workplace,
                   uint64_t now_ns);

/* Prints the one line of the figure that is checked; the exit status by its verdict
 * (export_check.c). */
int export_check(const struct export_request *request, const struct figures *figures);

#endif
