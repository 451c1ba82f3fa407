/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/command.h"

#include "collector/chronicle/chronicle.h"
#include "collector/registry/evidence.h"
#include "collector/registry/registry.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option_rule rules[] = {
    {"--json", NULL, "as JSON"},
    COMMAND_COMMON_RULES,
    {NULL, NULL, NULL},
};

struct status_view {
    struct registry_stats stats;
    struct probe_status *probes;
    size_t probe_count;
    struct quarantine_count *faults;
    size_t fault_count;
    struct evidence *evidence;
    struct chronicle_summary chronicle;
    uint64_t now_ns;
};

static int collect(const struct workplace *workplace, struct status_view *view)
{
    const struct rule_settings *rule = &workplace->settings.rules;
    const struct evidence_query query = {.last_day = clock_city_day(view->now_ns),
                                         .activity_days = rule->activity_days,
                                         .presence_days = rule->presence_days};
    int status = registry_read_stats(workplace->registry, &view->stats);
    if (status == 0)
        status = registry_list_probes(workplace->registry, &view->probes, &view->probe_count);
    if (status == 0)
        status = registry_list_quarantine(workplace->registry, &view->faults, &view->fault_count);
    if (status == 0)
        status =
            registry_collect_evidence(workplace->registry, &query, view->now_ns, &view->evidence);
    if (status == 0)
        status = chronicle_summarise(workplace->registry, plan_area_at(workplace->plan, 0)->key, 0,
                                     &view->chronicle);
    return status;
}

/* Arrived over expected intervals of the window of activity. */
static struct optional_double completeness_of(const struct status_view *view,
                                              const struct probe_status *probe)
{
    for (size_t i = 0; i < view->evidence->probe_count; i++) {
        const struct probe_evidence *seen = &view->evidence->probes[i];
        if (strcmp(seen->operator_name, probe->operator_name) == 0 &&
            strcmp(seen->probe_name, probe->probe_name) == 0 && seen->expected_intervals > 0)
            return optional_double((double)seen->arrived_intervals /
                                   (double)seen->expected_intervals);
    }
    return (struct optional_double){.known = false, .value = 0};
}

static const char *word_of(const struct probe_status *probe)
{
    return !probe->online_known ? "unknown" : probe->online ? "online" : "offline";
}

static void print_chronicle(const struct chronicle_summary *chronicle)
{
    char first[CLOCK_DATE_BYTES];
    char last[CLOCK_DATE_BYTES];
    if (chronicle->months == 0)
        return;
    clock_format_date(chronicle->first_month, first);
    clock_format_date(chronicle->last_month, last);
    (void)printf("chronicle: %zu months, %s to %s\n", chronicle->months, first, last);
    for (size_t i = 0; i < chronicle->year_count; i++) {
        const struct chronicle_year *year = &chronicle->years[i];
        char frozen[CLOCK_DATE_BYTES] = "";
        if (year->frozen_ns > 0)
            clock_format_date(clock_city_day(year->frozen_ns), frozen);
        (void)printf("  %d %s%s%s, %zu figures of the city, %zu revised\n", year->year,
                     conf_id_name(history_status_names, (int)year->status),
                     frozen[0] ? ", frozen " : "", frozen, year->figures, year->revised);
    }
}

static void print_text(const struct status_view *view)
{
    (void)printf("%llu probes, %llu reports stored, %llu refused; %llu access nodes, %llu lines, "
                 "%llu access points\n",
                 (unsigned long long)view->stats.probes, (unsigned long long)view->stats.reports,
                 (unsigned long long)view->stats.quarantined,
                 (unsigned long long)view->stats.access_nodes,
                 (unsigned long long)view->stats.lines, (unsigned long long)view->stats.wtps);
    for (size_t i = 0; i < view->probe_count; i++) {
        const struct probe_status *probe = &view->probes[i];
        char arrived[CLOCK_TIME_BYTES] = "never";
        char complete[32] = "unknown";
        struct optional_double completeness = completeness_of(view, probe);
        if (probe->last_arrived_ns > 0)
            clock_format_city_time(probe->last_arrived_ns, arrived);
        if (completeness.known)
            (void)snprintf(complete, sizeof complete, "%.1f %%", 100 * completeness.value);
        (void)printf("%s/%s  %s  agent %s  last report %s  receipts %llu  lost %llu  refused %llu  "
                     "complete %s\n",
                     probe->operator_name, probe->probe_name, word_of(probe), probe->agent_version,
                     arrived, (unsigned long long)probe->reports,
                     (unsigned long long)probe->gap_intervals, (unsigned long long)probe->refused,
                     complete);
        if (probe->over_cap > 0)
            (void)printf("  left out, being beyond its caps: %llu (probe_series_max, "
                         "probe_lines_max)\n",
                         (unsigned long long)probe->over_cap);
    }
    for (size_t i = 0; i < view->fault_count; i++)
        (void)printf("refused  %s  %llu\n", view->faults[i].fault,
                     (unsigned long long)view->faults[i].count);
    print_chronicle(&view->chronicle);
}

static void put_time(struct json_writer *writer, const char *key, uint64_t unix_ns)
{
    char text[CLOCK_TIME_BYTES];
    clock_format_city_time(unix_ns, text);
    json_writer_put_string(writer, key, unix_ns > 0 ? text : NULL);
}

static void put_probe(struct json_writer *writer, const struct status_view *view,
                      const struct probe_status *probe)
{
    json_writer_begin_object(writer, NULL);
    json_writer_put_string(writer, "operator", probe->operator_name);
    json_writer_put_string(writer, "probe", probe->probe_name);
    json_writer_put_string(writer, "state", word_of(probe));
    json_writer_put_string(writer, "agent_version", probe->agent_version);
    json_writer_put_bool(writer, "wall_trusted", probe->wall_trusted);
    put_time(writer, "last_interval", probe->last_start_ns);
    put_time(writer, "last_arrived", probe->last_arrived_ns);
    json_writer_put_u64(writer, "reports", probe->reports);
    json_writer_put_u64(writer, "gap_intervals", probe->gap_intervals);
    json_writer_put_u64(writer, "series", probe->series);
    json_writer_put_u64(writer, "over_cap", probe->over_cap);
    json_writer_put_u64(writer, "refused", probe->refused);
    json_writer_put_optional_double(writer, "completeness", completeness_of(view, probe));
    json_writer_end(writer);
}

static void put_chronicle(struct json_writer *writer, const struct chronicle_summary *chronicle)
{
    json_writer_begin_object(writer, "chronicle");
    json_writer_put_u64(writer, "months", chronicle->months);
    json_writer_begin_array(writer, "years");
    for (size_t i = 0; i < chronicle->year_count; i++) {
        const struct chronicle_year *year = &chronicle->years[i];
        json_writer_begin_object(writer, NULL);
        json_writer_put_i64(writer, "year", year->year);
        json_writer_put_string(writer, "status",
                               conf_id_name(history_status_names, (int)year->status));
        put_time(writer, "frozen", year->frozen_ns);
        json_writer_put_u64(writer, "figures", year->figures);
        json_writer_put_u64(writer, "revised", year->revised);
        json_writer_put_u64(writer, "revision", year->revision);
        json_writer_end(writer);
    }
    json_writer_end(writer);
    json_writer_end(writer);
}

static int print_json(const struct status_view *view)
{
    struct json_writer *writer = json_writer_new();
    if (!writer)
        return -ENOMEM;
    json_writer_put_u64(writer, "reports", view->stats.reports);
    json_writer_put_u64(writer, "quarantined", view->stats.quarantined);
    json_writer_put_u64(writer, "access_nodes", view->stats.access_nodes);
    json_writer_put_u64(writer, "lines", view->stats.lines);
    json_writer_put_u64(writer, "wtps", view->stats.wtps);
    json_writer_begin_array(writer, "probes");
    for (size_t i = 0; i < view->probe_count; i++)
        put_probe(writer, view, &view->probes[i]);
    json_writer_end(writer);
    json_writer_begin_object(writer, "quarantine");
    for (size_t i = 0; i < view->fault_count; i++)
        json_writer_put_u64(writer, view->faults[i].fault, view->faults[i].count);
    json_writer_end(writer);
    put_chronicle(writer, &view->chronicle);
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    if (!text)
        return -ENOMEM;
    (void)puts(text); /* asked for at the end, by fflush */
    free(text);
    return 0;
}

static int run(const struct options *options)
{
    struct workplace workplace;
    struct status_view view = {.now_ns = clock_unix_ns()};
    int exit_status = workplace_open(options, WORKPLACE_READ, &workplace);
    if (exit_status != EXIT_DONE)
        return exit_status;
    int status = collect(&workplace, &view);
    if (status == 0 && options_value(options, "--json"))
        status = print_json(&view);
    else if (status == 0)
        print_text(&view);
    if (status == 0 && fflush(stdout) != 0)
        status = -errno;
    if (status != 0)
        exit_status = command_fail(EXIT_FAILED, "status", "%s", strerror(-status));
    chronicle_summary_clear(&view.chronicle);
    evidence_free(view.evidence);
    free(view.faults);
    free(view.probes);
    workplace_close(&workplace);
    return exit_status;
}

const struct command status_command = {
    .name = "status",
    .arguments = "",
    .summary = "which probes report, how completely, and what was refused",
    .help =
        "Prints one line for each probe that has ever reported: its own last word (online,\n"
        "offline), its last report, how many reports are stored (each has had its receipt),\n"
        "how many intervals it declared lost, how many messages of it were refused, and the\n"
        "share of the expected intervals that arrived. Then what was refused, by fault; and which\n"
        "months the chronicle holds, which years are frozen, and what was revised after that.",
    .rules = rules,
    .run = run,
};
