/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/profile.h"

#include "tests/support/snmp_fixture.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

#define HEAD         "profile = \"p\"; title = \"t\"; kind = \"controller\";\n"
#define FIGURE(rest) HEAD "figures = ( {\n label = \"l\"; confidence = \"seen\";\n " rest " } );\n"

struct fault {
    const char *text;
    const char *expected; /* part of the error */
};

static void a_profile_that_is_wrong_is_refused_with_its_line_and_the_nearest_key(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"title = \"t\"; kind = \"router\";", "'profile' is missing"},
        {"profile = \"p\"; title = \"t\"; kind = \"rooter\";", "did you mean 'router'"},
        {HEAD "matches = ();", "test.cfg:2: unknown key 'matches'; did you mean 'match'?"},
        {HEAD "match = ( { object_id = \"1.3.x\"; } );", "'1.3.x' is no object identifier"},
        {HEAD "match = ( { } );", "would hold for all"},
        {HEAD "technologies = [ \"gpoon\" ];", "'gpoon' is no technology"},
        {FIGURE("quantity = \"wtp.runs\"; from = \"self\";"), "did you mean 'wtp.run'"},
        {FIGURE("quantity = \"wtp.run\"; from = \"scaler\";"), "did you mean 'scalar'"},
        {FIGURE("quantity = \"wtp.run\"; from = \"scalar\";"), "'objects' is missing"},
        {FIGURE("quantity = \"wtp.run\"; from = \"sum\"; objects = [ \"1..3\" ];"),
         "test.cfg:4: '1..3' is no object identifier"},
        {FIGURE("quantity = \"wtp.run\"; from = \"sum\"; objects = [ \"1.3\" ];\n states = \"s\";"),
         "test.cfg:5: no state map is called 's'"},
        {FIGURE("quantity = \"wtp.run\"; from = \"sum\"; objects = [ \"1.3\" ]; "
                "no_values = [ \"1O\" ];"),
         "'1O' is no whole number"},
        {FIGURE("quantity = \"lines.active\"; from = \"sum\"; objects = [ \"1.3\" ];"),
         "lines need their 'technology'"},
        {FIGURE("quantity = \"wtp.run\"; from = \"if_rows\";"), "needs 'if_types' or 'if_name'"},
        {FIGURE("quantity = \"stations.by_ssid\"; from = \"by_name\"; objects = [ \"1.3\" ];"),
         "where is the name"},
        {FIGURE("quantity = \"wtp.run\"; from = \"by_name\"; objects = [ \"1.3\" ];"),
         "belong together"},
        {FIGURE("quantity = \"wtp.run\"; from = \"sum\"; objects = [ \"1.3\" ]; key = \"object\";"),
         "needs a 'name_object'"},
        {FIGURE("quantity = \"wtp.run\"; from = \"sum\"; objects = [ \"1.3\" ]; scale = 0.0;"),
         "outside"},
        {"profile = \"p\"\ntitle = ;", "test.cfg:2"},
    };
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct conf_error error = {.text = ""};
        struct profile_set *profiles = fixture_profiles(faults[i].text, &error);
        bool right =
            !profiles && strstr(error.text, faults[i].expected) && strstr(error.text, "test.cfg");
        if (!right)
            print_error("wanted \"%s\", got \"%s\"\n", faults[i].expected, error.text);
        wrong += !right;
        profile_set_free(profiles);
    }
    assert_int_equal(wrong, 0);
}

static void a_folder_that_is_not_there_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct conf_error error;
    assert_null(profile_set_load("/nonexistent/profiles", &error));
    assert_non_null(strstr(error.text, "/nonexistent/profiles"));
}

static void the_shipped_profiles_are_good_and_found_by_name(void **state)
{
    (void)state;
    struct profile_set *profiles = fixture_shipped_profiles();
    assert_true(profile_set_count(profiles) >= 30);
    assert_non_null(profile_set_find(profiles, "huawei-smartax"));
    assert_non_null(profile_set_find(profiles, "if-mib"));
    assert_null(profile_set_find(profiles, "huawei"));
    profile_set_free(profiles);
}

struct recognition {
    const char *object_id, *descr, *more, *profile;
};

static void devices_are_recognised_by_prefix_then_description_then_probe(void **state)
{
    (void)state;
    static const struct recognition cases[] = {
        {"1.3.6.1.4.1.2011.2.123", "", "", "huawei-smartax"},
        {"1.3.6.1.4.1.2011.2.240.6", "", "", "huawei-ac"},
        {"1.3.6.1.4.1.2011.2.999", "", "", "if-mib"},
        {"1.3.6.1.4.1.2011.2.999", "", "1.3.6.1.4.1.2011.6.139.12.1.2.1.0|2|4\n", "huawei-ac"},
        {"1.3.6.1.4.1.20110.2.123", "", "", "if-mib"},
        {"1.3.6.1.4.1.9.1.2391", "Cisco IOS C9800_IOSXE-K9", "", "cisco-wlc"},
        {"1.3.6.1.4.1.9.1.2391", "Cisco IOS CAT9K_IOSXE", "", "cisco-ios"},
        {"1.3.6.1.4.1.8072.3.2.10", "Linux", "", "net-snmp"},
        {"1.3.6.1.4.1.8072.3.2.10", "Linux OpenWrt 5.4", "", "openwrt"},
        {"1.3.6.1.4.1.8072.3.2.10", "Linux", "1.3.6.1.4.1.41112.1.6.1.2.1.8.1|2|4\n", "unifi-ap"},
        {"1.3.6.1.4.1.890.1.15", "NXC2500", "", "zyxel-nxc"},
        {"1.3.6.1.4.1.890.1.15", "NWA1123", "1.3.6.1.4.1.890.1.15.3.5.15.0|2|4\n", "zyxel-ap"},
        {"1.3.6.1.4.1.4413", "EdgeOS", "1.3.6.1.4.1.41112.1.5.6.2.1.3.1.65|2|1\n",
         "ubiquiti-ufiber"},
        {"1.3.6.1.4.1.25053.3.1.5.15", "", "", "ruckus-zonedirector"},
        {"1.3.6.1.4.1.25053.3.1.5.20", "", "", "ruckus-unleashed"},
        {"1.3.6.1.4.1.99999", "", "", "if-mib"},
    };
    size_t wrong = 0;
    struct profile_set *profiles = fixture_shipped_profiles();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, "1.3.6.1.2.1.1.1.0|4|%s\n1.3.6.1.2.1.1.2.0|6|%s\n%s",
                       cases[i].descr, cases[i].object_id, cases[i].more);
        struct device_snapshot *snapshot = fixture_poll(text, profiles, NULL, NULL);
        if (strcmp(snapshot->profile, cases[i].profile) != 0) {
            print_error("%s %s: %s\n", cases[i].object_id, cases[i].descr, snapshot->profile);
            wrong++;
        }
        device_snapshot_free(snapshot);
    }
    profile_set_free(profiles);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_that_is_wrong_is_refused_with_its_line_and_the_nearest_key),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error_that_names_it),
        cmocka_unit_test(the_shipped_profiles_are_good_and_found_by_name),
        cmocka_unit_test(devices_are_recognised_by_prefix_then_description_then_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
