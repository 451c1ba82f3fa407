/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/export_world.h"

#include "common/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void add_lines(struct node_evidence *node, enum access_technology technology, uint64_t count)
{
    struct node_lines *lines = &node->lines[node->line_count++];
    *lines = (struct node_lines){.technology = technology,
                                 .provisioned = optional_u64(count),
                                 .active_max = optional_u64(count),
                                 .registered = optional_u64(count),
                                 .capability_known = true};
    lines->capability[9] = count / 2;
    lines->capability[12] = count - count / 2;
}

/* One draw a statement: the order within one is the compiler's. */
static uint64_t random_count(uint64_t *state, size_t least_scale)
{
    static const uint64_t scales[] = {2, 6, 30, 400, 3000};
    uint64_t scale = scales[least_scale + next_random(state) % 4];
    return 1 + next_random(state) % scale;
}

static void fill_node(struct world *world, size_t i, uint64_t *state)
{
    static const char *const operators[] = {"cm", "ct", "cu"};
    static const char *const areas[] = {"371002", "371003", "371082", "371083"};
    static const enum access_technology others[] = {TECHNOLOGY_ADSL2, TECHNOLOGY_VDSL2,
                                                    TECHNOLOGY_ETHERNET};
    struct node_evidence *node = &world->nodes[i];
    memset(node, 0, sizeof *node);
    node->lines = world->lines[i];
    (void)snprintf(node->operator_name, sizeof node->operator_name, "%s",
                   operators[i * 3 / WORLD_NODES]);
    (void)snprintf(node->access_node, sizeof node->access_node, "olt-%02zu", i);
    (void)snprintf(node->area, sizeof node->area, "%s", areas[next_random(state) % 4]);
    node->settlement = next_random(state) % 3 ? SETTLEMENT_URBAN : SETTLEMENT_RURAL;
    node->residence = next_random(state) % 4 ? RESIDENCE_RESIDENTIAL : RESIDENCE_BUSINESS;
    node->reported = node->registered = true;
    node->last_day = world->inputs.window.last_day;
    add_lines(node, TECHNOLOGY_GPON, random_count(state, 1));
    if (next_random(state) % 2) {
        enum access_technology other = others[next_random(state) % 3];
        add_lines(node, other, random_count(state, 0));
    }
}

int world_publish(struct world *world)
{
    const struct figure_query query = {.instant_day = world->inputs.window.last_day,
                                       .all_targets = true,
                                       .areas = true,
                                       .operators = true,
                                       .beside = true};
    if (figures_evaluate(world->plan, &world->inputs, &world->rules, &query, &world->figures) != 0)
        return -1;
    world->source.figures = world->figures;
    if (publication_new(&world->source, &world->publication) != 0)
        return -1;
    world->source.publication = world->publication;
    return 0;
}

void world_unpublish(struct world *world)
{
    publication_free(world->publication);
    figures_free(world->figures);
    world->publication = NULL;
    world->figures = NULL;
}

/* What people and probes write may be meant for the spreadsheet of whoever opens the file. */
static void fill_words(struct world *world, int64_t day)
{
    static const char *const areas[] = {"371002", "371003", "371082", "371083",
                                        "371071", "371072", "371073", "371003-nanhai"};
    static const char *const words[] = {"=HYPERLINK(\"http://x.example\",\"y\")",
                                        "+1+1",
                                        "-2+3",
                                        "@SUM(A1)",
                                        "\t=1",
                                        "\r=1",
                                        "年鉴，表 3-1",
                                        "a \"b\", c"};
    for (size_t i = 0; i < 8; i++) {
        struct denominator *row = &world->denominators[i];
        *row = (struct denominator){
            .value = 1000 * (double)(i + 30), .reference_day = day, .published_day = day + 60};
        (void)snprintf(row->area, sizeof row->area, "%s", areas[i]);
        (void)snprintf(row->variable, sizeof row->variable, "resident-households");
        (void)snprintf(row->class_name, sizeof row->class_name, "all");
        (void)snprintf(row->unit, sizeof row->unit, "households");
        (void)snprintf(row->source, sizeof row->source, "%s", words[i]);
        (void)snprintf(row->vintage, sizeof row->vintage, "2018-03");
        (void)snprintf(row->status, sizeof row->status, "final");
    }
    static const char *const probes[] = {"p1", "=1+1", "-p"};
    for (size_t i = 0; i < 3; i++) {
        world->ledger_probes[i] = (struct ledger_probe){
            .expected = 100 * i, .arrived = 90 * i, .missing = {[LEDGER_SILENT] = 10 * i}};
        (void)snprintf(world->ledger_probes[i].operator_name, 3, "cu");
        (void)snprintf(world->ledger_probes[i].probe_name, 8, "%s", probes[i]);
    }
    world->ledger = (struct ledger){.from_ns = clock_city_day_start_ns(day - 364),
                                    .to_ns = clock_city_day_start_ns(day + 1),
                                    .probes = world->ledger_probes,
                                    .probe_count = 3};
    world->revision = (struct export_revision){.indicator = "ftth-share",
                                               .area = "371000",
                                               .operator_name = "",
                                               .period = "2016",
                                               .value = 71.25,
                                               .old_value = 71.5,
                                               .value_known = true,
                                               .old_value_known = true,
                                               .reason = "=cmd|' /C calc'!A0",
                                               .vintage = "",
                                               .computed_by = "0.1.0",
                                               .revised_ns = clock_city_day_start_ns(day + 70)};
}

struct world *world_new(int year)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct conf_error error = {""};
    struct world *world = calloc(1, sizeof *world);
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    world->plan = plan_open(plan_file, areas_file, &error);
    assert(world->plan);
    world->rules = (struct rule_settings){.activity_days = 90,
                                          .presence_days = 15,
                                          .census_coverage = 0.95,
                                          .sample_coverage = 0.3,
                                          .completeness_gate = 0.75,
                                          .capability_share = 0.8,
                                          .publish_lines_min = WORLD_LINES_MIN,
                                          .publish_access_points_min = 5,
                                          .publish_clients_min = 20,
                                          .publish_nodes_min = 3,
                                          .publish_dominance_max = 0.9};
    world->evidence = (struct evidence){.nodes = world->nodes,
                                        .node_count = WORLD_NODES,
                                        .probes = &world->probe,
                                        .probe_count = 1};
    world->probe.expected_intervals = world->probe.arrived_intervals = 100;
    int64_t day = clock_days_from_civil(year, 12, 31);
    world->inputs =
        (struct inputs){.window = {.last_day = day, .activity_days = 90, .presence_days = 15},
                        .computed_ns = clock_city_day_start_ns(day + 100),
                        .evidence = &world->evidence,
                        .imported = {.denominators = world->denominators, .denominator_count = 8}};
    fill_words(world, day);
    world->source = (struct export_source){.plan = world->plan,
                                           .rules = &world->rules,
                                           .inputs = &world->inputs,
                                           .ledger = &world->ledger,
                                           .revisions = &world->revision,
                                           .revision_count = 1,
                                           .year = year};
    return world;
}

void world_fill(struct world *world, uint64_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (size_t i = 0; i < WORLD_NODES; i++)
        fill_node(world, i, &state);
}

void world_free(struct world *world)
{
    world_unpublish(world);
    plan_close(world->plan);
    free(world);
}

void world_fill_small(struct world *world)
{
    static const char *const areas[] = {"371002", "371003", "371082"};
    for (size_t i = 0; i < 9; i++) {
        uint64_t state = i + 1;
        fill_node(world, i, &state);
        struct node_evidence *node = &world->nodes[i];
        (void)snprintf(node->operator_name, sizeof node->operator_name, "cu");
        (void)snprintf(node->area, sizeof node->area, "%s", areas[i / 3]);
        node->residence = RESIDENCE_RESIDENTIAL;
        node->settlement = SETTLEMENT_URBAN;
        node->line_count = 0;
        add_lines(node, TECHNOLOGY_GPON, 1000 + i);
        add_lines(node, TECHNOLOGY_ADSL2, i / 3 == 0 ? 3 : 200 + i);
    }
    world->evidence.node_count = 9;
}
