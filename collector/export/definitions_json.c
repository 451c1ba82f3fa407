/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/figure_json.h"
#include "collector/export/metadata.h"
#include "collector/export/publication.h"
#include "collector/export/table.h"

#include "collector/estimate/verdict.h"
#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"
#include "collector/settings.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>

static void put_rule(struct json_writer *json, const struct conf_setting *setting,
                     const struct rule_settings *rules)
{
    const char *member = (const char *)rules + setting->offset;
    switch (setting->type) {
    case CONF_UNSIGNED:
        json_writer_put_u64(json, setting->name, *(const uint64_t *)(const void *)member);
        break;
    case CONF_DOUBLE:
        json_writer_put_double(json, setting->name, *(const double *)(const void *)member);
        break;
    case CONF_BOOL:
        json_writer_put_bool(json, setting->name, *(const bool *)(const void *)member);
        break;
    case CONF_STRING:
        json_writer_put_string(json, setting->name, member);
        break;
    case CONF_OPTIONAL_DOUBLE:
    case CONF_ENUM:
    case CONF_GROUP:
    case CONF_LIST:
    case CONF_STRINGS:
        break;
    }
}

/* Every rule that was in force, by the name that collector.cfg gives it. */
static void put_rules(struct json_writer *json, const struct rule_settings *rules)
{
    json_writer_begin_object(json, "rules");
    for (const struct conf_setting *group = collector_settings_table; group->name; group++)
        for (const struct conf_setting *rule = group->children;
             strcmp(group->name, "rules") == 0 && rule && rule->name; rule++)
            put_rule(json, rule, rules);
    json_writer_end(json);
}

static void put_disclosure(struct json_writer *json, const struct export_source *source)
{
    const struct publication *publication = source->publication;
    json_writer_begin_object(json, "disclosure");
    json_writer_put_string(json, "use", export_use(source));
    json_writer_put_u64(json, "figures_withheld", publication->withheld);
    json_writer_put_u64(json, "line_counts", publication->disclosure.cells);
    json_writer_put_u64(json, "line_counts_too_small", publication->disclosure.sensitive);
    json_writer_put_u64(json, "line_counts_withheld_for_others",
                        publication->disclosure.complementary);
    json_writer_put_u64(json, "line_counts_given_away_by_the_city_s_own",
                        publication->disclosure.exposed);
    json_writer_put_u64(json, "revisions_withheld", publication->revisions_withheld);
    json_writer_end(json);
}

static void put_definition(struct json_writer *json, const struct plan_definition *definition)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "name", definition->name);
    json_writer_put_string(json, "label_zh", definition->label_zh);
    json_writer_put_string(json, "label_en", definition->label_en);
    json_writer_put_string(json, "numerator",
                           conf_id_name(quantity_names, (int)definition->numerator));
    json_writer_put_string(json, "population",
                           conf_id_name(population_names, (int)definition->population));
    json_writer_put_string(json, "instant", conf_id_name(instant_names, (int)definition->instant));
    json_writer_put_string(json, "denominator",
                           conf_id_name(denominator_names, (int)definition->denominator));
    json_writer_put_string(json, "unit", definition->unit);
    json_writer_put_string(json, "note_zh", definition->note_zh);
    json_writer_put_string(json, "note_en", definition->note_en);
    json_writer_end(json);
}

static void put_indicator(struct json_writer *json, const struct plan_indicator *indicator)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "id", indicator->id);
    json_writer_put_string(json, "label_zh", indicator->label_zh);
    json_writer_put_string(json, "label_en", indicator->label_en);
    json_writer_put_string(json, "evidence",
                           conf_id_name(evidence_class_names, (int)indicator->evidence_class));
    json_writer_put_u64(json, "definition_version", indicator->definition_version);
    json_writer_put_string(json, "note_zh", indicator->note_zh);
    json_writer_put_string(json, "note_en", indicator->note_en);
    json_writer_begin_array(json, "definitions"); /* the default comes first */
    for (size_t i = 0; i < indicator->definition_count; i++)
        put_definition(json, &indicator->definitions[i]);
    json_writer_end(json);
    json_writer_end(json);
}

static void put_grades(struct json_writer *json)
{
    json_writer_begin_array(json, "grades");
    for (size_t i = 0; i < grade_rule_count; i++) {
        const char grade[] = {grade_rules[i].grade, '\0'};
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "grade", grade);
        json_writer_put_string(json, "rule_zh", grade_rules[i].words_zh);
        json_writer_put_string(json, "rule_en", grade_rules[i].words_en);
        json_writer_end(json);
    }
    json_writer_end(json);
}

static void put_field(struct json_writer *json, const struct column *column)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "name", column->name);
    json_writer_put_string(json, "title_zh", column->title_zh);
    json_writer_put_string(json, "title_en", column->title_en);
    json_writer_put_string(json, "help_zh", column->help_zh);
    json_writer_put_string(json, "help_en", column->help_en);
    json_writer_put_string(json, "unit", column->unit);
    json_writer_end(json);
}

static void put_tables(struct json_writer *json)
{
    json_writer_begin_array(json, "tables");
    for (size_t i = 0; i < bundle_file_count; i++) {
        const struct table *table = bundle_files[i].table;
        if (!table)
            continue;
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "file", bundle_files[i].name);
        json_writer_put_string(json, "title_zh", table->title_zh);
        json_writer_put_string(json, "title_en", table->title_en);
        json_writer_begin_array(json, "fields");
        for (size_t c = 0; c < table->column_count; c++)
            put_field(json, &table->columns[c]);
        json_writer_end(json);
        json_writer_end(json);
    }
    json_writer_end(json);
}

int definitions_json(FILE *out, const struct export_source *source)
{
    struct json_writer *json = json_writer_new();
    char instant[FIGURE_INSTANT_BYTES];
    char time[CLOCK_TIME_BYTES];
    if (!json)
        return -ENOMEM;
    figure_instant_text(source->inputs->window.last_day, instant);
    clock_format_city_time(source->inputs->computed_ns, time);
    json_writer_put_string(json, "plan", plan_id(source->plan));
    json_writer_put_string(json, "document", plan_document(source->plan));
    json_writer_put_string(json, "title_zh", plan_title_zh(source->plan));
    json_writer_put_string(json, "title_en", plan_title_en(source->plan));
    json_writer_put_i64(json, "year", source->year);
    json_writer_put_string(json, "instant", instant);
    json_writer_put_string(json, "computed", time);
    json_writer_put_string(json, "method_version", LASTMILE_VERSION);
    put_disclosure(json, source);
    put_rules(json, source->rules);
    put_grades(json);
    json_writer_begin_array(json, "indicators");
    for (size_t i = 0; i < plan_indicator_count(source->plan); i++)
        put_indicator(json, plan_indicator_at(source->plan, i));
    json_writer_end(json);
    put_tables(json);
    return metadata_end(json, out);
}
