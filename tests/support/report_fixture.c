/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/report_fixture.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t fixture_time_ns(int year, int month, int day, int hour, int minute)
{
    return clock_city_day_start_ns(clock_days_from_civil(year, month, day)) +
           (uint64_t)(hour * 60 + minute) * 60 * CLOCK_NS_PER_S;
}

struct report *fixture_report(const char *probe, uint8_t boot, uint64_t sequence, uint64_t start_ns)
{
    struct report *report = report_new();
    assert_non_null(report);
    (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
    (void)snprintf(report->probe_name, sizeof report->probe_name, "%s", probe);
    (void)snprintf(report->agent_version, sizeof report->agent_version, "0.1.0");
    memset(report->boot_id, boot, sizeof report->boot_id);
    report->sequence = sequence;
    report->interval_start_unix_ns = start_ns;
    report->interval_start_mono_ns = start_ns - fixture_time_ns(2015, 1, 1, 0, 0);
    report->interval_ms = FIXTURE_INTERVAL_MS;
    report->schedule_ms = FIXTURE_INTERVAL_MS;
    report->wall_trusted = true;
    return report;
}

struct report_cell *fixture_add_lines(struct report *report, uint64_t first, size_t count)
{
    struct report_cell *cell = report_add_cell(report);
    assert_non_null(cell);
    (void)snprintf(cell->access_node, sizeof cell->access_node, "olt-1");
    (void)snprintf(cell->area, sizeof cell->area, "371002");
    cell->settlement = SETTLEMENT_URBAN;
    cell->residence = RESIDENCE_RESIDENTIAL;
    cell->technology = TECHNOLOGY_GPON;
    cell->key_kind = LINE_KEY_CIRCUIT;
    cell->lines_active = count;
    cell->downstream_octets = 1000000;
    cell->upstream_octets = 100000;
    cell->line_pseudonyms = calloc(count ? count : 1, sizeof *cell->line_pseudonyms);
    assert_non_null(cell->line_pseudonyms);
    cell->line_pseudonym_count = count;
    for (size_t i = 0; i < count; i++)
        cell->line_pseudonyms[i] = first + i;
    return cell;
}

struct report_inventory *fixture_add_poll(struct report *report, const char *node)
{
    struct report_inventory *inventory = report_add_inventory(report);
    assert_non_null(inventory);
    (void)snprintf(inventory->access_node, sizeof inventory->access_node, "%s", node);
    (void)snprintf(inventory->area, sizeof inventory->area, "371002");
    inventory->settlement = SETTLEMENT_URBAN;
    inventory->residence = RESIDENCE_RESIDENTIAL;
    inventory->confidence = CONFIDENCE_FROM_MIB;
    inventory->outcome = POLL_COMPLETE;
    inventory->polled_unix_ns = report->interval_start_unix_ns;
    return inventory;
}

void fixture_add_wtps(struct report_inventory *inventory, uint64_t first, size_t count)
{
    inventory->wtp_pseudonyms = calloc(count ? count : 1, sizeof *inventory->wtp_pseudonyms);
    assert_non_null(inventory->wtp_pseudonyms);
    inventory->wtp_pseudonym_count = count;
    for (size_t i = 0; i < count; i++)
        inventory->wtp_pseudonyms[i] = first + i;
    inventory->wtp_run = optional_u64(count);
}

bool fixture_commit_at(struct registry *registry, struct report *report, uint64_t arrived_ns)
{
    static const struct journal_caps caps = {.series_max = 1000, .lines_max = 100000};
    struct journal_entry entry = {.report = report, .arrived_ns = arrived_ns};
    uint8_t *payload = NULL;
    assert_int_equal(report_encode(report, &payload, &entry.length), 0);
    entry.payload = payload;
    assert_int_equal(registry_commit_reports(registry, &entry, 1, &caps), 0);
    free(payload);
    report_free(report);
    return entry.is_new;
}

bool fixture_commit(struct registry *registry, struct report *report)
{
    return fixture_commit_at(
        registry, report, report->interval_start_unix_ns + report->interval_ms * CLOCK_NS_PER_MS);
}

uint64_t fixture_receipt(struct registry *registry, const char *probe, uint8_t boot)
{
    struct receipt receipt;
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    memset(boot_id, boot, sizeof boot_id);
    assert_int_equal(registry_read_receipt(registry, "cu", probe, &receipt), 0);
    for (size_t i = 0; i < receipt.boot_count; i++)
        if (memcmp(receipt.boots[i].boot_id, boot_id, sizeof boot_id) == 0)
            return receipt.boots[i].contiguous_sequence;
    fail_msg("no receipt for boot %u", boot);
    return 0;
}
