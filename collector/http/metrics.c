/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /metrics: OpenMetrics 1.0 text. A family is written whole before the next (metadata first), label
 * values are escaped, unknown values are left out, and the text ends with # EOF.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"

#include "collector/http/selection.h"

#include <stddef.h>

struct family {
    const char *name, *type, *unit, *help; /* unit is the end of the name, or NULL */
};

static void put_family(struct text *out, const struct family *family)
{
    text_printf(out, "# TYPE %s %s\n", family->name, family->type);
    if (family->unit)
        text_printf(out, "# UNIT %s %s\n", family->name, family->unit);
    text_printf(out, "# HELP %s %s\n", family->name, family->help);
}

/* Backslash, quotation mark and newline are escaped; other controls cannot stand in our names. */
static void put_label(struct text *out, const char *separator, const char *name, const char *value)
{
    text_printf(out, "%s%s=\"", separator, name);
    for (const char *at = value; *at; at++) {
        if (*at == '\n')
            text_put(out, "\\n");
        else if (*at == '\\' || *at == '"')
            text_printf(out, "\\%c", *at);
        else
            text_put_bytes(out, at, 1);
    }
    text_put(out, "\"");
}

static void put_number(struct text *out, double value)
{
    text_printf(out, " %.15g\n", value);
}

static double seconds(uint64_t ns)
{
    return (double)(ns / CLOCK_NS_PER_MS) / 1000;
}

/* --- the collector --- */

static void put_collector(struct text *out, const struct site_status *status)
{
    const struct {
        struct family family;
        const char *suffix;
        double value;
    } rows[] = {
        {{"lastmile_reports_stored", "counter", NULL, "Reports that were committed."},
         "_total",
         (double)status->reports},
        {{"lastmile_gap_intervals", "counter", NULL, "Intervals that probes declared lost."},
         "_total",
         (double)status->gap_intervals},
        {{"lastmile_probes", "gauge", NULL, "Probes that ever reported."},
         "",
         (double)status->probe_count},
        {{"lastmile_lines", "gauge", NULL, "Line pseudonyms known."}, "", (double)status->lines},
        {{"lastmile_access_points", "gauge", NULL, "WLAN access point pseudonyms known."},
         "",
         (double)status->access_points},
        {{"lastmile_access_nodes", "gauge", NULL, "Access nodes known."},
         "",
         (double)status->access_nodes},
        {{"lastmile_series", "gauge", NULL, "Time series kept."}, "", (double)status->series},
        {{"lastmile_registry_size_bytes", "gauge", "bytes", "Size of the registry's file."},
         "",
         (double)status->database_bytes},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put_family(out, &rows[i].family);
        text_printf(out, "%s%s", rows[i].family.name, rows[i].suffix);
        put_number(out, rows[i].value);
    }

    static const struct family last_commit = {"lastmile_last_commit_timestamp_seconds", "gauge",
                                              "seconds", "When a report was last committed."};
    put_family(out, &last_commit);
    if (status->last_commit_ns) {
        text_put(out, last_commit.name);
        put_number(out, seconds(status->last_commit_ns));
    }

    static const struct family quarantined = {"lastmile_reports_quarantined", "counter", NULL,
                                              "Reports that were refused, by fault."};
    put_family(out, &quarantined);
    for (size_t i = 0; i < status->quarantine_count; i++) {
        text_printf(out, "%s_total", quarantined.name);
        put_label(out, "{", "fault", status->quarantine[i].fault);
        text_put(out, "}");
        put_number(out, (double)status->quarantine[i].reports);
    }
}

/* --- the probes --- */

static struct optional_double last_report(const struct site_probe *probe)
{
    return (struct optional_double){probe->last_arrived_ns != 0, seconds(probe->last_arrived_ns)};
}

static struct optional_double reports(const struct site_probe *probe)
{
    return optional_double((double)probe->reports);
}

static struct optional_double completeness(const struct site_probe *probe)
{
    if (!probe->expected_intervals.known || !probe->arrived_intervals.known ||
        probe->expected_intervals.value == 0)
        return (struct optional_double){0};
    return optional_double((double)probe->arrived_intervals.value /
                           (double)probe->expected_intervals.value);
}

static struct optional_double capture_coverage(const struct site_probe *probe)
{
    return probe->capture_coverage;
}

static void put_probes(struct text *out, const struct site_status *status)
{
    static const struct {
        struct family family;
        const char *suffix;
        struct optional_double (*value)(const struct site_probe *probe);
    } rows[] = {
        {{"lastmile_probe_last_report_timestamp_seconds", "gauge", "seconds",
          "When a probe's report last arrived."},
         "",
         last_report},
        {{"lastmile_probe_reports", "counter", NULL, "Reports of a probe that were committed."},
         "_total",
         reports},
        {{"lastmile_probe_completeness_ratio", "gauge", "ratio",
          "Arrived over expected intervals of a probe in the activity window."},
         "",
         completeness},
        {{"lastmile_probe_capture_coverage_ratio", "gauge", "ratio",
          "Captured octets over the octets that the interfaces counted."},
         "",
         capture_coverage},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        put_family(out, &rows[row].family);
        for (size_t i = 0; i < status->probe_count; i++) {
            struct optional_double value = rows[row].value(&status->probes[i]);
            if (!value.known)
                continue;
            text_printf(out, "%s%s", rows[row].family.name, rows[row].suffix);
            put_label(out, "{", "operator", status->probes[i].operator_name);
            put_label(out, ",", "probe", status->probes[i].probe_name);
            text_put(out, "}");
            put_number(out, value.value);
        }
    }
}

/* --- the ledger of the last days, and the alerts --- */

static void put_sender(struct text *out, const char *operator_name, const char *probe_name)
{
    put_label(out, "{", "operator", operator_name);
    put_label(out, ",", "probe", probe_name);
}

/* Gauges: their window goes with the time, so that they fall, too. */
static void put_ledger(struct text *out, const struct ledger *ledger)
{
    static const struct {
        struct family family;
        size_t offset;
    } sums[] = {
        {{"lastmile_ledger_expected_intervals", "gauge", "intervals",
          "Intervals that a probe promised in the ledger's window."},
         offsetof(struct ledger_probe, expected)},
        {{"lastmile_ledger_arrived_intervals", "gauge", "intervals", "Of these, what arrived."},
         offsetof(struct ledger_probe, arrived)},
    };
    static const struct family missing = {"lastmile_ledger_missing_intervals", "gauge", "intervals",
                                          "Of these, what did not arrive, by reason."};
    size_t count = ledger ? ledger->probe_count : 0;
    for (size_t row = 0; row < sizeof sums / sizeof sums[0]; row++) {
        put_family(out, &sums[row].family);
        for (size_t i = 0; i < count; i++) {
            const struct ledger_probe *probe = &ledger->probes[i];
            const uint64_t *sum = (const void *)((const char *)probe + sums[row].offset);
            text_put(out, sums[row].family.name);
            put_sender(out, probe->operator_name, probe->probe_name);
            text_put(out, "}");
            put_number(out, (double)*sum);
        }
    }
    put_family(out, &missing);
    for (size_t i = 0; i < count * LEDGER_REASONS; i++) {
        const struct ledger_probe *probe = &ledger->probes[i / LEDGER_REASONS];
        text_put(out, missing.name);
        put_sender(out, probe->operator_name, probe->probe_name);
        put_label(out, ",", "reason", ledger_reason_names[i % LEDGER_REASONS]);
        text_put(out, "}");
        put_number(out, (double)probe->missing[i % LEDGER_REASONS]);
    }
}

static void put_alerts(struct text *out, const struct site_status *status)
{
    static const struct family since = {"lastmile_alert_since_timestamp_seconds", "gauge",
                                        "seconds", "Alerts in force, and since when."};
    put_family(out, &since);
    for (size_t i = 0; i < status->alert_count; i++) {
        const struct site_alert *alert = &status->alerts[i];
        text_put(out, since.name);
        put_sender(out, alert->operator_name, alert->probe_name);
        put_label(out, ",", "rule", alert->rule);
        text_put(out, "}");
        put_number(out, seconds(alert->since_ns));
    }
}

/* --- the interfaces with a role --- */

static struct optional_double capacity(const struct interface_evidence *interface)
{
    return (struct optional_double){interface->high_speed_mbit_s.known,
                                    1e6 * (double)interface->high_speed_mbit_s.value};
}

static struct optional_double p95_in(const struct interface_evidence *interface)
{
    return interface->p95_in_bit_s;
}

static struct optional_double p95_out(const struct interface_evidence *interface)
{
    return interface->p95_out_bit_s;
}

static struct optional_double is_up(const struct interface_evidence *interface)
{
    return optional_double(interface->up);
}

static void put_interfaces(struct text *out, const struct evidence *evidence)
{
    static const struct {
        struct family family;
        struct {
            const char *direction; /* NULL: of both */
            struct optional_double (*value)(const struct interface_evidence *interface);
        } samples[2];
    } rows[] = {
        {{"lastmile_interface_capacity_bits_per_second", "gauge", NULL, "As the device says."},
         {{NULL, capacity}}},
        {{"lastmile_interface_p95_bits_per_second", "gauge", NULL,
          "95th percentile of the month's 5-minute means."},
         {{"in", p95_in}, {"out", p95_out}}},
        {{"lastmile_interface_up", "gauge", NULL, "1 when up at the last poll."}, {{NULL, is_up}}},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        put_family(out, &rows[row].family);
        for (size_t i = 0; i < 2 * evidence->interface_count; i++) {
            const struct interface_evidence *interface = &evidence->interfaces[i / 2];
            const char *direction = rows[row].samples[i % 2].direction;
            if (!rows[row].samples[i % 2].value || !rows[row].samples[i % 2].value(interface).known)
                continue;
            text_put(out, rows[row].family.name);
            put_label(out, "{", "operator", interface->operator_name);
            put_label(out, ",", "node", interface->access_node);
            put_label(out, ",", "interface", interface->name);
            put_label(out, ",", "role", conf_id_name(interface_role_names, (int)interface->role));
            if (direction)
                put_label(out, ",", "direction", direction);
            text_put(out, "}");
            put_number(out, rows[row].samples[i % 2].value(interface).value);
        }
    }
}

/* --- the figures of today, city-wide --- */

static void put_figure_labels(struct text *out, const struct figure *figure)
{
    char date[CLOCK_DATE_BYTES] = "undated";
    put_label(out, "{", "indicator", figure->indicator->id);
    if (!figure->target)
        return;
    if (figure->target->status != TARGET_UNDATED)
        clock_format_date(figure->target->day, date);
    put_label(out, ",", "target_date", date);
}

/* One sample per indicator: the value does not depend on the target. */
static void put_indicator_family(struct text *out, const struct figures *figures,
                                 const struct selection *selection, const struct family *family,
                                 size_t offset)
{
    put_family(out, family);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        const struct optional_double *value = (const void *)((const char *)figure + offset);
        if (!selection_has(selection, figure) || !value->known)
            continue;
        text_put(out, family->name);
        put_label(out, "{", "indicator", figure->indicator->id);
        put_label(out, ",", "unit", figure->indicator->unit);
        text_put(out, "}");
        put_number(out, value->value);
    }
}

static void put_targets(struct text *out, const struct figures *figures,
                        const struct selection *selection)
{
    static const struct family family = {"lastmile_indicator_target", "gauge", NULL,
                                         "What the plan sets, in the indicator's unit."};
    put_family(out, &family);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (!selection_has(selection, figure) || !figure->target || !figure->target->value.known)
            continue;
        text_put(out, family.name);
        put_figure_labels(out, figure);
        text_put(out, "}");
        put_number(out, figure->target->value.value);
    }
}

/* A state set: each state has a sample, whose label is named as the family. */
static void put_verdicts(struct text *out, const struct figures *figures,
                         const struct selection *selection)
{
    static const struct family family = {"lastmile_indicator_verdict", "stateset", NULL,
                                         "The verdict on each target of the plan."};
    put_family(out, &family);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (!selection_has(selection, figure) || !figure->target)
            continue;
        for (const struct conf_name *name = verdict_names; name->name; name++) {
            text_put(out, family.name);
            put_figure_labels(out, figure);
            put_label(out, ",", family.name, name->name);
            text_put(out, "}");
            put_number(out, name->id == (int)figure->verdict);
        }
    }
}

static void put_figures(struct text *out, const struct figures *figures,
                        struct selection *selection)
{
    static const struct {
        struct family family;
        size_t offset;
    } rows[] = {
        {{"lastmile_indicator_value", "gauge", NULL, "City-wide value, in the indicator's unit."},
         offsetof(struct figure, value)},
        {{"lastmile_indicator_lower", "gauge", NULL, "Lower end of the value's interval."},
         offsetof(struct figure, lower)},
        {{"lastmile_indicator_upper", "gauge", NULL, "Upper end of the value's interval."},
         offsetof(struct figure, upper)},
        {{"lastmile_indicator_coverage_ratio", "gauge", "ratio",
          "Share of the registered nodes that reported, weighted by lines."},
         offsetof(struct figure, coverage)},
        {{"lastmile_indicator_completeness_ratio", "gauge", "ratio",
          "Arrived over expected intervals behind the value."},
         offsetof(struct figure, completeness)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_indicator_family(out, figures, selection, &rows[i].family, rows[i].offset);
    selection->all_targets = true;
    put_targets(out, figures, selection);
    put_verdicts(out, figures, selection);
}

void handle_metrics(struct site *site, const struct http_request *request,
                    struct http_response *response)
{
    static const struct family build = {"lastmile_build", "info", NULL, "Which collector this is."};
    struct selection selection;
    const struct site_status *status;
    const struct figures *figures;
    const struct evidence *evidence;
    if (!selection_read(request, SELECT_NOTHING, site_plan(site), &selection, response))
        return;
    if (site_status(site, request->now_unix_ns, &status) < 0 ||
        site_figures(site, selection.year, request->now_unix_ns, &figures) < 0 ||
        site_evidence(site, selection.year, request->now_unix_ns, &evidence) < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
        return;
    }
    struct text out = {0};
    put_family(&out, &build);
    text_printf(&out, "%s_info{version=\"%s\"} 1\n", build.name, LASTMILE_VERSION);
    put_collector(&out, status);
    put_probes(&out, status);
    put_ledger(&out, status->ledger);
    put_alerts(&out, status);
    put_interfaces(&out, evidence);
    put_figures(&out, figures, &selection);
    text_put(&out, "# EOF\n");
    http_respond_text(response, "application/openmetrics-text; version=1.0.0; charset=utf-8", &out);
}
