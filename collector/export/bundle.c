/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/bundle.h"

#include "collector/export/metadata.h"
#include "collector/export/tables.h"

#define CSV(name_, table_)                                                                         \
    {                                                                                              \
        .name = name_, .media_type = "text/csv", .table = &table_                                  \
    }

const struct bundle_file bundle_files[] = {
    CSV("targets.csv", targets_table),
    CSV("denominators.csv", denominators_table),
    CSV("lines.csv", lines_table),
    CSV("verdicts.csv", verdicts_table),
    CSV("coverage.csv", coverage_table),
    CSV("revisions.csv", revisions_table),
    /* What follows says what the files before it are. */
    {"definitions.json", "application/json", NULL, definitions_json,
     "Definitions, rules and what was withheld", "定义、规则与不予公布的情况"},
    {"csvw.json", "application/csvm+json", NULL, csvw_json, "Metadata of the tables (W3C CSVW)",
     "各表元数据（W3C CSVW）"},
    {"datapackage.json", "application/json", NULL, datapackage_json,
     "Metadata of the tables (Frictionless Data Package)", "各表元数据（Frictionless 数据包）"},
    {"dcat.json", "application/ld+json", NULL, dcat_json, "Entry for a catalogue (W3C DCAT)",
     "数据目录条目（W3C DCAT）"},
};
const size_t bundle_file_count = sizeof bundle_files / sizeof bundle_files[0];

const char *export_use(const struct export_source *source)
{
    return source->publication && !source->full ? "public" : "internal";
}

int bundle_write(const struct bundle_file *file, FILE *out, const struct export_source *source)
{
    if (!file->table)
        return file->write(out, source);
    table_csv(out, file->table, source);
    return 0;
}
