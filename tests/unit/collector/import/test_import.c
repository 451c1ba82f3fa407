/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/import.h"
#include "collector/registry/registers.h"
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
    enum csv_encoding encoding;
    char changes[2000], faults[4000]; /* of the last import */
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

static int take_bytes(struct desk *desk, const char *bytes, size_t length, bool dry_run)
{
    FILE *file = fopen(desk->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    (void)fclose(file);
    memset(&desk->result, 0, sizeof desk->result);
    memset(desk->changes, 0, sizeof desk->changes);
    memset(desk->faults, 0, sizeof desk->faults);
    const struct import_request request = {
        .path = desk->path,
        .encoding = desk->encoding,
        .dry_run = dry_run,
        .now_ns = desk->now_ns,
        .changes = fmemopen(desk->changes, sizeof desk->changes - 1, "w"),
        .faults = fmemopen(desk->faults, sizeof desk->faults - 1, "w"),
    };
    int status = import_file(desk->plan, desk->registry, &request, &desk->result, &desk->error);
    (void)fclose(request.changes);
    (void)fclose(request.faults);
    return status;
}

static int import_text(struct desk *desk, const char *text)
{
    return take_bytes(desk, text, strlen(text), false);
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
    assert_int_equal(take_bytes(desk, HOUSEHOLDS FIRST, strlen(HOUSEHOLDS FIRST), true), 0);
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
        {HOUSEHOLDS FIRST "371000,population,1,\xc8\xff,2017-12-31,y\n",
         "3: neither UTF-8 nor GB18030"},
        {"area,varable,value,unit,reference_date,source\n",
         "1:2: unknown column 'varable' in a file of denominators; did you mean 'variable'?"},
        {HOUSEHOLDS FIRST "环翠区,population,1,persons,2017-12-31,y\n",
         "3:1: area: '环翠区' is a name; write its key '371002'"},
        {HOUSEHOLDS FIRST "371000,population,12 345,persons,2017-12-31,y\n",
         "3:3: value: '12 345' is no number from 0 up; write 1234.5, without separators or unit"
         " (thousands separators)"},
        {HOUSEHOLDS FIRST "371000,population,9.73E+05,persons,2017-12-31,y\n",
         "3:3: value: '9.73E+05' is no number from 0 up; write 1234.5, without separators or unit"
         " (a spreadsheet's short form"},
        {HOUSEHOLDS FIRST "371000,population,28万,persons,2017-12-31,y\n",
         "3:3: value: '28万' is no number"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2017/12/31,y\n",
         "3:5: reference_date: '2017/12/31' is no date of the calendar; write 2017-12-31 (a"
         " spreadsheet's form"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,43100,y\n",
         "3:5: reference_date: '43100' is no date of the calendar; write 2017-12-31 (a"
         " spreadsheet's day number, for 2017-12-31?)"},
        {HOUSEHOLDS FIRST "371000,population,1,persons,2017年12月31日,y\n",
         "3:5: reference_date: '2017年12月31日' is no date of the calendar; write 2017-12-31 (a"},
        {HOUSEHOLDS FIRST FIRST, "3:1: the same key as line 2"},
        {HOUSEHOLDS "371000,population,5,persons,2017-12-31,y\n" FIRST
                    "371000,resident-households,999,households,2017-12-31,other\n",
         "4:1: the same key as line 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(desk, cases[i].text, cases[i].words);
}

static void import_reads_gb18030_as_it_reads_utf_8(void **state)
{
    struct desk *desk = *state;
    struct denominator row;
    static const char gbk[] = HOUSEHOLDS "371000,resident-households,1000,\xbb\xa7,2017-12-31,"
                                         "\xcd\xb3\xbc\xc6\xc4\xea\xbc\xf8\n"; /* 户, 统计年鉴 */
    assert_int_equal(take_bytes(desk, gbk, sizeof gbk - 1, true), 0);
    assert_int_equal(desk->result.encoding, CSV_ENCODING_GB18030);
    desk->encoding = CSV_ENCODING_GB18030;
    assert_int_equal(take_bytes(desk, gbk, sizeof gbk - 1, false), 0);
    assert_int_equal(find_households(desk, 0, &row), 0);
    assert_string_equal(row.unit, "户");
    assert_string_equal(row.source, "统计年鉴");
    desk->encoding = CSV_ENCODING_ANY;
    assert_int_equal(import_text(desk, HOUSEHOLDS "371000,resident-households,1000,户,2017-12-31,"
                                                  "统计年鉴\n"),
                     0);
    assert_int_equal(desk->result.encoding, CSV_ENCODING_UTF_8);
    assert_int_equal(desk->result.changed, 0);
}

static void import_refuses_other_encodings_with_the_remedy(void **state)
{
    struct desk *desk = *state;
    static const char wide[] = "\xff\xfe"
                               "a\0r\0e\0a\0";
    assert_int_equal(take_bytes(desk, wide, sizeof wide - 1, false), -EINVAL);
    assert_non_null(strstr(desk->error.text, ":1: UTF-16; save it as CSV UTF-8"));
    static const char damaged[] =
        HOUSEHOLDS FIRST "371000,population,1,persons,2017-12-31,统计年\xe9\x89\n";
    assert_int_equal(take_bytes(desk, damaged, sizeof damaged - 1, false), -EINVAL);
    assert_non_null(strstr(desk->error.text, ":3: damaged UTF-8 here"));
    desk->encoding = CSV_ENCODING_UTF_8;
    static const char gbk[] = HOUSEHOLDS FIRST "371000,population,1,\xc8\xcb,2017-12-31,y\n";
    assert_int_equal(take_bytes(desk, gbk, sizeof gbk - 1, false), -EINVAL);
    assert_non_null(strstr(desk->error.text, ":3: not UTF-8 here; --encoding gb18030"));
    desk->encoding = CSV_ENCODING_GB18030;
    assert_int_equal(import_text(desk, "\xef\xbb\xbf" HOUSEHOLDS FIRST), -EINVAL);
    assert_non_null(strstr(desk->error.text, ":1: it begins with the byte order mark of UTF-8"));
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void import_names_twenty_faults_at_once_and_how_many_more(void **state)
{
    struct desk *desk = *state;
    struct denominator row;
    char text[4000] = HOUSEHOLDS FIRST;
    for (int i = 0; i < 25; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text),
                       "371000,population,%d,persons,2017-13-01,y\n", i + 1);
    assert_int_equal(import_text(desk, text), -EINVAL);
    assert_int_equal(count_lines(desk->faults), IMPORT_FAULTS_PRINTED + 1);
    assert_string_equal(desk->changes, ""); /* of the good row before them, too */
    assert_non_null(strstr(desk->faults, ":3:5: reference_date: '2017-13-01' is no date"));
    assert_non_null(strstr(desk->faults, ":22:5: reference_date:"));
    assert_null(strstr(desk->faults, ":23:5:"));
    assert_non_null(strstr(desk->faults, "and 5 faults more\n"));
    assert_int_equal(find_households(desk, 0, &row), -ENOENT);
    assert_int_equal(import_text(desk, HOUSEHOLDS "x,pop ulation,-1,,2017-02-30,\n"), -EINVAL);
    assert_int_equal(count_lines(desk->faults), 6);
}

static void a_dry_run_says_what_is_new_and_what_was_said_before(void **state)
{
    struct desk *desk = *state;
    char expected[1000];
    assert_int_equal(import_text(desk, HOUSEHOLDS FIRST), 0);
    assert_int_equal(desk->result.revised, 0);
    static const char next[] =
        HOUSEHOLDS FIRST "371002,resident-households,90,households,2017-12-31,yearbook\n"
                         "371003,resident-households,70.5,households,2017-12-31,yearbook\n";
    assert_int_equal(take_bytes(desk, next, sizeof next - 1, true), 0);
    assert_int_equal(desk->result.rows, 3);
    assert_int_equal(desk->result.changed, 2);
    static const char revised[] = "area,variable,value,unit,reference_date,source,vintage\n"
                                  "371000,resident-households,1100,households,2017-12-31,census,"
                                  "2018-05\n";
    assert_int_equal(take_bytes(desk, revised, sizeof revised - 1, true), 0);
    assert_int_equal(desk->result.changed, 1);
    assert_int_equal(desk->result.revised, 1);
    (void)snprintf(expected, sizeof expected,
                   "%s:2: revised area=371000 class=all variable=resident-households"
                   " value=1000->1100 reference_date=2017-12-31 source=yearbook->census"
                   " vintage=2017-12-31->2018-05\n",
                   desk->path);
    assert_string_equal(desk->changes, expected);
}

static void import_refuses_bytes_that_are_no_text(void **state)
{
    struct desk *desk = *state;
    static const char zeros[] = HOUSEHOLDS "371000,pop\0ulation,1,persons,2017-12-31,y\n";
    assert_int_equal(take_bytes(desk, zeros, sizeof zeros - 1, false), -EINVAL);
    char long_row[20000];
    memset(long_row, 'x', sizeof long_row);
    assert_int_equal(take_bytes(desk, long_row, sizeof long_row, false), -EINVAL);
    memset(long_row, ',', sizeof long_row);
    assert_int_equal(take_bytes(desk, long_row, sizeof long_row, false), -EINVAL);
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

static void import_takes_venues_and_what_serves_them(void **state)
{
    struct desk *desk = *state;
    static const char header[] = "venue,label,category,class,area,operator,access_node,"
                                 "access_point,opened_date,closed_date,reference_date,source\n";
    char text[800];
    (void)snprintf(text, sizeof text,
                   "%slibrary-1,市图书馆,public-service,library,371002,cu,ac-1,0123456789ABCDEF,"
                   "2016-05-01,,2017-12-31,y\n"
                   "library-1,市图书馆,public-service,library,371002,cm,ac-2,,,,2017-12-31,y\n"
                   "mall-1,,commercial,,371082,,,,,2018-01-01,2017-12-31,y\n",
                   header);
    assert_int_equal(import_text(desk, text), 0);
    assert_int_equal(desk->result.kind, IMPORT_VENUES);
    assert_int_equal(desk->result.changed, 3);
    void *rows = NULL;
    size_t count = 0;
    assert_int_equal(registry_list_register(desk->registry, REGISTER_VENUES,
                                            clock_days_from_civil(2017, 12, 31), 0, &rows, &count),
                     0);
    const struct venue *venues = rows;
    assert_int_equal(count, 3);
    assert_string_equal(venues[0].operator_name, "cm");
    assert_string_equal(venues[1].access_point, "0123456789abcdef");
    assert_int_equal(venues[1].opened_day.value, clock_days_from_civil(2016, 5, 1));
    assert_false(venues[1].closed_day.known);
    assert_string_equal(venues[2].venue, "mall-1");
    free(rows);
    (void)snprintf(text, sizeof text,
                   "%sa,,public-service,,371002,cu,ac-1,00:11:22:33:44:55,,,2017-12-31,y\n",
                   header);
    assert_refused(desk, text, "2:8: access_point: no pseudonym of 16 hex digits");
    (void)snprintf(text, sizeof text, "%sa,,public-service,,371002,,ac-1,,,,2017-12-31,y\n",
                   header);
    assert_refused(desk, text, "2:1: an access node needs its operator");
    (void)snprintf(text, sizeof text,
                   "%sa,,commercial,,371002,,,,2017-01-02,2017-01-01,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:1: it is closed before it opens");
}

static void an_operator_s_latest_statement_of_contracts_replaces_the_earlier(void **state)
{
    struct desk *desk = *state;
    static const char header[] = "operator,area,settlement,residence,technology,rate_mbit_s,"
                                 "contracted_lines,reference_date,source\n";
    char text[800];
    (void)snprintf(text, sizeof text,
                   "%scu,371002,urban,residential,gpon,100,700,2016-12-31,y\n"
                   "cu,371002,urban,residential,adsl2,1.5,40,2016-12-31,y\n"
                   "cm,371002,urban,residential,gpon,,10,2016-12-31,y\n"
                   "cu,371002,urban,residential,gpon,100,800,2017-12-31,y\n",
                   header);
    assert_int_equal(import_text(desk, text), 0);
    void *rows = NULL;
    size_t count = 0;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    assert_int_equal(
        registry_list_register(desk->registry, REGISTER_CONTRACTS, day, 0, &rows, &count), 0);
    const struct contract *contracts = rows;
    assert_int_equal(count, 2);
    assert_string_equal(contracts[0].operator_name, "cm");
    assert_false(contracts[0].rate_kbit_s.known);
    assert_int_equal(contracts[1].lines.value, 800);
    assert_int_equal(contracts[1].rate_kbit_s.value, 100000);
    free(rows);
    assert_int_equal(
        registry_list_register(desk->registry, REGISTER_CONTRACTS, day - 365, 0, &rows, &count), 0);
    assert_int_equal(count, 3);
    free(rows);
    (void)snprintf(text, sizeof text, "%stower,371002,,,,,1,2017-12-31,y\n", header);
    assert_refused(desk, text, "2:1: this operator has no lines");
}

static void a_remark_stands_for_its_period(void **state)
{
    struct desk *desk = *state;
    static const char header[] = "indicator,area,operator,period,text_zh,text_en,source\n";
    char text[800];
    (void)snprintf(text, sizeof text,
                   "%sftth-share,371000,cu,2017,统计口径不含楼道ONU,,letter\n"
                   "ftth-share,371000,cu,2017-11,,counted in part,letter\n",
                   header);
    assert_int_equal(import_text(desk, text), 0);
    assert_int_equal(desk->result.kind, IMPORT_REMARKS);
    void *rows = NULL;
    size_t count = 0;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    assert_int_equal(
        registry_list_register(desk->registry, REGISTER_REMARKS, day, 0, &rows, &count), 0);
    const struct remark *remarks = rows;
    assert_int_equal(count, 2);
    assert_int_equal(remarks[0].reference_day, day);
    assert_int_equal(remarks[1].reference_day, clock_days_from_civil(2017, 11, 30));
    free(rows);
    (void)snprintf(text, sizeof text, "%sftth-share,371000,cu,2017Q4,a,b,letter\n", header);
    assert_refused(desk, text, "2:4: period: '2017Q4' is no period");
    (void)snprintf(text, sizeof text, "%sftth-share,371000,cu,2017,,,letter\n", header);
    assert_refused(desk, text, "2:1: a remark has a text_zh");
}

static void a_node_is_urban_or_rural_as_its_village_is(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(import_text(desk,
                                 "village,label,area,urban_rural_class,reference_date,source\n"
                                 "371002001001,某社区,371002,111,2016-12-31,y\n"
                                 "371082101201,某村,371082,220,2016-12-31,y\n"),
                     0);
    assert_int_equal(desk->result.kind, IMPORT_VILLAGES);
    assert_int_equal(
        import_text(desk, "operator,access_node,area,technology,lines,village,reference_date,"
                          "source\n"
                          "cu,olt-1,371002,gpon,64,371002001001,2017-12-31,y\n"
                          "cu,olt-2,371082,gpon,64,371082101201,2017-12-31,y\n"
                          "cu,olt-3,371082,gpon,64,371082101999,2017-12-31,y\n"),
        0);
    const struct evidence_query query = {
        .last_day = clock_days_from_civil(2017, 12, 31), .activity_days = 90, .presence_days = 15};
    struct evidence *evidence = NULL;
    assert_int_equal(registry_collect_evidence(desk->registry, &query, desk->now_ns, &evidence), 0);
    assert_int_equal(evidence->node_count, 3);
    assert_int_equal(evidence->nodes[0].settlement, SETTLEMENT_URBAN);
    assert_int_equal(evidence->nodes[1].settlement, SETTLEMENT_RURAL);
    assert_int_equal(evidence->nodes[2].settlement, SETTLEMENT_UNKNOWN);
    evidence_free(evidence);
    assert_refused(desk,
                   "village,area,urban_rural_class,reference_date,source\n"
                   "3.71E+11,371002,111,2016-12-31,y\n",
                   "2:1: village: '3.71E+11' is no code of 12 digits");
    assert_refused(desk,
                   "village,area,urban_rural_class,reference_date,source\n"
                   "371002001001,371002,113,2016-12-31,y\n",
                   "2:3: urban_rural_class: '113' is unknown");
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
        WITH_DESK(import_reads_gb18030_as_it_reads_utf_8),
        WITH_DESK(import_refuses_other_encodings_with_the_remedy),
        WITH_DESK(import_names_twenty_faults_at_once_and_how_many_more),
        WITH_DESK(a_dry_run_says_what_is_new_and_what_was_said_before),
        WITH_DESK(import_refuses_bytes_that_are_no_text),
        WITH_DESK(import_checks_declared_figures_against_the_plan),
        WITH_DESK(import_takes_an_operator_s_register),
        WITH_DESK(import_takes_venues_and_what_serves_them),
        WITH_DESK(an_operator_s_latest_statement_of_contracts_replaces_the_earlier),
        WITH_DESK(a_remark_stands_for_its_period),
        WITH_DESK(a_node_is_urban_or_rural_as_its_village_is),
        cmocka_unit_test(the_shipped_templates_are_header_rows_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
