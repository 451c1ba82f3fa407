/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/census.h"
#include "probe/snmp/row_key.h"
#include "probe/snmp/snapshot.h"

#include "tests/support/snmp_fixture.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

#define WHO "1.3.6.1.2.1.1.2.0|6|1.3.9\n"
#define HEAD                                                                                       \
    "profile = \"p\"; title = \"t\"; kind = \"%s\"; match = ( { object_id = \"1.3.9\"; } );\n"     \
    "state_maps = ( { name = \"m\"; states = ( { value = \"1\"; name = \"up\"; counts = true; },"  \
    " { value = \"2\"; name = \"down\"; }, { value = \"11\"; name = \"standby\";"                  \
    " element = \"standby\"; } ); } );\n"                                                          \
    "models = ( { match = \"MA56*\"; class = \"mdu\"; }, { match = \"EG*\"; class = \"single\"; }" \
    " );\n%s\n"
#define ONTS                                                                                       \
    "figures = ( { quantity = \"lines.provisioned\"; from = \"count_rows\"; label = \"l\";"        \
    " technology = \"gpon\"; objects = [ \"1.4.1\" ]; confidence = \"seen\"; } );\n"               \
    "elements = ( { kind = \"terminal\"; technology = \"gpon\"; label = \"onts\";"                 \
    " confidence = \"mib\"; rows = \"1.4.1\"; key = \"object\"; key_object = \"1.4.1\";"           \
    " state_object = \"1.4.2\"; states = \"m\"; model_object = \"1.4.3\"; } );"
#define APS                                                                                        \
    "elements = ( { kind = \"wtp\"; label = \"aps\"; confidence = \"mib\"; rows = \"1.5.1\";"      \
    " key = \"index-mac\"; states = \"m\"; ssid_object = \"1.5.2\"; } );"

static struct device_snapshot *poll(const char *kind, const char *rest, const char *text)
{
    char profile[4096];
    char recording[4096];
    struct conf_error error = {.text = ""};
    (void)snprintf(profile, sizeof profile, HEAD, kind, rest);
    (void)snprintf(recording, sizeof recording, WHO "%s", text);
    struct profile_set *profiles = fixture_profiles(profile, &error);
    if (!profiles)
        print_error("%s\n", error.text);
    assert_non_null(profiles);
    struct device_snapshot *snapshot = fixture_poll(recording, profiles, NULL, NULL);
    profile_set_free(profiles);
    return snapshot;
}

static const struct snapshot_element *find(const struct device_snapshot *snapshot, const char *key,
                                           size_t length)
{
    for (size_t i = 0; i < snapshot->element_count; i++)
        if (snapshot->elements[i].key.length == length &&
            memcmp(snapshot->elements[i].key.bytes, key, length) == 0)
            return &snapshot->elements[i];
    fail_msg("no element has the key %s", key);
    return NULL;
}

static void terminals_have_a_serial_number_a_state_and_a_class(void **state)
{
    (void)state;
    struct device_snapshot *snapshot = poll(
        "access-node", ONTS,
        "1.4.1.7.0|4x|48575443aabbcc01\n1.4.1.7.1|4|HWTCAABBCC02\n1.4.1.8.0|4|48575443AABBCC03\n"
        "1.4.1.8.1|4x|48575443aabbcc01\n" /* an old entry of the first, on another port */
        "1.4.2.7.0|2|2\n1.4.2.7.1|2|2\n1.4.2.8.1|2|1\n"
        "1.4.3.7.0|4|EG8145V5\n1.4.3.7.1|4|MA5612\n");
    assert_int_equal(snapshot->element_count, 3);
    const struct snapshot_element *first = find(snapshot, "HWTC\xaa\xbb\xcc\x01", 8);
    assert_int_equal(first->state, ELEMENT_RUN);
    assert_int_equal(first->model_class, MODEL_SINGLE);
    assert_int_equal(first->technology, TECHNOLOGY_GPON);
    assert_int_equal(find(snapshot, "HWTC\xaa\xbb\xcc\x02", 8)->model_class, MODEL_MULTIPLE);
    assert_int_equal(find(snapshot, "HWTC\xaa\xbb\xcc\x02", 8)->state, ELEMENT_DOWN);
    assert_int_equal(find(snapshot, "HWTC\xaa\xbb\xcc\x03", 8)->state, ELEMENT_STATE_UNKNOWN);
    assert_int_equal(snapshot->lines[0].provisioned.value, 4);
    assert_true(snapshot->lines[0].named.known);
    assert_int_equal(snapshot->lines[0].named.value, 3);
    device_snapshot_free(snapshot);
}

static void rows_without_a_key_are_said_and_leave_the_number_of_terminals_unknown(void **state)
{
    (void)state;
    struct device_snapshot *snapshot = poll(
        "access-node", ONTS, "1.4.1.1|4|HWTCAABBCC02\n1.4.1.2|4|\n1.4.1.3|4x|0000000000000000\n");
    assert_int_equal(snapshot->element_count, 1);
    assert_false(snapshot->lines[0].named.known);
    assert_true(fixture_warns(snapshot, "2 of 3 rows of onts have no key"));
    device_snapshot_free(snapshot);
}

static void one_identity_has_one_spelling(void **state)
{
    (void)state;
    static const struct {
        enum element_kind kind;
        const char *in;
        size_t in_length;
        const char *out;
        size_t out_length; /* 0: names nothing */
    } cases[] = {
        {ELEMENT_TERMINAL, "ubnt00a1b2c3", 12, "UBNT\x00\xa1\xb2\xc3", 8},
        {ELEMENT_TERMINAL, "ZTEG-C0FFEE01", 13, "ZTEG\xc0\xff\xee\x01", 8},
        {ELEMENT_TERMINAL, "  ZTEGC0FFEE01 ", 15, "ZTEG\xc0\xff\xee\x01", 8},
        {ELEMENT_TERMINAL, "5A544547C0FFEE01", 16, "ZTEG\xc0\xff\xee\x01", 8},
        {ELEMENT_TERMINAL, "ZTEG\xc0\xff\xee\x01", 8, "ZTEG\xc0\xff\xee\x01", 8},
        {ELEMENT_TERMINAL, "02:00:5E:10:00:01", 17, "\x02\x00\x5e\x10\x00\x01", 6},
        {ELEMENT_WTP, "0200-5e10-0001", 14, "\x02\x00\x5e\x10\x00\x01", 6},
        {ELEMENT_WTP, "02005E100001", 12, "\x02\x00\x5e\x10\x00\x01", 6},
        {ELEMENT_WTP, "21023593VGDMG8000123", 20, "21023593VGDMG8000123", 20},
        {ELEMENT_WTP, "SN-1\0\0\0\0\0", 9, "SN-1\0\0\0\0", 8},
        {ELEMENT_WTP, "\0\0\0\0\0\0", 6, NULL, 0},
        {ELEMENT_WTP, "", 0, NULL, 0},
        {ELEMENT_WTP, "00:00:00:00:00:00", 17, NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct snapshot_key key = {.length = cases[i].in_length};
        memcpy(key.bytes, cases[i].in, cases[i].in_length);
        bool names = row_key_normalise(cases[i].kind, &key);
        if (names != (cases[i].out_length > 0) ||
            (names && (key.length != cases[i].out_length ||
                       memcmp(key.bytes, cases[i].out, key.length) != 0)))
            fail_msg("case %zu: %s", i, cases[i].in);
    }
}

static uint64_t last_octet(void *ctx, enum element_kind kind, const void *key, size_t length)
{
    (void)ctx;
    return (uint64_t)kind << 8 | ((const uint8_t *)key)[length - 1];
}

static bool is_free(void *ctx, const uint8_t *ssid, size_t length)
{
    (void)ctx;
    return length == 4 && memcmp(ssid, "free", 4) == 0;
}

static void fill(const struct device_snapshot *snapshot, bool declared, struct report *report)
{
    struct census *census = census_new();
    const struct snapshot_export export = {.pseudonym = last_octet,
                                           .is_public = declared ? is_free : NULL,
                                           .census = census,
                                           .day = 1,
                                           .budget = 1000};
    assert_int_equal(device_snapshot_fill(snapshot, &export, report_add_inventory(report)), 0);
    census_free(census);
}

static const struct report_elements *group_with(const struct report *report, uint64_t pseudonym)
{
    const struct report_inventory *inventory = &report->inventories[0];
    for (size_t i = 0; i < inventory->element_count; i++)
        for (size_t k = 0; k < inventory->elements[i].pseudonym_count; k++)
            if (inventory->elements[i].pseudonyms[k] == pseudonym)
                return &inventory->elements[i];
    fail_msg("no group has %llu", (unsigned long long)pseudonym);
    return NULL;
}

#define MAC(last) "2.0.94.16.0." last
static const char ap_rows[] =
    "1.5.1." MAC("1") "|2|1\n1.5.1." MAC("2") "|2|2\n1.5.1." MAC("3") "|2|11\n1.5.2." MAC(
        "1") ".0.1|4|free\n1.5.2." MAC("1") ".1.1|4|office\n"
                                            "1.5.2." MAC("2") ".0.1|4|office\n";

static void access_points_are_public_by_the_networks_that_they_offer(void **state)
{
    (void)state;
    struct device_snapshot *snapshot = poll("controller", APS, ap_rows);
    struct report *report = report_new();
    fill(snapshot, true, report);
    assert_int_equal(group_with(report, 0x101)->service, WLAN_PUBLIC);
    assert_int_equal(group_with(report, 0x101)->state, ELEMENT_RUN);
    assert_int_equal(group_with(report, 0x102)->service, WLAN_PRIVATE);
    assert_int_equal(group_with(report, 0x103)->service, WLAN_SERVICE_UNKNOWN);
    assert_int_equal(group_with(report, 0x103)->state, ELEMENT_STANDBY);
    report_free(report);
    report = report_new();
    fill(snapshot, false, report); /* nothing is declared: nothing is known */
    assert_int_equal(group_with(report, 0x101)->service, WLAN_SERVICE_UNKNOWN);
    assert_int_equal(group_with(report, 0x102)->service, WLAN_SERVICE_UNKNOWN);
    report_free(report);
    device_snapshot_free(snapshot);
}

static void only_networks_that_are_declared_public_are_named(void **state)
{
    (void)state;
    struct device_snapshot *snapshot =
        poll("controller",
             "figures = ( { quantity = \"stations.by_ssid\"; from = \"by_name\"; label = \"s\";"
             " confidence = \"seen\"; objects = [ \"1.6.1\" ]; key = \"object\";"
             " name_object = \"1.6.2\"; } );",
             "1.6.1.1|66|3\n1.6.1.2|66|4\n1.6.1.3|66|5\n"
             "1.6.2.1|4|free\n1.6.2.2|4|office\n1.6.2.3|4|home\n");
    struct report *report = report_new();
    fill(snapshot, true, report);
    const struct report_inventory *inventory = &report->inventories[0];
    assert_int_equal(inventory->network_count, 2);
    assert_string_equal(inventory->networks[0].ssid, "free");
    assert_int_equal(inventory->networks[0].stations.value, 3);
    assert_string_equal(inventory->networks[1].ssid, "");
    assert_int_equal(inventory->networks[1].networks, 2);
    assert_int_equal(inventory->networks[1].stations.value, 9);
    report_free(report);
    device_snapshot_free(snapshot);
}

static void
a_customers_device_lists_no_terminals_and_sources_travel_with_their_confidence(void **state)
{
    (void)state;
    struct device_snapshot *snapshot = poll("customer", ONTS, "1.4.1.1|4|HWTCAABBCC02\n");
    struct report *report = report_new();
    fill(snapshot, true, report);
    const struct report_inventory *inventory = &report->inventories[0];
    assert_int_equal(inventory->element_count, 0);
    assert_int_equal(inventory->source_count, 1);
    assert_string_equal(inventory->sources[0].quantity, "lines.provisioned");
    assert_string_equal(inventory->sources[0].source, "l");
    assert_int_equal(inventory->sources[0].confidence, CONFIDENCE_SEEN);
    assert_true(inventory->sources[0].published);
    report_free(report);
    device_snapshot_free(snapshot);
}

/* Tables of shipped profiles, built from what their MIBs say: no device has been seen but UFiber,
 * Aruba Instant and Cisco's business controllers. */
struct listing {
    const char *profile, *text;
    enum element_kind kind;
    size_t run, down, standby, mdus;
};

#define WHO_IS(oid)  "1.3.6.1.2.1.1.2.0|6|" oid "\n"
#define AP(last)     ".2.0.94.16.0." last
#define HW_PON       "1.3.6.1.4.1.2011.6.128.1.1.2."
#define ZTE          "1.3.6.1.4.1.3902."
#define FIBERHOME    "1.3.6.1.4.1.5875.800.3.10.1.1."
#define UFIBER       "1.3.6.1.4.1.41112.1.5.6.2.1."
#define DOCSIS       "1.3.6.1.2.1.10.127.1.3.3.1."
#define HW_WLAN      "1.3.6.1.4.1.2011.6.139.13.3.3.1."
#define CISCO        "1.3.6.1.4.1.14179.2.2.1.1."
#define FORTI        "1.3.6.1.4.1.12356.101.14.4.4.1.7."
#define H3C          "1.3.6.1.4.1.25506.2.75.2.1.1.1."
#define RUIJIE_STATE "1.3.6.1.4.1.4881.1.1.10.2.56.2.1.1.1.48"

static const struct listing listings[] = {
    {"huawei-smartax",
     WHO_IS("1.3.6.1.4.1.2011.2.123") HW_PON
     "43.1.3.4194304000.0|4x|485754430a0b0c01\n" HW_PON
     "43.1.3.4194304000.1|4x|485754430a0b0c02\n" HW_PON "46.1.15.4194304000.0|2|1\n" HW_PON
     "46.1.15.4194304000.1|2|2\n" HW_PON "45.1.4.4194304000.0|4|MA5616\n" HW_PON
     "45.1.4.4194304000.1|4|EG8145V5\n" HW_PON "53.1.3.4194312192.0|4x|02005e100001\n" HW_PON
     "57.1.15.4194312192.0|2|1\n",
     ELEMENT_TERMINAL, 2, 1, 0, 1},
    {"zte-zxa10",
     WHO_IS("1.3.6.1.4.1.3902.1082.1001.320.2.1") ZTE
     "1082.500.10.2.3.3.1.18.285278465.1|4|ZTEGC0FFEE01\n" ZTE
     "1082.500.10.2.3.8.1.4.285278465.1|2|4\n" ZTE
     "1082.500.10.2.3.3.1.18.285278465.2|4|ZTEGC0FFEE02\n" ZTE
     "1082.500.10.2.3.8.1.4.285278465.2|2|7\n" ZTE
     "1012.3.28.1.1.5.268501248.1|4x|5a544547c0ffee01\n", /* the same, in the old arc */
     ELEMENT_TERMINAL, 1, 1, 0, 0},
    {"fiberhome-an5516",
     WHO_IS("1.3.6.1.4.1.5875.800.1001.11") FIBERHOME "11.1|2|1\n" FIBERHOME "11.2|2|2\n" FIBERHOME
                                                      "10.1|4|FHTT01020304\n" FIBERHOME
                                                      "10.2|4|FHTT01020305\n",
     ELEMENT_TERMINAL, 1, 1, 0, 0},
    {"ubiquiti-ufiber",
     WHO_IS("1.3.6.1.4.1.41112.1.5") UFIBER "3.12.85.66.78.84.50.48.55.51.49.56.56.56|2|1\n" UFIBER
                                            "3.12.85.66.78.84.50.48.55.51.49.56.56.57|2|2\n",
     ELEMENT_TERMINAL, 1, 1, 0, 0},
    {"arris-cmts",
     WHO_IS("1.3.6.1.4.1.4115.1.4.3") DOCSIS "9.1|2|6\n" DOCSIS "9.2|2|8\n" DOCSIS
                                             "9.3|2|1\n" DOCSIS "2.1|4x|02005e100001\n" DOCSIS
                                             "2.2|4x|02005e100002\n" DOCSIS "2.3|4x|02005e100003\n",
     ELEMENT_TERMINAL, 2, 1, 0, 0},
    {"huawei-ac",
     WHO_IS("1.3.6.1.4.1.2011.2.240.6") HW_WLAN
     "4" AP("1") "|4|a\n" HW_WLAN "4" AP("2") "|4|b\n" HW_WLAN "4" AP("3") "|4|c\n" HW_WLAN "6" AP(
         "1") "|2|8\n" HW_WLAN "6" AP("2") "|2|11\n" HW_WLAN "6" AP("3") "|2|4\n",
     ELEMENT_WTP, 1, 1, 1, 0},
    {"cisco-wlc",
     WHO_IS("1.3.6.1.4.1.14179.1.1.4.3") CISCO
     "3" AP("1") "|4|a\n" CISCO "3" AP("2") "|4|b\n" CISCO "6" AP("2") "|2|3\n",
     ELEMENT_WTP, 1, 1, 0, 0},
    {"aruba-controller",
     WHO_IS("1.3.6.1.4.1.14823.1.1.32") "1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1.19" AP(
         "1") "|2|1\n"
              "1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1.19" AP("2") "|2|2\n",
     ELEMENT_WTP, 1, 1, 0, 0},
    {"aruba-controller", /* which shows radios only */
     WHO_IS("1.3.6.1.4.1.14823.1.1.32") "1.3.6.1.4.1.14823.2.2.1.5.2.1.5.1.7" AP(
         "1") ".1|2|3\n"
              "1.3.6.1.4.1.14823.2.2.1.5.2.1.5.1.7" AP("1") ".2|2|4\n",
     ELEMENT_WTP, 1, 0, 0, 0},
    {"aruba-instant",
     WHO_IS("1.3.6.1.4.1.14823.1.2.34") "1.3.6.1.4.1.14823.2.3.3.1.2.1.1.11" AP("1") "|2|1\n",
     ELEMENT_WTP, 1, 0, 0, 0},
    {"ruckus-zonedirector",
     WHO_IS("1.3.6.1.4.1.25053.3.1.5.3") "1.3.6.1.4.1.25053.1.2.2.1.1.2.1.1.3" AP(
         "1") "|2|1\n"
              "1.3.6.1.4.1.25053.1.2.2.1.1.2.1.1.3" AP("2") "|2|0\n",
     ELEMENT_WTP, 1, 1, 0, 0},
    {"ruckus-smartzone",
     WHO_IS("1.3.6.1.4.1.25053.3.1.11.1") "1.3.6.1.4.1.25053.1.4.2.1.1.2.2.1.16" AP(
         "1") "|4|Connect\n",
     ELEMENT_WTP, 1, 0, 0, 0},
    {"fortinet-fortigate",
     WHO_IS("1.3.6.1.4.1.12356.101.1.5004") FORTI
     "1.4.70.80.50.49|2|2\n" FORTI "1.4.70.80.50.50|2|5\n" FORTI "1.4.70.80.50.51|2|1\n",
     ELEMENT_WTP, 1, 1, 1, 0},
    {"h3c",
     WHO_IS("1.3.6.1.4.1.25506.1.1") H3C "4.3.65.66.67|2|5\n" H3C "4.3.65.66.68|2|1\n" H3C
                                         "3.3.65.66.67|4x|02005e100001\n" H3C
                                         "3.3.65.66.68|4x|02005e100002\n",
     ELEMENT_WTP, 1, 1, 0, 0},
    {"ruijie-ac",
     WHO_IS("1.3.6.1.4.1.4881.1.1.10.1.99") "1.3.6.1.4.1.4881.1.1.10.2.56.2.1.1.1.2" AP(
         "1") "|4|a\n" RUIJIE_STATE AP("1") "|2|1\n" RUIJIE_STATE AP("2") "|2|2\n",
     ELEMENT_WTP, 1, 1, 0, 0},
    {"zte-wlan", WHO_IS("1.3.6.1.4.1.3902.3.9") "1.3.6.1.2.1.196.1.2.2.1.7.6.2.0.94.16.0.1|2|6\n",
     ELEMENT_WTP, 1, 0, 0, 0},
    {"if-mib",
     WHO_IS("1.3.6.1.4.1.99999") "1.3.6.1.2.1.196.1.2.2.1.7.6.2.0.94.16.0.1|2|6\n"
                                 "1.3.6.1.2.1.196.1.2.2.1.7.6.2.0.94.16.0.2|2|2\n",
     ELEMENT_WTP, 1, 1, 0, 0},
};

static bool lists(const struct profile_set *profiles, const struct listing *listing)
{
    struct device_snapshot *snapshot = fixture_poll(listing->text, profiles, NULL, NULL);
    size_t count[4] = {0};
    size_t mdus = 0;
    size_t others = 0;
    for (size_t i = 0; i < snapshot->element_count; i++) {
        count[snapshot->elements[i].state]++;
        mdus += snapshot->elements[i].model_class == MODEL_MULTIPLE;
        others += snapshot->elements[i].kind != listing->kind;
    }
    bool right = strcmp(snapshot->profile, listing->profile) == 0 && others == 0 &&
                 count[ELEMENT_RUN] == listing->run && count[ELEMENT_DOWN] == listing->down &&
                 count[ELEMENT_STANDBY] == listing->standby && mdus == listing->mdus &&
                 count[ELEMENT_STATE_UNKNOWN] == 0;
    if (!right)
        print_error("%s (%s): %zu run, %zu down, %zu standby, %zu unknown, %zu of buildings\n",
                    listing->profile, snapshot->profile, count[ELEMENT_RUN], count[ELEMENT_DOWN],
                    count[ELEMENT_STANDBY], count[ELEMENT_STATE_UNKNOWN], mdus);
    device_snapshot_free(snapshot);
    return right;
}

static void shipped_profiles_list_what_their_tables_hold(void **state)
{
    (void)state;
    struct profile_set *profiles = fixture_shipped_profiles();
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof listings / sizeof listings[0]; i++)
        wrong += !lists(profiles, &listings[i]);
    profile_set_free(profiles);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminals_have_a_serial_number_a_state_and_a_class),
        cmocka_unit_test(rows_without_a_key_are_said_and_leave_the_number_of_terminals_unknown),
        cmocka_unit_test(one_identity_has_one_spelling),
        cmocka_unit_test(access_points_are_public_by_the_networks_that_they_offer),
        cmocka_unit_test(only_networks_that_are_declared_public_are_named),
        cmocka_unit_test(
            a_customers_device_lists_no_terminals_and_sources_travel_with_their_confidence),
        cmocka_unit_test(shipped_profiles_list_what_their_tables_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
