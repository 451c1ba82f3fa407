/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/metadata.h"
#include "collector/export/table.h"

#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* specs.frictionlessdata.io/table-schema, "Types and formats". */
static const char *type_name(enum cell_type type)
{
    static const char *const names[] = {
        [CELL_TEXT] = "string",     [CELL_COUNT] = "integer", [CELL_NUMBER] = "number",
        [CELL_BOOLEAN] = "boolean", [CELL_DATE] = "date",     [CELL_INSTANT] = "string",
    };
    return names[type];
}

static void put_constraints(struct json_writer *json, const struct column *column)
{
    json_writer_begin_object(json, "constraints");
    json_writer_put_bool(json, "required", (column->flags & COLUMN_REQUIRED) != 0);
    if (column->type == CELL_COUNT || (column->flags & COLUMN_SHARE))
        json_writer_put_u64(json, "minimum", 0);
    if (column->type == CELL_INSTANT)
        json_writer_put_string(json, "pattern", METADATA_INSTANT_PATTERN);
    if (column->names) {
        json_writer_begin_array(json, "enum");
        for (const struct conf_name *name = column->names; name->name; name++)
            json_writer_put_string(json, NULL, name->name);
        json_writer_end(json);
    }
    json_writer_end(json);
}

static void put_field(struct json_writer *json, const struct column *column)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "name", column->name);
    json_writer_put_string(json, "type", type_name(column->type));
    json_writer_put_string(json, "title", column->title_en);
    json_writer_put_string(json, "title_zh", column->title_zh);
    json_writer_put_string(json, "description", column->help_en);
    json_writer_put_string(json, "description_zh", column->help_zh);
    if (column->unit)
        json_writer_put_string(json, "unit", column->unit);
    put_constraints(json, column);
    json_writer_end(json);
}

static void put_schema(struct json_writer *json, const struct table *table)
{
    json_writer_begin_object(json, "schema");
    json_writer_begin_array(json, "fields");
    for (size_t c = 0; c < table->column_count; c++)
        put_field(json, &table->columns[c]);
    json_writer_end(json);
    json_writer_begin_array(json, "missingValues");
    json_writer_put_string(json, NULL, "");
    json_writer_end(json);
    if (table_has_key(table)) {
        json_writer_begin_array(json, "primaryKey");
        for (const char *const *key = table->key; *key; key++)
            json_writer_put_string(json, NULL, *key);
        json_writer_end(json);
    }
    json_writer_end(json);
}

static void put_dialect(struct json_writer *json)
{
    json_writer_begin_object(json, "dialect");
    json_writer_put_string(json, "delimiter", ",");
    json_writer_put_string(json, "lineTerminator", "\r\n");
    json_writer_put_string(json, "quoteChar", "\"");
    json_writer_put_bool(json, "doubleQuote", true);
    json_writer_put_bool(json, "header", true);
    json_writer_end(json);
}

static void put_resource(struct json_writer *json, const struct export_source *source,
                         const struct bundle_file *file)
{
    const struct table *table = file->table;
    const struct export_file *written = metadata_written(source, file->name);
    char hash[80];
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "profile", "tabular-data-resource");
    json_writer_put_string(json, "name", table->name);
    json_writer_put_string(json, "path", file->name);
    json_writer_put_string(json, "title", table->title_en);
    json_writer_put_string(json, "title_zh", table->title_zh);
    json_writer_put_string(json, "description", table->help_en);
    json_writer_put_string(json, "description_zh", table->help_zh);
    json_writer_put_string(json, "format", "csv");
    json_writer_put_string(json, "mediatype", file->media_type);
    json_writer_put_string(json, "encoding", "utf-8");
    if (written) {
        (void)snprintf(hash, sizeof hash, "sha256:%s", written->sha256);
        json_writer_put_u64(json, "bytes", written->bytes);
        json_writer_put_string(json, "hash", hash);
    }
    put_dialect(json);
    put_schema(json, table);
    json_writer_end(json);
}

static void put_licences(struct json_writer *json)
{
    json_writer_begin_array(json, "licenses");
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "name", METADATA_LICENCE_NAME);
    json_writer_put_string(json, "path", METADATA_LICENCE_URL);
    json_writer_end(json);
    json_writer_end(json);
}

int datapackage_json(FILE *out, const struct export_source *source)
{
    struct json_writer *json = json_writer_new();
    char name[128];
    char time[CLOCK_TIME_BYTES];
    if (!json)
        return -ENOMEM;
    (void)snprintf(name, sizeof name, "%s-%d", plan_id(source->plan), source->year);
    clock_format_city_time(source->inputs->computed_ns, time);
    json_writer_put_string(json, "profile", "tabular-data-package");
    json_writer_put_string(json, "name", name);
    json_writer_put_string(json, "title", plan_title_en(source->plan));
    json_writer_put_string(json, "title_zh", plan_title_zh(source->plan));
    json_writer_put_string(json, "document", plan_document(source->plan));
    json_writer_put_i64(json, "year", source->year);
    json_writer_put_string(json, "version", LASTMILE_VERSION);
    json_writer_put_string(json, "created", time);
    json_writer_put_string(json, "use", export_use(source));
    put_licences(json);
    json_writer_begin_array(json, "resources");
    for (size_t i = 0; i < bundle_file_count; i++)
        if (bundle_files[i].table)
            put_resource(json, source, &bundle_files[i]);
    json_writer_end(json);
    return metadata_end(json, out);
}
