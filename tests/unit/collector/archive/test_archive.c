/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/archive/archive.h"
#include "collector/archive/column.h"

#include "collector/indicator/figure.h"

#include "common/clock.h"
#include "common/number.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/random_archive.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 32

/* An archive's files in memory. */
struct shelf {
    const char *names[FILES_MAX];
    char *bytes[FILES_MAX];
    size_t lengths[FILES_MAX], count;
};

static int put(void *ctx, const char *name, const char *bytes, size_t length)
{
    struct shelf *shelf = ctx;
    assert_true(shelf->count < FILES_MAX);
    shelf->names[shelf->count] = name;
    shelf->bytes[shelf->count] = malloc(length + 1);
    assert_non_null(shelf->bytes[shelf->count]);
    memcpy(shelf->bytes[shelf->count], bytes, length);
    shelf->bytes[shelf->count][length] = '\0';
    shelf->lengths[shelf->count++] = length;
    return 0;
}

static size_t place_of(const struct shelf *shelf, const char *name)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (strcmp(shelf->names[i], name) == 0)
            return i;
    fail_msg("no file %s", name);
    return 0;
}

static int get(void *ctx, const char *name, char **out_bytes, size_t *out_length)
{
    struct shelf *shelf = ctx;
    size_t i = place_of(shelf, name);
    if (!shelf->bytes[i])
        return -ENOENT;
    *out_bytes = malloc(shelf->lengths[i] + 1);
    assert_non_null(*out_bytes);
    memcpy(*out_bytes, shelf->bytes[i], shelf->lengths[i] + 1);
    *out_length = shelf->lengths[i];
    return 0;
}

static void clear(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        free(shelf->bytes[i]);
    memset(shelf, 0, sizeof *shelf);
}

static void assert_same(const struct shelf *a, const struct shelf *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->names[i], b->names[i]);
        assert_string_equal(a->bytes[i], b->bytes[i]);
        assert_int_equal(a->lengths[i], b->lengths[i]);
    }
}

static void what_is_written_reads_back_to_the_same_bytes(void **state)
{
    (void)state;
    size_t bytes = 0;
    for (uint32_t seed = 0; seed < 300; seed++) {
        struct archive *archive = random_archive(seed, 12);
        struct archive *again = NULL;
        struct shelf first = {.count = 0};
        struct shelf second = {.count = 0};
        struct conf_error error = {""};
        assert_non_null(archive);
        assert_int_equal(archive_write(archive, put, &first), 0);
        if (archive_read(get, &first, &again, &error) != 0)
            fail_msg("seed %u: %s", seed, error.text);
        assert_int_equal(archive_write(again, put, &second), 0);
        assert_same(&first, &second);
        for (size_t i = 0; i < first.count; i++)
            bytes += first.lengths[i];
        clear(&first);
        clear(&second);
        archive_free(archive);
        archive_free(again);
    }
    assert_true(bytes > 300000); /* there was something in them */
}

static void numbers_read_back_as_the_same_double(void **state)
{
    (void)state;
    static const double doubles[] = {0.1, -0.0, 1e300, 5e-324, 1.0 / 3, 123456789012345678.0, 63.5};
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        char text[NUMBER_BYTES];
        double back = 1;
        number_format(doubles[i], text);
        assert_int_equal(number_parse(text, &back), 0);
        assert_memory_equal(&back, &doubles[i], sizeof back);
    }
    double value = 0;
    uint64_t count = 0;
    static const char *const no_numbers[] = {"", "nan", "inf", "1e999", "0x10", " 1", "1,5", "1 "};
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++)
        assert_int_equal(number_parse(no_numbers[i], &value), -EINVAL);
    assert_int_equal(number_parse_unsigned("18446744073709551615", &count), 0);
    assert_true(count == UINT64_MAX);
    assert_int_equal(number_parse_unsigned("18446744073709551616", &count), -EINVAL);
    assert_int_equal(number_parse_unsigned("-1", &count), -EINVAL);
}

/* Bytes of a row's struct that a column holds. */
static void mark(const struct archive_table *table, bool *held)
{
    for (size_t i = 0; i < table->column_count; i++)
        for (size_t b = 0; b < table->columns[i].size; b++)
            held[table->columns[i].offset + b] = true;
}

static void mark_range(bool *held, size_t offset, size_t size)
{
    memset(held + offset, true, size);
}

/* Eight bytes in a row that no column holds are a member, not padding. */
static void assert_held(const char *file, const bool *held, size_t size)
{
    size_t loose = 0;
    for (size_t i = 0; i < size; i++) {
        loose = held[i] ? 0 : loose + 1;
        if (loose == 8)
            fail_msg("%s: a member at byte %zu has no column", file, i - 7);
    }
}

static void no_member_of_an_input_is_left_out(void **state)
{
    (void)state;
    bool held[4096];
    for (size_t i = 0; archive_table_at(i); i++) {
        const struct archive_table *table = archive_table_at(i);
        assert_true(table->row_bytes <= sizeof held);
        memset(held, 0, sizeof held);
        mark(table, held);
        if (table == &archive_nodes)
            mark_range(held, offsetof(struct node_evidence, lines),
                       sizeof(struct node_lines *) + sizeof(size_t));
        if (table == &archive_ledger) /* the list of gaps stands in no public table */
            mark_range(held, offsetof(struct ledger_probe, gaps),
                       sizeof(struct ledger_gap *) + sizeof(size_t));
        if (table == &archive_lines)
            mark(&archive_capability, held);
        if (table == &archive_traffic)
            mark_range(held, offsetof(struct traffic_evidence, measures),
                       sizeof(struct traffic_bins) * TRAFFIC_MEASURES);
        if (table == &archive_bins) /* the key of the traffic that they are of */
            mark_range(held, 0, sizeof(struct traffic_evidence));
        if (table == &archive_capability)
            mark(&archive_lines, held);
        if (table == &archive_settings) /* rules by which days are counted stand in the window */
            mark_range(held, table->columns[10].offset - 2 * sizeof(uint64_t),
                       2 * sizeof(uint64_t));
        assert_held(table->file, held, table->row_bytes);
    }
    if (sizeof(void *) < 8)
        return; /* what follows are sizes of a 64-bit machine */
    assert_int_equal(sizeof(struct evidence), 6 * 16); /* a table for each array */
    assert_int_equal(sizeof(struct imported), 5 * 16);
    assert_int_equal(sizeof(struct inputs),
                     sizeof(struct evidence_query) + 16 + sizeof(struct imported) + 16);
}

/* Reads with one file's bytes put in place of others. */
static void assert_refused(const char *file, const char *from, const char *to, const char *words)
{
    struct archive *archive = random_archive(7, 3);
    struct archive *again = NULL;
    struct shelf shelf = {.count = 0};
    struct conf_error error = {""};
    assert_int_equal(archive_write(archive, put, &shelf), 0);
    size_t i = place_of(&shelf, file);
    char *at = strstr(shelf.bytes[i], from);
    if (!at)
        fail_msg("%s: no '%s' in\n%s", file, from, shelf.bytes[i]);
    char *bytes = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);
    (void)fprintf(out, "%.*s%s%s", (int)(at - shelf.bytes[i]), shelf.bytes[i], to,
                  at + strlen(from));
    (void)fclose(out);
    free(shelf.bytes[i]);
    shelf.bytes[i] = bytes;
    shelf.lengths[i] = length;
    assert_int_equal(archive_read(get, &shelf, &again, &error), -EINVAL);
    if (strcmp(error.text, words) != 0)
        fail_msg("%s\ninstead of %s", error.text, words);
    clear(&shelf);
    archive_free(archive);
}

static void a_fault_is_named_with_file_and_line(void **state)
{
    (void)state;
    assert_refused("settings.csv", "2017-12-31", "2017-02-30", "settings.csv:2: instant: a date");
    assert_refused("settings.csv", ",0.95,", ",nan,", "settings.csv:2: census_coverage: a number");
    assert_refused("settings.csv", "\r\n1,", "\r\n2,",
                   "settings.csv:2: what this row belongs to is in no other file");
    assert_refused("settings.csv", "format,", "farmat,",
                   "settings.csv:1: format: another column stands here");
    assert_refused("settings.csv", "format,", "",
                   "settings.csv:1: not as many columns as this version of lastmile has");
    assert_refused("settings.csv", ",0.95,", ",0.950,",
                   "settings.csv:2: not in the form or the order in which lastmile writes it");
    assert_refused("settings.csv", "false", "False",
                   "settings.csv:2: byte_order_mark: true or false");
    assert_refused("nodes.csv", ",unknown,", ",unknwon,",
                   "nodes.csv:2: residence: a word that lastmile knows");
    assert_refused("nodes.csv", "\"olt,0\"", "olt-9",
                   "node_lines.csv:2: what this row belongs to is in no other file");
    assert_refused("ledger.csv", "operator", "\xef\xbb\xbfoperator",
                   "ledger.csv:1: not in the form or the order in which lastmile writes it");
}

static void a_missing_file_and_a_missing_row_are_named(void **state)
{
    (void)state;
    struct archive *archive = archive_new();
    struct archive *again = NULL;
    struct shelf shelf = {.count = 0};
    struct conf_error error = {""};
    assert_int_equal(archive_write(archive, put, &shelf), 0); /* without a year: no row */
    assert_int_equal(archive_read(get, &shelf, &again, &error), -EINVAL);
    assert_string_equal(error.text, "settings.csv:2: its row is missing");
    size_t i = place_of(&shelf, "probes.csv");
    free(shelf.bytes[i]);
    shelf.bytes[i] = NULL;
    assert_int_equal(archive_read(get, &shelf, &again, &error), -EINVAL);
    assert_string_equal(error.text, "probes.csv: No such file or directory");
    clear(&shelf);
    archive_free(archive);
}

/* The figures of a plan by an archive's inputs. */
static struct figures *figures_of(const struct plan *plan, const struct archive *archive)
{
    const struct figure_query query = {.all_targets = true, .areas = true, .operators = true};
    struct figures *figures = NULL;
    assert_int_equal(figures_evaluate(plan, archive->inputs, &archive->rules, &query, &figures), 0);
    return figures;
}

static void assert_same_figures(const struct figures *a, const struct figures *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct figure *x = &a->figures[i];
        const struct figure *y = &b->figures[i];
        assert_ptr_equal(x->indicator, y->indicator);
        assert_int_equal(x->value.known, y->value.known);
        assert_memory_equal(&x->value.value, &y->value.value, sizeof x->value.value);
        assert_memory_equal(&x->upper.value, &y->upper.value, sizeof x->upper.value);
        assert_int_equal(x->verdict, y->verdict);
        assert_int_equal(x->grade, y->grade);
        assert_string_equal(x->source, y->source);
    }
}

static struct plan *open_plan(void)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct conf_error error = {""};
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    struct plan *plan = plan_open(plan_file, areas_file, &error);
    assert_non_null(plan);
    return plan;
}

static void figures_are_the_same_from_an_archive_and_without_names(void **state)
{
    (void)state;
    struct plan *plan = open_plan();
    size_t values = 0;
    for (uint32_t seed = 0; seed < 20; seed++) {
        struct archive *archive = random_archive(seed, 12);
        struct archive *again = NULL;
        struct shelf shelf = {.count = 0};
        struct conf_error error = {""};
        struct figures *figures = figures_of(plan, archive);
        assert_int_equal(archive_hide_names(archive->inputs), 0);
        struct figures *nameless = figures_of(plan, archive);
        assert_int_equal(archive_write(archive, put, &shelf), 0);
        assert_null(strstr(shelf.bytes[place_of(&shelf, "nodes.csv")], "olt,"));
        assert_null(strstr(shelf.bytes[place_of(&shelf, "node_lines.csv")], "olt,"));
        assert_int_equal(archive_read(get, &shelf, &again, &error), 0);
        struct figures *reread = figures_of(plan, again);
        assert_same_figures(figures, nameless);
        assert_same_figures(figures, reread);
        for (size_t i = 0; i < figures->count; i++)
            values += figures->figures[i].value.known;
        figures_free(figures);
        figures_free(nameless);
        figures_free(reread);
        archive_free(archive);
        archive_free(again);
        clear(&shelf);
    }
    plan_close(plan);
    assert_true(values > 100);
}

static void names_keep_their_groups_and_their_order(void **state)
{
    (void)state;
    struct archive *archive = archive_new();
    struct evidence *evidence = archive->inputs->evidence;
    static const struct {
        const char *operator_name, *name;
        enum residence residence;
    } nodes[] = {{"cm", "b", RESIDENCE_UNKNOWN},
                 {"cu", "a", RESIDENCE_RESIDENTIAL},
                 {"cu", "a", RESIDENCE_BUSINESS},
                 {"cu", "b", RESIDENCE_UNKNOWN}};
    for (size_t i = 0; i < 4; i++) {
        struct node_evidence *node = evidence_add_node(evidence);
        (void)snprintf(node->operator_name, sizeof node->operator_name, "%s",
                       nodes[i].operator_name);
        (void)snprintf(node->access_node, sizeof node->access_node, "%s", nodes[i].name);
        node->residence = nodes[i].residence;
    }
    struct controller_evidence *controller = evidence_add_controller(evidence);
    (void)snprintf(controller->operator_name, sizeof controller->operator_name, "cu");
    (void)snprintf(controller->access_node, sizeof controller->access_node, "b");
    evidence_sort(evidence);
    assert_int_equal(archive_hide_names(archive->inputs), 0);
    assert_string_equal(evidence->nodes[0].access_node, "node-0000001");
    assert_string_equal(evidence->nodes[1].access_node, "node-0000002");
    assert_string_equal(evidence->nodes[2].access_node, "node-0000002");
    assert_string_equal(evidence->nodes[3].access_node, "node-0000003");
    assert_string_equal(evidence->controllers[0].access_node, "node-0000003");
    archive_free(archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back_to_the_same_bytes),
        cmocka_unit_test(numbers_read_back_as_the_same_double),
        cmocka_unit_test(no_member_of_an_input_is_left_out),
        cmocka_unit_test(a_fault_is_named_with_file_and_line),
        cmocka_unit_test(a_missing_file_and_a_missing_row_are_named),
        cmocka_unit_test(figures_are_the_same_from_an_archive_and_without_names),
        cmocka_unit_test(names_keep_their_groups_and_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
