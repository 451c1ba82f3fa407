/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/access.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>

static void only_fibre_to_one_subscriber_counts_as_ftth(void **state)
{
    (void)state;
    assert_true(access_technology_is_ftth(TECHNOLOGY_GPON));
    assert_true(access_technology_is_ftth(TECHNOLOGY_XGSPON));
    assert_true(access_technology_is_ftth(TECHNOLOGY_EPON));
    assert_false(access_technology_is_ftth(TECHNOLOGY_ETHERNET)); /* FTTB and a LAN */
    assert_false(access_technology_is_ftth(TECHNOLOGY_VDSL2));
    assert_false(access_technology_is_ftth(TECHNOLOGY_UNKNOWN));
}

static void a_rate_belongs_to_the_last_class_whose_edge_it_reaches(void **state)
{
    (void)state;
    assert_int_equal(capability_class(0), 0);
    assert_int_equal(capability_class(255), 0);
    assert_int_equal(capability_class(256), 1);
    assert_int_equal(capability_class(19999), 5);
    assert_int_equal(capability_class(20000), 6);
    assert_int_equal(capability_class(20001), 6);
    assert_int_equal(capability_class(~0ull), CAPABILITY_CLASSES - 1);
    for (size_t i = 1; i < CAPABILITY_CLASSES; i++) {
        assert_true(capability_edges_kbit_s[i] > capability_edges_kbit_s[i - 1]);
        assert_int_equal(capability_class(capability_edges_kbit_s[i]), i);
        assert_int_equal(capability_class(capability_edges_kbit_s[i] - 1), i - 1);
    }
}

static void each_id_has_one_name_and_finds_itself_by_it(void **state)
{
    (void)state;
    const struct {
        const struct conf_name *names;
        int count;
    } tables[] = {
        {access_technology_names, TECHNOLOGY_COUNT},
        {residence_names, RESIDENCE_BUSINESS + 1},
        {settlement_names, SETTLEMENT_RURAL + 1},
        {line_key_kind_names, LINE_KEY_COUNT},
        {interface_role_names, INTERFACE_ROLE_CLOUD_CENTRE + 1},
        {confidence_names, CONFIDENCE_SEEN + 1},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (int id = 0; id < tables[i].count; id++) {
            int found = -1;
            assert_int_equal(
                conf_name_id(tables[i].names, conf_id_name(tables[i].names, id), &found), 0);
            assert_int_equal(found, id);
        }
        assert_string_equal(conf_id_name(tables[i].names, tables[i].count), "?");
    }
    int unused = 0;
    assert_int_equal(conf_name_id(settlement_names, "suburb", &unused), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_fibre_to_one_subscriber_counts_as_ftth),
        cmocka_unit_test(a_rate_belongs_to_the_last_class_whose_edge_it_reaches),
        cmocka_unit_test(each_id_has_one_name_and_finds_itself_by_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
