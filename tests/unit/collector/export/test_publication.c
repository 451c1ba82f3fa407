/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is published of random deployments, attacked as a whole: every row of lines.csv and every
 * figure of verdicts.csv that shows a count is an equation, and a linear program asks how closely
 * they bound what is withheld.
 */
#include "collector/export/tables.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/export_world.h"

#include <glpk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        broken += most - least < WORLD_LINES_MIN - 1e-6;
        ++*out_withheld;
    }
    *out_equations += attacker.equations;
    glp_delete_prob(attacker.problem);
    return broken;
}

static void nothing_that_is_published_gives_a_withheld_count_away(void **state)
{
    (void)state;
    struct world *world = world_new(2017);
    size_t withheld = 0;
    size_t equations = 0;
    size_t broken = 0;
    size_t exposed = 0;
    size_t figures = 0;
    size_t rows = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        world_fill(world, seed);
        assert_int_equal(world_publish(world), 0);
        broken += attack(world->publication, &withheld, &equations);
        exposed += world->publication->disclosure.exposed;
        figures += world->publication->withheld;
        rows += world->publication->line_count;
        world_unpublish(world);
    }
    print_message("# 12 deployments, %zu rows, %zu withheld and %zu figures: %zu equations bound "
                  "%zu closer than %d\n",
                  rows, withheld, figures, equations, broken, WORLD_LINES_MIN);
    assert_true(withheld > 100 && figures > 0);
    assert_int_equal(exposed, 0);
    assert_int_equal(broken, 0);
    world_free(world);
}

static void figures_that_are_not_withheld_give_counts_away(void **state)
{
    (void)state;
    struct world *world = world_new(2017);
    size_t withheld = 0;
    size_t equations = 0;
    size_t broken = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        world_fill(world, seed);
        assert_int_equal(world_publish(world), 0);
        memcpy(world->publication->figures.figures, world->figures->figures,
               world->figures->count * sizeof *world->figures->figures);
        broken += attack(world->publication, &withheld, &equations);
        world_unpublish(world);
    }
    print_message("# %zu of %zu bounded closer than %d where figures are left as they are\n",
                  broken, withheld, WORLD_LINES_MIN);
    assert_true(broken > 0);
    world_free(world);
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

static void nine_lines_take_the_area_s_share_and_another_with_them(void **state)
{
    (void)state;
    struct world *world = world_new(2017);
    world_fill_small(world);
    assert_int_equal(world_publish(world), 0);
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
    assert_non_null(strstr(text, ",true,public"));
    assert_null(strstr(text, ",false,internal"));
    free(text);
    text = csv_of(&lines_table, world);
    assert_non_null(strstr(text, "371002,环翠区,all,,adsl2,all,,true\r\n"));
    assert_null(strstr(text, ",9,false\r\n"));
    free(text);
    world_free(world);
}

static void the_city_s_own_file_withholds_nothing_and_says_so(void **state)
{
    (void)state;
    struct world *world = world_new(2017);
    world_fill_small(world);
    world->source.full = true;
    assert_int_equal(world_publish(world), 0);
    assert_int_equal(world->publication->withheld, 0);
    assert_int_equal(world->publication->disclosure.sensitive, 0);
    char *text = csv_of(&lines_table, world);
    assert_non_null(strstr(text, "371002,环翠区,all,,adsl2,all,9,false\r\n"));
    free(text);
    text = csv_of(&verdicts_table, world);
    assert_non_null(strstr(text, ",false,internal"));
    assert_null(strstr(text, ",false,public"));
    free(text);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_lines_take_the_area_s_share_and_another_with_them),
        cmocka_unit_test(the_city_s_own_file_withholds_nothing_and_says_so),
        cmocka_unit_test(nothing_that_is_published_gives_a_withheld_count_away),
        cmocka_unit_test(figures_that_are_not_withheld_give_counts_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
