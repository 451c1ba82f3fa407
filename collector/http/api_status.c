/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/probes, /api/v1/quarantine, /healthz: the collector's own state.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include "collector/http/listing.h"

#include <stdlib.h>

/* Probes have reported before, and nothing was committed for so long. */
#define HEALTH_STALE_S 3600

static const char *const state_names[] = {
    [PROBE_NEVER_HEARD] = "never-heard",
    [PROBE_REPORTING] = "reporting",
    [PROBE_SILENT] = "silent",
};

/* RFC 3339 in the city's time, or null for never. */
static void put_time(struct json_writer *json, const char *key, uint64_t unix_ns)
{
    char time[CLOCK_TIME_BYTES];
    if (unix_ns)
        clock_format_city_time(unix_ns, time);
    json_writer_put_string(json, key, unix_ns ? time : NULL);
}

static void put_probe(struct json_writer *json, const struct site_probe *probe, uint64_t now_ns)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "operator", probe->operator_name);
    json_writer_put_string(json, "probe", probe->probe_name);
    json_writer_put_string(json, "agent_version",
                           *probe->agent_version ? probe->agent_version : NULL);
    json_writer_put_string(json, "state", state_names[site_probe_state(probe, now_ns)]);
    put_time(json, "last_arrived", probe->last_arrived_ns);
    put_time(json, "last_interval_start", probe->last_start_ns);
    json_writer_put_double(json, "interval_s", (double)probe->interval_ms / 1000);
    json_writer_put_u64(json, "reports", probe->reports);
    json_writer_put_u64(json, "refused", probe->refused);
    json_writer_put_u64(json, "gap_intervals", probe->gap_intervals);
    json_writer_put_optional_u64(json, "expected_intervals", probe->expected_intervals);
    json_writer_put_optional_u64(json, "arrived_intervals", probe->arrived_intervals);
    json_writer_put_optional_double(json, "capture_coverage", probe->capture_coverage);
    json_writer_put_optional_u64(json, "packets", probe->packets);
    json_writer_put_optional_u64(json, "dropped_packets", probe->dropped_packets);
    json_writer_end(json);
}

static void write_probes(struct json_writer *json, const struct site_status *status,
                         uint64_t now_ns)
{
    json_writer_begin_array(json, "probes");
    for (size_t i = 0; i < status->probe_count; i++)
        put_probe(json, &status->probes[i], now_ns);
    json_writer_end(json);
}

static void write_quarantine(struct json_writer *json, const struct site_status *status,
                             uint64_t now_ns)
{
    (void)now_ns;
    json_writer_put_u64(json, "reports", status->quarantined);
    json_writer_begin_array(json, "faults");
    for (size_t i = 0; i < status->quarantine_count; i++) {
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "fault", status->quarantine[i].fault);
        json_writer_put_u64(json, "reports", status->quarantine[i].reports);
        put_time(json, "last", status->quarantine[i].last_ns);
        json_writer_end(json);
    }
    json_writer_end(json);
}

static const struct listing probes_listing = {
    .tables = {{.array = "probes",
                .disposition = "attachment; filename=\"probes.csv\"",
                .key = {"operator", "probe"},
                .columns = {"operator", "probe", "agent_version", "state", "last_arrived",
                            "last_interval_start", "interval_s", "reports", "refused",
                            "gap_intervals", "expected_intervals", "arrived_intervals",
                            "capture_coverage", "packets", "dropped_packets"}}},
    .indented = true,
};
static const struct listing quarantine_listing = {
    .tables = {{.array = "faults",
                .disposition = "attachment; filename=\"quarantine.csv\"",
                .key = {"fault"},
                .columns = {"fault", "reports", "last"}}},
    .indented = true,
};

static void respond(struct site *site, const struct http_request *request,
                    struct http_response *response, const struct listing *listing,
                    void (*write)(struct json_writer *, const struct site_status *, uint64_t))
{
    struct selection selection;
    const struct site_status *status;
    if (!selection_read(request, SELECT_FORMAT | SELECT_PAGE, site_plan(site), &selection,
                        response))
        return;
    if (site_status_for(site, &request->viewer, request->now_unix_ns, &status) < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
        return;
    }
    struct json_writer *json = json_writer_new();
    if (json)
        write(json, status, request->now_unix_ns);
    listing_respond(listing, request, &selection, json, response);
}

void handle_probes(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    respond(site, request, response, &probes_listing, write_probes);
}

void handle_quarantine(struct site *site, const struct http_request *request,
                       struct http_response *response)
{
    respond(site, request, response, &quarantine_listing, write_quarantine);
}

/* A plain document, healthy or not, for machines that look at the status alone. */
void handle_health(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    const struct site_status *status;
    bool readable = site_status(site, request->now_unix_ns, &status) == 0;
    uint64_t committed_ns = readable ? status->last_commit_ns : 0;
    uint64_t age_s = committed_ns && request->now_unix_ns > committed_ns
                         ? (request->now_unix_ns - committed_ns) / CLOCK_NS_PER_S
                         : 0;
    const char *reason = !readable                ? "the registry cannot be read"
                         : age_s > HEALTH_STALE_S ? "no report was committed for an hour"
                                                  : NULL;

    struct json_writer *json = json_writer_new();
    if (json) {
        json_writer_put_string(json, "status", reason ? "unavailable" : "ok");
        json_writer_put_string(json, "reason", reason);
        json_writer_put_bool(json, "registry_readable", readable);
        put_time(json, "last_commit", committed_ns);
        if (committed_ns)
            json_writer_put_u64(json, "last_commit_age_s", age_s);
        else
            json_writer_put_null(json, "last_commit_age_s");
        json_writer_put_string(json, "version", LASTMILE_VERSION);
    }
    http_respond_take(response, "application/json", json ? json_writer_text(json, true) : NULL);
    json_writer_free(json);
    if (reason && response->status == HTTP_OK)
        response->status = HTTP_UNAVAILABLE;
}
