/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `lastmile-collector plan` foretells, beside what a day of such reports came to.
 */
#include "collector/forecast.h"

#include "collector/registry/registry.h"
#include "collector/settings.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <sys/stat.h>

#define PROBES     5
#define INTERFACES 20

static const struct collector_settings settings = {
    .journal_days = 1,
    .retention = {
        .fine_hours = 48, .five_minute_days = 60, .hourly_days = 400, .daily_days = 2196}};
static const struct forecast_question question = {
    .probes = PROBES, .interfaces = INTERFACES, .nodes = 1, .lines = 10, .interval_s = 300};

static void report_once(struct registry *registry, unsigned probe, uint64_t index)
{
    char name[16];
    (void)snprintf(name, sizeof name, "p%u", probe);
    struct report *report = fixture_report(
        name, 1, index + 1, fixture_time_ns(2026, 3, 1, 0, 0) + index * FIXTURE_INTERVAL_NS);
    (void)fixture_add_lines(report, probe * 100, index == 0 ? 10 : 0);
    struct report_inventory *poll = fixture_add_poll(report, name);
    for (unsigned i = 0; i < INTERFACES; i++) {
        struct report_interface *interface = report_inventory_add_interface(poll);
        assert_non_null(interface);
        (void)snprintf(interface->name, sizeof interface->name, "GigabitEthernet0/0/%u", i);
        interface->role = INTERFACE_ROLE_EGRESS;
        interface->up = true;
        interface->high_speed_mbit_s = optional_u64(10000);
        interface->in_octets = optional_u64(UINT64_C(37500000000) + index);
        interface->out_octets = optional_u64(UINT64_C(37500000000) + index);
        interface->duration_ms = FIXTURE_INTERVAL_MS;
    }
    assert_true(fixture_commit(registry, report));
}

static void the_registry_of_a_day_is_as_large_as_was_foretold(void **state)
{
    char *folder = temp_folder_new();
    char path[512];
    struct stat status;
    struct forecast forecast;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    struct registry *registry = registry_open(path);
    assert_non_null(registry);
    for (uint64_t index = 0; index < 288; index++)
        for (unsigned probe = 0; probe < PROBES; probe++)
            report_once(registry, probe, index);
    registry_close(registry);
    assert_int_equal(stat(path, &status), 0);
    temp_folder_remove(folder);
    assert_int_equal(forecast_make(&settings, &question, &forecast), 0);
    double foretold = (double)forecast.journal_bytes + (double)forecast.slot_bytes / 800;
    print_message("# foretold %.0f bytes, came to %.0f\n", foretold, (double)status.st_size);
    assert_true(foretold > 0.67 * (double)status.st_size);
    assert_true(foretold < 1.5 * (double)status.st_size);
}

static void twice_the_probes_need_twice_the_disk(void **state)
{
    struct forecast one;
    struct forecast two;
    struct forecast_question doubled = question;
    (void)state;
    doubled.probes *= 2;
    assert_int_equal(forecast_make(&settings, &question, &one), 0);
    assert_int_equal(forecast_make(&settings, &doubled, &two), 0);
    assert_int_equal(two.series, 2 * one.series);
    assert_int_equal(two.series_bytes, 2 * one.series_bytes);
    assert_int_equal(two.registry_bytes, 2 * one.registry_bytes);
    assert_int_equal(one.series, PROBES * (1 + 2 + INTERFACES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_registry_of_a_day_is_as_large_as_was_foretold),
        cmocka_unit_test(twice_the_probes_need_twice_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
