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

#include "collector/http/listing.h"

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

static void write_ledger(struct json_writer *json, const struct ledger *ledger)
{
    put_time(json, "from", ledger->from_ns);
    put_time(json, "to", ledger->to_ns);
    json_writer_begin_array(json, "probes");
    for (size_t i = 0; i < ledger->probe_count; i++)
        put_probe(json, &ledger->probes[i]);
    json_writer_end(json);
}

/* The status, or NULL with the response set. */
static const struct site_status *read_status(struct site *site, const struct http_request *request,
                                             struct http_response *response)
{
    const struct site_status *status;
    if (site_status_for(site, &request->viewer, request->now_unix_ns, &status) == 0 &&
        status->ledger)
        return status;
    http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
    return NULL;
}

/* The columns of coverage.csv in an export. */
static const struct listing completeness_listing = {
    .tables = {{.array = "probes",
                .disposition = "attachment; filename=\"coverage.csv\"",
                .key = {"operator", "probe"},
                .columns = {"operator", "probe", "from=/from", "to=/to", "expected", "arrived",
                            "completeness", "untrusted_clock", "missing.declared",
                            "missing.refused", "missing.clock", "missing.silent",
                            "gaps=gaps_found"}}},
    .indented = true,
};

void handle_completeness(struct site *site, const struct http_request *request,
                         struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_FORMAT | SELECT_PAGE, site_plan(site), &selection,
                        response))
        return;
    const struct site_status *status = read_status(site, request, response);
    if (!status)
        return;
    struct json_writer *json = json_writer_new();
    if (json)
        write_ledger(json, status->ledger);
    listing_respond(&completeness_listing, request, &selection, json, response);
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

static const struct listing alerts_listing = {
    .tables = {{.array = "alerts",
                .disposition = "attachment; filename=\"alerts.csv\"",
                .key = {"alert", "operator", "probe"},
                .columns = {"alert", "operator", "probe", "since", "value", "summary_zh",
                            "summary_en"}}},
    .indented = true,
};

void handle_alerts(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_FORMAT | SELECT_PAGE, site_plan(site), &selection,
                        response))
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
    listing_respond(&alerts_listing, request, &selection, json, response);
}
