/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is published of random deployments, attacked as a whole: every row of lines.csv and every
 * figure of verdicts.csv that shows a count is an equation, and a linear program asks how closely
 * they bound what is withheld.
 */
#include "collector/export/bundle.h"
#include "collector/export/figure_json.h"
#include "collector/export/publication.h"
#include "collector/export/tables.h"
#include "collector/indicator/inputs.h"
#include "collector/settings.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"

#include <glpk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES 300
#define KINDS 3
#define K     10

struct world {
    struct plan *plan;
    struct node_evidence nodes[NODES];
    struct node_lines lines[NODES][KINDS];
    struct probe_evidence probe;
    struct evidence evidence;
    struct inputs inputs;
    struct rule_settings rules;
    struct figures *figures;
    struct export_source source;
    struct publication *publication;
};

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

static void fill_node(struct world *world, size_t i, uint64_t *state)
{
    static const char *const operators[] = {"cm", "ct", "cu"};
    static const char *const areas[] = {"371002", "371003", "371082", "371083"};
    static const enum access_technology others[] = {TECHNOLOGY_ADSL2, TECHNOLOGY_VDSL2,
                                                    TECHNOLOGY_ETHERNET};
    static const uint64_t scales[] = {2, 6, 30, 400, 3000};
    struct node_evidence *node = &world->nodes[i];
    memset(node, 0, sizeof *node);
    node->lines = world->lines[i];
    (void)snprintf(node->operator_name, sizeof node->operator_name, "%s", operators[i * 3 / NODES]);
    (void)snprintf(node->access_node, sizeof node->access_node, "olt-%02zu", i);
    (void)snprintf(node->area, sizeof node->area, "%s", areas[next_random(state) % 4]);
    node->settlement = next_random(state) % 3 ? SETTLEMENT_URBAN : SETTLEMENT_RURAL;
    node->residence = next_random(state) % 4 ? RESIDENCE_RESIDENTIAL : RESIDENCE_BUSINESS;
    node->reported = node->registered = true;
    node->last_day = world->inputs.window.last_day;
    add_lines(node, TECHNOLOGY_GPON, 1 + next_random(state) % scales[1 + next_random(state) % 4]);
    if (next_random(state) % 2)
        add_lines(node, others[next_random(state) % 3],
                  1 + next_random(state) % scales[next_random(state) % 4]);
}

static int publish(struct world *world)
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

static void unpublish(struct world *world)
{
    publication_free(world->publication);
    figures_free(world->figures);
    world->publication = NULL;
    world->figures = NULL;
}

static struct world *make_world(void)
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
    assert_non_null(world->plan);
    world->rules = (struct rule_settings){.activity_days = 90,
                                          .presence_days = 15,
                                          .census_coverage = 0.95,
                                          .sample_coverage = 0.3,
                                          .completeness_gate = 0.75,
                                          .capability_share = 0.8,
                                          .publish_lines_min = K,
                                          .publish_access_points_min = 5,
                                          .publish_clients_min = 20,
                                          .publish_nodes_min = 3,
                                          .publish_dominance_max = 0.9};
    world->evidence = (struct evidence){
        .nodes = world->nodes, .node_count = NODES, .probes = &world->probe, .probe_count = 1};
    world->probe.expected_intervals = world->probe.arrived_intervals = 100;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    world->inputs =
        (struct inputs){.window = {.last_day = day, .activity_days = 90, .presence_days = 15},
                        .computed_ns = clock_city_day_start_ns(day + 100),
                        .evidence = &world->evidence};
    world->source = (struct export_source){
        .plan = world->plan, .rules = &world->rules, .inputs = &world->inputs, .year = 2017};
    return world;
}

static void fill_world(struct world *world, uint64_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (size_t i = 0; i < NODES; i++)
        fill_node(world, i, &state);
}

static void end_world(struct world *world)
{
    unpublish(world);
    plan_close(world->plan);
    free(world);
}

/* One unknown of the attacker: the lines of a kind that has a row, in one settlement. */
struct unknown {
    const struct line_row *row;
    enum settlement settlement;
};

static bool is_total(const char *word)
{
    return strcmp(word, "all") == 0 || strcmp(word, "371000") == 0;
}

static bool is_fibre(const char *technology)
{
    return strcmp(technology, "gpon") == 0 || strcmp(technology, "epon") == 0 ||
           strcmp(technology, "xgspon") == 0;
}

static bool is_detail(const struct line_row *row)
{
    bool group = strcmp(row->technology, "ftth") == 0 || strcmp(row->technology, "other") == 0;
    return !is_total(row->area_key) && !is_total(row->operator_key) && !group &&
           !is_total(row->technology) && !is_total(row->residence);
}

static size_t list_unknowns(const struct publication *publication, struct unknown *out)
{
    size_t count = 0;
    for (size_t i = 0; i < publication->line_count; i++)
        for (int s = SETTLEMENT_URBAN; is_detail(&publication->lines[i]) && s <= SETTLEMENT_RURAL;
             s++)
            out[count++] = (struct unknown){&publication->lines[i], (enum settlement)s};
    return count;
}

static bool word_takes(const char *word, const char *value)
{
    if (strcmp(word, "ftth") == 0)
        return is_fibre(value);
    if (strcmp(word, "other") == 0)
        return !is_fibre(value);
    return is_total(word) || strcmp(word, value) == 0;
}

static bool row_takes(const struct line_row *row, const struct unknown *unknown)
{
    return word_takes(row->area_key, unknown->row->area_key) &&
           word_takes(row->operator_key, unknown->row->operator_key) &&
           word_takes(row->technology, unknown->row->technology) &&
           word_takes(row->residence, unknown->row->residence);
}

struct attacker {
    glp_prob *problem;
    struct unknown unknowns[4096];
    size_t unknown_count;
    int columns[4097];
    double ones[4097];
    size_t equations;
};

/* Adds sum of what is marked = count, or >= count. */
static void add_equation(struct attacker *attacker, int length, int kind, double count)
{
    if (length == 0)
        return;
    int row = glp_add_rows(attacker->problem, 1);
    glp_set_row_bnds(attacker->problem, row, kind, count, count);
    glp_set_mat_row(attacker->problem, row, length, attacker->columns, attacker->ones);
    attacker->equations++;
}

static int mark_row(struct attacker *attacker, const struct line_row *row)
{
    int length = 0;
    for (size_t u = 0; u < attacker->unknown_count; u++)
        if (row_takes(row, &attacker->unknowns[u])) {
            attacker->columns[++length] = (int)u + 1;
            attacker->ones[length] = 1;
        }
    return length;
}

/* What the numerator or the denominator of a figure counts, as the definitions say. */
static int mark_figure(struct attacker *attacker, const struct figure *figure, bool fibre_only)
{
    int length = 0;
    for (size_t u = 0; u < attacker->unknown_count; u++) {
        const struct unknown *unknown = &attacker->unknowns[u];
        const struct line_row *row = unknown->row;
        enum population population = figure->definition->population;
        bool takes = (is_total(figure->area->key) || strcmp(figure->area->key, row->area_key) == 0);
        if (figure->operator_of)
            takes = takes && strcmp(figure->operator_of->key, row->operator_key) == 0;
        if (population == POPULATION_RESIDENTIAL)
            takes = takes && strcmp(row->residence, "business") != 0;
        if (population == POPULATION_BUSINESS)
            takes = takes && strcmp(row->residence, "business") == 0;
        if (population == POPULATION_URBAN)
            takes = takes && unknown->settlement == SETTLEMENT_URBAN;
        if (population == POPULATION_RURAL)
            takes = takes && unknown->settlement == SETTLEMENT_RURAL;
        if (fibre_only)
            takes = takes && is_fibre(row->technology);
        if (takes) {
            attacker->columns[++length] = (int)u + 1;
            attacker->ones[length] = 1;
        }
    }
    return length;
}

static void add_figure(struct attacker *attacker, const struct figure *figure)
{
    enum quantity quantity = figure->definition->numerator;
    bool lines = figure->definition->denominator == DENOMINATOR_LINES;
    if (figure->withheld)
        return;
    if (quantity == QUANTITY_FTTH_LINES && figure->numerator.known)
        add_equation(attacker, mark_figure(attacker, figure, true), GLP_FX,
                     figure->numerator.value);
    if (quantity == QUANTITY_LINES && figure->definition->instant == INSTANT_ACTIVE &&
        figure->numerator.known)
        add_equation(attacker, mark_figure(attacker, figure, false), GLP_FX,
                     figure->numerator.value);
    if (lines && figure->denominator.known)
        add_equation(attacker, mark_figure(attacker, figure, false), GLP_FX,
                     figure->denominator.value);
}

static double extreme(struct attacker *attacker, const struct line_row *row, int direction)
{
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    glp_set_obj_dir(attacker->problem, direction);
    for (size_t u = 0; u < attacker->unknown_count; u++)
        glp_set_obj_coef(attacker->problem, (int)u + 1,
                         row_takes(row, &attacker->unknowns[u]) ? 1 : 0);
    assert_int_equal(glp_simplex(attacker->problem, &how), 0);
    int status = glp_get_status(attacker->problem);
    if (status != GLP_OPT)
        assert_int_equal(status, GLP_UNBND); /* never infeasible: the equations are right */
    return status == GLP_OPT ? glp_get_obj_val(attacker->problem) : 1e12;
}

/* Withheld rows that what is published bounds closer than K. */
static size_t attack(const struct publication *publication, size_t *out_withheld,
                     size_t *out_equations)
{
    static struct attacker attacker;
    size_t broken = 0;
    glp_term_out(GLP_OFF);
    attacker.problem = glp_create_prob();
    attacker.equations = 0;
    attacker.unknown_count = list_unknowns(publication, attacker.unknowns);
    glp_add_cols(attacker.problem, (int)attacker.unknown_count);
    for (size_t u = 0; u < attacker.unknown_count; u++)
        glp_set_col_bnds(attacker.problem, (int)u + 1, GLP_LO, 0, 0);
    for (size_t i = 0; i < publication->line_count; i++) {
        const struct line_row *row = &publication->lines[i];
        add_equation(&attacker, mark_row(&attacker, row), row->withheld ? GLP_LO : GLP_FX,
                     row->withheld ? 1 : (double)row->lines);
    }
    for (size_t i = 0; i < publication->figures.count; i++)
        add_figure(&attacker, &publication->figures.figures[i]);
    for (size_t i = 0; i < publication->line_count; i++) {
        const struct line_row *row = &publication->lines[i];
        if (!row->withheld)
            continue;
        double most = extreme(&attacker, row, GLP_MAX);
        double least = extreme(&attacker, row, GLP_MIN);
        assert_true(least <= (double)row->lines + 1e-6 && (double)row->lines <= most + 1e-6);
        broken += most - least < K - 1e-6;
        ++*out_withheld;
    }
    *out_equations += attacker.equations;
    glp_delete_prob(attacker.problem);
    return broken;
}

static void nothing_that_is_published_gives_a_withheld_count_away(void **state)
{
    (void)state;
    struct world *world = make_world();
    size_t withheld = 0;
    size_t equations = 0;
    size_t broken = 0;
    size_t exposed = 0;
    size_t figures = 0;
    size_t rows = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        fill_world(world, seed);
        assert_int_equal(publish(world), 0);
        broken += attack(world->publication, &withheld, &equations);
        exposed += world->publication->disclosure.exposed;
        figures += world->publication->withheld;
        rows += world->publication->line_count;
        unpublish(world);
    }
    print_message("# 12 deployments, %zu rows, %zu withheld and %zu figures: %zu equations bound "
                  "%zu closer than %d\n",
                  rows, withheld, figures, equations, broken, K);
    assert_true(withheld > 100 && figures > 0);
    assert_int_equal(exposed, 0);
    assert_int_equal(broken, 0);
    end_world(world);
}

static char *csv_of(const struct table *table, const struct world *world)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    table_csv(out, table, &world->source);
    (void)fclose(out);
    return text;
}

static const struct figure *find_figure(const struct publication *publication, const char *id,
                                        const char *area)
{
    for (size_t i = 0; i < publication->figures.count; i++) {
        const struct figure *figure = &publication->figures.figures[i];
        if (strcmp(figure->indicator->id, id) == 0 && strcmp(figure->area->key, area) == 0 &&
            !figure->operator_of && !figure->alternative)
            return figure;
    }
    return NULL;
}

/* Three nodes in each of three areas; in one of them nine lines that are no fibre. */
static void fill_small(struct world *world)
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

static void nine_lines_take_the_area_s_share_and_another_with_them(void **state)
{
    (void)state;
    struct world *world = make_world();
    fill_small(world);
    assert_int_equal(publish(world), 0);
    const struct figure *small = find_figure(world->publication, "ftth-share", "371002");
    const struct figure *city = find_figure(world->publication, "ftth-share", "371000");
    bool other = find_figure(world->publication, "ftth-share", "371003")->withheld ||
                 find_figure(world->publication, "ftth-share", "371082")->withheld;
    assert_true(small->withheld);
    assert_false(small->value.known || small->numerator.known || small->denominator.known ||
                 small->coverage.known || small->unclassified.known);
    assert_string_equal(small->source, "");
    assert_true(other);
    assert_true(city->value.known);
    char *text = csv_of(&verdicts_table, world);
    assert_non_null(strstr(text, ",true,public\r\n"));
    assert_null(strstr(text, ",internal\r\n"));
    free(text);
    text = csv_of(&lines_table, world);
    assert_non_null(strstr(text, "371002,环翠区,all,,adsl2,all,,true\r\n"));
    assert_null(strstr(text, ",9,false\r\n"));
    free(text);
    end_world(world);
}

static void the_city_s_own_file_withholds_nothing_and_says_so(void **state)
{
    (void)state;
    struct world *world = make_world();
    fill_small(world);
    world->source.full = true;
    assert_int_equal(publish(world), 0);
    assert_int_equal(world->publication->withheld, 0);
    assert_int_equal(world->publication->disclosure.sensitive, 0);
    char *text = csv_of(&lines_table, world);
    assert_non_null(strstr(text, "371002,环翠区,all,,adsl2,all,9,false\r\n"));
    free(text);
    text = csv_of(&verdicts_table, world);
    assert_non_null(strstr(text, ",false,internal\r\n"));
    assert_null(strstr(text, ",public\r\n"));
    free(text);
    end_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_lines_take_the_area_s_share_and_another_with_them),
        cmocka_unit_test(the_city_s_own_file_withholds_nothing_and_says_so),
        cmocka_unit_test(nothing_that_is_published_gives_a_withheld_count_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
