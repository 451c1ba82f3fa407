/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/database.h"
#include "collector/registry/day_sets.h"
#include "collector/registry/schema.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/random_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONTH 24192 /* 2016-01 */

static struct database *open_tables(void)
{
    struct database *database = database_open(":memory:", DATABASE_WRITE);
    assert_non_null(database);
    for (const struct schema_step *step = registry_schema; step->sql; step++)
        assert_int_equal(database_run_script(database, step->sql), 0);
    assert_int_equal(day_sets_take_over(database), 0);
    return database;
}

/* What a visit shows, as text that two databases can be compared by. */
struct listing {
    char *text;
    size_t length;
    FILE *out;
};

static void list_row(void *ctx, int64_t place, const struct day_mark *marks, size_t count)
{
    struct listing *listing = ctx;
    for (size_t i = 0; i < count; i++)
        (void)fprintf(listing->out, "%lld %lld %x %x\n", (long long)place, (long long)marks[i].id,
                      marks[i].days, marks[i].run);
}

static char *listing_of(struct database *database, enum day_family family)
{
    struct listing listing = {.text = NULL};
    listing.out = open_memstream(&listing.text, &listing.length);
    assert_non_null(listing.out);
    assert_int_equal(day_sets_visit(database, family, MONTH, list_row, &listing), 0);
    (void)fclose(listing.out);
    return listing.text;
}

static void marks_of_one_id_unite_and_keep_their_order(void **state)
{
    (void)state;
    struct database *database = open_tables();
    struct day_mark first[] = {{300, 4, 0}, {7, 1, 1}, {300, 8, 8}};
    struct day_mark second[] = {{7, 2, 0}, {8, 1, 0}};
    assert_int_equal(day_sets_add(database, DAYS_OF_WTPS, MONTH, 5, first, 3), 0);
    assert_int_equal(day_sets_add(database, DAYS_OF_WTPS, MONTH, 5, second, 2), 0);
    assert_int_equal(day_sets_add(database, DAYS_OF_WTPS, MONTH + 1, 5, second, 2), 0);
    char *text = listing_of(database, DAYS_OF_WTPS);
    assert_string_equal(text, "5 7 3 1\n5 8 1 0\n5 300 c 8\n");
    free(text);
    database_close(database);
}

/* Random marks of two places, the same for a seed. */
static size_t random_marks(uint64_t seed, struct day_mark marks[static 200])
{
    struct random_source source = {.state = seed};
    size_t count = 1 + (size_t)random_below(&source, 200);
    for (size_t i = 0; i < count; i++) {
        uint32_t bit = UINT32_C(1) << random_below(&source, 31);
        marks[i] = (struct day_mark){(int64_t)random_below(&source, 1000), bit,
                                     random_below(&source, 2) ? bit : 0};
    }
    return count;
}

static void no_order_and_no_repetition_of_marks_makes_a_difference(void **state)
{
    (void)state;
    struct database *one = open_tables();
    struct database *other = open_tables();
    struct day_mark marks[200];
    for (uint64_t seed = 1; seed <= 60; seed++) {
        size_t count = random_marks(seed, marks);
        assert_int_equal(
            day_sets_add(one, DAYS_OF_TERMINALS, MONTH, (int64_t)(seed % 2), marks, count), 0);
    }
    for (uint64_t turn = 0; turn < 120; turn++) {
        uint64_t seed = 60 - turn % 60; /* backwards, and all of it twice */
        size_t count = random_marks(seed, marks);
        assert_int_equal(
            day_sets_add(other, DAYS_OF_TERMINALS, MONTH, (int64_t)(seed % 2), marks, count), 0);
    }
    char *text = listing_of(one, DAYS_OF_TERMINALS);
    char *same = listing_of(other, DAYS_OF_TERMINALS);
    assert_true(strlen(text) > 1000);
    assert_string_equal(text, same);
    free(text);
    free(same);
    database_close(one);
    database_close(other);
}

static void a_full_block_holds_all_its_ids(void **state)
{
    (void)state;
    struct database *database = open_tables();
    struct day_mark marks[3 * BLOCK_IDS];
    for (int i = 0; i < 3 * BLOCK_IDS; i++)
        marks[i] = (struct day_mark){3 * BLOCK_IDS - 1 - i, 0x7fffffff, 0x7fffffff};
    assert_int_equal(day_sets_add(database, DAYS_OF_WTPS, MONTH, 1, marks, 3 * BLOCK_IDS), 0);
    char *text = listing_of(database, DAYS_OF_WTPS);
    size_t lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 3 * BLOCK_IDS);
    free(text);
    assert_int_equal(day_sets_add(database, DAYS_OF_WTPS, MONTH, INT64_C(1) << 24, marks, 1),
                     -EOVERFLOW);
    database_close(database);
}

static void damaged_rows_end_where_they_make_no_sense(void **state)
{
    (void)state;
    static const char *const blobs[] = {"x''",
                                        "x'00'",
                                        "x'8000000001'",
                                        "x'0500000001'",
                                        "x'05000000010400000001'",
                                        "x'0500000001ff'"};
    for (size_t i = 0; i < sizeof blobs / sizeof blobs[0]; i++) {
        struct database *database = open_tables();
        char sql[120];
        (void)snprintf(sql, sizeof sql, "INSERT INTO line_days VALUES (%lld, %s)",
                       (long long)((int64_t)MONTH << 48 | 9), blobs[i]);
        assert_int_equal(database_run_script(database, sql), 0);
        char *text = listing_of(database, DAYS_OF_LINES);
        assert_string_equal(text, i < 3 ? "" : "9 5 1 0\n");
        free(text);
        database_close(database);
    }
}

static void what_is_told_last_of_an_element_holds_in_any_order(void **state)
{
    (void)state;
    static const struct {
        struct element_facts facts;
        uint64_t second;
    } told[] = {{{1, 0, 1}, 100}, {{0, 2, 0}, 300}, {{3, 1, 2}, 200}, {{2, 1, 1}, 200}};
    static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}};
    for (size_t o = 0; o < 4; o++) {
        struct database *database = open_tables();
        const struct day_mark mark = {.id = 130};
        struct element_facts *facts = NULL;
        int64_t count = 0;
        assert_int_equal(database_run_script(database,
                                             "INSERT INTO operator VALUES (1, 'cu');"
                                             "INSERT INTO element VALUES (130, 1, 0, 77)"),
                         0);
        for (size_t i = 0; i < 4; i++) {
            int at = orders[o][i];
            uint64_t told_ns = (UINT64_C(1420070400) + told[at].second) * CLOCK_NS_PER_S;
            assert_int_equal(element_facts_add(database, &mark, 1, &told[at].facts, told_ns), 0);
        }
        assert_int_equal(element_facts_read(database, &facts, &count), 0);
        assert_int_equal(count, 2 * BLOCK_IDS);
        assert_int_equal(facts[130].technology, 3); /* of two in one second the larger */
        assert_int_equal(facts[130].model_class, 2);
        assert_int_equal(facts[130].service, 2);
        free(facts);
        database_close(database);
    }
}

static void ids_of_a_place_lie_together(void **state)
{
    (void)state;
    struct database *database = open_tables();
    assert_int_equal(database_run_script(database, "INSERT INTO operator VALUES (1, 'cu')"), 0);
    int64_t last[2] = {0, 0};
    for (int round = 0; round < 10; round++)
        for (int64_t place = 0; place < 2; place++) {
            struct id_supply supply = {.family = DAYS_OF_LINES, .place = place};
            for (int i = 0; i < 20; i++) {
                int64_t id = 0;
                assert_int_equal(id_supply_take(database, &supply, &id), 0);
                assert_true(id % BLOCK_IDS == 0 || id == last[place] + 1);
                last[place] = id;
                assert_true(database_run(database, "INSERT INTO line VALUES (?1, 1, ?1)",
                                         WITH(int_value(id))) == 1);
            }
            assert_int_equal(id_supply_put_back(database, &supply), 0);
        }
    assert_true(last[0] / BLOCK_IDS != last[1] / BLOCK_IDS);
    assert_true(last[0] < 5 * BLOCK_IDS &&
                last[1] < 5 * BLOCK_IDS); /* no block is left half full */
    database_close(database);
}

static void rows_of_the_tables_before_are_taken_over(void **state)
{
    (void)state;
    struct database *database = database_open(":memory:", DATABASE_WRITE);
    for (const struct schema_step *step = registry_schema; step->sql; step++)
        assert_int_equal(database_run_script(database, step->sql), 0);
    assert_int_equal(
        database_run_script(
            database,
            "INSERT INTO operator VALUES (1, 'cu'); INSERT INTO access_node VALUES (1, 1, 'olt');"
            "INSERT INTO branch VALUES (1, 1, 1, 1), (2, 1, 1, 2);"
            "INSERT INTO line VALUES (1, 1, 11, 1, 1, 1), (200, 1, 12, 4, 1, 1);"
            "INSERT INTO line_month VALUES (24192, 1, 1, 3), (24192, 200, 1, 4), (24192, 1, 2, 8),"
            " (24193, 1, 1, 1);"
            "INSERT INTO element (id, operator_id, kind, pseudonym, technology, service, node_id,"
            " told_ns, first_day, last_day) VALUES (5, 1, 0, 21, 3, 0, 1, 1, 1, 1),"
            " (6, 1, 1, 22, 0, 2, 1, 1, 1, 1);"
            "INSERT INTO element_month VALUES (24192, 5, 1, 7, 1), (24192, 6, 1, 6, 2);"),
        0);
    assert_int_equal(day_sets_take_over(database), 0);
    assert_int_equal(day_sets_take_over(database), 0); /* there is nothing left to do */
    static const char *const wanted[] = {"1 1 3 0\n2 1 8 0\n1 200 4 0\n", "1 5 7 1\n", "1 6 6 2\n"};
    for (int family = 0; family < DAY_FAMILIES; family++) {
        char *text = listing_of(database, (enum day_family)family);
        assert_string_equal(text, wanted[family]);
        free(text);
    }
    uint8_t *kinds = NULL;
    int64_t count = 0;
    assert_int_equal(line_facts_read(database, &kinds, &count), 0);
    assert_true(count > 200 && kinds[1] == 1 && kinds[200] == 4);
    free(kinds);
    database_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_of_one_id_unite_and_keep_their_order),
        cmocka_unit_test(no_order_and_no_repetition_of_marks_makes_a_difference),
        cmocka_unit_test(a_full_block_holds_all_its_ids),
        cmocka_unit_test(damaged_rows_end_where_they_make_no_sense),
        cmocka_unit_test(what_is_told_last_of_an_element_holds_in_any_order),
        cmocka_unit_test(ids_of_a_place_lie_together),
        cmocka_unit_test(rows_of_the_tables_before_are_taken_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
