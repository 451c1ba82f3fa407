/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The plan's tasks and the alternatives to a default definition, over evidence made by hand.
 */
#include "collector/indicator/contradiction.h"
#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"

#include "collector/settings.h"
#include "common/clock.h"
#include "common/histogram.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/figure_desk.h"
#include "tests/support/weihai.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct desk {
    struct plan *plan;
    struct evidence evidence;
    struct inputs inputs;
    struct rule_settings rules;
    struct figures *figures;
};

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        return -1;
    desk->plan = weihai_plan();
    desk->rules = figure_desk_rules;
    desk->inputs.window.last_day = clock_days_from_civil(2017, 12, 31);
    desk->inputs.computed_ns = clock_city_day_start_ns(clock_days_from_civil(2018, 6, 1));
    desk->inputs.evidence = &desk->evidence;
    *state = desk;
    return desk->plan ? 0 : -1;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    struct evidence *evidence = malloc(sizeof *evidence);
    figures_free(desk->figures);
    plan_close(desk->plan);
    if (evidence) {
        *evidence = desk->evidence;
        evidence_free(evidence);
    }
    imported_clear(&desk->inputs.imported);
    free(desk);
    return 0;
}

static struct node_lines *add_node(struct desk *desk, const char *operator_name, const char *name,
                                   enum residence residence, enum access_technology technology,
                                   uint64_t lines)
{
    struct node_evidence *node = evidence_add_node(&desk->evidence);
    assert_non_null(node);
    (void)snprintf(node->operator_name, sizeof node->operator_name, "%s", operator_name);
    (void)snprintf(node->access_node, sizeof node->access_node, "%s", name);
    (void)snprintf(node->area, sizeof node->area, "371002");
    node->settlement = SETTLEMENT_URBAN;
    node->residence = residence;
    node->reported = node->registered = true;
    struct node_lines *of = evidence_add_lines(node, technology);
    assert_non_null(of);
    of->provisioned = of->active_max = of->registered = optional_u64(lines);
    of->active_max_recent = optional_u64(lines / 2);
    return of;
}

static void set_rate(struct node_lines *lines, unsigned mbit_s, uint64_t count)
{
    lines->capability_known = true;
    lines->capability[capability_class(mbit_s * 1000ULL)] = count;
}

static struct traffic_evidence *add_traffic(struct desk *desk, const char *operator_name,
                                            enum traffic_kind kind, const char *class_name)
{
    struct traffic_evidence *traffic = evidence_add_traffic(&desk->evidence);
    assert_non_null(traffic);
    (void)snprintf(traffic->operator_name, sizeof traffic->operator_name, "%s", operator_name);
    (void)snprintf(traffic->area, sizeof traffic->area, "371002");
    (void)snprintf(traffic->class_name, sizeof traffic->class_name, "%s", class_name);
    traffic->kind = kind;
    traffic->settlement = SETTLEMENT_URBAN;
    traffic->residence = RESIDENCE_RESIDENTIAL;
    traffic->days = 10;
    traffic->reports = 100;
    return traffic;
}

static void add_bin(struct traffic_evidence *traffic, enum traffic_measure measure, uint64_t value,
                    uint64_t count)
{
    assert_int_equal(traffic_bins_add(&traffic->measures[measure], histogram_bucket(value), count),
                     0);
}

static void add_variable(struct desk *desk, const char *variable, double value)
{
    struct imported *imported = &desk->inputs.imported;
    struct denominator *grown =
        realloc(imported->denominators, (imported->denominator_count + 1) * sizeof *grown);
    assert_non_null(grown);
    imported->denominators = grown;
    struct denominator *row = &grown[imported->denominator_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->area, sizeof row->area, "371000");
    (void)snprintf(row->variable, sizeof row->variable, "%s", variable);
    (void)snprintf(row->class_name, sizeof row->class_name, "all");
    (void)snprintf(row->source, sizeof row->source, "yearbook");
    row->value = value;
    row->reference_day = desk->inputs.window.last_day;
    imported_sort(imported);
}

/* The city's figure of an indicator by one of its definitions. */
static const struct figure *city(struct desk *desk, const char *id, const char *name)
{
    const struct plan_definition *definition =
        plan_find_definition(plan_find_indicator(desk->plan, id), name);
    const struct figure_query query = {.instant_day = desk->inputs.window.last_day,
                                       .definitions = &definition,
                                       .definition_count = 1};
    assert_non_null(definition);
    figures_free(desk->figures);
    desk->figures = NULL;
    evidence_sort(&desk->evidence);
    assert_int_equal(
        figures_evaluate(desk->plan, &desk->inputs, &desk->rules, &query, &desk->figures), 0);
    for (size_t i = 0; i < desk->figures->count; i++)
        if (desk->figures->figures[i].definition == definition)
            return &desk->figures->figures[i];
    fail_msg("no figure %s by %s", id, name);
    return NULL;
}

static void an_alternative_stands_beside_the_default_and_is_never_judged(void **state)
{
    struct desk *desk = *state;
    (void)add_node(desk, "cu", "olt", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 600);
    (void)add_node(desk, "cu", "lan", RESIDENCE_RESIDENTIAL, TECHNOLOGY_ETHERNET, 200);
    (void)add_node(desk, "cu", "dslam", RESIDENCE_RESIDENTIAL, TECHNOLOGY_VDSL2, 200);
    const struct figure *with_fttb = city(desk, "ftth-share", "with-fttb");
    assert_value(with_fttb->value, 80);
    assert_true(with_fttb->alternative);
    assert_int_equal(with_fttb->verdict, VERDICT_NOT_SET);
    assert_non_null(strstr(with_fttb->reason_en, "verdicts go by the default"));
    assert_null(with_fttb->target);
    assert_string_equal(with_fttb->numerator_name, "ftth-fttb-lines.active-90d");
    const struct figure *strict = with_fttb - 1;
    assert_string_equal(strict->definition->name, "strict");
    assert_value(strict->value, 60);
    assert_false(strict->alternative);
    assert_non_null(strict->target);
}

static void populations_take_their_lines_and_what_may_be_theirs_widens_the_bounds(void **state)
{
    struct desk *desk = *state;
    (void)add_node(desk, "cu", "homes", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 60);
    (void)add_node(desk, "cu", "homes-old", RESIDENCE_RESIDENTIAL, TECHNOLOGY_VDSL2, 40);
    (void)add_node(desk, "cu", "firms", RESIDENCE_BUSINESS, TECHNOLOGY_GPON, 500);
    assert_value(city(desk, "ftth-share", "residential")->value, 60);
    (void)add_node(desk, "cu", "nobody-said", RESIDENCE_UNKNOWN, TECHNOLOGY_GPON, 100);
    const struct figure *figure = city(desk, "ftth-share", "residential");
    assert_value(figure->value, 60);
    assert_value(figure->lower, 30); /* 60 of 200 */
    assert_value(figure->upper, 80); /* 160 of 200 */
}

static void penetration_is_also_told_by_population_by_contract_and_within_thirty_days(void **state)
{
    struct desk *desk = *state;
    (void)add_node(desk, "cu", "homes", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 800);
    (void)add_node(desk, "cu", "firms", RESIDENCE_BUSINESS, TECHNOLOGY_GPON, 200);
    add_variable(desk, "resident-households", 1000);
    add_variable(desk, "population", 2500);
    const char *id = "fixed-broadband-penetration";
    assert_value(city(desk, id, "household")->value, 80);
    assert_value(city(desk, id, "household-all-lines")->value, 100);
    assert_value(city(desk, id, "population")->value, 40);
    assert_value(city(desk, id, "household-30d")->value, 40);
    const struct figure *contracted = city(desk, id, "household-contracted");
    assert_value(contracted->value, 80);
    assert_int_equal(contracted->basis, BASIS_DECLARED);
    assert_false(city(desk, id, "dwellings")->value.known);
    const struct figure *premises = city(desk, id, "premises");
    assert_false(premises->value.known);
    assert_int_equal(premises->basis, BASIS_NONE);
}

static void add_contract(struct desk *desk, const char *operator_name, enum residence residence,
                         uint64_t mbit_s, uint64_t lines)
{
    struct imported *imported = &desk->inputs.imported;
    struct contract *grown =
        realloc(imported->contracts, (imported->contract_count + 1) * sizeof *grown);
    assert_non_null(grown);
    imported->contracts = grown;
    struct contract *row = &grown[imported->contract_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->operator_name, sizeof row->operator_name, "%s", operator_name);
    (void)snprintf(row->area, sizeof row->area, "371002");
    row->settlement = SETTLEMENT_URBAN;
    row->residence = residence;
    row->lines = optional_u64(lines);
    if (mbit_s)
        row->rate_kbit_s = optional_u64(mbit_s * 1000);
}

static void contracts_go_before_the_register_of_the_operator_who_handed_them_in(void **state)
{
    struct desk *desk = *state;
    (void)add_node(desk, "cu", "homes", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 800);
    (void)add_node(desk, "cm", "homes", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 100);
    add_variable(desk, "resident-households", 1000);
    add_contract(desk, "cu", RESIDENCE_RESIDENTIAL, 50, 150);
    add_contract(desk, "cu", RESIDENCE_RESIDENTIAL, 200, 450);
    add_contract(desk, "cu", RESIDENCE_UNKNOWN, 100, 50);
    add_contract(desk, "cu", RESIDENCE_BUSINESS, 0, 350);
    const struct figure *figure = city(desk, "fixed-broadband-penetration", "household-contracted");
    assert_value(figure->value, 75); /* 600 of cu and 50 perhaps, 100 registered of cm */
    assert_value(figure->lower, 70);
    figure = city(desk, "access-capability-urban", "contracted-tier");
    assert_value(figure->value, 50); /* 150 of 650 are 23 % */
    assert_value(figure->unclassified, 0.35);
    assert_int_equal(figure->basis, BASIS_DECLARED);
    assert_false(city(desk, "access-capability-rural", "contracted-tier")->value.known);
}

static void ports_are_what_was_imported_over_what_was_imported(void **state)
{
    struct desk *desk = *state;
    add_variable(desk, "ftth-ports", 900);
    assert_false(city(desk, "ftth-share", "ports")->value.known);
    add_variable(desk, "access-ports", 1200);
    const struct figure *figure = city(desk, "ftth-share", "ports");
    assert_value(figure->value, 75);
    assert_int_equal(figure->evidence_class, EVIDENCE_DECLARED);
    assert_string_equal(figure->denominator_date, "2017-12-31");
    assert_string_equal(figure->source, "yearbook");
}

static void enterprises_and_homes_are_asked_for_their_own_rates(void **state)
{
    struct desk *desk = *state;
    struct node_lines *firms =
        add_node(desk, "cu", "firms", RESIDENCE_BUSINESS, TECHNOLOGY_GPON, 100);
    set_rate(firms, 1000, 30);
    set_rate(firms, 100, 70);
    set_rate(add_node(desk, "cu", "homes", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 100), 100, 90);
    assert_value(city(desk, "gigabit-enterprise", "provisioned")->value, 30);
    const struct figure *homes = city(desk, "hundred-mbps-home", "provisioned");
    assert_value(homes->value, 100);
    assert_value(homes->lower, 90); /* ten whose rate is not said */
    assert_int_equal(homes->verdict, VERDICT_NOT_SET);
}

static void a_mean_rate_is_that_of_the_lower_edges(void **state)
{
    struct desk *desk = *state;
    struct node_lines *lines =
        add_node(desk, "cu", "olt", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 100);
    set_rate(lines, 100, 50);
    set_rate(lines, 20, 50);
    const struct figure *figure = city(desk, "access-capability-urban", "mean-rate");
    assert_value(figure->value, 60);
    assert_value(figure->lower, 60);
    assert_false(figure->upper.known);
    assert_value(city(desk, "access-capability-urban", "provisioned-tier")->value, 20);
    lines->capability_measured = true;
    assert_false(city(desk, "access-capability-urban", "provisioned-tier")->value.known);
}

static void latency_is_the_quantile_of_all_handshakes_and_never_a_mean_of_quantiles(void **state)
{
    struct desk *desk = *state;
    struct traffic_evidence *cu = add_traffic(desk, "cu", TRAFFIC_DESTINATION, "cloud-weihai");
    add_bin(cu, TRAFFIC_EXTERNAL_RTT, 2000, 90);
    struct traffic_evidence *cm = add_traffic(desk, "cm", TRAFFIC_DESTINATION, "cloud-weihai");
    add_bin(cm, TRAFFIC_EXTERNAL_RTT, 40000, 10);
    struct traffic_evidence *jp = add_traffic(desk, "cm", TRAFFIC_DESTINATION, "jp");
    add_bin(jp, TRAFFIC_EXTERNAL_RTT, 90000, 1000);
    const struct figure *median = city(desk, "local-cloud-latency", "median");
    assert_true(fabs(median->value.value - 2.0) < 0.04);
    assert_int_equal(median->basis, BASIS_CONVENIENCE);
    assert_non_null(strstr(median->source, "100 TCP handshakes"));
    assert_true(fabs(city(desk, "local-cloud-latency", "p95")->value.value - 40) < 0.7);
}

static void availability_counts_silence_against_the_cloud(void **state)
{
    struct desk *desk = *state;
    add_traffic(desk, "cu", TRAFFIC_LINES, "")->reports = 200;
    struct traffic_evidence *cloud = add_traffic(desk, "cu", TRAFFIC_DESTINATION, "cloud-weihai");
    cloud->reports = cloud->answered = 150;
    cloud->tcp_segments = 1000;
    cloud->tcp_retransmitted = 5;
    add_traffic(desk, "cm", TRAFFIC_LINES, "")->reports = 5000; /* never uses it */
    const struct figure *figure = city(desk, "cloud-availability", "answered");
    assert_value(figure->value, 75);
    assert_value(figure->denominator, 200);
    assert_value(city(desk, "cloud-availability", "retransmitted")->value, 0.5);
}

static void cloud_users_are_indicative_and_a_line_of_two_clouds_counts_once_at_least(void **state)
{
    struct desk *desk = *state;
    add_node(desk, "cu", "olt", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 100)->seen_recent = 80;
    add_traffic(desk, "cu", TRAFFIC_DESTINATION, "cloud-weihai")->lines = 30;
    add_traffic(desk, "cu", TRAFFIC_DESTINATION, "cloud-other")->lines = 40;
    add_traffic(desk, "cu", TRAFFIC_DESTINATION, "cdn")->lines = 79;
    const struct figure *proxy = city(desk, "cloud-user-share", "network-proxy");
    assert_value(proxy->value, 50);
    assert_value(proxy->upper, 87.5);
    assert_int_equal(proxy->verdict, VERDICT_NOT_SET);
    assert_value(city(desk, "cloud-user-share", "network-proxy-strict")->value, 37.5);
}

static void wlan_figures_are_means_of_days(void **state)
{
    struct desk *desk = *state;
    struct traffic_evidence *public = add_traffic(desk, "gd", TRAFFIC_PUBLIC_WLAN, "");
    public->user_days = 500;
    public->downstream_octets = 20000000000;
    add_traffic(desk, "gd", TRAFFIC_OTHER_WLAN, "")->upstream_octets = 10000000000;
    assert_value(city(desk, "free-basic-internet", "daily-users")->value, 50);
    assert_value(city(desk, "free-basic-internet", "daily-gigabytes")->value, 2);
    assert_value(city(desk, "wlan-offload", "daily-gigabytes")->value, 3);
    assert_false(city(desk, "free-basic-internet", "portal-success")->value.known);
}

static void add_venue(struct desk *desk, const char *name, const char *operator_name,
                      uint64_t known_days, uint64_t run_days)
{
    struct venue_evidence *venue = evidence_add_venue(&desk->evidence);
    assert_non_null(venue);
    (void)snprintf(venue->venue, sizeof venue->venue, "%s", name);
    (void)snprintf(venue->area, sizeof venue->area, "371002");
    (void)snprintf(venue->operator_name, sizeof venue->operator_name, "%s", operator_name);
    venue->known_days = known_days;
    venue->run_days = run_days;
}

static void a_venue_is_covered_that_runs_on_95_of_100_of_its_known_days(void **state)
{
    struct desk *desk = *state;
    assert_false(city(desk, "wlan-public-coverage", "covered")->value.known);
    add_venue(desk, "library", "gd", 31, 30); /* 96.8 % */
    add_venue(desk, "station", "gd", 31, 29); /* 93.5 % */
    add_venue(desk, "park", "", 0, 0);        /* nothing serves it yet */
    add_venue(desk, "market", "cu", 19, 19);  /* too few days are known */
    const struct figure *figure = city(desk, "wlan-public-coverage", "covered");
    assert_value(figure->value, 100.0 / 3);
    assert_value(figure->lower, 25);
    assert_value(figure->upper, 50);
    assert_value(figure->coverage, 0.75);
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_non_null(strstr(figure->source, "4 venues registered, 1 of them served by nothing"));
    assert_value(city(desk, "wlan-hotspots", "venues")->value, 3);
}

static void hours_are_those_of_the_busiest_interface(void **state)
{
    struct desk *desk = *state;
    static struct interface_evidence links[2];
    for (size_t i = 0; i < 2; i++) {
        links[i] = (struct interface_evidence){.role = INTERFACE_ROLE_EGRESS,
                                               .up = true,
                                               .samples = 8928,
                                               .high_speed_mbit_s = optional_u64(10000),
                                               .p95_in_bit_s = optional_double(8e9)};
        (void)snprintf(links[i].area, sizeof links[i].area, "371000");
        (void)snprintf(links[i].operator_name, sizeof links[i].operator_name, "cu");
        links[i].samples_above[0] = 24 * (i + 1);
        links[i].samples_above[1] = 12 * (i + 1);
    }
    desk->evidence.interfaces = malloc(sizeof links);
    assert_non_null(desk->evidence.interfaces);
    memcpy(desk->evidence.interfaces, links, sizeof links);
    desk->evidence.interface_count = 2;
    assert_value(city(desk, "egress-bandwidth", "hours-above-70")->value, 4);
    assert_value(city(desk, "egress-bandwidth", "hours-above-80")->value, 2);
    assert_value(city(desk, "egress-bandwidth", "hours-above-95")->value, 0);
    assert_value(city(desk, "egress-bandwidth", "p95-utilisation")->value, 80);
    assert_value(city(desk, "egress-bandwidth", "capacity")->value, 20);
    assert_false(city(desk, "core-node-bandwidth", "capacity")->value.known);
}

static void capability_is_flagged_where_demand_contradicts_it(void **state)
{
    struct desk *desk = *state;
    set_rate(add_node(desk, "cu", "olt", RESIDENCE_RESIDENTIAL, TECHNOLOGY_GPON, 100), 100, 100);
    struct traffic_evidence *traffic = add_traffic(desk, "cu", TRAFFIC_LINES, "");
    add_bin(traffic, TRAFFIC_DEMAND, 50000000, 4);
    add_bin(traffic, TRAFFIC_DEMAND, 95000000, 96);
    const struct figure *figure = city(desk, "access-capability-urban", "available");
    assert_value(figure->contradicted, 0.04);
    assert_false(figure->flagged);
    add_bin(traffic, TRAFFIC_DEMAND, 60000000, 2);
    figure = city(desk, "access-capability-urban", "available");
    assert_value(figure->contradicted, 6.0 / 102);
    assert_true(figure->flagged);
    assert_non_null(strstr(figure->source, "contradicted: 5.9 %"));
}

static void slow_minutes_of_lines_without_the_rate_contradict_nothing(void **state)
{
    (void)state;
    const struct contradiction_group groups[] = {
        {.minutes = 1000, .slow = 200, .capable_share = 0.8}, /* as slow as the rest may be */
        {.minutes = 1000, .slow = 100, .capable_share = 1},
    };
    assert_value(contradiction_share(groups, 2), 100.0 / 1800);
    const struct contradiction_group few = {.minutes = 99, .slow = 99, .capable_share = 1};
    assert_false(contradiction_share(&few, 1).known);
    const struct contradiction_group none = {.minutes = 1000, .slow = 1000, .capable_share = 0};
    assert_false(contradiction_share(&none, 1).known);
}

static void what_no_report_carries_says_so(void **state)
{
    struct desk *desk = *state;
    const struct figure *triple = city(desk, "triple-play", "observed");
    assert_false(triple->value.known);
    assert_non_null(strstr(triple->reason_en, "cannot be assessed"));
    assert_non_null(
        strstr(city(desk, "broadband-china-pilot", "index")->reason_en, "index of other"));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(an_alternative_stands_beside_the_default_and_is_never_judged),
        CASE(populations_take_their_lines_and_what_may_be_theirs_widens_the_bounds),
        CASE(penetration_is_also_told_by_population_by_contract_and_within_thirty_days),
        CASE(contracts_go_before_the_register_of_the_operator_who_handed_them_in),
        CASE(ports_are_what_was_imported_over_what_was_imported),
        CASE(enterprises_and_homes_are_asked_for_their_own_rates),
        CASE(a_mean_rate_is_that_of_the_lower_edges),
        CASE(latency_is_the_quantile_of_all_handshakes_and_never_a_mean_of_quantiles),
        CASE(availability_counts_silence_against_the_cloud),
        CASE(cloud_users_are_indicative_and_a_line_of_two_clouds_counts_once_at_least),
        CASE(wlan_figures_are_means_of_days),
        CASE(a_venue_is_covered_that_runs_on_95_of_100_of_its_known_days),
        CASE(hours_are_those_of_the_busiest_interface),
        CASE(capability_is_flagged_where_demand_contradicts_it),
        CASE(slow_minutes_of_lines_without_the_rate_contradict_nothing),
        CASE(what_no_report_carries_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
