/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/import.h"
#include "collector/registry/evidence.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/imported_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct desk {
    struct plan *plan;
    struct registry *registry;
    char path[64];
    struct import_result result;
    struct conf_error error;
    uint64_t now_ns;
};

static int set_up(void **state)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        return -1;
    *state = desk;
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    desk->plan = plan_open(plan_file, areas_file, &desk->error);
    desk->registry = registry_open(":memory:");
    desk->now_ns = clock_city_day_start_ns(clock_days_from_civil(2018, 6, 1));
    (void)snprintf(desk->path, sizeof desk->path, "/tmp/lastmile-import-XXXXXX");
    int fd = mkstemp(desk->path);
    if (fd >= 0)
        (void)close(fd);
    return desk->plan && desk->registry && fd >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    (void)unlink(desk->path);
    registry_close(desk->registry);
    plan_close(desk->plan);
    free(desk);
    return 0;
}

static int import_bytes(struct desk *desk, const char *bytes, size_t length, bool dry_run)
{
    FILE *file = fopen(desk->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    (void)fclose(file);
    const struct import_request request = {
        .path = desk->path, .dry_run = dry_run, .now_ns = desk->now_ns};
    memset(&desk->result, 0, sizeof desk->result);
    return import_file(desk->plan, desk->registry, &request, &desk->result, &desk->error);
}

static int import_text(struct desk *desk, const char *text)
{
    return import_bytes(desk, text, strlen(text), false);
}

static int find_households(struct desk *desk, uint64_t as_known_ns, struct denominator *out_row)
{
    const struct evidence_query query = {.last_day = clock_days_from_civil(2017, 12, 31),
                                         .activity_days = 90,
                                         .as_known_ns = as_known_ns};
    return find_households_row(desk->registry, "371000", &query, out_row);
}

#define HOUSEHOLDS "area,variable,value,unit,reference_date,source\r\n"
#define FIRST      "371000,resident-households,1000,households,2017-12-31,yearbook\r\n"

static void import_takes_a_file_once(void **state)
{
    struct desk *desk = *state;
    struct denominator row;
    assert_int_equal(import_text(desk, HOUSEHOLDS FIRST), 0);
    assert_int_equal(desk->result.kind, IMPORT_DENOMINATORS);
    assert_int_equal(desk->result.rows, 1);
    assert_int_equal(desk->result.changed, 1);
    assert_int_equal(find_households(desk, 0, &row), 0);
    assert_true(row.value > 999 && row.value < 1001);
    assert_string_equal(row.vintage, "2017-12-31");
    assert_string_equal(row.class_name, "all");
    assert_int_equal(import_text(desk, HOUSEHOLDS FIRST), 0);
    assert_int_equal(desk->result.changed, 0);
}

static void import_takes_columns_in_any_order_quotes_and_a_byte_order_mark(void **state)
{
    struct desk *desk = *state;
    struct denominator row;
    assert_int_equal(
        import_text(desk, "\xef\xbb\xbfsource,value,\"unit\",variable,area,reference_date,status\n"
                          "\"统计年鉴, 第 \"\"3\"\" 卷\",1000.5,户,resident-households,371000,"
                          "2017-12-31,preliminary\n\n"),
        0);
    assert_int_equal(find_households(desk, 0, &row), 0);
    assert_string_equal(row.source, "统计年鉴, 第 \"3\" 卷");
    assert_string_equal(row.status, "preliminary");
}

static void import_leaves_nothing_after_a_dry_run(void **state)
{
    struct desk *desk = *state;
    struct denominator row;
    assert_int_equal(import_bytes(desk, HOUSEHOLDS FIRST, strlen(HOUSEHOLDS FIRST), true), 0);
    assert_int_equal(desk->result.changed, 1);
    assert_int_equal(find_households(desk, 0, &row), -ENOENT);
}

static void import_keeps_what_was_known_before_a_revision(void **state)
{
    struct desk *desk = *state;
    struct denominator row;
    uint64_t first_ns = desk->now_ns;
    assert_int_equal(import_text(desk, HOUSEHOLDS FIRST), 0);
    desk->now_ns += 1000 * CLOCK_NS_PER_S;
    assert_int_equal(import_text(desk, HOUSEHOLDS "371000,resident-households,1100,households,"
                                                  "2017-12-31,census\n"),
                     0);
    assert_int_equal(desk->result.changed, 1);
    assert_int_equal(find_households(desk, 0, &row), 0);
    assert_true(row.value > 1099);
    assert_int_equal(find_households(desk, first_ns + 1, &row), 0);
    assert_true(row.value < 1001);
}

static void import_maps_the_earlier_code_of_an_area(void **state)
{
    struct desk *desk = *state;
    struct denominator row;
    const struct evidence_query query = {.last_day = clock_days_from_civil(2013, 12, 31)};
    assert_int_equal(
        import_text(desk, HOUSEHOLDS "371081,resident-households,50,households,2013-12-31,y\n"), 0);
    assert_int_equal(find_households_row(desk->registry, "371003", &query, &row), 0);
}

/* A good row stands before each bad one: it must not be left behind. */
static void assert_refused(struct desk *desk, const char *text, const char *words)
{
    struct denominator row;
    char wanted[200];
    assert_int_equal(import_text(desk, text), -EINVAL);
    (void)snprintf(wanted, sizeof wanted, "%s:%s", desk->path, words);
    if (strncmp(desk->error.text, wanted, strlen(wanted)) != 0)
        print_error("%s\ninstead of %s\n", desk->error.text, wanted);
    assert_memory_equal(desk->error.text, wanted, strlen(wanted));
    assert_int_equal(find_households(desk, 0, &row), -ENOENT);
}

static void import_refuses_a_file_whole_and_names_line_and_column(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "1:1: no header row"},
        {"a,b\n1,2\n", "1:1: the header row has none"},
        {"area,varable,value,variable\n", "1:2: unknown column 'varable' in a file of denominators;"
                                          " did you mean 'variable'?"},
        {"area,variable,area\n", "1:3: the column 'area' stands twice"},
        {"area,variable,value,unit,source\n", "1:1: the column 'reference_date' is missing"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2017-12-31\n", "3:1: 5 cells, but"},
        {HOUSEHOLDS FIRST "371009,population,1,persons,2017-12-31,y\n",
         "3:1: area: '371009' is not in the plan's files; did you mean"},
        {HOUSEHOLDS FIRST "371081,population,1,persons,2017-12-31,y\n",
         "3:1: area: '371081' is not in the plan's files"},
        {HOUSEHOLDS FIRST "371000,population,\"1,000\",persons,2017-12-31,y\n",
         "3:3: value: '1,000' is no number"},
        {HOUSEHOLDS FIRST "371000,population,nan,persons,2017-12-31,y\n", "3:3: value:"},
        {HOUSEHOLDS FIRST "371000,population,-1,persons,2017-12-31,y\n", "3:3: value:"},
        {HOUSEHOLDS FIRST "371000,population,1e999,persons,2017-12-31,y\n", "3:3: value:"},
        {HOUSEHOLDS FIRST "371000,population,0,persons,2017-12-31,y\n",
         "3:1: a denominator is above 0"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2017-02-30,y\n",
         "3:5: reference_date: '2017-02-30' is no date"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2099-01-01,y\n",
         "3:5: reference_date: 2099-01-01 lies in the future"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2017-12-31,\n", "3:6: source: is empty"},
        {HOUSEHOLDS FIRST "371000,Pop ulation,1,persons,2017-12-31,y\n", "3:2: variable:"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2017-12-31,y\"z\n", "3: a quote"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2017-12-31,\"y\n",
         "3: the file ends inside"},
        {HOUSEHOLDS FIRST "371000,population,1,\xc8\xcb,2017-12-31,y\n", "3: not UTF-8; convert"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(desk, cases[i].text, cases[i].words);
}

static void import_refuses_bytes_that_are_no_text(void **state)
{
    struct desk *desk = *state;
    static const char zeros[] = HOUSEHOLDS "371000,pop\0ulation,1,persons,2017-12-31,y\n";
    assert_int_equal(import_bytes(desk, zeros, sizeof zeros - 1, false), -EINVAL);
    char long_row[20000];
    memset(long_row, 'x', sizeof long_row);
    assert_int_equal(import_bytes(desk, long_row, sizeof long_row, false), -EINVAL);
    memset(long_row, ',', sizeof long_row);
    assert_int_equal(import_bytes(desk, long_row, sizeof long_row, false), -EINVAL);
}

static void import_checks_declared_figures_against_the_plan(void **state)
{
    struct desk *desk = *state;
    static const char header[] = "indicator,area,operator,value,unit,reference_date,source\n";
    char text[400];
    (void)snprintf(text, sizeof text, "%smobile-3g4g-penetration,371000,,75,%%,2017-12-31,y\n",
                   header);
    assert_int_equal(import_text(desk, text), 0);
    assert_int_equal(desk->result.kind, IMPORT_DECLARED);
    struct declared_figure row;
    const struct evidence_query query = {.last_day = clock_days_from_civil(2017, 12, 31)};
    assert_int_equal(find_declared_row(desk->registry, "mobile-3g4g-penetration", "", &query, &row),
                     0);
    (void)snprintf(text, sizeof text, "%smobile-penetration,371000,,75,%%,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:1: indicator: 'mobile-penetration' is not in the plan's files");
    (void)snprintf(text, sizeof text, "%swlan-hotspots,371000,,6,万个,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:1: the unit is not the plan's");
    (void)snprintf(text, sizeof text, "%sftth-share,371000,cx,6,%%,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:3: operator: 'cx' is not in the plan's files; did you mean");
}

static void import_takes_an_operator_s_register(void **state)
{
    struct desk *desk = *state;
    static const char header[] =
        "operator,access_node,area,settlement,residence,technology,lines,wtps,reference_date,source"
        "\n";
    char text[400];
    (void)snprintf(text, sizeof text,
                   "%scu,olt-1,371002,urban,residential,gpon,64,,2017-12-31,y\n"
                   "gd,ac-1,371071,,,,,120,2017-12-31,y\n",
                   header);
    assert_int_equal(import_text(desk, text), 0);
    assert_int_equal(desk->result.kind, IMPORT_NODES);
    assert_int_equal(desk->result.changed, 2);
    const struct evidence_query query = {
        .last_day = clock_days_from_civil(2017, 12, 31), .activity_days = 90, .presence_days = 15};
    struct evidence *evidence = NULL;
    assert_int_equal(registry_collect_evidence(desk->registry, &query, desk->now_ns, &evidence), 0);
    assert_int_equal(evidence->node_count, 1);
    assert_int_equal(evidence->nodes[0].lines[0].registered.value, 64);
    assert_int_equal(evidence->controller_count, 1);
    assert_int_equal(evidence->controllers[0].registered_wtps.value, 120);
    evidence_free(evidence);
    (void)snprintf(text, sizeof text, "%scu,olt-2,371002,,,,64,,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:1: lines need their technology");
    (void)snprintf(text, sizeof text, "%scu,olt-2,371002,,,adsl,64,,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:6: technology: 'adsl' is unknown");
    (void)snprintf(text, sizeof text, "%scu,olt-2,371002,,,gpon,6.5,,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:7: lines: '6.5' is no whole number");
}

static void the_shipped_templates_are_header_rows_and_nothing_else(void **state)
{
    (void)state;
    const char *source = getenv("LASTMILE_SOURCE");
    for (const struct conf_name *kind = import_kind_names; kind->name; kind++) {
        char path[512];
        char shipped[1024];
        char *expected = NULL;
        size_t length = 0;
        (void)snprintf(path, sizeof path, "%s/config/examples/%s.csv", source ? source : ".",
                       kind->name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        shipped[fread(shipped, 1, sizeof shipped - 1, file)] = '\0';
        (void)fclose(file);
        FILE *out = open_memstream(&expected, &length);
        import_print_header(out, (enum import_kind)kind->id);
        (void)fclose(out);
        assert_string_equal(shipped, expected);
        free(expected);
    }
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(import_takes_a_file_once),
        WITH_DESK(import_takes_columns_in_any_order_quotes_and_a_byte_order_mark),
        WITH_DESK(import_leaves_nothing_after_a_dry_run),
        WITH_DESK(import_keeps_what_was_known_before_a_revision),
        WITH_DESK(import_maps_the_earlier_code_of_an_area),
        WITH_DESK(import_refuses_a_file_whole_and_names_line_and_column),
        WITH_DESK(import_refuses_bytes_that_are_no_text),
        WITH_DESK(import_checks_declared_figures_against_the_plan),
        WITH_DESK(import_takes_an_operator_s_register),
        cmocka_unit_test(the_shipped_templates_are_header_rows_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
