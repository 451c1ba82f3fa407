/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The attack: whoever has every shown cell writes each as an equation, knows which kinds occur and
 * that nothing is below 0, and asks a linear program for the least and the most that each hidden
 * cell can be. No other computation on the same numbers can know more. He succeeds where the two
 * are closer than k.
 */
#include "collector/export/disclosure.h"

#include "tests/support/cmocka_all.h"

#include <glpk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AREA, OPERATOR, GROUP, TECHNOLOGY, RESIDENCE, SETTLEMENT };

#define AREAS        4
#define OPERATORS    3
#define TECHNOLOGIES 4
#define RESIDENCES   2
#define SETTLEMENTS  2
#define ATOMS        (AREAS * OPERATORS * TECHNOLOGIES * RESIDENCES * SETTLEMENTS)
#define CLUSTERS     5
#define PARTS        (ATOMS * CLUSTERS)
#define CELLS_MAX    2000
#define K            10

static const uint8_t axis_sets[] = {1 << AREA, 1 << OPERATOR, 1 << GROUP | 1 << TECHNOLOGY,
                                    1 << RESIDENCE, 1 << SETTLEMENT};

struct table {
    struct disclosure_part parts[PARTS];
    size_t part_count;
    struct disclosure_cell cells[CELLS_MAX];
    size_t cell_count;
    struct disclosure_rules rules;
    struct disclosure_summary summary;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* 0, a handful, tens, or thousands: what makes tables hard is their mixture. */
static uint64_t random_count(uint64_t *state)
{
    static const uint64_t scales[] = {1, 1, 4, 12, 60, 5000};
    uint64_t scale = scales[next_random(state) % 6];
    return scale == 1 ? 0 : next_random(state) % scale;
}

static struct disclosure_place place_of(size_t atom)
{
    struct disclosure_place place;
    place.at[SETTLEMENT] = (uint16_t)(atom % SETTLEMENTS);
    place.at[RESIDENCE] = (uint16_t)(atom / SETTLEMENTS % RESIDENCES);
    place.at[TECHNOLOGY] = (uint16_t)(atom / SETTLEMENTS / RESIDENCES % TECHNOLOGIES);
    place.at[GROUP] = place.at[TECHNOLOGY] / 2;
    place.at[OPERATOR] = (uint16_t)(atom / SETTLEMENTS / RESIDENCES / TECHNOLOGIES % OPERATORS);
    place.at[AREA] = (uint16_t)(atom / SETTLEMENTS / RESIDENCES / TECHNOLOGIES / OPERATORS % AREAS);
    return place;
}

static void fill_parts(struct table *table, uint64_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    bool no_docsis[OPERATORS];
    for (size_t i = 0; i < OPERATORS; i++)
        no_docsis[i] = next_random(&state) % 2;
    table->part_count = 0;
    for (size_t i = 0; i < ATOMS; i++) {
        struct disclosure_place place = place_of(i);
        size_t clusters = 1 + (size_t)(next_random(&state) % CLUSTERS);
        for (size_t c = 0; c < clusters; c++) {
            uint64_t count = random_count(&state) / clusters;
            if (count == 0 || (place.at[TECHNOLOGY] == 3 && no_docsis[place.at[OPERATOR]]))
                continue;
            size_t cluster = ((size_t)place.at[OPERATOR] * AREAS + place.at[AREA]) * CLUSTERS + c;
            table->parts[table->part_count++] = (struct disclosure_part){
                .place = place, .cluster = (uint32_t)cluster, .count = count};
        }
    }
}

/* The margins that are shown: the cube of area, operator, technology with its groups, residence;
 * and the settlements of an area, of an operator, of the city. */
static void fill_cells(struct table *table)
{
    table->cell_count = 0;
    for (size_t i = 0; i < ATOMS; i++) {
        for (unsigned any = 0; any < 64; any++) {
            struct disclosure_cell cell = {.place = place_of(i), .cost = 1};
            bool settled = !(any & 1 << SETTLEMENT);
            bool grouped = !(any & 1 << GROUP);
            bool scope = (any & 1 << AREA) || (any & 1 << OPERATOR);
            if (settled && (!scope || !(any & 1 << RESIDENCE) || !(any & 1 << TECHNOLOGY)))
                continue;
            if ((grouped && settled) || (!grouped && !(any & 1 << TECHNOLOGY)))
                continue;
            for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
                if (any & 1U << axis) {
                    cell.place.at[axis] = DISCLOSURE_ANY;
                    cell.cost *= 2;
                }
            cell.kept = (any & (1 << AREA | 1 << OPERATOR | 1 << TECHNOLOGY)) ==
                        (1 << AREA | 1 << OPERATOR | 1 << TECHNOLOGY);
            bool known = false;
            for (size_t c = 0; c < table->cell_count && !known; c++)
                known = memcmp(&table->cells[c].place, &cell.place, sizeof cell.place) == 0;
            if (!known) {
                assert_true(table->cell_count < CELLS_MAX);
                table->cells[table->cell_count++] = cell;
            }
        }
    }
}

static void protect(struct table *table, bool only_sensitive)
{
    table->rules = (struct disclosure_rules){.count_min = K,
                                             .clusters_min = 3,
                                             .dominance_max = 0.9,
                                             .owner_axis = OPERATOR,
                                             .axis_sets = axis_sets,
                                             .axis_set_count = sizeof axis_sets,
                                             .only_sensitive = only_sensitive};
    assert_int_equal(disclosure_protect(&table->rules, table->parts, table->part_count,
                                        table->cells, table->cell_count, &table->summary),
                     0);
}

static bool cell_has(const struct disclosure_cell *cell, size_t atom)
{
    struct disclosure_place place = place_of(atom);
    for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
        if (cell->place.at[axis] != DISCLOSURE_ANY && cell->place.at[axis] != place.at[axis])
            return false;
    return true;
}

/* A kind of area x operator x technology x residence that stands in no row is known not to occur;
 * what its settlements are nobody shows. */
static bool occurs(const struct table *table, size_t atom)
{
    for (size_t c = 0; c < table->cell_count; c++) {
        const struct disclosure_cell *cell = &table->cells[c];
        bool detail = cell->place.at[AREA] != DISCLOSURE_ANY &&
                      cell->place.at[OPERATOR] != DISCLOSURE_ANY &&
                      cell->place.at[TECHNOLOGY] != DISCLOSURE_ANY &&
                      cell->place.at[RESIDENCE] != DISCLOSURE_ANY;
        if (detail && cell_has(cell, atom))
            return cell->count > 0;
    }
    return false;
}

static glp_prob *write_equations(const struct table *table)
{
    static int columns[ATOMS + 1];
    static double ones[ATOMS + 1];
    glp_prob *problem = glp_create_prob();
    glp_add_cols(problem, ATOMS);
    for (size_t atom = 0; atom < ATOMS; atom++)
        glp_set_col_bnds(problem, (int)atom + 1, occurs(table, atom) ? GLP_LO : GLP_FX, 0, 0);
    for (size_t c = 0; c < table->cell_count; c++) {
        const struct disclosure_cell *cell = &table->cells[c];
        int length = 0;
        if (cell->count == 0)
            continue;
        for (size_t atom = 0; atom < ATOMS; atom++)
            if (cell_has(cell, atom)) {
                columns[++length] = (int)atom + 1;
                ones[length] = 1;
            }
        int row = glp_add_rows(problem, 1);
        double least = cell->shown ? (double)cell->count : 1;
        glp_set_row_bnds(problem, row, cell->shown ? GLP_FX : GLP_LO, least, least);
        glp_set_mat_row(problem, row, length, columns, ones);
    }
    return problem;
}

static double extreme(glp_prob *problem, const struct disclosure_cell *cell, int direction)
{
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    glp_set_obj_dir(problem, direction);
    for (size_t atom = 0; atom < ATOMS; atom++)
        glp_set_obj_coef(problem, (int)atom + 1, cell_has(cell, atom) ? 1 : 0);
    assert_int_equal(glp_simplex(problem, &how), 0);
    int status = glp_get_status(problem);
    assert_true(status == GLP_OPT || (direction == GLP_MAX && status == GLP_UNBND));
    return status == GLP_OPT ? glp_get_obj_val(problem) : 1e12;
}

struct attack {
    size_t hidden, broken, exposed;
};

/* How many hidden cells the shown ones give away. Those of which the table itself says so are
 * counted apart. */
static void attack(const struct table *table, struct attack *out)
{
    glp_term_out(GLP_OFF);
    glp_prob *problem = write_equations(table);
    for (size_t c = 0; c < table->cell_count; c++) {
        const struct disclosure_cell *cell = &table->cells[c];
        if (cell->count == 0 || cell->shown)
            continue;
        double most = extreme(problem, cell, GLP_MAX);
        double least = extreme(problem, cell, GLP_MIN);
        assert_true(least <= (double)cell->count + 1e-6 && (double)cell->count <= most + 1e-6);
        bool close = most - least < K - 1e-6;
        bool admitted = cell->width < K && !table->rules.only_sensitive;
        out->hidden++;
        out->broken += close && !admitted;
        out->exposed += admitted;
    }
    glp_delete_prob(problem);
}

static size_t tables_to_try(void)
{
    const char *wanted = getenv("LASTMILE_TABLES");
    return wanted ? strtoul(wanted, NULL, 10) : 5; /* 500 for long */
}

static void no_hidden_cell_can_be_bounded_closer_than_k(void **state)
{
    (void)state;
    static struct table table;
    struct attack found = {0, 0, 0};
    struct disclosure_summary sum = {0, 0, 0, 0};
    size_t tables = tables_to_try();
    fill_cells(&table);
    for (size_t seed = 1; seed <= tables; seed++) {
        fill_parts(&table, seed);
        protect(&table, false);
        attack(&table, &found);
        sum.cells += table.summary.cells;
        sum.sensitive += table.summary.sensitive;
        sum.complementary += table.summary.complementary;
        sum.exposed += table.summary.exposed;
    }
    print_message("# %zu tables, %zu cells: %zu sensitive and %zu complementary hidden, %zu given "
                  "away by kept cells; %zu of %zu bounded closer than %d\n",
                  tables, sum.cells, sum.sensitive, sum.complementary, sum.exposed, found.broken,
                  found.hidden, K);
    assert_true(found.hidden > 10 * tables);
    assert_int_equal(found.broken, 0);
    assert_int_equal(sum.exposed, 0);
}

static void hiding_the_sensitive_cells_alone_gives_them_away(void **state)
{
    (void)state;
    static struct table table;
    struct attack found = {0, 0, 0};
    size_t tables = tables_to_try();
    fill_cells(&table);
    for (size_t seed = 1; seed <= tables; seed++) {
        fill_parts(&table, seed);
        protect(&table, true);
        attack(&table, &found);
    }
    print_message("# %zu of %zu bounded closer than %d without complementary suppression\n",
                  found.broken, found.hidden, K);
    assert_true(found.broken * 2 > found.hidden);
}

/* Two areas, two operators, one kind: the four cells, their margins, and the city's own. */
static void fill_square(struct table *table, const uint64_t counts[2][2])
{
    table->part_count = table->cell_count = 0;
    for (uint16_t area = 0; area < 2; area++)
        for (uint16_t owner = 0; owner < 2; owner++)
            for (uint32_t c = 0; c < 3; c++)
                table->parts[table->part_count++] = (struct disclosure_part){
                    .place = {.at = {[AREA] = area, [OPERATOR] = owner}},
                    .cluster = (owner * 2u + area) * 3 + c,
                    .count = counts[area][owner] / 3 + (c < counts[area][owner] % 3)};
    for (uint16_t area = 0; area < 3; area++)
        for (uint16_t owner = 0; owner < 3; owner++)
            table->cells[table->cell_count++] = (struct disclosure_cell){
                .place = {.at = {[AREA] = area < 2 ? area : DISCLOSURE_ANY,
                                 [OPERATOR] = owner < 2 ? owner : DISCLOSURE_ANY}},
                .cost = area < 2 && owner < 2 ? 1 : 10,
                .kept = area == 2 && owner == 2};
}

static void a_small_cell_takes_the_three_others_of_its_square_with_it(void **state)
{
    (void)state;
    static struct table table;
    const uint64_t counts[2][2] = {{9, 50}, {60, 70}};
    fill_square(&table, counts);
    protect(&table, false);
    static const bool shown[] = {false, false, true, false, false, true, true, true, true};
    for (size_t c = 0; c < table.cell_count; c++)
        assert_int_equal(table.cells[c].shown, shown[c]);
    assert_int_equal(table.cells[0].count, 9);
    assert_int_equal(table.summary.sensitive, 1);
    assert_int_equal(table.summary.complementary, 3);
    assert_int_equal(table.summary.exposed, 0);
}

static void a_table_without_small_cells_is_shown_whole(void **state)
{
    (void)state;
    static struct table table;
    const uint64_t counts[2][2] = {{10, 50}, {60, 70}};
    fill_square(&table, counts);
    protect(&table, false);
    for (size_t c = 0; c < table.cell_count; c++)
        assert_true(table.cells[c].shown);
}

static void a_cell_of_two_clusters_is_hidden_however_large(void **state)
{
    (void)state;
    static struct table table;
    const uint64_t counts[2][2] = {{2, 50}, {60, 70}};
    fill_square(&table, counts);
    table.parts[0].count = 5000;
    table.parts[1].count = 5000;
    protect(&table, false);
    assert_int_equal(table.cells[0].clusters, 2);
    assert_true(table.cells[0].sensitive);
    assert_false(table.cells[0].shown);
}

/* Lines of a third owner in an area, who has no cell of his own. */
static void add_third(struct table *table, uint16_t area, uint64_t count)
{
    for (uint32_t c = 0; c < 3; c++)
        table->parts[table->part_count++] =
            (struct disclosure_part){.place = {.at = {[AREA] = area, [OPERATOR] = 2}},
                                     .cluster = 100u + area * 3u + c,
                                     .count = count / 3};
}

static void protect_withholding(struct table *table)
{
    static const bool withholds[] = {false, true, false};
    table->rules = (struct disclosure_rules){.count_min = K,
                                             .clusters_min = 3,
                                             .dominance_max = 0.9,
                                             .owner_axis = OPERATOR,
                                             .withholds = withholds,
                                             .owner_count = 3,
                                             .axis_sets = axis_sets,
                                             .axis_set_count = sizeof axis_sets};
    assert_int_equal(disclosure_protect(&table->rules, table->parts, table->part_count,
                                        table->cells, table->cell_count, &table->summary),
                     0);
}

static void who_withholds_is_not_shown_nor_what_he_dominates(void **state)
{
    (void)state;
    static struct table table;
    const uint64_t counts[2][2] = {{500, 5000}, {6000, 7000}};
    fill_square(&table, counts);
    add_third(&table, 0, 30);
    add_third(&table, 1, 600);
    protect_withholding(&table);
    assert_true(table.cells[1].sensitive);  /* his own */
    assert_true(table.cells[2].sensitive);  /* 5000 of 5530 in the first area */
    assert_false(table.cells[5].sensitive); /* 7000 of 13600 in the second */
    assert_true(table.cells[7].sensitive);  /* his total */
    for (size_t c = 0; c < table.cell_count; c++)
        assert_false(table.cells[c].sensitive && table.cells[c].shown);
    assert_true(table.cells[8].shown);
    assert_int_equal(table.summary.exposed, 0);
}

/* The other takes his own away, and has his figure. */
static void a_total_of_two_is_hidden_where_one_of_them_withholds(void **state)
{
    (void)state;
    static struct table table;
    const uint64_t counts[2][2] = {{5000, 3000}, {6000, 7000}};
    fill_square(&table, counts);
    add_third(&table, 1, 3000);
    protect_withholding(&table);
    assert_true(table.cells[2].sensitive); /* two in the first area */
    assert_false(table.cells[2].shown);
    assert_false(table.cells[5].sensitive); /* three in the second */
    assert_true(table.cells[8].shown);      /* the city's own */
    fill_square(&table, counts);
    protect(&table, false);
    for (size_t c = 0; c < table.cell_count; c++)
        assert_true(table.cells[c].shown); /* where nobody withholds, a total of two is no secret */
}

static void what_a_kept_cell_gives_away_is_admitted(void **state)
{
    (void)state;
    static struct table table;
    const uint64_t counts[2][2] = {{4, 0}, {0, 0}};
    fill_square(&table, counts);
    protect(&table, false);
    assert_true(table.cells[8].shown);
    assert_false(table.cells[0].shown);
    assert_true(table.summary.exposed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_without_small_cells_is_shown_whole),
        cmocka_unit_test(a_small_cell_takes_the_three_others_of_its_square_with_it),
        cmocka_unit_test(a_cell_of_two_clusters_is_hidden_however_large),
        cmocka_unit_test(who_withholds_is_not_shown_nor_what_he_dominates),
        cmocka_unit_test(a_total_of_two_is_hidden_where_one_of_them_withholds),
        cmocka_unit_test(what_a_kept_cell_gives_away_is_admitted),
        cmocka_unit_test(no_hidden_cell_can_be_bounded_closer_than_k),
        cmocka_unit_test(hiding_the_sensitive_cells_alone_gives_them_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
