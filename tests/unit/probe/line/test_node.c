/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Equal names of circuits at two access nodes, which the rules tell apart by tags.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/meter_stage.h"

#define NAME "eth 0/1"

static const struct access_rule rules[] = {
    {.vlans = {100, 109, 0, 4095}, .access_node = "OLT-1", .area = "371002"},
    {.vlans = {200, 209, 0, 4095}, .access_node = "OLT-2", .area = "371002"},
    {.vlans = {0, 4095, 0, 4095}, .access_node = "rest", .area = "371002"},
};

static void begin(size_t rule_count)
{
    struct meter_options options = stage_options();
    options.line.rules = rules;
    options.line.rule_count = rule_count;
    stage_begin(&options);
}

/* A client of one node, which names it; and its traffic. */
static void client(unsigned svlan, bool relayed_too, uint64_t time_s)
{
    uint64_t mac = 0x020000000000 + svlan;
    for (unsigned leg = 0; leg < (relayed_too ? 2 : 1); leg++) {
        packet_begin(&stage.packet);
        packet_ethernet(&stage.packet, leg == 0 ? CORE : CORE + 1, leg == 0 ? mac : CORE + 2);
        packet_vlan(&stage.packet, 0x8100, leg == 0 ? svlan : 999);
        packet_ipv4(&stage.packet, 0x0a000001, leg == 0 ? 0xffffffff : 0x0a000002);
        packet_udp(&stage.packet, 67, leg == 0 ? 68 : 67);
        packet_dhcp(&stage.packet, &(struct packet_dhcp){.operation = 2,
                                                         .message = 5,
                                                         .client_mac = mac,
                                                         .your_address = CLIENT + svlan,
                                                         .circuit = NAME,
                                                         .relay = leg == 0 ? 0 : 0x0a000002,
                                                         .lease_s = 3600});
        stage_send(time_s);
    }
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, mac, CORE);
    packet_vlan(&stage.packet, 0x8100, svlan);
    packet_ipv4(&stage.packet, CLIENT + svlan, ELSEWHERE);
    packet_udp(&stage.packet, 5000, 443);
    packet_zeros(&stage.packet, 100 - UDP_BYTES);
    stage_send(time_s);
}

static uint64_t plain_name(void)
{
    return pseudonym_of(stage.pseudonym, LINE_KEY_CIRCUIT, NAME, sizeof NAME - 1);
}

/* One line with 100 octets, whose name is told. */
static uint64_t name_at(const struct report *report, const char *node)
{
    const struct report_cell *cell = stage_find_cell(report, node);
    assert_non_null(cell);
    assert_int_equal(cell->lines_active, 1);
    assert_int_equal(cell->upstream_octets, 100);
    assert_int_equal(cell->line_pseudonym_count, 1);
    return cell->line_pseudonyms[0];
}

static void equal_names_at_two_nodes_are_two_lines_whichever_comes_first(void **state)
{
    (void)state;
    uint64_t second[2];
    for (unsigned order = 0; order < 2; order++) {
        begin(3);
        client(order ? 200 : 100, false, MORNING_S);
        client(order ? 100 : 200, false, MORNING_S + 1);
        struct report *report = stage_collect(MORNING_S + 60);
        assert_true(name_at(report, "OLT-1") == plain_name());
        second[order] = name_at(report, "OLT-2");
        stage_end(report);
    }
    assert_true(second[0] == second[1]);
    assert_true(second[0] != plain_name());
}

static void a_name_at_one_node_stands_for_itself_on_every_path(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        begin(3);
        const struct packet_radius record = {.status = 1,
                                             .session = "1",
                                             .nas = "n",
                                             .user = "alice",
                                             .circuit = NAME,
                                             .address = CLIENT + 200};
        if (order == 0)
            stage_record(&record, MORNING_S);
        client(200, true, MORNING_S);
        if (order == 1)
            stage_record(&record, MORNING_S + 1);
        client(201, false, MORNING_S + 2); /* behind it, too, with another router */
        struct meter_totals totals;
        meter_totals(stage.meter, &totals);
        assert_int_equal(totals.lines.lines_known, 1);
        struct report *report = stage_collect(MORNING_S + 60);
        const struct report_cell *cell = stage_find_cell(report, "OLT-2");
        assert_non_null(cell);
        assert_int_equal(cell->lines_active, 1);
        assert_int_equal(cell->line_pseudonym_count, 1);
        assert_true(cell->line_pseudonyms[0] == plain_name());
        stage_end(report);
    }
}

static void without_rules_equal_names_are_one_line(void **state)
{
    (void)state;
    begin(0);
    client(100, false, MORNING_S);
    client(200, false, MORNING_S + 1);
    struct report *report = stage_collect(MORNING_S + 60);
    assert_int_equal(report->cells[0].lines_active, 1);
    stage_end(report);
}

/* RADIUS says nothing of nodes: its address tells whose the record is, not its circuit. */
static void a_record_of_an_ambiguous_circuit_goes_by_its_address(void **state)
{
    (void)state;
    begin(3);
    client(100, false, MORNING_S);
    client(200, false, MORNING_S + 1);
    stage_record(&(struct packet_radius){.status = 1,
                                         .session = "1",
                                         .nas = "n",
                                         .user = "bob",
                                         .circuit = NAME,
                                         .address = CLIENT + 200},
                 MORNING_S + 2);
    struct meter_totals totals;
    meter_totals(stage.meter, &totals);
    assert_int_equal(totals.lines.lines_known, 2);
    struct report *report = stage_collect(MORNING_S + 60);
    assert_true(name_at(report, "OLT-1") == plain_name());
    assert_true(name_at(report, "OLT-2") != plain_name());
    stage_end(report);
}

/* The name goes to the node that comes first; what was told by it today is told. */
static void names_that_change_hands_are_told_once(void **state)
{
    (void)state;
    begin(3);
    client(200, false, MORNING_S);
    struct report *report = stage_collect(MORNING_S + 60);
    assert_true(name_at(report, "OLT-2") == plain_name());
    report_free(report);
    client(100, false, MORNING_S + 61);
    client(200, false, MORNING_S + 62);
    report = stage_collect(MORNING_S + 120);
    assert_int_equal(stage_find_cell(report, "OLT-1")->line_pseudonym_count, 0);
    assert_true(name_at(report, "OLT-2") != plain_name());
    stage_end(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_names_at_two_nodes_are_two_lines_whichever_comes_first),
        cmocka_unit_test(a_name_at_one_node_stands_for_itself_on_every_path),
        cmocka_unit_test(without_rules_equal_names_are_one_line),
        cmocka_unit_test(a_record_of_an_ambiguous_circuit_goes_by_its_address),
        cmocka_unit_test(names_that_change_hands_are_told_once),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
