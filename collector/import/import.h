/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Registers from CSV files: denominators, declared figures, the operators' access nodes. What a
 * file holds is told by its header row; columns come in any order. A file goes in whole, in one
 * transaction, or not at all. A row that is known already changes nothing, so a file may be
 * imported twice. Nothing is overwritten: other words for the same key are a revision.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_IMPORT_H
#define LASTMILE_COLLECTOR_IMPORT_IMPORT_H

#include "common/conf.h"

#include "collector/plan/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct registry;

enum import_kind { IMPORT_ANY, IMPORT_DENOMINATORS, IMPORT_DECLARED, IMPORT_NODES };
extern const struct conf_name import_kind_names[];

struct import_request {
    const char *path;
    enum import_kind kind; /* IMPORT_ANY: by the header row */
    bool dry_run;
    uint64_t now_ns;
    FILE *changes; /* a line for each row that adds or changes something; or NULL */
};

struct import_result {
    enum import_kind kind;
    size_t rows, changed;
};

/* 0; -EINVAL with out_error set ("file:line:column: what, and what to do"), nothing having been
 * imported; or what the registry refuses with. */
int import_file(const struct plan *plan, struct registry *registry,
                const struct import_request *request, struct import_result *out_result,
                struct conf_error *out_error);

/* The columns of every kind, for --help; one kind's header row, for the templates. */
void import_print_columns(FILE *out);
void import_print_header(FILE *out, enum import_kind kind);

#endif
