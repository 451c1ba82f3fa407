/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files that say what the others are: definitions.json (what was counted, by which rules, what
 * was withheld), datapackage.json (Frictionless Data Package 1), csvw.json (W3C Metadata Vocabulary
 * for Tabular Data) and dcat.json (W3C DCAT 2 in JSON-LD, for a catalogue of open data). Each is
 * made from the tables of the bundle and from what the files before it became. 0 or -ENOMEM.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_METADATA_H
#define LASTMILE_COLLECTOR_EXPORT_METADATA_H

#include "collector/export/bundle.h"

#include "common/json_writer.h"

int definitions_json(FILE *out, const struct export_source *source);
int datapackage_json(FILE *out, const struct export_source *source);
int csvw_json(FILE *out, const struct export_source *source);
int dcat_json(FILE *out, const struct export_source *source);

/* Writes the document and frees the writer. 0 or -ENOMEM. */
int metadata_end(struct json_writer *writer, FILE *out);

/* What a file became; NULL when that is not known yet. */
const struct export_file *metadata_written(const struct export_source *source, const char *name);

/* The form of an instant: ISO 8601 with its hour 24, which XML Schema and Frictionless do not take.
 */
#define METADATA_INSTANT_PATTERN "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}[+]08:00$"

/* Under which the figures may be used, unless the source says otherwise. */
#define METADATA_LICENCE_NAME "CC-BY-4.0"
#define METADATA_LICENCE_URL  "https://creativecommons.org/licenses/by/4.0/"

#endif
