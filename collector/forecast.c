/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/forecast.h"

#include "collector/series/series.h"
#include "collector/settings.h"

#include "common/clock.h"
#include "common/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S     UINT64_C(86400)
#define SLOT_DAYS 800 /* of the 5-minute sums of interfaces: registry_prune */

/* Measured with SQLite 3.40 on registries of 100 to 100,000 reports. */
enum {
    ROW_BYTES = 150,      /* of a report beside its payload: two tables, two indexes */
    SLOT_BYTES = 40,      /* of a 5-minute sum */
    LINE_BYTES = 400,     /* of a line: itself, its index, its months */
    PSEUDONYM_BYTES = 10, /* in the first report of the day that a line is in */
    PAGE_BYTES = 4096,
    PAGES_A_POINT = 2,          /* of a series' file: its head, and a row */
    COLLECTOR_BYTES = 64 << 20, /* 22 MiB at the start, 32 of the registry's pages, 8 of messages */
    WORKERS_BYTES = 24 << 20,
    SERIES_MEMORY_BYTES = 96, /* remembered a series: in the writer, and points that are held */
    PROBE_MEMORY_BYTES = 4096,
};

static bool add_interfaces(struct report_inventory *inventory, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct report_interface *interface = report_inventory_add_interface(inventory);
        if (!interface)
            return false;
        (void)snprintf(interface->name, sizeof interface->name, "GigabitEthernet0/0/%" PRIu64, i);
        interface->up = true;
        interface->high_speed_mbit_s = optional_u64(10000);
        interface->in_octets = optional_u64(UINT64_C(37500000000) + i);
        interface->out_octets = optional_u64(UINT64_C(37500000000) + i);
        interface->duration_ms = 300000;
    }
    return true;
}

static bool fill(struct report *report, const struct forecast_question *question)
{
    struct report_observation *observation = report_add_observation(report);
    uint64_t per_node = question->nodes ? question->lines / question->nodes : 0;
    bool whole = observation != NULL;
    if (whole) {
        (void)snprintf(observation->observation_point, sizeof observation->observation_point,
                       "eth0");
        observation->packet_delta_count = 1000000000;
        observation->outcomes[0] = observation->packet_delta_count;
        observation->octet_delta_count = UINT64_C(1000000000000);
        observation->sampling_interval = 1;
    }
    for (uint64_t i = 0; i < question->nodes && whole; i++) {
        struct report_cell *cell = report_add_cell(report);
        struct report_inventory *inventory = report_add_inventory(report);
        struct report_lines *lines = inventory ? report_inventory_add_lines(inventory) : NULL;
        whole = cell && lines;
        if (!whole)
            break;
        cell->lines_active = per_node;
        cell->key_kind = LINE_KEY_CIRCUIT;
        cell->downstream_octets = per_node * 150000000;
        cell->upstream_octets = per_node * 15000000;
        (void)snprintf(cell->access_node, sizeof cell->access_node, "olt-huancui-%" PRIu64, i);
        (void)snprintf(inventory->access_node, sizeof inventory->access_node, "%s",
                       cell->access_node);
        (void)snprintf(cell->area, sizeof cell->area, "371002");
        (void)snprintf(inventory->area, sizeof inventory->area, "371002");
        cell->technology = lines->technology = TECHNOLOGY_GPON;
        lines->provisioned = lines->active = optional_u64(per_node);
        inventory->polled_unix_ns = report->interval_start_unix_ns;
    }
    if (!whole || question->interfaces == 0)
        return whole;
    struct report_inventory *router = report_add_inventory(report);
    if (!router)
        return false;
    (void)snprintf(router->access_node, sizeof router->access_node, "bras-huancui-1");
    (void)snprintf(router->area, sizeof router->area, "371002");
    router->polled_unix_ns = report->interval_start_unix_ns;
    return add_interfaces(router, question->interfaces);
}

/* A report of that shape, encoded. 0 or a negated errno. */
static int measure_report(const struct forecast_question *question, uint64_t *out_bytes)
{
    struct report *report = report_new();
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (!report)
        return -ENOMEM;
    (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
    (void)snprintf(report->probe_name, sizeof report->probe_name, "olt-huancui-1");
    (void)snprintf(report->agent_version, sizeof report->agent_version, LASTMILE_VERSION);
    report->sequence = 100000;
    report->interval_start_unix_ns = UINT64_C(1700000000) * CLOCK_NS_PER_S;
    report->interval_start_mono_ns = UINT64_C(5000000) * CLOCK_NS_PER_S;
    report->interval_ms = report->schedule_ms = question->interval_s * 1000;
    report->wall_trusted = true;
    int status = fill(report, question) ? report_encode(report, &bytes, &length) : -EMSGSIZE;
    free(bytes);
    report_free(report);
    *out_bytes = length;
    return status;
}

static void foretell_series(const struct collector_settings *settings,
                            const struct forecast_question *question, struct forecast *out)
{
    const struct retention_settings *kept = &settings->retention;
    const struct series_retention retention = {kept->fine_hours, kept->five_minute_days,
                                               kept->hourly_days, kept->daily_days};
    const struct {
        enum series_kind kind;
        uint64_t count;
    } of_probe[] = {
        {SERIES_PROBE, 1},
        {SERIES_TRAFFIC, question->nodes},
        {SERIES_LINES, question->nodes},
        {SERIES_INTERFACE, question->interfaces},
    };
    for (size_t i = 0; i < sizeof of_probe / sizeof of_probe[0]; i++) {
        uint64_t bytes =
            series_file_bytes(&retention, series_layout(of_probe[i].kind), question->interval_s);
        uint64_t blocks = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        out->series += question->probes * of_probe[i].count;
        out->series_bytes += question->probes * of_probe[i].count * blocks;
    }
}

int forecast_make(const struct collector_settings *settings,
                  const struct forecast_question *question, struct forecast *out_forecast)
{
    struct forecast forecast = {.series = 0};
    int status = measure_report(question, &forecast.report_bytes);
    if (status != 0)
        return status;
    foretell_series(settings, question, &forecast);
    uint64_t reports_a_day = question->probes * (DAY_S / question->interval_s);
    uint64_t row_bytes = forecast.report_bytes + ROW_BYTES;
    uint64_t slots = question->probes * question->interfaces * (DAY_S / 300) * SLOT_DAYS;
    forecast.reports_per_s = (double)question->probes / (double)question->interval_s;
    forecast.points_per_s = (double)forecast.series / (double)question->interval_s;
    forecast.journal_bytes =
        settings->journal_days *
        (reports_a_day * row_bytes + question->probes * question->lines * PSEUDONYM_BYTES);
    forecast.slot_bytes = slots * SLOT_BYTES;
    forecast.registry_bytes = forecast.journal_bytes + forecast.slot_bytes +
                              question->probes * question->lines * LINE_BYTES;
    forecast.memory_bytes = COLLECTOR_BYTES + WORKERS_BYTES +
                            forecast.series * SERIES_MEMORY_BYTES +
                            question->probes * PROBE_MEMORY_BYTES;
    forecast.cache_bytes = forecast.series * 8 * PAGE_BYTES;
    /* The registry writes each page to its log and then to its place. */
    forecast.written_bytes_per_day =
        reports_a_day * row_bytes * 3 +
        forecast.series * (DAY_S / question->interval_s) * PAGES_A_POINT * PAGE_BYTES;
    *out_forecast = forecast;
    return 0;
}

static void print_bytes(FILE *out, const char *name, uint64_t bytes, const char *note)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    (void)fprintf(out, "%-22s %8.1f %-4s %s\n", name, value, units[unit], note);
}

void forecast_print(FILE *out, const struct forecast *forecast)
{
    (void)fprintf(out, "%-22s %8.1f /s\n", "reports", forecast->reports_per_s);
    (void)fprintf(out, "%-22s %8.1f /s   one for each of %" PRIu64 " series an interval\n",
                  "points of series", forecast->points_per_s, forecast->series);
    print_bytes(out, "report", forecast->report_bytes,
                "one, as it is sent; more in the morning, by the day's lines");
    print_bytes(out, "disk, series", forecast->series_bytes, "reserved when each begins");
    print_bytes(out, "disk, registry", forecast->registry_bytes,
                "when journal_days have passed; grows no more but by new lines");
    print_bytes(out, "disk, all", forecast->series_bytes + forecast->registry_bytes,
                "and a twentieth of the disk that series leave free");
    print_bytes(out, "memory", forecast->memory_bytes, "of the collector's processes");
    print_bytes(out, "memory, page cache", forecast->cache_bytes,
                "of the kernel's, so that no update of a series has to read first");
    print_bytes(out, "written a day", forecast->written_bytes_per_day, "at most");
}
