/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/csv_writer.h"
#include "collector/export/figure_json.h"
#include "collector/export/figure_table.h"
#include "collector/export/tables.h"
#include "collector/indicator/inputs.h"
#include "collector/registry/ledger.h"
#include "collector/settings.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/fake_registry.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct desk {
    struct plan *plan;
    struct fake_registry registry;
    struct figures *figures;
};

static int set_up(void **state)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct conf_error error = {""};
    static struct desk desk;
    memset(&desk, 0, sizeof desk);
    *state = &desk;
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    desk.plan = plan_open(plan_file, areas_file, &error);
    if (!desk.plan)
        return -1;
    fake_registry_add_probe(&desk.registry, "cu", 10, 10);
    struct node_evidence *olt = fake_registry_add_node(&desk.registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk.registry, olt, TECHNOLOGY_GPON, 2, 2);
    (void)fake_registry_add_lines(&desk.registry, olt, TECHNOLOGY_ADSL2, 1, 1);
    const struct rule_settings rules = {
        .census_coverage = 0.95, .completeness_gate = 0.75, .capability_share = 0.8};
    const struct figure_query query = {.instant_day = clock_days_from_civil(2020, 12, 31),
                                       .all_targets = true,
                                       .areas = true,
                                       .operators = true};
    uint64_t now_ns = clock_city_day_start_ns(clock_days_from_civil(2021, 1, 5));
    struct inputs *inputs = NULL;
    int status =
        inputs_load(fake_registry_as_registry(&desk.registry), &rules, &query, now_ns, &inputs);
    if (status == 0)
        status = figures_evaluate(desk.plan, inputs, &rules, &query, &desk.figures);
    inputs_free(inputs);
    return status;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    figures_free(desk->figures);
    plan_close(desk->plan);
    return 0;
}

static char *csv_of(const struct figures *figures)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    table_csv(out, &verdicts_table, &(struct export_source){.figures = figures});
    (void)fclose(out);
    return text;
}

static char *cells_of(void (*write)(struct csv_writer *))
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct csv_writer writer = {.out = out};
    write(&writer);
    (void)fclose(out);
    return text;
}

static char *csv_of_coverage(void)
{
    struct ledger_probe probes[2] = {
        {.operator_name = "cu",
         .probe_name = "p1",
         .expected = 8,
         .arrived = 2,
         .untrusted = 1,
         .missing = {[LEDGER_DECLARED] = 3, [LEDGER_CLOCK] = 2, [LEDGER_SILENT] = 1},
         .gaps_found = 3},
        {.operator_name = "cu", .probe_name = "p2"},
    };
    const struct ledger ledger = {.from_ns = clock_city_day_start_ns(18262),
                                  .to_ns = clock_city_day_start_ns(18263),
                                  .probes = probes,
                                  .probe_count = 2};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    table_csv(out, &coverage_table, &(struct export_source){.ledger = &ledger});
    (void)fclose(out);
    return text;
}

static void coverage_has_a_row_a_probe_and_leaves_the_unknown_empty(void **state)
{
    (void)state;
    char *text = csv_of_coverage();
    assert_string_equal(text,
                        "operator,probe,from,to,expected,arrived,completeness,untrusted_clock,"
                        "missing_declared,missing_refused,missing_clock,missing_silent,gaps\r\n"
                        "cu,p1,2020-01-01T00:00:00+08:00,2020-01-02T00:00:00+08:00,8,2,0.25,1,3,0,"
                        "2,1,3\r\n"
                        "cu,p2,2020-01-01T00:00:00+08:00,2020-01-02T00:00:00+08:00,0,0,,0,0,0,0,0,"
                        "0\r\n");
    free(text);
}

static void write_awkward_cells(struct csv_writer *writer)
{
    csv_writer_text(writer, "a,b");
    csv_writer_text(writer, "say \"x\"");
    csv_writer_text(writer, "two\nlines");
    csv_writer_text(writer, NULL);
    csv_writer_number(writer, optional_double(0.1));
    csv_writer_number(writer, (struct optional_double){.known = false, .value = 7});
    csv_writer_number(writer, optional_double(-3));
    csv_writer_unsigned(writer, 5);
    csv_writer_end_row(writer);
}

static void csv_writer_follows_rfc_4180_and_leaves_the_unknown_empty(void **state)
{
    (void)state;
    char *text = cells_of(write_awkward_cells);
    assert_string_equal(text, "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",,0.1,,-3,5\r\n");
    free(text);
}

static void write_formulas(struct csv_writer *writer)
{
    csv_writer_text(writer, "=1+1");
    csv_writer_text(writer, "+1");
    csv_writer_text(writer, "-1");
    csv_writer_text(writer, "@SUM(A1)");
    csv_writer_text(writer, "\t=1");
    csv_writer_text(writer, "\r=1");
    csv_writer_text(writer, "=HYPERLINK(\"x\",\"y\")");
    csv_writer_text(writer, "a=1");
    csv_writer_end_row(writer);
}

static void csv_writer_lets_no_text_be_a_formula(void **state)
{
    (void)state;
    char *text = cells_of(write_formulas);
    assert_string_equal(text, "'=1+1,'+1,'-1,'@SUM(A1),'\t=1,\"'\r=1\","
                              "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\",a=1\r\n");
    free(text);
}

/* Cells of a line, counting commas outside quotes. */
static size_t cells_in(const char *line, size_t length)
{
    size_t cells = 1;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '"')
            quoted = !quoted;
        cells += line[i] == ',' && !quoted;
    }
    assert_false(quoted);
    return cells;
}

static void figures_csv_has_a_row_for_each_figure_and_as_many_cells_in_each(void **state)
{
    struct desk *desk = *state;
    char *text = csv_of(desk->figures);
    size_t rows = 0;
    size_t columns = 0;
    for (char *line = text; *line; rows++) {
        char *end = strstr(line, "\r\n");
        assert_non_null(end);
        size_t cells = cells_in(line, (size_t)(end - line));
        columns = columns ? columns : cells;
        assert_int_equal(cells, columns);
        line = end + 2;
    }
    assert_int_equal(rows, desk->figures->count + 1);
    assert_memory_equal(text, "indicator,label_zh,", strlen("indicator,label_zh,"));
    assert_non_null(strstr(text, "66.6666666666667"));
    assert_null(strstr(text, ",nan,"));
    free(text);
}

static json_t *json_of(const struct desk *desk)
{
    struct json_writer *writer = json_writer_new();
    figures_json(writer, desk->plan, desk->figures);
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    assert_non_null(text);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    assert_non_null(root);
    return root;
}

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void figures_json_holds_every_figure_and_null_for_the_unknown(void **state)
{
    struct desk *desk = *state;
    json_t *root = json_of(desk);
    assert_string_equal(string_of(root, "plan"), "weihai-2015");
    assert_int_equal(json_integer_value(json_object_get(root, "year")), 2020);
    assert_string_equal(string_of(root, "instant"), "2020-12-31T24:00:00+08:00");
    assert_true(json_is_true(json_object_get(root, "provisional")));
    json_t *figures = json_object_get(root, "figures");
    assert_int_equal(json_array_size(figures), desk->figures->count);
    size_t i = 0;
    json_t *figure = NULL;
    json_array_foreach(figures, i, figure)
    {
        const struct figure *from = &desk->figures->figures[i];
        assert_string_equal(string_of(figure, "indicator"), from->indicator->id);
        assert_string_equal(string_of(figure, "area"), from->area->key);
        assert_string_equal(string_of(figure, "verdict"),
                            conf_id_name(verdict_names, (int)from->verdict));
        json_t *value = json_object_get(figure, "value");
        assert_int_equal(json_is_null(value), !from->value.known);
        assert_int_equal(json_is_null(json_object_get(figure, "target")), !from->target);
        assert_int_equal(json_is_null(json_object_get(figure, "operator")), !from->operator_of);
    }
    json_decref(root);
}

static void figures_json_keeps_the_target_without_a_value_apart_from_zero(void **state)
{
    struct desk *desk = *state;
    json_t *root = json_of(desk);
    json_t *figures = json_object_get(root, "figures");
    size_t i = 0;
    size_t found = 0;
    json_t *figure = NULL;
    json_array_foreach(figures, i, figure)
    {
        json_t *target = json_object_get(figure, "target");
        if (strcmp(string_of(figure, "indicator"), "access-capability-urban") != 0 ||
            !json_is_object(target) || strcmp(string_of(target, "date"), "2020-12-31") != 0)
            continue;
        assert_true(json_is_null(json_object_get(target, "value")));
        assert_string_equal(string_of(target, "status"), "not-stated");
        assert_string_equal(string_of(figure, "verdict"), "NOT_SET");
        found++;
    }
    assert_int_equal(found, 1);
    json_decref(root);
}

static void equal_data_give_equal_bytes(void **state)
{
    struct desk *desk = *state;
    char *first = csv_of(desk->figures);
    assert_int_equal(tear_down(state), 0);
    assert_int_equal(set_up(state), 0);
    desk = *state;
    char *second = csv_of(desk->figures);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void figures_table_aligns_chinese_and_says_who_declared(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(figure_table_width("威海 ab"), 7);
    assert_int_equal(figure_table_width("（）"), 4);
    assert_int_equal(figure_table_width("\xff"), 1);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    figures_table(out, desk->figures);
    (void)fclose(out);
    size_t column = 0; /* where the verdict begins, in terminal cells */
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        char *verdict = strstr(line, "declared: ");
        if (verdict) {
            *verdict = '\0';
            size_t at = figure_table_width(line);
            column = column ? column : at;
            assert_int_equal(at, column);
        }
        line = end + 1;
    }
    assert_true(column > 0);
    free(text);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_writer_follows_rfc_4180_and_leaves_the_unknown_empty),
        cmocka_unit_test(csv_writer_lets_no_text_be_a_formula),
        cmocka_unit_test(coverage_has_a_row_a_probe_and_leaves_the_unknown_empty),
        WITH_DESK(figures_csv_has_a_row_for_each_figure_and_as_many_cells_in_each),
        WITH_DESK(figures_json_holds_every_figure_and_null_for_the_unknown),
        WITH_DESK(figures_json_keeps_the_target_without_a_value_apart_from_zero),
        WITH_DESK(equal_data_give_equal_bytes),
        WITH_DESK(figures_table_aligns_chinese_and_says_who_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
