/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Registers from CSV files: denominators, declared figures, the operators' access nodes and
 * contracts, villages, venues, remarks. What a file holds is told by its header row; columns come
 * in any order. A file goes in whole, in one transaction, or not at all. A row that is known
 * already changes nothing, so a file may be imported twice. Nothing is overwritten: other words for
 * the same key are a revision.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_IMPORT_H
#define LASTMILE_COLLECTOR_IMPORT_IMPORT_H

#include "common/conf.h"

#include "collector/import/csv_text.h"
#include "collector/plan/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct registry;

enum import_kind {
    IMPORT_ANY,
    IMPORT_DENOMINATORS,
    IMPORT_DECLARED,
    IMPORT_NODES,
    IMPORT_VILLAGES,
    IMPORT_VENUES,
    IMPORT_CONTRACTS,
    IMPORT_REMARKS
};
extern const struct conf_name import_kind_names[];

#define IMPORT_FAULTS_PRINTED 20

struct import_request {
    const char *path;
    enum import_kind kind;      /* IMPORT_ANY: by the header row */
    enum csv_encoding encoding; /* CSV_ENCODING_ANY: by the bytes */
    bool dry_run;
    uint64_t now_ns;
    FILE *changes; /* a line for each row that is new or revised; or NULL */
    FILE *faults;  /* a line for each fault, at most 20, and how many more there are; or NULL */
};

struct import_result {
    enum import_kind kind;
    enum csv_encoding encoding;
    size_t rows, changed; /* changed: new or revised */
    size_t revised;       /* of them */
};

/* 0; -EINVAL with out_error set to the first fault ("file:line:column: what, and what to do"),
 * nothing having been imported; or what the registry refuses with. */
int import_file(const struct plan *plan, struct registry *registry,
                const struct import_request *request, struct import_result *out_result,
                struct conf_error *out_error);
/* The same for a file's bytes in memory; the path is only a name. */
int import_bytes(const struct plan *plan, struct registry *registry,
                 const struct import_request *request, const char *bytes, size_t length,
                 struct import_result *out_result, struct conf_error *out_error);

/* The columns of every kind, for --help; one kind's header row, for the templates. */
void import_print_columns(FILE *out);
void import_print_header(FILE *out, enum import_kind kind);

#endif
