/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which names are one line's, case by case as probe/line/line_names.h lists them, and that each
 * line is told once a day, by the same name whatever was heard first.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/meter_stage.h"

#include <stdio.h>
#include <string.h>

#define MODEM      0x020000000011
#define ANOTHER    0x020000000022
#define DHCP_BYTES (236 + 4 + 3 + 10 + 1) /* fixed, magic, message type, option 82, end */

static const struct access_rule rules[] = {
    {.vlans = {100, 109, 0, 4095}, .access_node = "OLT-1", .area = "371002"},
    {.vlans = {0, 0, 0, 0}, .access_node = "bras-1", .area = "371002", .routed = true},
};

static void begin(void)
{
    struct meter_options options = stage_options();
    options.line.rules = rules;
    options.line.rule_count = sizeof rules / sizeof rules[0];
    options.flow.idle_timeout_ns = NS_PER_S;
    stage_begin(&options);
}

static void ethernet(uint64_t client, bool up, unsigned svlan, unsigned cvlan)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, up ? client : CORE, up ? CORE : client);
    packet_vlan(&stage.packet, 0x8100, svlan);
    if (cvlan)
        packet_vlan(&stage.packet, 0x8100, cvlan);
}

/* In the client's own VLANs. */
static void dhcp(const struct packet_dhcp *message, unsigned svlan, uint64_t time_s)
{
    bool up = message->operation == 1;
    ethernet(message->client_mac, up, svlan, 0);
    packet_ipv4(&stage.packet, up ? 0 : 0x0a000001, 0xffffffff);
    packet_udp(&stage.packet, up ? 68 : 67, up ? 67 : 68);
    packet_dhcp(&stage.packet, message);
    stage_send(time_s);
}

static void lease(uint64_t client, uint32_t address, const char *circuit, const char *remote,
                  uint64_t time_s)
{
    dhcp(&(struct packet_dhcp){.operation = 2,
                               .message = 5,
                               .client_mac = client,
                               .your_address = address,
                               .circuit = circuit,
                               .remote = remote,
                               .lease_s = 3600},
         100, time_s);
}

static void dial(uint64_t client, unsigned cvlan, const char *circuit, const char *remote,
                 uint64_t time_s)
{
    ethernet(client, true, 101, cvlan);
    packet_pppoe_discovery(&stage.packet, 0x19, 0);
    packet_tag_tr101(&stage.packet, circuit, remote);
    stage_send(time_s);
}

static void session_traffic(uint64_t client, unsigned cvlan, uint32_t address, uint64_t time_s)
{
    ethernet(client, true, 101, cvlan);
    packet_pppoe(&stage.packet, 7);
    packet_ipv4(&stage.packet, address, ELSEWHERE);
    packet_udp(&stage.packet, 5000, 443);
    packet_zeros(&stage.packet, 100 - UDP_BYTES);
    stage_send(time_s);
}

static void traffic(uint64_t client, uint32_t address, uint64_t time_s)
{
    ethernet(client, true, 100, 0);
    packet_ipv4(&stage.packet, address, ELSEWHERE);
    packet_udp(&stage.packet, 5000, 443);
    packet_zeros(&stage.packet, 100 - UDP_BYTES);
    stage_send(time_s);
}

static struct line_totals lines(void)
{
    struct meter_totals totals;
    meter_totals(stage.meter, &totals);
    return totals.lines;
}

static uint64_t circuit_of(const char *name)
{
    return pseudonym_of(stage.pseudonym, LINE_KEY_CIRCUIT, name, strlen(name));
}

/* The names that one interval tells, in one cell. */
static const struct report_cell *only_cell(const struct report *report)
{
    const struct report_cell *found = NULL;
    for (size_t i = 0; i < report->cell_count; i++) {
        if (report->cells[i].lines_active == 0 && report->cells[i].line_pseudonym_count == 0)
            continue;
        assert_null(found);
        found = &report->cells[i];
    }
    assert_non_null(found);
    return found;
}

static void end_with_one(const char *circuit, uint64_t octets, uint64_t time_s)
{
    assert_int_equal(lines().lines_active, 1);
    assert_int_equal(lines().lines_known, 1);
    struct report *report = stage_collect(time_s);
    const struct report_cell *cell = only_cell(report);
    assert_int_equal(cell->lines_active, 1);
    assert_int_equal(cell->upstream_octets, octets);
    assert_int_equal(cell->key_kind, LINE_KEY_CIRCUIT);
    assert_int_equal(cell->line_pseudonym_count, 1);
    assert_true(cell->line_pseudonyms[0] == circuit_of(circuit));
    assert_string_equal(cell->access_node, "OLT-1");
    stage_end(report);
}

static void end_with(uint64_t count)
{
    assert_int_equal(lines().lines_known, count);
    stage_end(NULL);
}

static const struct packet_radius record = {.status = 1,
                                            .session = "1",
                                            .nas = "n",
                                            .user = "alice",
                                            .port_id = "eth 1/1/3:1101.7",
                                            .address = CLIENT};

static void a_lease_and_a_record_of_one_address_are_one_line_in_either_order(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        begin();
        if (order == 0)
            stage_record(&record, MORNING_S);
        lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S + 1);
        if (order == 1)
            stage_record(&record, MORNING_S + 2);
        traffic(MODEM, CLIENT, MORNING_S + 3);
        end_with_one("OLT-1 eth 1", 100, MORNING_S + 60);
    }
}

static void what_was_counted_under_both_names_is_added(void **state)
{
    (void)state;
    begin();
    stage_record(&record, MORNING_S);
    stage_traffic(CLIENT, ELSEWHERE, true, 200, MORNING_S + 1);
    lease(MODEM, CLIENT + 1, "OLT-1 eth 1", NULL, MORNING_S + 1);
    traffic(MODEM, CLIENT + 1, MORNING_S + 2);
    assert_int_equal(lines().lines_active, 2);
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S + 3);
    end_with_one("OLT-1 eth 1", 300, MORNING_S + 60);
}

static void an_address_that_went_to_another_joins_nobody(void **state)
{
    (void)state;
    /* Another client is given what the first had. */
    begin();
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S);
    lease(ANOTHER, CLIENT, NULL, "ONT2", MORNING_S + 10);
    end_with(2);
    /* A record of it when the lease is over. */
    begin();
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S);
    stage_record(&record, MORNING_S + 4000);
    end_with(2);
    /* After a release. */
    begin();
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S);
    dhcp(
        &(struct packet_dhcp){
            .operation = 1, .message = 7, .client_mac = MODEM, .client_address = CLIENT},
        100, MORNING_S + 5);
    stage_record(&record, MORNING_S + 10);
    end_with(2);
    /* A lease of it when its session's stop was lost; one whose stop was seen. */
    begin();
    stage_record(&record, MORNING_S);
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S + 500);
    end_with(2);
    begin();
    struct packet_radius stop = record;
    stop.status = 2;
    stage_record(&record, MORNING_S);
    stage_record(&stop, MORNING_S + 1);
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S + 2);
    end_with(2);
    /* A new session of it. */
    begin();
    stage_record(&record, MORNING_S);
    stage_record(
        &(struct packet_radius){
            .status = 1, .session = "2", .nas = "n", .circuit = "OLT-1 eth 2", .address = CLIENT},
        MORNING_S + 1);
    end_with(2);
}

/* An old session's address, whose next record says that it still holds. */
static void a_record_that_comes_again_after_the_lease_joins(void **state)
{
    (void)state;
    begin();
    stage_record(&record, MORNING_S);
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S + 500);
    struct packet_radius interim = record;
    interim.status = 3;
    stage_record(&interim, MORNING_S + 600);
    end_with(1);
}

static void an_expired_lease_leads_nowhere(void **state)
{
    (void)state;
    struct meter_options options = stage_options();
    options.line.rules = rules + 1;
    options.line.rule_count = 1;
    options.flow.idle_timeout_ns = NS_PER_S;
    stage_begin(&options);
    lease(MODEM, CLIENT, "OLT-1 eth 1", NULL, MORNING_S);
    uint64_t before = stage_unattributed();
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 3590);
    assert_int_equal(stage_unattributed(), before);
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 3800);
    assert_int_equal(stage_unattributed(), before + 100);
    stage_end(NULL);
}

static void a_modem_named_by_two_protocols_is_one_line_in_either_order(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        begin();
        for (unsigned i = 0; i < 2; i++) {
            ethernet(MODEM, true, 101, 7);
            if (i == order) {
                packet_pppoe_discovery(&stage.packet, 0x19, 0);
                packet_tag_tr101(&stage.packet, "OLT-1 eth 1", NULL);
            } else {
                packet_ipv4(&stage.packet, 0, 0xffffffff);
                packet_udp(&stage.packet, 68, 67);
                packet_dhcp(&stage.packet, &(struct packet_dhcp){.operation = 1,
                                                                 .message = 1,
                                                                 .client_mac = MODEM,
                                                                 .circuit = "port 1"});
            }
            stage_send(MORNING_S + i);
        }
        session_traffic(MODEM, 7, CLIENT, MORNING_S + 3);
        /* DHCP's own message is traffic, too. */
        end_with_one("OLT-1 eth 1", 100 + UDP_BYTES + DHCP_BYTES, MORNING_S + 60);
    }
}

static void two_circuits_behind_one_mac_are_two_lines(void **state)
{
    (void)state;
    begin();
    dial(ROUTER, 0, "OLT-1 eth 1", NULL, MORNING_S);
    dial(ROUTER, 0, "OLT-1 eth 2", NULL, MORNING_S + 1);
    dial(ROUTER, 0, "OLT-1 eth 1", NULL, MORNING_S + 2);
    end_with(2);
}

static void two_circuits_in_one_pair_of_tags_are_two_lines(void **state)
{
    (void)state;
    begin();
    session_traffic(MODEM, 7, CLIENT, MORNING_S);
    dial(MODEM, 7, "OLT-1 eth 1", NULL, MORNING_S);
    dial(ANOTHER, 7, "OLT-1 eth 2", NULL, MORNING_S + 1);
    end_with(2);
}

static void a_message_without_the_circuit_is_of_the_same_line(void **state)
{
    (void)state;
    begin();
    dial(MODEM, 0, "OLT-1 eth 1", "ONT1", MORNING_S);
    dial(MODEM, 0, NULL, "ONT1", MORNING_S + 1);
    dial(ANOTHER, 0, NULL, "ONT1", MORNING_S + 2); /* another router behind it */
    end_with(1);
}

static void a_line_keeps_its_circuit_when_the_terminal_is_changed(void **state)
{
    (void)state;
    begin();
    dial(MODEM, 0, "OLT-1 eth 1", "ONT1", MORNING_S);
    dial(MODEM, 0, "OLT-1 eth 1", "ONT2", MORNING_S + 1);
    dial(MODEM, 0, NULL, "ONT2", MORNING_S + 2);
    end_with(1);
}

static void accounts_that_roam_join_no_circuits(void **state)
{
    (void)state;
    begin();
    struct packet_radius r = {.status = 1,
                              .session = "1",
                              .nas = "n",
                              .user = "alice",
                              .circuit = "OLT-1 eth 1",
                              .address = CLIENT};
    stage_record(&r, MORNING_S);
    r.session = "2";
    r.circuit = "OLT-1 eth 2";
    r.address++;
    stage_record(&r, MORNING_S + 1);
    r.session = "3"; /* where it was last */
    r.circuit = NULL;
    r.address++;
    stage_record(&r, MORNING_S + 2);
    end_with(2);
}

static void a_later_record_names_the_session_s_line_better(void **state)
{
    (void)state;
    begin();
    struct packet_radius r = {
        .status = 1, .session = "1", .nas = "n", .user = "alice", .address = CLIENT};
    stage_record(&r, MORNING_S);
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 1);
    r.status = 3;
    r.circuit = "OLT-1 eth 1";
    stage_record(&r, MORNING_S + 2);
    assert_int_equal(lines().sessions_active, 1);
    struct report *report = stage_collect(MORNING_S + 60);
    assert_int_equal(only_cell(report)->lines_active, 1);
    assert_true(only_cell(report)->line_pseudonyms[0] == circuit_of("OLT-1 eth 1"));
    report_free(report);
    end_with(1);
}

/* What a PPPoE session's traffic says: by its MAC the circuit's, by its address the account's. */
static void traffic_joins_a_dialled_circuit_and_an_account(void **state)
{
    (void)state;
    begin();
    dial(MODEM, 0, "OLT-1 eth 1", NULL, MORNING_S);
    stage_record(&record, MORNING_S + 1);
    session_traffic(MODEM, 0, CLIENT, MORNING_S + 2);
    end_with_one("OLT-1 eth 1", 100, MORNING_S + 60);
}

/* The record is old: the address may be another's by now. The circuit is the traffic's all the
 * same; a later record lets both be one. */
static void old_records_join_nothing_that_traffic_says(void **state)
{
    (void)state;
    begin();
    stage_record(&record, MORNING_S);
    dial(MODEM, 0, "OLT-1 eth 1", NULL, MORNING_S + 300);
    session_traffic(MODEM, 0, CLIENT, MORNING_S + 301);
    assert_int_equal(lines().lines_known, 2);
    struct packet_radius interim = record;
    interim.status = 3;
    stage_record(&interim, MORNING_S + 302);
    session_traffic(MODEM, 0, CLIENT, MORNING_S + 310);
    end_with_one("OLT-1 eth 1", 200, MORNING_S + 360);
}

static void a_line_is_told_once_a_day_whatever_it_is_called(void **state)
{
    (void)state;
    begin();
    session_traffic(MODEM, 7, CLIENT, MORNING_S); /* its tags */
    struct report *report = stage_collect(MORNING_S + 60);
    assert_int_equal(only_cell(report)->line_pseudonym_count, 1);
    report_free(report);
    dial(MODEM, 7, "OLT-1 eth 1", NULL, MORNING_S + 61);
    session_traffic(MODEM, 7, CLIENT, MORNING_S + 62);
    report = stage_collect(MORNING_S + 120);
    assert_int_equal(only_cell(report)->lines_active, 1);
    assert_int_equal(only_cell(report)->line_pseudonym_count, 0);
    report_free(report);
    session_traffic(MODEM, 7, CLIENT, MORNING_S + 86400); /* the next one's */
    end_with_one("OLT-1 eth 1", 100, MORNING_S + 86460);
}

/* Bound while the client was known by less than its name. */
static void a_release_ends_what_another_name_began(void **state)
{
    (void)state;
    begin();
    lease(MODEM, CLIENT, NULL, NULL, MORNING_S);
    lease(ANOTHER, CLIENT + 1, "OLT-1 eth 1", NULL, MORNING_S + 1);
    dhcp(
        &(struct packet_dhcp){
            .operation = 1, .message = 3, .client_mac = MODEM, .circuit = "OLT-1 eth 1"},
        100, MORNING_S + 2);
    dhcp(
        &(struct packet_dhcp){
            .operation = 1, .message = 7, .client_mac = MODEM, .client_address = CLIENT},
        100, MORNING_S + 3);
    uint64_t before = stage_unattributed();
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 10); /* beyond the router */
    assert_int_equal(stage_unattributed(), before + 100);
    stage_end(NULL);
}

/* A forger's, or of a line that lives for years. */
static void countless_names_of_one_line_leave_room_for_others(void **state)
{
    (void)state;
    struct meter_options options = stage_options();
    options.line.memory_bytes = LINE_MEMORY_MIN;
    stage_begin(&options);
    for (unsigned i = 0; i < 5000; i++) {
        char serial[16];
        (void)snprintf(serial, sizeof serial, "ONT%u", i);
        dial(MODEM, 0, "OLT-1 eth 1", serial, MORNING_S + i);
    }
    assert_true(lines().names_not_stored > 0);
    dial(ANOTHER, 0, "OLT-1 eth 2", NULL, MORNING_S + 6000);
    assert_int_equal(lines().lines_not_stored, 0);
    end_with(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_and_a_record_of_one_address_are_one_line_in_either_order),
        cmocka_unit_test(what_was_counted_under_both_names_is_added),
        cmocka_unit_test(an_address_that_went_to_another_joins_nobody),
        cmocka_unit_test(a_record_that_comes_again_after_the_lease_joins),
        cmocka_unit_test(an_expired_lease_leads_nowhere),
        cmocka_unit_test(a_modem_named_by_two_protocols_is_one_line_in_either_order),
        cmocka_unit_test(two_circuits_behind_one_mac_are_two_lines),
        cmocka_unit_test(two_circuits_in_one_pair_of_tags_are_two_lines),
        cmocka_unit_test(a_message_without_the_circuit_is_of_the_same_line),
        cmocka_unit_test(a_line_keeps_its_circuit_when_the_terminal_is_changed),
        cmocka_unit_test(accounts_that_roam_join_no_circuits),
        cmocka_unit_test(a_later_record_names_the_session_s_line_better),
        cmocka_unit_test(traffic_joins_a_dialled_circuit_and_an_account),
        cmocka_unit_test(old_records_join_nothing_that_traffic_says),
        cmocka_unit_test(a_line_is_told_once_a_day_whatever_it_is_called),
        cmocka_unit_test(a_release_ends_what_another_name_began),
        cmocka_unit_test(countless_names_of_one_line_leave_room_for_others),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
