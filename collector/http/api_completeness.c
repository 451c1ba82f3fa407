/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/completeness: what arrived of what was promised, and why the rest did not.
 * /api/v1/alerts: what is in force.
 */
#include "collector/http/handlers.h"

#include "collector/alert/alert.h"
#include "collector/export/tables.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include "collector/http/selection.h"

#include <stdlib.h>
#include <string.h>

static void put_time(struct json_writer *json, const char *key, uint64_t unix_ns)
{
    char time[CLOCK_TIME_BYTES];
    clock_format_city_time(unix_ns, time);
    json_writer_put_string(json, key, time);
}

static void put_gap(struct json_writer *json, const struct ledger_gap *gap)
{
    json_writer_begin_object(json, NULL);
    put_time(json, "from", gap->from_ns);
    put_time(json, "to", gap->to_ns);
    json_writer_put_u64(json, "intervals", gap->intervals);
    json_writer_put_string(json, "reason", ledger_reason_names[gap->reason]);
    json_writer_end(json);
}

static void put_probe(struct json_writer *json, const struct ledger_probe *probe)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "operator", probe->operator_name);
    json_writer_put_string(json, "probe", probe->probe_name);
    json_writer_put_u64(json, "expected", probe->expected);
    json_writer_put_u64(json, "arrived", probe->arrived);
    json_writer_put_optional_double(json, "completeness", coverage_completeness(probe));
    json_writer_put_u64(json, "untrusted_clock", probe->untrusted);
    json_writer_begin_object(json, "missing");
    for (int reason = 0; reason < LEDGER_REASONS; reason++)
        json_writer_put_u64(json, ledger_reason_names[reason], probe->missing[reason]);
    json_writer_end(json);
    json_writer_put_u64(json, "gaps_found", probe->gaps_found);
    json_writer_begin_array(json, "gaps");
    for (size_t i = 0; i < probe->gap_count; i++)
        put_gap(json, &probe->gaps[i]);
    json_writer_end(json);
    json_writer_end(json);
}

static char *write_json(const struct ledger *ledger)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return NULL;
    put_time(json, "from", ledger->from_ns);
    put_time(json, "to", ledger->to_ns);
    json_writer_begin_array(json, "probes");
    for (size_t i = 0; i < ledger->probe_count; i++)
        put_probe(json, &ledger->probes[i]);
    json_writer_end(json);
    char *text = json_writer_text(json, true);
    json_writer_free(json);
    return text;
}

static char *write_csv(const struct ledger *ledger)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    const struct export_source source = {.ledger = ledger, .byte_order_mark = true};
    table_csv(out, &coverage_table, &source);
    bool whole = fflush(out) == 0 && !ferror(out);
    if (fclose(out) == 0 && whole)
        return text;
    free(text);
    return NULL;
}

/* The status, or NULL with the response set. */
static const struct site_status *read_status(struct site *site, const struct http_request *request,
                                             struct http_response *response)
{
    const struct site_status *status;
    if (site_status(site, request->now_unix_ns, &status) == 0 && status->ledger)
        return status;
    http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
    return NULL;
}

void handle_completeness(struct site *site, const struct http_request *request,
                         struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_FORMAT, site_plan(site), &selection, response))
        return;
    unsigned json, csv;
    (void)http_accepts(request->accept, "application/json", &json);
    (void)http_accepts(request->accept, "text/csv", &csv);
    bool by_accept = selection.format == FORMAT_BY_ACCEPT;
    if (by_accept && json == 0 && csv == 0) {
        http_respond_problem(response, HTTP_NOT_ACCEPTABLE,
                             "Completeness can be had as application/json or text/csv.");
        return;
    }
    const struct site_status *status = read_status(site, request, response);
    if (!status)
        return;
    if (selection.format == FORMAT_JSON || (by_accept && csv <= json)) {
        http_respond_take(response, "application/json", write_json(status->ledger));
        return;
    }
    http_respond_take(response, "text/csv; charset=utf-8; header=present",
                      write_csv(status->ledger));
    if (response->status == HTTP_OK)
        response->content_disposition = "attachment; filename=\"coverage.csv\"";
}

static void put_alert(struct json_writer *json, const struct site_alert *alert)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "alert", alert->rule);
    json_writer_put_string(json, "operator", alert->operator_name);
    json_writer_put_string(json, "probe", alert->probe_name);
    put_time(json, "since", alert->since_ns);
    json_writer_put_double(json, "value", alert->value);
    for (int rule = 0; rule < ALERT_RULES; rule++) {
        if (strcmp(alert->rule, alert_kinds[rule].name) != 0)
            continue;
        json_writer_put_string(json, "summary_zh", alert_kinds[rule].summary_zh);
        json_writer_put_string(json, "summary_en", alert_kinds[rule].summary_en);
    }
    json_writer_end(json);
}

void handle_alerts(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_NOTHING, site_plan(site), &selection, response))
        return;
    const struct site_status *status = read_status(site, request, response);
    if (!status)
        return;
    struct json_writer *json = json_writer_new();
    if (json) {
        json_writer_begin_array(json, "alerts");
        for (size_t i = 0; i < status->alert_count; i++)
            put_alert(json, &status->alerts[i]);
        json_writer_end(json);
    }
    http_respond_take(response, "application/json", json ? json_writer_text(json, true) : NULL);
    json_writer_free(json);
}
