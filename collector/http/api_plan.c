/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/plan, /indicators, /areas, /operators: the plan as data.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include "collector/http/listing.h"

/* Writes the members of the document. */
typedef void (*write_fn)(struct json_writer *json, const struct plan *plan);

static const struct listing indicators_listing = {
    .tables = {{.array = "indicators",
                .inner = "targets",
                .disposition = "attachment; filename=\"indicators.csv\"",
                .key = {"id"},
                .columns = {"id", "label.zh-CN", "label.en", "unit", "unit_zh", "evidence_class",
                            "responsible.zh-CN", "responsible.en", "definition_version",
                            "targets.date", "targets.operator", "targets.value", "targets.status",
                            "targets.clause"}}},
    .indented = true,
};
static const struct listing areas_listing = {
    .tables = {{.array = "areas",
                .disposition = "attachment; filename=\"areas.csv\"",
                .key = {"key"},
                .columns = {"key", "label.zh-CN", "label.en", "type", "gb2260", "stat_code",
                            "parent", "reporting"}}},
    .indented = true,
};
static const struct listing operators_listing = {
    .tables = {{.array = "operators",
                .disposition = "attachment; filename=\"operators.csv\"",
                .key = {"key"},
                .columns = {"key", "label.zh-CN", "label.en", "has_lines"}}},
    .indented = true,
};

static void respond(struct site *site, const struct http_request *request,
                    struct http_response *response, const struct listing *listing, write_fn write)
{
    struct selection selection;
    if (!selection_read(request, SELECT_FORMAT | SELECT_PAGE, site_plan(site), &selection,
                        response))
        return;
    struct json_writer *json = json_writer_new();
    if (json)
        write(json, site_plan(site));
    listing_respond(listing, request, &selection, json, response);
    response->fresh_s = HTTP_CONSTANT_S;
}

/* A label in both languages: {"zh-CN": ..., "en": ...}. */
static void put_label(struct json_writer *json, const char *key, const char *zh, const char *en)
{
    json_writer_begin_object(json, key);
    json_writer_put_string(json, language_tags[LANGUAGE_ZH], zh);
    json_writer_put_string(json, language_tags[LANGUAGE_EN], en);
    json_writer_end(json);
}

/* "" is null: the plan does not say. */
static void put_optional_text(struct json_writer *json, const char *key, const char *value)
{
    json_writer_put_string(json, key, *value ? value : NULL);
}

static void put_target(struct json_writer *json, const struct plan_target *target)
{
    char date[CLOCK_DATE_BYTES];
    bool dated = target->status != TARGET_UNDATED;
    if (dated)
        clock_format_date(target->day, date);
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "date", dated ? date : NULL);
    json_writer_put_string(json, "operator",
                           conf_id_name(target_operator_names, (int)target->operator_));
    json_writer_put_optional_double(json, "value", target->value);
    json_writer_put_string(json, "status", conf_id_name(target_status_names, (int)target->status));
    put_optional_text(json, "clause", target->clause);
    json_writer_end(json);
}

/* The words of the default, and all that there are. */
static void put_definitions(struct json_writer *json, const struct plan_indicator *indicator)
{
    const struct plan_definition *first = &indicator->definitions[0];
    put_optional_text(json, "numerator", conf_id_name(quantity_names, (int)first->numerator));
    put_optional_text(json, "denominator",
                      first->denominator == DENOMINATOR_NONE
                          ? ""
                          : conf_id_name(denominator_names, (int)first->denominator));
    json_writer_begin_array(json, "definitions");
    for (size_t i = 0; i < indicator->definition_count; i++) {
        const struct plan_definition *definition = &indicator->definitions[i];
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "name", definition->name);
        put_label(json, "label", definition->label_zh, definition->label_en);
        json_writer_put_string(json, "unit", definition->unit);
        json_writer_put_string(json, "unit_zh", definition->unit_zh);
        put_label(json, "note", definition->note_zh, definition->note_en);
        json_writer_end(json);
    }
    json_writer_end(json);
}

static void put_indicator(struct json_writer *json, const struct plan_indicator *indicator)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "id", indicator->id);
    put_label(json, "label", indicator->label_zh, indicator->label_en);
    json_writer_put_string(json, "unit", indicator->unit);
    json_writer_put_string(json, "unit_zh", indicator->unit_zh);
    json_writer_put_string(json, "evidence_class",
                           conf_id_name(evidence_class_names, (int)indicator->evidence_class));
    put_label(json, "responsible", indicator->responsible_zh, indicator->responsible_en);
    json_writer_put_bool(json, "responsible_inferred", indicator->responsible_inferred);
    put_label(json, "note", indicator->note_zh, indicator->note_en);
    put_definitions(json, indicator);
    json_writer_put_u64(json, "definition_version", indicator->definition_version);
    json_writer_begin_array(json, "targets");
    for (size_t i = 0; i < indicator->target_count; i++)
        put_target(json, &indicator->targets[i]);
    json_writer_end(json);
    json_writer_end(json);
}

static void write_plan(struct json_writer *json, const struct plan *plan)
{
    json_writer_put_string(json, "id", plan_id(plan));
    put_label(json, "title", plan_title_zh(plan), plan_title_en(plan));
    json_writer_put_string(json, "document", plan_document(plan));
    json_writer_put_u64(json, "indicators", plan_indicator_count(plan));
    json_writer_put_u64(json, "areas", plan_area_count(plan));
    json_writer_put_u64(json, "operators", plan_operator_count(plan));
}

static void write_indicators(struct json_writer *json, const struct plan *plan)
{
    json_writer_begin_array(json, "indicators");
    for (size_t i = 0; i < plan_indicator_count(plan); i++)
        put_indicator(json, plan_indicator_at(plan, i));
    json_writer_end(json);
}

static void write_areas(struct json_writer *json, const struct plan *plan)
{
    json_writer_begin_array(json, "areas");
    for (size_t i = 0; i < plan_area_count(plan); i++) {
        const struct plan_area *area = plan_area_at(plan, i);
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "key", area->key);
        put_label(json, "label", area->label_zh, area->label_en);
        json_writer_put_string(json, "type", area->type);
        put_optional_text(json, "gb2260", area->gb2260);
        put_optional_text(json, "stat_code", area->stat_code);
        put_optional_text(json, "parent", area->parent);
        json_writer_put_bool(json, "reporting", area->reporting);
        json_writer_end(json);
    }
    json_writer_end(json);
}

static void write_operators(struct json_writer *json, const struct plan *plan)
{
    json_writer_begin_array(json, "operators");
    for (size_t i = 0; i < plan_operator_count(plan); i++) {
        const struct plan_operator *operator_ = plan_operator_at(plan, i);
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "key", operator_->key);
        put_label(json, "label", operator_->label_zh, operator_->label_en);
        json_writer_put_bool(json, "has_lines", operator_->has_lines);
        json_writer_end(json);
    }
    json_writer_end(json);
}

void handle_plan(struct site *site, const struct http_request *request,
                 struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_NOTHING, site_plan(site), &selection, response))
        return;
    struct json_writer *json = json_writer_new();
    if (json)
        write_plan(json, site_plan(site));
    http_respond_take(response, "application/json", json ? json_writer_text(json, true) : NULL);
    json_writer_free(json);
    response->fresh_s = HTTP_CONSTANT_S;
}

void handle_indicators(struct site *site, const struct http_request *request,
                       struct http_response *response)
{
    respond(site, request, response, &indicators_listing, write_indicators);
}

void handle_areas(struct site *site, const struct http_request *request,
                  struct http_response *response)
{
    respond(site, request, response, &areas_listing, write_areas);
}

void handle_operators(struct site *site, const struct http_request *request,
                      struct http_response *response)
{
    respond(site, request, response, &operators_listing, write_operators);
}
