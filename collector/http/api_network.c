/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/nodes: what stands behind the figures: access nodes, WLAN controllers, interfaces.
 * /api/v1/trends: the figures of the city over the years.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include "collector/export/figure_json.h"
#include "collector/http/listing.h"

#include <string.h>

static void put_name(struct json_writer *json, const char *key, const struct conf_name *names,
                     int id)
{
    json_writer_put_string(json, key, conf_id_name(names, id));
}

static void put_text(struct json_writer *json, const char *key, const char *text)
{
    json_writer_put_string(json, key, *text ? text : NULL);
}

static void put_day(struct json_writer *json, const char *key, int64_t day, bool known)
{
    char date[CLOCK_DATE_BYTES];
    clock_format_date(day, date);
    json_writer_put_string(json, key, known ? date : NULL);
}

struct question {
    const struct selection *selection;
    const struct plan *plan;
    const struct viewer *viewer;
};

/* Every node of the city, or of the one area and operator that was asked for; the viewer's own. */
static bool is_selected(const struct question *question, const char *area,
                        const char *operator_name)
{
    const struct selection *selection = question->selection;
    bool in_area = selection->every_area || selection->area == plan_area_at(question->plan, 0) ||
                   strcmp(selection->area->key, area) == 0;
    return in_area && viewer_sees_operator(question->viewer, operator_name) &&
           (!selection->operator_of || strcmp(selection->operator_of->key, operator_name) == 0);
}

static void put_place(struct json_writer *json, const char *operator_name, const char *node,
                      const char *area)
{
    json_writer_put_string(json, "operator", operator_name);
    json_writer_put_string(json, "node", node);
    put_text(json, "area", area);
}

static void put_lines(struct json_writer *json, const struct node_lines *lines)
{
    json_writer_begin_object(json, NULL);
    put_name(json, "technology", access_technology_names, (int)lines->technology);
    json_writer_put_optional_u64(json, "provisioned", lines->provisioned);
    json_writer_put_optional_u64(json, "active", lines->active_max);
    json_writer_put_u64(json, "seen", lines->seen);
    json_writer_put_optional_u64(json, "registered", lines->registered);
    json_writer_end(json);
}

static void put_node(struct json_writer *json, const struct node_evidence *node)
{
    json_writer_begin_object(json, NULL);
    put_place(json, node->operator_name, node->access_node, node->area);
    put_name(json, "settlement", settlement_names, (int)node->settlement);
    put_name(json, "residence", residence_names, (int)node->residence);
    json_writer_put_bool(json, "reported", node->reported);
    json_writer_put_bool(json, "registered", node->registered);
    put_day(json, "last_day", node->last_day, node->reported);
    json_writer_begin_array(json, "lines");
    for (size_t i = 0; i < node->line_count; i++)
        put_lines(json, &node->lines[i]);
    json_writer_end(json);
    json_writer_end(json);
}

static void put_controller(struct json_writer *json, const struct controller_evidence *controller)
{
    json_writer_begin_object(json, NULL);
    put_place(json, controller->operator_name, controller->access_node, controller->area);
    json_writer_put_bool(json, "reported", controller->reported);
    json_writer_put_bool(json, "registered", controller->registered);
    json_writer_put_optional_u64(json, "registered_wtps", controller->registered_wtps);
    json_writer_put_optional_u64(json, "configured", controller->configured);
    json_writer_put_optional_u64(json, "run", controller->run_max);
    json_writer_put_u64(json, "present", controller->named_present);
    json_writer_end(json);
}

static void put_interface(struct json_writer *json, const struct interface_evidence *interface)
{
    json_writer_begin_object(json, NULL);
    put_place(json, interface->operator_name, interface->access_node, interface->area);
    json_writer_put_string(json, "interface", interface->name);
    put_name(json, "role", interface_role_names, (int)interface->role);
    json_writer_put_optional_u64(json, "capacity_mbit_s", interface->high_speed_mbit_s);
    json_writer_put_bool(json, "up", interface->up);
    json_writer_put_u64(json, "samples", interface->samples);
    json_writer_put_optional_double(json, "p95_in_bit_s", interface->p95_in_bit_s);
    json_writer_put_optional_double(json, "p95_out_bit_s", interface->p95_out_bit_s);
    json_writer_end(json);
}

static void write_evidence(struct json_writer *json, const struct evidence *evidence,
                           const struct question *question)
{
    json_writer_begin_array(json, "nodes");
    for (size_t i = 0; i < evidence->node_count; i++)
        if (is_selected(question, evidence->nodes[i].area, evidence->nodes[i].operator_name))
            put_node(json, &evidence->nodes[i]);
    json_writer_end(json);
    json_writer_begin_array(json, "controllers");
    for (size_t i = 0; i < evidence->controller_count; i++)
        if (is_selected(question, evidence->controllers[i].area,
                        evidence->controllers[i].operator_name))
            put_controller(json, &evidence->controllers[i]);
    json_writer_end(json);
    json_writer_begin_array(json, "interfaces");
    for (size_t i = 0; i < evidence->interface_count; i++)
        if (is_selected(question, evidence->interfaces[i].area,
                        evidence->interfaces[i].operator_name))
            put_interface(json, &evidence->interfaces[i]);
    json_writer_end(json);
}

static const struct listing nodes_listing = {
    .tables = {{.array = "nodes",
                .inner = "lines",
                .disposition = "attachment; filename=\"nodes.csv\"",
                .key = {"operator", "node"},
                .columns = {"operator", "node", "area", "settlement", "residence", "reported",
                            "registered", "last_day", "lines.technology", "lines.provisioned",
                            "lines.active", "lines.seen", "lines.registered"}},
               {.array = "controllers",
                .disposition = "attachment; filename=\"controllers.csv\"",
                .key = {"operator", "node"},
                .columns = {"operator", "node", "area", "reported", "registered", "registered_wtps",
                            "configured", "run", "present"}},
               {.array = "interfaces",
                .disposition = "attachment; filename=\"interfaces.csv\"",
                .key = {"operator", "node", "interface"},
                .columns = {"operator", "node", "area", "interface", "role", "capacity_mbit_s",
                            "up", "samples", "p95_in_bit_s", "p95_out_bit_s"}}},
};

void handle_nodes(struct site *site, const struct http_request *request,
                  struct http_response *response)
{
    struct selection selection;
    const struct evidence *evidence;
    if (!selection_read(request,
                        SELECT_YEAR | SELECT_AREA | SELECT_OPERATOR | SELECT_FORMAT | SELECT_PAGE |
                            SELECT_TABLE,
                        site_plan(site), &selection, response))
        return;
    if (!http_is_read(site_evidence(site, selection.year, request->now_unix_ns, &evidence),
                      response))
        return;
    struct json_writer *json = json_writer_new();
    if (json) {
        json_writer_put_i64(json, "year", selection.year);
        const struct question question = {&selection, site_plan(site), &request->viewer};
        write_evidence(json, evidence, &question);
    }
    listing_respond(&nodes_listing, request, &selection, json, response);
}

static void put_point(struct json_writer *json, const struct trend_point *point)
{
    char grade[2] = {point->grade, '\0'};
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "indicator", point->indicator->id);
    put_day(json, "date", point->day, true);
    json_writer_put_bool(json, "of_year", point->of_year);
    json_writer_put_optional_double(json, "value", point->value);
    json_writer_put_optional_double(json, "lower", point->lower);
    json_writer_put_optional_double(json, "upper", point->upper);
    put_name(json, "status", trend_status_names, (int)point->status);
    put_name(json, "verdict", verdict_names, (int)point->verdict);
    json_writer_put_string(json, "grade", point->grade == '-' ? NULL : grade);
    json_writer_put_u64(json, "definition_version", point->definition_version);
    put_text(json, "reason", point->reason);
    json_writer_end(json);
}

static const struct listing trends_listing = {
    .tables = {{.array = "points",
                .disposition = "attachment; filename=\"trends.csv\"",
                .key = {"indicator", "date", "of_year", "status"},
                .columns = {"indicator", "date", "of_year", "value", "lower", "upper", "status",
                            "verdict", "grade", "definition_version", "reason"}}},
};

void handle_trends(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    const struct trends *trends;
    if (!selection_read(request, SELECT_INDICATOR | SELECT_FORMAT | SELECT_PAGE, site_plan(site),
                        &selection, response))
        return;
    if (!http_is_read(site_trends(site, request->now_unix_ns, &trends), response))
        return;
    struct json_writer *json = json_writer_new();
    if (json) {
        json_writer_begin_array(json, "points");
        for (size_t i = 0; i < trends->count; i++)
            if (!selection.indicator || selection.indicator == trends->points[i].indicator)
                put_point(json, &trends->points[i]);
        json_writer_end(json);
    }
    listing_respond(&trends_listing, request, &selection, json, response);
}
