/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/evaluate.h"

#include "common/report.h"
#include "probe/snmp/census.h"
#include "tests/support/snmp_fixture.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
    "profile = \"p\"; title = \"t\"; kind = \"%s\"; match = ( { object_id = \"1.3.9\"; } );\n"     \
    "state_maps = ( { name = \"m\"; states = ( { value = \"1\"; name = \"up\"; counts = true; },"  \
    " { value = \"2\"; name = \"down\"; }, { value = \"Connect\"; name = \"c\"; counts = true; }"  \
    " ); } );\nfigures = ( %s );\n"
#define WHO "1.3.6.1.2.1.1.2.0|6|1.3.9\n"

/* One figure, named l. */
#define F(quantity, from, rest)                                                                    \
    "{ quantity = \"" quantity "\"; from = \"" from                                                \
    "\"; label = \"l\"; confidence = \"seen\"; " rest " }"

static struct device_snapshot *poll_kind(const char *kind, const char *figures, const char *text)
{
    char profile[4096];
    char recording[4096];
    struct conf_error error = {.text = ""};
    (void)snprintf(profile, sizeof profile, HEAD, kind, figures);
    (void)snprintf(recording, sizeof recording, WHO "%s", text);
    struct profile_set *profiles = fixture_profiles(profile, &error);
    if (!profiles)
        print_error("%s\n", error.text);
    assert_non_null(profiles);
    struct device_snapshot *snapshot = fixture_poll(recording, profiles, NULL, NULL);
    profile_set_free(profiles);
    return snapshot;
}

static struct device_snapshot *poll(const char *figures, const char *text)
{
    return poll_kind("controller", figures, text);
}

static void expect(const char *figures, const char *text, bool known, uint64_t value)
{
    struct device_snapshot *snapshot = poll(figures, text);
    assert_int_equal(snapshot->wtp_run.known, known);
    if (known)
        assert_int_equal(snapshot->wtp_run.value, value);
    device_snapshot_free(snapshot);
}

static void an_absent_object_is_unknown_and_a_zero_is_zero(void **state)
{
    (void)state;
    const char *scalar = F("wtp.run", "scalar", "objects = [ \"1.4.1.0\" ];");
    expect(scalar, "", false, 0);
    expect(scalar, "1.4.1.0|66|0\n", true, 0);
    expect(F("wtp.run", "sum", "objects = [ \"1.4.1\" ];"), "", false, 0);
    expect(F("wtp.run", "count_rows", "objects = [ \"1.4.1\" ];"), "", false, 0);
    expect(F("wtp.run", "count_rows", "objects = [ \"1.4.1\" ]; states = \"m\";"), "1.4.1.1|2|2\n",
           true, 0);
    expect(F("wtp.run", "if_rows", "if_types = [ \"250\" ];"), "1.3.6.1.2.1.2.2.1.3.1|2|6\n", false,
           0);
    expect(F("wtp.run", "if_rows", "if_types = [ \"250\" ]; if_up = true;"),
           "1.3.6.1.2.1.2.2.1.3.1|2|250\n1.3.6.1.2.1.2.2.1.8.1|2|2\n", true, 0);
}

static void markers_of_no_value_are_neither_counted_nor_summed(void **state)
{
    (void)state;
    const char *sum = F("wtp.run", "sum",
                        "objects = [ \"1.4.1\" ]; "
                        "no_values = [ \"2147483647\", \"-1\", \"65535\" ];");
    expect(sum, "1.4.1.1|2|5\n1.4.1.2|2|2147483647\n1.4.1.3|2|-1\n1.4.1.4|66|65535\n", true, 5);
    expect(sum, "1.4.1.1|2|2147483647\n1.4.1.2|2|-1\n", false, 0);
}

static void sums_take_several_columns_numbers_as_text_and_scales(void **state)
{
    (void)state;
    expect(F("wtp.run", "sum", "objects = [ \"1.4.1\", \"1.4.2\" ];"),
           "1.4.1.1|2|5\n1.4.2.1|4|7\n1.4.3.1|2|100\n1.4.1.2|4|x\n", true, 12);
    expect(F("wtp.run", "sum", "objects = [ \"1.4.1\" ]; scale = 0.5;"), "1.4.1.1|2|5\n", true, 3);
    expect(F("wtp.run", "sum", "objects = [ \"1.4.1\" ]; last_arc = 2;"),
           "1.4.1.7.1|2|5\n1.4.1.7.2|2|6\n", true, 6);
}

static void states_count_by_number_and_by_text_and_the_unknown_are_said(void **state)
{
    (void)state;
    struct device_snapshot *snapshot =
        poll(F("wtp.run", "count_rows", "objects = [ \"1.4.1\" ]; states = \"m\";"),
             "1.4.1.1|2|1\n1.4.1.2|2|2\n1.4.1.3|4|Connect\n1.4.1.4|4|Gone\n1.4.1.5|66|1\n");
    assert_int_equal(snapshot->wtp_run.value, 3);
    assert_true(fixture_warns(snapshot, "1 rows are in a state"));
    device_snapshot_free(snapshot);
}

static void keys_come_from_mac_indexes_strings_in_indexes_and_values(void **state)
{
    (void)state;
    struct device_snapshot *snapshot = poll(
        F("wtp.run", "count_rows", "objects = [ \"1.4.1\" ]; states = \"m\"; key = \"index-mac\";"),
        "1.4.1.0.0.94.0.83.255|2|1\n1.4.1.0.0.94.0.83.1|2|2\n1.4.1.0.0.94.0.83.256|2|1\n");
    assert_int_equal(snapshot->wtp_run.value, 2);
    assert_int_equal(snapshot->wtp_key_count, 1); /* 256 is no octet: counted, but without a key */
    assert_memory_equal(snapshot->wtp_keys[0].bytes, "\x00\x00\x5e\x00\x53\xff", 6);
    device_snapshot_free(snapshot);

    snapshot = poll(F("wtp.run", "count_rows",
                      "objects = [ \"1.4.1\" ]; key = \"index-string\";"
                      " index_skip = 1;"),
                    "1.4.1.9.2.65.0|2|1\n1.4.1.9.3.65.66|2|1\n");
    assert_int_equal(snapshot->wtp_run.value, 2);
    assert_int_equal(snapshot->wtp_key_count, 1); /* the second's length runs past its end */
    assert_int_equal(snapshot->wtp_keys[0].length, 2);
    assert_memory_equal(snapshot->wtp_keys[0].bytes, "A\0", 2);
    device_snapshot_free(snapshot);

    snapshot = poll(F("wtp.run", "count_rows",
                      "objects = [ \"1.4.1\" ]; key = \"object\"; "
                      "name_object = \"1.4.2\";"),
                    "1.4.1.1|2|1\n1.4.1.2|2|1\n1.4.2.1|4|SERIAL1\n");
    assert_int_equal(snapshot->wtp_key_count, 1);
    assert_memory_equal(snapshot->wtp_keys[0].bytes, "SERIAL1", 7);
    device_snapshot_free(snapshot);
}

static void distinct_indexes_are_counted_once(void **state)
{
    (void)state;
    expect(F("wtp.run", "distinct_index", "objects = [ \"1.4.1\" ]; key = \"index-mac\";"),
           "1.4.1.2.0.94.0.83.1.1|2|9\n1.4.1.2.0.94.0.83.1.2|2|9\n1.4.1.2.0.94.0.83.2.1|2|9\n",
           true, 2);
    expect(
        F("wtp.run", "distinct_index", "objects = [ \"1.4.1\" ]; key = \"index\"; index_arcs = 1;"),
        "1.4.1.4194304000.0|2|9\n1.4.1.4194304000.1|2|9\n1.4.1.4194312192.0|2|9\n", true, 2);
}

static void stations_by_ssid_are_summed_over_radios_and_keep_any_octet(void **state)
{
    (void)state;
    struct device_snapshot *snapshot =
        poll(F("stations.by_ssid", "by_name",
               "objects = [ \"1.4.1\" ]; key = \"object\"; name_object = \"1.4.2\";"),
             "1.4.1.1|65|4\n1.4.1.2|65|14\n1.4.1.3|65|1\n1.4.1.4|65|2\n1.4.2.1|4|home\n1.4.2.2|4|"
             "home\n1.4.2.3|4x|00FF0a\n");
    assert_int_equal(snapshot->ssid_count, 2); /* the fourth has no name */
    assert_int_equal(snapshot->ssids[0].stations, 18);
    assert_int_equal(snapshot->ssids[1].ssid_length, 3);
    assert_memory_equal(snapshot->ssids[1].ssid, "\x00\xff\x0a", 3);
    device_snapshot_free(snapshot);
}

static void the_first_source_that_is_known_is_published_and_the_others_are_kept(void **state)
{
    (void)state;
    static const char figures[] =
        "{ quantity = \"wtp.run\"; from = \"scalar\"; label = \"first\"; confidence = \"seen\";"
        " objects = [ \"1.4.1.0\" ]; },"
        "{ quantity = \"wtp.run\"; from = \"scalar\"; label = \"second\";"
        " confidence = \"unconfirmed\"; objects = [ \"1.4.2.0\" ]; },"
        "{ quantity = \"wtp.run\"; from = \"scalar\"; label = \"third\"; confidence = \"mib\";"
        " objects = [ \"1.4.3.0\" ]; }";
    struct device_snapshot *snapshot = poll(figures, "1.4.2.0|2|36\n1.4.3.0|2|40\n");
    assert_int_equal(snapshot->wtp_run.value, 36);
    assert_int_equal(snapshot->confidence, CONFIDENCE_UNCONFIRMED);
    assert_int_equal(fixture_figure(snapshot, "wtp.run", "third")->value.value, 40);
    assert_true(fixture_warns(snapshot, "36 by second (published), 40 by third"));
    assert_true(fixture_warns(snapshot, "no device has confirmed"));
    device_snapshot_free(snapshot);
    snapshot = poll(figures, "1.4.1.0|2|36\n1.4.3.0|2|36\n");
    assert_int_equal(snapshot->confidence, CONFIDENCE_SEEN);
    assert_int_equal(snapshot->warning_count, 1); /* no interface table */
    device_snapshot_free(snapshot);
}

static void attainable_rates_become_capability_classes_of_lines(void **state)
{
    (void)state;
    struct device_snapshot *snapshot = poll_kind(
        "access-node",
        F("lines.provisioned", "if_rows", "technology = \"vdsl2\"; if_types = [ \"97\" ];") "," F(
            "lines.down_rate", "rates", "technology = \"vdsl2\"; objects = [ \"1.4.1\" ];"),
        "1.3.6.1.2.1.2.2.1.3.1|2|97\n1.3.6.1.2.1.2.2.1.3.2|2|97\n1.4.1.1|66|52000000\n"
        "1.4.1.2|66|0\n");
    assert_int_equal(snapshot->line_count, 1);
    assert_int_equal(snapshot->lines[0].provisioned.value, 2);
    assert_false(snapshot->lines[0].active.known);
    assert_true(snapshot->lines[0].capability_known && snapshot->lines[0].capability_measured);
    assert_int_equal(snapshot->lines[0].capability[capability_class(52000)], 1);
    device_snapshot_free(snapshot);
}

static uint64_t pseudonym(void *ctx, enum element_kind kind, const void *key, size_t length)
{
    assert_int_equal(kind, ELEMENT_WTP);
    *(size_t *)ctx += length;
    return ((const uint8_t *)key)[length - 1];
}

static struct report_inventory *fill(struct report *report, const struct device_snapshot *snapshot,
                                     size_t *octets)
{
    struct report_inventory *inventory = report_add_inventory(report);
    const struct snapshot_export export = {
        .pseudonym = pseudonym, .ctx = octets, .census = census_new(), .budget = 100};
    assert_int_equal(device_snapshot_fill(snapshot, &export, inventory), 0);
    census_free(export.census);
    return inventory;
}

static void an_inventory_has_pseudonyms_for_keys_and_lines_of_access_nodes_only(void **state)
{
    (void)state;
    static const char figures[] =
        F("wtp.run", "count_rows", "objects = [ \"1.4.1\" ]; key = \"index-mac\";") "," F(
            "lines.active", "sum", "technology = \"gpon\"; objects = [ \"1.4.2\" ];");
    static const char text[] = "1.4.1.2.0.94.0.83.1|2|1\n1.4.1.2.0.94.0.83.2|2|1\n1.4.2.0|2|9\n";
    size_t octets = 0;
    struct report *report = report_new();
    struct device_snapshot *snapshot = poll_kind("access-node", figures, text);
    struct report_inventory *inventory = fill(report, snapshot, &octets);
    assert_int_equal(inventory->wtp_pseudonym_count, 2);
    assert_int_equal(inventory->wtp_pseudonyms[1], 2);
    assert_int_equal(octets, 12);
    assert_int_equal(inventory->line_count, 1);
    assert_int_equal(inventory->lines[0].active.value, 9);
    assert_string_equal(inventory->profile, "p");
    device_snapshot_free(snapshot);
    snapshot = poll_kind("customer", figures, text);
    assert_int_equal(snapshot->line_count, 1);
    assert_int_equal(fill(report, snapshot, &octets)->line_count, 0);
    device_snapshot_free(snapshot);
    report_free(report);
}

static void interfaces_take_64_bits_where_there_are_any_and_32_elsewhere(void **state)
{
    (void)state;
    struct device_snapshot *snapshot = poll(
        "",
        "1.3.6.1.2.1.2.2.1.3.1|2|6\n1.3.6.1.2.1.2.2.1.3.4194304000|2|6\n"
        "1.3.6.1.2.1.2.2.1.8.1|2|1\n1.3.6.1.2.1.2.2.1.8.4194304000|2|2\n"
        "1.3.6.1.2.1.31.1.1.1.6.1|70|5000000000\n1.3.6.1.2.1.31.1.1.1.10.1|4x|0000000100000000\n"
        "1.3.6.1.2.1.2.2.1.10.1|65|7\n1.3.6.1.2.1.2.2.1.10.4194304000|65|8\n"
        "1.3.6.1.2.1.31.1.1.1.1.77|4|only-a-name\n");
    assert_int_equal(snapshot->interface_count.value, 2);
    assert_int_equal(snapshot->interfaces_up.value, 1);
    assert_int_equal(snapshot->interfaces_counter64, 1);
    assert_int_equal(snapshot->in_octets.value, 5000000008);
    assert_int_equal(snapshot->out_octets.value, UINT64_C(1) << 32);
    device_snapshot_free(snapshot);
}

static void the_age_of_a_device_survives_the_wrap_of_sys_up_time(void **state)
{
    (void)state;
    struct device_snapshot *snapshot =
        poll("", "1.3.6.1.2.1.1.3.0|67|1000\n1.3.6.1.6.3.10.2.1.3.0|2|42949683\n");
    assert_int_equal(snapshot->uptime_s.value, 42949682);
    device_snapshot_free(snapshot);
    snapshot = poll("", "1.3.6.1.2.1.1.3.0|67|1000\n1.3.6.1.6.3.10.2.1.3.0|2|99000000\n");
    assert_int_equal(snapshot->uptime_s.value, 10);
    device_snapshot_free(snapshot);
    snapshot = poll("", "1.3.6.1.6.3.10.2.1.3.0|2|99\n");
    assert_false(snapshot->uptime_s.known);
    device_snapshot_free(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absent_object_is_unknown_and_a_zero_is_zero),
        cmocka_unit_test(markers_of_no_value_are_neither_counted_nor_summed),
        cmocka_unit_test(sums_take_several_columns_numbers_as_text_and_scales),
        cmocka_unit_test(states_count_by_number_and_by_text_and_the_unknown_are_said),
        cmocka_unit_test(keys_come_from_mac_indexes_strings_in_indexes_and_values),
        cmocka_unit_test(distinct_indexes_are_counted_once),
        cmocka_unit_test(stations_by_ssid_are_summed_over_radios_and_keep_any_octet),
        cmocka_unit_test(the_first_source_that_is_known_is_published_and_the_others_are_kept),
        cmocka_unit_test(attainable_rates_become_capability_classes_of_lines),
        cmocka_unit_test(an_inventory_has_pseudonyms_for_keys_and_lines_of_access_nodes_only),
        cmocka_unit_test(interfaces_take_64_bits_where_there_are_any_and_32_elsewhere),
        cmocka_unit_test(the_age_of_a_device_survives_the_wrap_of_sys_up_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
