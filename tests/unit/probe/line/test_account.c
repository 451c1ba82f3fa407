/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose an address is by RADIUS accounting, and what the records say of a session, by hand-made
 * numbers.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/meter_stage.h"

static const struct access_rule routed[] = {
    {.vlans = {0, 0, 0, 0}, .access_node = "bras-1", .area = "371002", .routed = true},
};

static struct meter_options bras_options(void)
{
    struct meter_options options = stage_options();
    options.line.rules = routed;
    options.line.rule_count = 1;
    return options;
}

static void an_address_belongs_to_the_line_that_radius_says(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    stage_begin(&options);
    stage_record(&(struct packet_radius){.status = 1,
                                         .session = "1",
                                         .nas = "n",
                                         .user = "alice",
                                         .circuit = "OLT-1 1",
                                         .address = CLIENT},
                 MORNING_S);
    stage_record(
        &(struct packet_radius){
            .status = 1, .session = "2", .nas = "n", .user = "bob", .address = CLIENT + 1},
        MORNING_S);
    stage_traffic(CLIENT, ELSEWHERE, false, 1000, MORNING_S + 1);
    stage_traffic(CLIENT + 1, ELSEWHERE, true, 500, MORNING_S + 1);
    stage_traffic(CLIENT + 2, ELSEWHERE, true, 100, MORNING_S + 1); /* nobody's */
    struct meter_totals totals;
    meter_totals(stage.meter, &totals);
    assert_int_equal(totals.lines.sessions_active, 2);
    struct report *report = stage_collect(MORNING_S + 60);
    const struct report_cell *cell = stage_find_cell(report, "bras-1");
    assert_non_null(cell);
    assert_int_equal(cell->lines_active, 2);
    assert_int_equal(cell->downstream_octets, 1000);
    assert_int_equal(cell->upstream_octets, 500);
    assert_int_equal(cell->key_kind, LINE_KEY_ACCOUNT); /* the weaker of both */
    stage_end(report);
}

static void a_line_is_known_by_its_circuit_on_every_path(void **state)
{
    (void)state;
    uint64_t names[2];
    for (unsigned i = 0; i < 2; i++) {
        struct meter_options options = bras_options();
        stage_begin(&options);
        stage_record(&(struct packet_radius){.status = 1,
                                             .session = "1",
                                             .nas = i ? "m" : "n",
                                             .user = i ? "alice" : "bob",
                                             .circuit = "OLT-1 1",
                                             .port_id = i ? "port" : NULL,
                                             .address = CLIENT},
                     MORNING_S);
        stage_traffic(CLIENT, ELSEWHERE, false, 1000, MORNING_S + 1);
        struct report *report = stage_collect(MORNING_S + 60);
        const struct report_cell *cell = stage_find_cell(report, "bras-1");
        assert_int_equal(cell->key_kind, LINE_KEY_CIRCUIT);
        assert_int_equal(cell->line_pseudonym_count, 1);
        names[i] = cell->line_pseudonyms[0];
        stage_end(report);
    }
    assert_true(names[0] == names[1]);
    assert_true(names[0] == pseudonym_of(stage.pseudonym, LINE_KEY_CIRCUIT, "OLT-1 1", 7));
}

static void ports_of_two_nas_are_two_lines_unless_they_are_ignored(void **state)
{
    (void)state;
    static const uint64_t lines[] = {2, 1}; /* one account */
    for (unsigned ignored = 0; ignored < 2; ignored++) {
        struct meter_options options = bras_options();
        options.line.accounting.ignore_port_id = ignored != 0;
        stage_begin(&options);
        for (unsigned i = 0; i < 2; i++) {
            stage_record(&(struct packet_radius){.status = 1,
                                                 .session = "1",
                                                 .nas = i ? "m" : "n",
                                                 .user = "alice",
                                                 .port_id = "eth 0/1:7",
                                                 .address = CLIENT + i},
                         MORNING_S);
            stage_traffic(CLIENT + i, ELSEWHERE, false, 1000, MORNING_S + 1);
        }
        struct report *report = stage_collect(MORNING_S + 60);
        assert_int_equal(stage_find_cell(report, "bras-1")->lines_active, lines[ignored]);
        stage_end(report);
    }
}

static void a_delegated_prefix_leads_to_its_line(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    stage_begin(&options);
    /* packet_ipv6's addresses lie in 2001:db8::/64; that network is delegated. */
    stage_record(&(struct packet_radius){.status = 1,
                                         .session = "1",
                                         .nas = "n",
                                         .user = "alice",
                                         .prefix = UINT64_C(0x20010db800000000),
                                         .prefix_bits = 60},
                 MORNING_S);
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, ROUTER, CORE);
    packet_ipv6(&stage.packet, 0x1234, 0x5678);
    packet_udp(&stage.packet, 5000, 443);
    stage_send(MORNING_S + 1);
    struct report *report = stage_collect(MORNING_S + 60);
    assert_int_equal(stage_find_cell(report, "bras-1")->lines_active, 1);
    assert_int_equal(stage_find_cell(report, "bras-1")->upstream_octets, 48);
    stage_end(report);
}

static void an_address_is_nobody_s_after_stop_and_after_three_silent_intervals(void **state)
{
    (void)state;
    struct packet_radius start = {.status = 1,
                                  .session = "1",
                                  .nas = "n",
                                  .user = "alice",
                                  .address = CLIENT,
                                  .interim_s = 300};
    struct meter_options options = bras_options();
    options.flow.idle_timeout_ns = NS_PER_S;
    stage_begin(&options);
    uint64_t records = 0;
    stage_record(&start, MORNING_S);
    records = stage_unattributed();
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 1);
    assert_int_equal(stage_unattributed(), records);
    struct packet_radius stop = start;
    stop.status = 2;
    stage_record(&stop, MORNING_S + 2);
    records = stage_unattributed();
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 10);
    assert_int_equal(stage_unattributed(), records + 100);

    stage_record(&start, MORNING_S + 20);
    report_free(stage_collect(MORNING_S + 20 + 900)); /* three intervals: not yet over */
    records = stage_unattributed();
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 20 + 900);
    assert_int_equal(stage_unattributed(), records);
    report_free(stage_collect(MORNING_S + 20 + 901));
    stage_traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 20 + 910);
    assert_int_equal(stage_unattributed(), records + 100);
    meter_free(stage.meter);
}

static void accounting_on_ends_the_sessions_of_its_nas_alone(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    struct meter_totals totals;
    stage_begin(&options);
    stage_record(&(struct packet_radius){.status = 1, .session = "1", .nas = "n", .user = "a"},
                 MORNING_S);
    stage_record(&(struct packet_radius){.status = 1, .session = "2", .nas = "n", .user = "b"},
                 MORNING_S);
    stage_record(&(struct packet_radius){.status = 1, .session = "1", .nas = "m", .user = "c"},
                 MORNING_S);
    stage_record(&(struct packet_radius){.status = 7, .nas = "n"}, MORNING_S + 1);
    meter_totals(stage.meter, &totals);
    assert_int_equal(totals.lines.sessions_active, 1);
    meter_free(stage.meter);
}

static void records_say_how_the_octets_of_a_session_grow(void **state)
{
    (void)state;
    static const uint64_t giga = UINT64_C(1) << 32;
    struct packet_radius r = {.session = "1", .nas = "n", .user = "alice", .address = CLIENT};
    static const struct {
        unsigned status, gigawords, session_s;
        uint64_t down, grown;
    } steps[] = {
        {1, 0, 0, 0, 0},
        {3, 1, 60, 1000, 1000},
        {3, 1, 60, 1000, 0},                                                  /* sent again */
        {3, 1, 120, 3 * (UINT64_C(1) << 32), 3 * (UINT64_C(1) << 32) - 1000}, /* Gigawords */
        {3, 1, 100, 2000, 0},                                                 /* came late */
        {2, 1, 180, 3 * (UINT64_C(1) << 32) + 5, 5},
        {1, 0, 0, 0, 0},
        {3, 0, 60, UINT32_MAX - 9, UINT32_MAX - 9},
        {3, 0, 120, 10, 20}, /* wrapped, without Gigawords */
    };
    struct meter_options options = bras_options();
    stage_begin(&options);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        r.status = steps[i].status;
        r.gigawords = steps[i].gigawords;
        r.session_s = steps[i].session_s;
        r.down = steps[i].down;
        stage_record(&r, MORNING_S + i * 60);
        struct report *report = stage_collect(MORNING_S + i * 60 + 30);
        const struct report_cell *cell = stage_find_cell(report, "bras-1");
        uint64_t grown = cell && cell->accounted_downstream_octets.known
                             ? cell->accounted_downstream_octets.value
                             : 0;
        assert_true(grown == steps[i].grown);
        report_free(report);
    }
    assert_true(giga > UINT32_MAX);
    meter_free(stage.meter);
}

static void a_session_met_half_way_counts_from_its_first_record(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    stage_begin(&options);
    struct packet_radius r = {
        .status = 3, .session = "1", .nas = "n", .user = "alice", .down = 5000, .session_s = 600};
    stage_record(&r, MORNING_S);
    struct report *report = stage_collect(MORNING_S + 60);
    assert_false(stage_find_cell(report, "bras-1")->accounted_downstream_octets.known);
    report_free(report);
    r.down = 5700;
    r.session_s = 660;
    stage_record(&r, MORNING_S + 60);
    report = stage_collect(MORNING_S + 120);
    assert_int_equal(stage_find_cell(report, "bras-1")->accounted_downstream_octets.value, 700);
    stage_end(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_belongs_to_the_line_that_radius_says),
        cmocka_unit_test(a_line_is_known_by_its_circuit_on_every_path),
        cmocka_unit_test(ports_of_two_nas_are_two_lines_unless_they_are_ignored),
        cmocka_unit_test(a_delegated_prefix_leads_to_its_line),
        cmocka_unit_test(an_address_is_nobody_s_after_stop_and_after_three_silent_intervals),
        cmocka_unit_test(accounting_on_ends_the_sessions_of_its_nas_alone),
        cmocka_unit_test(records_say_how_the_octets_of_a_session_grow),
        cmocka_unit_test(a_session_met_half_way_counts_from_its_first_record),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
