/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/metadata.h"
#include "collector/export/table.h"

#include "collector/plan/plan.h"

#include <errno.h>
#include <string.h>

static void put_words(struct json_writer *json, const char *key, const char *en, const char *zh)
{
    const struct {
        const char *language, *words;
    } both[] = {{"zh", zh}, {"en", en}};
    json_writer_begin_array(json, key);
    for (size_t i = 0; i < 2; i++) {
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "@value", both[i].words);
        json_writer_put_string(json, "@language", both[i].language);
        json_writer_end(json);
    }
    json_writer_end(json);
}

/* Metadata Vocabulary for Tabular Data, 5.11.2: a base, and what narrows it. A list of words is a
 * regular expression. */
static void put_datatype(struct json_writer *json, const struct column *column)
{
    static const char *const bases[] = {
        [CELL_TEXT] = "string",   [CELL_COUNT] = "nonNegativeInteger",
        [CELL_NUMBER] = "double", [CELL_BOOLEAN] = "boolean",
        [CELL_DATE] = "date",     [CELL_INSTANT] = "string",
    };
    char words[1024];
    size_t length = 0;
    json_writer_begin_object(json, "datatype");
    json_writer_put_string(json, "base", bases[column->type]);
    if (column->type == CELL_BOOLEAN)
        json_writer_put_string(json, "format", "true|false");
    if (column->type == CELL_DATE)
        json_writer_put_string(json, "format", "yyyy-MM-dd");
    if (column->type == CELL_INSTANT)
        json_writer_put_string(json, "format", METADATA_INSTANT_PATTERN);
    if (column->flags & COLUMN_SHARE)
        json_writer_put_u64(json, "minimum", 0);
    words[0] = '\0';
    for (const struct conf_name *name = column->names; name && name->name; name++)
        length += (size_t)snprintf(words + length, sizeof words - length, "%s%s",
                                   length > 0 ? "|" : "^(", name->name);
    if (length > 0 && length + 3 < sizeof words) {
        memcpy(words + length, ")$", 3);
        json_writer_put_string(json, "format", words);
    }
    json_writer_end(json);
}

static void put_column(struct json_writer *json, const struct column *column)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "name", column->name);
    json_writer_put_string(json, "titles", column->name);
    put_words(json, "dc:title", column->title_en, column->title_zh);
    put_words(json, "dc:description", column->help_en, column->help_zh);
    if (column->unit)
        json_writer_put_string(json, "schema:unitText", column->unit);
    json_writer_put_bool(json, "required", (column->flags & COLUMN_REQUIRED) != 0);
    put_datatype(json, column);
    json_writer_end(json);
}

static void put_table(struct json_writer *json, const struct bundle_file *file)
{
    const struct table *table = file->table;
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "url", file->name);
    put_words(json, "dc:title", table->title_en, table->title_zh);
    put_words(json, "dc:description", table->help_en, table->help_zh);
    json_writer_begin_object(json, "tableSchema");
    json_writer_begin_array(json, "columns");
    for (size_t c = 0; c < table->column_count; c++)
        put_column(json, &table->columns[c]);
    json_writer_end(json);
    if (table_has_key(table)) {
        json_writer_begin_array(json, "primaryKey");
        for (const char *const *key = table->key; *key; key++)
            json_writer_put_string(json, NULL, *key);
        json_writer_end(json);
    }
    json_writer_end(json);
    json_writer_end(json);
}

static void put_dialect(struct json_writer *json)
{
    json_writer_begin_object(json, "dialect");
    json_writer_put_string(json, "encoding", "utf-8");
    json_writer_put_string(json, "delimiter", ",");
    json_writer_put_bool(json, "header", true);
    json_writer_put_bool(json, "doubleQuote", true);
    json_writer_end(json);
}

int csvw_json(FILE *out, const struct export_source *source)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return -ENOMEM;
    json_writer_put_string(json, "@context", "http://www.w3.org/ns/csvw");
    put_words(json, "dc:title", plan_title_en(source->plan), plan_title_zh(source->plan));
    put_dialect(json);
    json_writer_begin_array(json, "tables");
    for (size_t i = 0; i < bundle_file_count; i++)
        if (bundle_files[i].table)
            put_table(json, &bundle_files[i]);
    json_writer_end(json);
    return metadata_end(json, out);
}
