/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/figure_json.h"

#include "common/clock.h"

#include <stdio.h>

void figure_instant_text(int64_t day, char out[static FIGURE_INSTANT_BYTES])
{
    char date[CLOCK_DATE_BYTES];
    clock_format_date(day, date);
    (void)snprintf(out, FIGURE_INSTANT_BYTES, "%sT24:00:00+08:00", date);
}

static void put_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text && text[0])
        json_writer_put_string(writer, key, text);
    else
        json_writer_put_null(writer, key);
}

static void put_target(struct json_writer *writer, const struct plan_target *target)
{
    if (!target) {
        json_writer_put_null(writer, "target");
        return;
    }
    char date[CLOCK_DATE_BYTES] = "";
    if (target->status != TARGET_UNDATED)
        clock_format_date(target->day, date);
    json_writer_begin_object(writer, "target");
    put_text(writer, "date", date);
    json_writer_put_optional_double(writer, "value", target->value);
    json_writer_put_string(writer, "operator",
                           conf_id_name(target_operator_names, (int)target->operator_));
    json_writer_put_string(writer, "status",
                           conf_id_name(target_status_names, (int)target->status));
    json_writer_put_string(writer, "clause", target->clause);
    json_writer_end(writer);
}

static void put_indicator(struct json_writer *writer, const struct figure *figure)
{
    const struct plan_indicator *indicator = figure->indicator;
    json_writer_put_string(writer, "indicator", indicator->id);
    json_writer_put_string(writer, "label_zh", indicator->label_zh);
    json_writer_put_string(writer, "label_en", indicator->label_en);
    json_writer_put_string(writer, "unit", figure->definition->unit);
    json_writer_put_string(writer, "unit_zh", figure->definition->unit_zh);
    json_writer_put_u64(writer, "decimals", figure->definition->decimals);
    put_text(writer, "responsible_zh", indicator->responsible_zh);
    put_text(writer, "responsible_en", indicator->responsible_en);
    json_writer_put_bool(writer, "responsible_inferred", indicator->responsible_inferred);
    put_text(writer, "note_zh", indicator->note_zh);
    put_text(writer, "note_en", indicator->note_en);
}

static void put_scope(struct json_writer *writer, const struct figure *figure)
{
    const struct plan_operator *operator_of = figure->operator_of;
    json_writer_put_string(writer, "area", figure->area->key);
    json_writer_put_string(writer, "area_label_zh", figure->area->label_zh);
    json_writer_put_string(writer, "area_label_en", figure->area->label_en);
    json_writer_put_string(writer, "operator", operator_of ? operator_of->key : NULL);
    json_writer_put_string(writer, "operator_label_zh", operator_of ? operator_of->label_zh : NULL);
    json_writer_put_string(writer, "operator_label_en", operator_of ? operator_of->label_en : NULL);
}

static void put_estimate(struct json_writer *writer, const struct figure *figure)
{
    char grade[2] = {figure->grade, '\0'};
    json_writer_put_string(writer, "evidence",
                           conf_id_name(evidence_class_names, (int)figure->evidence_class));
    json_writer_put_string(writer, "basis", conf_id_name(basis_names, (int)figure->basis));
    json_writer_put_optional_double(writer, "value", figure->value);
    json_writer_put_optional_double(writer, "lower", figure->lower);
    json_writer_put_optional_double(writer, "upper", figure->upper);
    json_writer_put_optional_double(writer, "lower_one_sided", figure->lower_one_sided);
    json_writer_put_optional_double(writer, "upper_one_sided", figure->upper_one_sided);
    json_writer_put_optional_double(writer, "numerator", figure->numerator);
    json_writer_put_optional_double(writer, "denominator", figure->denominator);
    put_text(writer, "numerator_name", figure->numerator_name);
    put_text(writer, "denominator_name", figure->denominator_name);
    put_text(writer, "denominator_date", figure->denominator_date);
    put_text(writer, "denominator_vintage", figure->denominator_vintage);
    put_text(writer, "source", figure->source);
    json_writer_put_optional_double(writer, "coverage", figure->coverage);
    json_writer_put_optional_double(writer, "completeness", figure->completeness);
    json_writer_put_optional_double(writer, "unclassified", figure->unclassified);
    json_writer_put_optional_double(writer, "effective_sample_size", figure->effective_sample_size);
    json_writer_put_optional_double(writer, "estimate", figure->estimate);
    json_writer_put_optional_double(writer, "estimate_lower", figure->estimate_lower);
    json_writer_put_optional_double(writer, "estimate_upper", figure->estimate_upper);
    json_writer_put_optional_double(writer, "month_complete", figure->month_complete);
    json_writer_put_optional_double(writer, "capture_loss", figure->capture_loss);
    json_writer_put_optional_double(writer, "declared_value", figure->declared_value);
    json_writer_put_bool(writer, "flagged", figure->flagged);
    json_writer_put_string(writer, "grade", figure->grade == '-' ? NULL : grade);
}

static void put_pace(struct json_writer *writer, const struct figure *figure)
{
    json_writer_put_string(writer, "pace", conf_id_name(pace_names, (int)figure->pace));
    json_writer_put_string(writer, "pace_zh", conf_id_name(pace_names_zh, (int)figure->pace));
    json_writer_put_string(writer, "pace_en", conf_id_name(pace_names_en, (int)figure->pace));
    json_writer_put_string(writer, "pace_reason_zh", figure->pace_reason_zh);
    json_writer_put_string(writer, "pace_reason_en", figure->pace_reason_en);
    json_writer_put_optional_double(writer, "needed_per_year", figure->needed_per_year);
    json_writer_put_optional_double(writer, "achieved_per_year", figure->achieved_per_year);
    json_writer_put_optional_double(writer, "linear_path", figure->linear_path);
    json_writer_put_optional_double(writer, "forecast", figure->forecast);
    json_writer_put_optional_double(writer, "forecast_lower", figure->forecast_lower);
    json_writer_put_optional_double(writer, "forecast_upper", figure->forecast_upper);
}

static void put_declared(struct json_writer *writer, const struct figure *figure)
{
    const struct plan_definition *definition = figure->declared_definition;
    bool none = figure->declared_gap == DECLARED_NONE;
    put_text(writer, "declared_source", figure->declared_source);
    json_writer_put_optional_double(writer, "gap", figure->gap);
    json_writer_put_string(writer, "declared_gap",
                           none ? NULL
                                : conf_id_name(declared_gap_names, (int)figure->declared_gap));
    json_writer_put_string(writer, "declared_gap_zh",
                           none ? NULL
                                : conf_id_name(declared_gap_names_zh, (int)figure->declared_gap));
    json_writer_put_string(writer, "declared_definition", definition ? definition->name : NULL);
    put_text(writer, "remark_zh", figure->remark_zh);
    put_text(writer, "remark_en", figure->remark_en);
}

void figure_json(struct json_writer *writer, const char *key, const struct figure *figure)
{
    char instant[FIGURE_INSTANT_BYTES];
    figure_instant_text(figure->instant_day, instant);
    json_writer_begin_object(writer, key);
    put_indicator(writer, figure);
    put_target(writer, figure->target);
    put_scope(writer, figure);
    json_writer_put_string(writer, "instant", instant);
    json_writer_put_bool(writer, "provisional", figure->provisional);
    json_writer_put_bool(writer, "due", figure->due);
    put_estimate(writer, figure);
    json_writer_put_string(writer, "verdict", conf_id_name(verdict_names, (int)figure->verdict));
    json_writer_put_string(writer, "verdict_zh",
                           conf_id_name(verdict_names_zh, (int)figure->verdict));
    json_writer_put_string(writer, "verdict_en",
                           conf_id_name(verdict_names_en, (int)figure->verdict));
    json_writer_put_string(writer, "reason_zh", figure->reason_zh);
    json_writer_put_string(writer, "reason_en", figure->reason_en);
    json_writer_put_u64(writer, "definition_version", figure->definition_version);
    json_writer_put_string(writer, "definition", figure->definition->name);
    json_writer_put_string(writer, "definition_label_zh", figure->definition->label_zh);
    json_writer_put_string(writer, "definition_label_en", figure->definition->label_en);
    json_writer_put_bool(writer, "alternative", figure->alternative);
    json_writer_put_bool(writer, "withheld", figure->withheld);
    put_pace(writer, figure);
    put_declared(writer, figure);
    json_writer_end(writer);
}

void figures_json(struct json_writer *writer, const struct plan *plan,
                  const struct figures *figures)
{
    char instant[FIGURE_INSTANT_BYTES];
    int year = 0;
    int month = 0;
    int day = 0;
    figure_instant_text(figures->instant_day, instant);
    clock_civil_from_days(figures->instant_day, &year, &month, &day);
    json_writer_put_string(writer, "plan", plan_id(plan));
    json_writer_put_string(writer, "document", plan_document(plan));
    json_writer_put_i64(writer, "year", year);
    json_writer_put_string(writer, "instant", instant);
    json_writer_put_bool(writer, "provisional",
                         figures->count > 0 && figures->figures[0].provisional);
    json_writer_put_string(writer, "method_version", LASTMILE_VERSION);
    json_writer_begin_array(writer, "figures");
    for (size_t i = 0; i < figures->count; i++)
        figure_json(writer, NULL, &figures->figures[i]);
    json_writer_end(writer);
}
