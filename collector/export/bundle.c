/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/bundle.h"

#include "collector/export/tables.h"

#define CSV(name_, table_)                                                                         \
    {                                                                                              \
        .name = name_, .media_type = "text/csv", .table = &table_                                  \
    }

const struct bundle_file bundle_files[] = {
    CSV("targets.csv", targets_table),   CSV("denominators.csv", denominators_table),
    CSV("lines.csv", lines_table),       CSV("verdicts.csv", verdicts_table),
    CSV("coverage.csv", coverage_table), CSV("revisions.csv", revisions_table),
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
