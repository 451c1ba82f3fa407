/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The public files of a yearly bundle: what they are made from, and the list of them. Every file is
 * a function of one struct export_source; equal sources give equal bytes. Who composes a package
 * fills the source, has its publication made (publication.h), then writes the files in the order of
 * the list, and tells the later ones what the earlier ones became.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_BUNDLE_H
#define LASTMILE_COLLECTOR_EXPORT_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct figures;
struct inputs;
struct ledger;
struct plan;
struct publication;
struct rule_settings;
struct table;

/* A figure that was changed after it had been frozen. Text is borrowed. */
struct export_revision {
    const char *indicator, *area;
    const char *operator_name; /* "" = all operators */
    const char *period;        /* "2017", "2017-06" */
    double value, old_value;
    bool value_known, old_value_known;
    const char *reason;
    const char *vintage;     /* of the source that changed it; "" = none */
    const char *computed_by; /* version of the method */
    uint64_t revised_ns;
};

/* A file that is written already: what datapackage.json and dcat.json say of it. */
struct export_file {
    const char *name; /* as in bundle_files */
    uint64_t bytes;
    char sha256[65]; /* hexadecimal, small letters */
};

/* All pointers are borrowed and outlive the writing. */
struct export_source {
    const struct plan *plan;
    const struct rule_settings *rules;
    const struct inputs *inputs;
    const struct figures *figures; /* of all targets, areas and operators; unsuppressed */
    const struct ledger *ledger;   /* of the year's part that has passed; NULL: no rows */
    const struct export_revision *revisions;
    size_t revision_count;
    int year;
    bool byte_order_mark; /* at the beginning of every CSV */
    bool full; /* for the city's own use: nothing is suppressed, and every file says so */
    const struct publication *publication; /* what of all this may be shown */
    const struct export_file *written;     /* the files before this one, in the list's order */
    size_t written_count;
};

/* "public", or "internal": nothing is withheld, so it is not to be passed on. */
const char *export_use(const struct export_source *source);

struct bundle_file {
    const char *name;          /* "verdicts.csv" */
    const char *media_type;    /* "text/csv" */
    const struct table *table; /* a CSV file; NULL: write makes it */
    int (*write)(FILE *out, const struct export_source *source);
    const char *title_en, *title_zh; /* where there is no table */
};

extern const struct bundle_file bundle_files[];
extern const size_t bundle_file_count;

/* 0, -ENOMEM or -EIO; a fault of the stream is for the caller to find. */
int bundle_write(const struct bundle_file *file, FILE *out, const struct export_source *source);

#endif
