/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The inputs of a year's figures as files that a person can read and a program reads back: all that
 * they depend on besides the files of the plan. One CSV a table, in a fixed order of files, rows
 * and columns, so that equal inputs give equal bytes; what is read back and written again is the
 * very same bytes, or it is refused.
 *
 * What may be in it: counts by access node, controller and interface, counts by probe, and the rows
 * that people imported. No address or line is among the inputs. The names of nodes, controllers and
 * interfaces, which say where an operator's equipment stands, and the pseudonyms of access points
 * are numbers here (archive_hide_names); who has the registry finds them again, since the numbers
 * keep their order.
 * A count of one node may stand below the threshold of publication: an archive is for the auditor,
 * and not part of what is published.
 *
 * Pure but for the callers' put and get. One thread.
 */
#ifndef LASTMILE_COLLECTOR_ARCHIVE_ARCHIVE_H
#define LASTMILE_COLLECTOR_ARCHIVE_ARCHIVE_H

#include "collector/indicator/inputs.h"
#include "collector/registry/ledger.h"
#include "collector/settings.h"

#include "common/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_FORMAT     1
#define ARCHIVE_BYTES_MAX  (64u << 20) /* of one file */
#define ARCHIVE_NAME_BYTES 32

#define ARCHIVE_PERIOD_BYTES 16 /* "2017", "2017-06" */

/* A figure of the year that was changed after it had been final, as the chronicle says. */
struct archive_revision {
    char indicator[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    char operator_name[TOPIC_NAME_MAX + 1]; /* "" = all */
    char period[ARCHIVE_PERIOD_BYTES];
    struct optional_double value, old_value;
    char reason[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char computed_by[ARCHIVE_NAME_BYTES];
    uint64_t revised_ns;
};

/* Owns its inputs, its ledger and its revisions. */
struct archive {
    uint64_t year;
    char made_by[ARCHIVE_NAME_BYTES]; /* version of the program that computed the figures */
    bool byte_order_mark;             /* at the beginning of each public CSV */
    bool full;                        /* nothing is withheld in the public tables */
    struct rule_settings rules;
    struct inputs *inputs;
    struct ledger *ledger;              /* counts alone: its list of gaps is not kept */
    struct archive_revision *revisions; /* in the order of the chronicle */
    size_t revision_count;
};

/* Empty, with inputs and a ledger to be filled; NULL when memory is out. */
struct archive *archive_new(void);
void archive_free(struct archive *archive);
/* A revision behind the others, zeroed; NULL when memory is out. */
struct archive_revision *archive_add_revision(struct archive *archive);

/* Puts numbers in place of the names of nodes, controllers and interfaces and of the pseudonyms of
 * access points. Figures stay the same. 0 or -ENOMEM. */
int archive_hide_names(struct inputs *inputs);

/* The files, in their order; NULL past the last. */
const char *archive_file(size_t i);

/* Takes a file; borrowed until return. 0, or a negated errno that ends the writing. */
typedef int (*archive_put_fn)(void *ctx, const char *name, const char *bytes, size_t length);
/* 0, -ENOMEM, or what put returned. */
int archive_write(const struct archive *archive, archive_put_fn put, void *ctx);

/* Gives a file's bytes, which the reader frees. 0 or a negated errno. */
typedef int (*archive_get_fn)(void *ctx, const char *name, char **out_bytes, size_t *out_length);
/* 0; -EINVAL with out_error set ("nodes.csv:17: ..."): not what archive_write writes; -ENOMEM. */
int archive_read(archive_get_fn get, void *ctx, struct archive **out_archive,
                 struct conf_error *out_error);

#endif
