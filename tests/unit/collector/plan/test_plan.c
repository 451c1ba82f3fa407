/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/plan/plan.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 512

static char plan_file[PATH_BYTES];
static char areas_file[PATH_BYTES];

static int find_files(void **state)
{
    (void)state;
    const char *source = getenv("LASTMILE_SOURCE");
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    return 0;
}

static struct plan *open_weihai(void)
{
    struct conf_error error = {""};
    struct plan *plan = plan_open(plan_file, areas_file, &error);
    if (!plan)
        print_error("%s\n", error.text);
    assert_non_null(plan);
    return plan;
}

#define NONE (-1.0) /* the plan has this cell, without a value */

/* Every row of the plan, from the document and not from the file. */
struct expected {
    const char *id, *date; /* NULL: undated */
    enum target_operator operator_;
    double value;
    enum evidence_class evidence_class;
};

static const struct expected weihai[] = {
    {"fixed-broadband-penetration", "2017-12-31", TARGET_GE, 80, EVIDENCE_DERIVED},
    {"fixed-broadband-penetration", "2020-12-31", TARGET_GE, 90, EVIDENCE_DERIVED},
    {"mobile-3g4g-penetration", "2017-12-31", TARGET_GE, 75, EVIDENCE_DECLARED},
    {"mobile-3g4g-penetration", "2020-12-31", TARGET_GE, 93, EVIDENCE_DECLARED},
    {"access-capability-urban", "2017-12-31", TARGET_GE, 100, EVIDENCE_DERIVED},
    {"access-capability-urban", "2020-12-31", TARGET_GE, NONE, EVIDENCE_DERIVED},
    {"access-capability-rural", "2017-12-31", TARGET_GE, 20, EVIDENCE_DERIVED},
    {"access-capability-rural", "2020-12-31", TARGET_GE, 80, EVIDENCE_DERIVED},
    {"ftth-share", "2017-12-31", TARGET_GE, 60, EVIDENCE_MEASURED},
    {"ftth-share", "2020-12-31", TARGET_GE, 80, EVIDENCE_MEASURED},
    {"wlan-hotspots", "2017-12-31", TARGET_GE, 60000, EVIDENCE_MEASURED},
    {"wlan-hotspots", "2020-12-31", TARGET_GE, 80000, EVIDENCE_MEASURED},
    {"cloud-service-industry-scale", "2017-12-31", TARGET_GE, 5, EVIDENCE_DECLARED},
    {"cloud-service-industry-scale", "2020-12-31", TARGET_GE, 20, EVIDENCE_DECLARED},
    {"cloud-terminal-industry-scale", "2017-12-31", TARGET_GE, 20, EVIDENCE_DECLARED},
    {"cloud-terminal-industry-scale", "2020-12-31", TARGET_GE, 80, EVIDENCE_DECLARED},
    {"cloud-solutions", "2017-12-31", TARGET_GE, 30, EVIDENCE_DECLARED},
    {"cloud-solutions", "2020-12-31", TARGET_GE, 60, EVIDENCE_DECLARED},
    {"cloud-lead-teams", "2017-12-31", TARGET_GE, 10, EVIDENCE_DECLARED},
    {"cloud-lead-teams", "2020-12-31", TARGET_GE, 30, EVIDENCE_DECLARED},
    {"cloud-professionals", "2017-12-31", TARGET_GE, 500, EVIDENCE_DECLARED},
    {"cloud-professionals", "2020-12-31", TARGET_GE, 2000, EVIDENCE_DECLARED},
    {"software-patent-growth", "2017-12-31", TARGET_GE, 25, EVIDENCE_DECLARED},
    {"software-patent-growth", "2020-12-31", TARGET_GE, 30, EVIDENCE_DECLARED},
    {"software-registration-growth", "2017-12-31", TARGET_GE, 20, EVIDENCE_DECLARED},
    {"software-registration-growth", "2020-12-31", TARGET_GE, 25, EVIDENCE_DECLARED},
    {"software-firms-to-cloud", "2017-12-31", TARGET_GT, 30, EVIDENCE_DECLARED},
    {"software-firms-to-cloud", "2020-12-31", TARGET_GE, 70, EVIDENCE_DECLARED},
    {"cloud-backbone-firms", "2017-12-31", TARGET_GE, 1, EVIDENCE_DECLARED},
    {"cloud-backbone-firms", "2020-12-31", TARGET_GE, 3, EVIDENCE_DECLARED},
    {"cloud-industry-bases", "2017-12-31", TARGET_GE, 1, EVIDENCE_DECLARED},
    {"cloud-industry-bases", "2020-12-31", TARGET_GE, 4, EVIDENCE_DECLARED},
    {"cloud-user-share", "2017-12-31", TARGET_GE, 70, EVIDENCE_DECLARED},
    {"cloud-user-share", "2020-12-31", TARGET_GE, 95, EVIDENCE_DECLARED},
    {"sme-cloud-share", "2017-12-31", TARGET_GE, 50, EVIDENCE_DECLARED},
    {"sme-cloud-share", "2020-12-31", TARGET_GE, 80, EVIDENCE_DECLARED},
    {"gov-cloud-migration", "2017-12-31", TARGET_GE, 100, EVIDENCE_DECLARED},
    {"gov-dc-consolidation-city", "2016-12-31", TARGET_GE, 1, EVIDENCE_DECLARED},
    {"gov-dc-consolidation-districts", "2017-12-31", TARGET_GE, 1, EVIDENCE_DECLARED},
    {"cloud-access-centres", NULL, TARGET_GE, 2, EVIDENCE_DECLARED},
    {"cloud-chain-link-scale", NULL, TARGET_GE, 20, EVIDENCE_DECLARED},
    {"cloud-brand-products", NULL, TARGET_GE, 10, EVIDENCE_DECLARED},
};
#define WEIHAI_COUNT (sizeof weihai / sizeof weihai[0])

static const struct plan_target *find_target(const struct plan_indicator *indicator,
                                             const char *date)
{
    int64_t day = 0;
    if (date)
        assert_int_equal(clock_parse_date(date, &day), 0);
    for (size_t i = 0; i < indicator->target_count; i++) {
        const struct plan_target *target = &indicator->targets[i];
        bool undated = target->status == TARGET_UNDATED;
        if (date ? !undated && target->day == day : undated)
            return target;
    }
    return NULL;
}

static void plan_holds_every_target_of_weihai_with_value_and_operator(void **state)
{
    (void)state;
    struct plan *plan = open_weihai();
    for (size_t i = 0; i < WEIHAI_COUNT; i++) {
        const struct expected *row = &weihai[i];
        const struct plan_indicator *indicator = plan_find_indicator(plan, row->id);
        if (!indicator)
            print_error("%s\n", row->id);
        assert_non_null(indicator);
        const struct plan_target *target = find_target(indicator, row->date);
        if (!target)
            print_error("%s %s\n", row->id, row->date ? row->date : "undated");
        assert_non_null(target);
        assert_int_equal(target->operator_, row->operator_);
        assert_int_equal(indicator->evidence_class, row->evidence_class);
        assert_int_equal(target->value.known, row->value > NONE);
        if (target->value.known)
            assert_true(target->value.value >= row->value && target->value.value <= row->value);
        assert_true(target->clause[0] != '\0');
    }
    plan_close(plan);
}

static void plan_holds_no_target_that_the_document_lacks(void **state)
{
    (void)state;
    struct plan *plan = open_weihai();
    size_t targets = 0;
    for (size_t i = 0; i < plan_indicator_count(plan); i++)
        targets += plan_indicator_at(plan, i)->target_count;
    assert_int_equal(targets, WEIHAI_COUNT);
    assert_int_equal(plan_find_indicator(plan, "egress-bandwidth")->target_count, 0);
    plan_close(plan);
}

static void plan_holds_every_task_that_monitoring_can_evidence(void **state)
{
    (void)state;
    static const char *const tasks[] = {
        "gigabit-enterprise",  "hundred-mbps-home",      "egress-bandwidth",
        "core-node-bandwidth", "cloud-centre-bandwidth", "wlan-public-coverage",
        "free-basic-internet", "wlan-offload",           "4g-coverage",
        "triple-play",         "ngb-sensor-build",       "broadband-china-pilot",
        "local-cloud-latency", "cloud-availability",     "cross-border-cloud",
        "open-data-channel",   "cloud-monitoring-survey"};
    struct plan *plan = open_weihai();
    size_t without_target = 0;
    for (size_t i = 0; i < plan_indicator_count(plan); i++)
        without_target += plan_indicator_at(plan, i)->target_count == 0;
    assert_int_equal(without_target, sizeof tasks / sizeof tasks[0]);
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        const struct plan_indicator *task = plan_find_indicator(plan, tasks[i]);
        if (!task)
            print_error("%s\n", tasks[i]);
        assert_non_null(task);
        assert_true(task->clause[0]);
    }
    plan_close(plan);
}

static void plan_names_the_parties_and_says_where_they_are_inferred(void **state)
{
    (void)state;
    /* Chapter 一 names no party but for what task 二(一) delivers, nor do two of the tasks. */
    static const char *const inferred_tasks[] = {"cross-border-cloud", "cloud-monitoring-survey"};
    struct plan *plan = open_weihai();
    for (size_t i = 0; i < plan_indicator_count(plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(plan, i);
        bool inferred = indicator->target_count > 0 && i >= 6;
        for (size_t k = 0; k < 2; k++)
            inferred = inferred || strcmp(indicator->id, inferred_tasks[k]) == 0;
        assert_true(indicator->responsible_zh[0] && indicator->responsible_en[0]);
        assert_true(indicator->label_zh[0] && indicator->label_en[0]);
        assert_int_equal(indicator->responsible_inferred, inferred);
    }
    plan_close(plan);
}

static void plan_areas_partition_the_city(void **state)
{
    (void)state;
    static const char *const reporting[] = {"371002", "371003", "371082", "371083",
                                            "371071", "371072", "371073", "371003-nanhai"};
    struct plan *plan = open_weihai();
    assert_string_equal(plan_area_at(plan, 0)->key, "371000");
    size_t count = 0;
    for (size_t i = 0; i < plan_area_count(plan); i++)
        count += plan_area_at(plan, i)->reporting;
    assert_int_equal(count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_true(plan_find_area(plan, reporting[i])->reporting);
    assert_string_equal(plan_find_area(plan, "371003-nanhai")->stat_code, "");
    plan_close(plan);
}

static void plan_takes_the_earlier_code_of_an_area_for_its_time(void **state)
{
    (void)state;
    struct plan *plan = open_weihai();
    int64_t before = clock_days_from_civil(2013, 12, 31);
    int64_t after = clock_days_from_civil(2017, 12, 31);
    assert_ptr_equal(plan_find_area_on(plan, "371081", before), plan_find_area(plan, "371003"));
    assert_null(plan_find_area_on(plan, "371081", after));
    assert_ptr_equal(plan_find_area_on(plan, "371003", after), plan_find_area(plan, "371003"));
    assert_null(plan_find_area_on(plan, "", before));
    plan_close(plan);
}

static void plan_rolls_areas_up_to_the_codes_of_gb2260(void **state)
{
    (void)state;
    struct plan *plan = open_weihai();
    assert_int_equal(plan_rollup_count(plan), 2);
    const struct plan_area *huancui = plan_rollup_at(plan, 0);
    assert_string_equal(huancui->key, "gb2260-371002");
    assert_string_equal(huancui->label_zh, "环翠区（行政区划口径）");
    assert_false(huancui->reporting);
    static const char *const within[] = {"371002", "371071", "371072"};
    static const char *const outside[] = {"371003", "371073", "371003-nanhai", "371082"};
    for (size_t i = 0; i < 3; i++)
        assert_true(plan_area_holds(plan, huancui, plan_find_area(plan, within[i])));
    for (size_t i = 0; i < 4; i++)
        assert_false(plan_area_holds(plan, huancui, plan_find_area(plan, outside[i])));
    assert_true(plan_area_holds(plan, plan_area_at(plan, 0), plan_find_area(plan, "371073")));
    assert_ptr_equal(plan_find_rollup(plan, "gb2260-371003"), plan_rollup_at(plan, 1));
    plan_close(plan);
}

/* Areas below a city "c", and how they are refused; NULL: they are not. */
static void assert_areas(const char *text, const char *words)
{
    char path[] = "/tmp/lastmile-areas-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    (void)fprintf(
        file,
        "areas = ( { key = \"c\"; label_zh = \"c\"; label_en = \"c\"; type = \"city\"; },\n"
        "%s );\noperators = ( { key = \"o\"; label_zh = \"o\"; label_en = \"o\"; } );\n",
        text);
    (void)fclose(file);
    struct conf_error error = {""};
    struct plan *plan = plan_open(plan_file, path, &error);
    if (!plan && (!words || !strstr(error.text, words)))
        print_error("%s\n", error.text);
    assert_int_equal(plan == NULL, words != NULL);
    if (words)
        assert_non_null(strstr(error.text, words));
    plan_close(plan);
    (void)unlink(path);
}

#define PART(key, more)                                                                            \
    "{ key = \"" key "\"; label_zh = \"a\"; label_en = \"a\"; type = \"t\"; " more " }"
#define FORMER(code, more)                                                                         \
    "former = ( { code = \"" code "\"; label_zh = \"a\"; label_en = \"a\"; type = \"t\"; " more    \
    " } );"

static void every_place_has_one_reporting_area_on_every_day(void **state)
{
    (void)state;
    assert_areas(PART("a", "parent = \"c\"; reporting = true;"), NULL);
    assert_areas(PART("a", "parent = \"c\";"), "'a' lies in 0 reporting areas on all days");
    assert_areas(PART("a", "parent = \"c\"; reporting = true;") ", " PART(
                     "b", "parent = \"a\"; reporting = true;"),
                 "'b' lies in 2 reporting areas");
    assert_areas(PART("a", "parent = \"c\"; reporting = true;") ", " PART("b", "parent = \"a\";"),
                 NULL);
    /* An area is split on a day: before, it reports; from then on, its parts do. */
    assert_areas(
        PART("a", "parent = \"c\";") ", " PART("a1", "parent = \"a\"; reporting = true; valid_to = "
                                                     "\"2014-12-31\";") ", " PART(
            "a2", "parent = \"a\"; reporting = true; valid_from = \"2015-01-01\";"),
        NULL);
    assert_areas(
        PART("a", "parent = \"c\";") ", " PART("a1", "parent = \"a\"; reporting = true; valid_to = "
                                                     "\"2014-12-30\";") ", " PART(
            "a2", "parent = \"a\"; reporting = true; valid_from = \"2015-01-01\";"),
        "'a' lies in 0 reporting areas on 2014-12-31");
    assert_areas(PART("a", "parent = \"c\"; reporting = true; gb2260 = \"3710\";"),
                 "no code of six digits");
    assert_areas(PART("a", "parent = \"c\"; reporting = true; valid_from = \"2015-13-01\";"),
                 "is no date");
    assert_areas(
        PART("a",
             "parent = \"c\"; reporting = true; " FORMER(
                 "z", "valid_to = \"2014-12-31\";")) ", " PART("b",
                                                               "parent = \"c\"; reporting = "
                                                               "true; " FORMER(
                                                                   "z",
                                                                   "valid_to = \"2013-12-31\";")),
        "the code 'z' means two areas");
}

static void plan_names_the_operators_and_who_has_no_lines(void **state)
{
    (void)state;
    static const char *const keys[] = {"cu", "cm", "ct", "tower", "gd", "other"};
    struct plan *plan = open_weihai();
    assert_int_equal(plan_operator_count(plan), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(plan_find_operator(plan, keys[i])->has_lines,
                         strcmp(keys[i], "tower") != 0);
    plan_close(plan);
}

/* Writes a text and says how plan_open refuses it: as the plan, or as its table of indicators. */
static void assert_refuses(const char *plan_text, const char *table_text, const char *words)
{
    char folder[] = "/tmp/lastmile-plan-XXXXXX";
    char plan_path[PATH_BYTES];
    char table_path[PATH_BYTES];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(plan_path, sizeof plan_path, "%s/plan.cfg", folder);
    (void)snprintf(table_path, sizeof table_path, "%s/table.cfg", folder);
    FILE *plan = fopen(plan_path, "w");
    FILE *table = fopen(table_path, "w");
    assert_true(plan && table);
    (void)fprintf(plan,
                  "id = \"x\"; title_zh = \"x\"; title_en = \"x\"; document = \"x\";\n"
                  "indicators_file = \"table.cfg\";\nindicators = ( %s );\n",
                  plan_text);
    (void)fprintf(table, "indicators = (\n%s );\n", table_text);
    (void)fclose(plan);
    (void)fclose(table);
    struct conf_error error = {""};
    assert_null(plan_open(plan_path, areas_file, &error));
    (void)unlink(plan_path);
    (void)unlink(table_path);
    (void)rmdir(folder);
    if (!strstr(error.text, words))
        print_error("%s\n", error.text);
    assert_non_null(strstr(error.text, words));
}

#define ROW          "{ id = \"lines\"; label_zh = \"a\"; label_en = \"a\"; unit = \"%\"; unit_zh = \"%\";\n"
#define DECLARED_ROW ROW "evidence = \"declared\"; }"

static void assert_plan_refused(const char *body, const char *words)
{
    char text[1000];
    (void)snprintf(text, sizeof text, "{ id = \"lines\"; %s }", body);
    assert_refuses(text, DECLARED_ROW, words);
}

static void plan_refuses_what_contradicts_itself(void **state)
{
    (void)state;
    assert_plan_refused("targets = ( { value = 1.0; clause = \"c\"; } );", "undated");
    assert_plan_refused("targets = ( { date = \"2017-12-31\"; clause = \"c\"; } );", "not-stated");
    assert_plan_refused("targets = ( { date = \"2017-02-30\"; value = 1.0; clause = \"c\"; } );",
                        "is no date");
    assert_plan_refused("targets = ( { date = \"2020-12-31\"; value = 1.0; clause = \"c\"; }, "
                        "{ date = \"2017-12-31\"; value = 1.0; clause = \"c\"; } );",
                        "by date");
    assert_plan_refused("clauze = \"c\";", "did you mean 'clause'");
    assert_plan_refused("", "has no target, so a clause");
    assert_refuses("{ id = \"linse\"; clause = \"c\"; }", DECLARED_ROW, "did you mean 'lines'");
}

/* A table with one indicator of one definition, for a plan that would take it. */
static void assert_table_refused(const char *body, const char *words)
{
    assert_refuses("{ id = \"lines\"; clause = \"c\"; }", body, words);
}

#define DEFINED(words_)                                                                            \
    ROW "evidence = \"derived\"; definitions = (\n"                                                \
        "{ name = \"n\"; label_zh = \"a\"; label_en = \"a\"; " words_ " } ); }"

static void table_refuses_a_definition_that_counts_nothing_sound(void **state)
{
    (void)state;
    assert_table_refused(ROW "evidense = \"declared\"; }", "did you mean 'evidence'");
    assert_table_refused(ROW "evidence = \"measured\"; }", "has no definition");
    assert_table_refused(DEFINED("numerator = \"ftth-line\"; instant = \"active\";"),
                         "table.cfg:4");
    assert_table_refused(DEFINED("numerator = \"ftth-line\"; instant = \"active\";"),
                         "'ftth-lines'");
    assert_table_refused(DEFINED("numerator = \"ftth-lines\"; instant = \"active\";"),
                         "'denominator' of definition 'n' cannot stand under this numerator");
    assert_table_refused(
        DEFINED("numerator = \"ftth-lines\"; instant = \"month\"; denominator = \"lines\";"),
        "'instant'");
    assert_table_refused(DEFINED("numerator = \"capacity\"; instant = \"last-poll\";"),
                         "'role' of definition 'n' is needed");
    assert_table_refused(DEFINED("numerator = \"lines\"; instant = \"active\"; "
                                 "denominator = \"population\"; rate_mbit_s = 5.0;"),
                         "'rate_mbit_s' of definition 'n' says nothing");
    assert_table_refused(DEFINED("numerator = \"not-carried\"; instant = \"month\";"),
                         "has to say why");
    assert_table_refused(DEFINED("numerator = \"declared\"; instant = \"declared\";"),
                         "can only be \"declared\"");
    assert_table_refused(ROW "evidence = \"declared\"; default = \"b\"; definitions = ( { name = "
                             "\"a\"; label_zh = \"a\"; label_en = \"a\"; numerator = \"index\"; "
                             "instant = \"declared\"; } ); }",
                         "no definition 'b'");
    assert_table_refused(DECLARED_ROW ", " DECLARED_ROW, "'lines' stands twice");
    assert_table_refused(ROW
                         "evidence = \"declared\"; definition_version = 2; changes = ( { date = "
                         "\"2017-01-01\"; version = 3; text_zh = \"a\"; text_en = \"a\"; } ); }",
                         "the last change is to another version");
}

static void definitions_name_what_they_count_with_the_rules_in_force(void **state)
{
    (void)state;
    static const struct {
        const char *id, *definition, *numerator, *denominator;
    } names[] = {
        {"fixed-broadband-penetration", "household", "residential-lines.active-90d",
         "resident-households"},
        {"fixed-broadband-penetration", "population", "all-lines.active-90d", "population"},
        {"fixed-broadband-penetration", "household-30d", "residential-lines.active-30d",
         "resident-households"},
        {"ftth-share", "strict", "ftth-lines.active-90d", "all-lines.active-90d"},
        {"ftth-share", "ports", "ftth-ports", "access-ports"},
        {"ftth-share", "residential", "residential-ftth-lines.active-90d",
         "residential-lines.active-90d"},
        {"access-capability-urban", "available", "urban-lines.capability", "urban-lines"},
        {"wlan-hotspots", "access-points", "wtp.run-15-days", ""},
        {"egress-bandwidth", "capacity", "egress-interfaces.capacity", ""},
        {"egress-bandwidth", "hours-above-80", "egress-interfaces.hours-above-80-percent", ""},
        {"cloud-user-share", "network-proxy", "all-lines.reaching:cloud-*+saas-*",
         "all-lines.seen-30d"},
    };
    const struct definition_days days = {.activity = 90, .presence = 15};
    struct plan *plan = open_weihai();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char numerator[64];
        char denominator[64];
        const struct plan_definition *definition =
            plan_find_definition(plan_find_indicator(plan, names[i].id), names[i].definition);
        assert_non_null(definition);
        definition_numerator_name(definition, &days, numerator, sizeof numerator);
        definition_denominator_name(definition, &days, denominator, sizeof denominator);
        assert_string_equal(numerator, names[i].numerator);
        assert_string_equal(denominator, names[i].denominator);
    }
    plan_close(plan);
}

static void classes_of_destinations_are_taken_by_name_or_by_how_they_begin(void **state)
{
    (void)state;
    const struct plan_definition definition = {.classes = {"cloud-*", "jp"}, .class_count = 2};
    assert_true(definition_takes_class(&definition, "cloud-weihai"));
    assert_true(definition_takes_class(&definition, "jp"));
    assert_false(definition_takes_class(&definition, "jp-east"));
    assert_false(definition_takes_class(&definition, "other"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_holds_every_target_of_weihai_with_value_and_operator),
        cmocka_unit_test(plan_holds_no_target_that_the_document_lacks),
        cmocka_unit_test(plan_holds_every_task_that_monitoring_can_evidence),
        cmocka_unit_test(plan_names_the_parties_and_says_where_they_are_inferred),
        cmocka_unit_test(plan_areas_partition_the_city),
        cmocka_unit_test(plan_rolls_areas_up_to_the_codes_of_gb2260),
        cmocka_unit_test(every_place_has_one_reporting_area_on_every_day),
        cmocka_unit_test(plan_takes_the_earlier_code_of_an_area_for_its_time),
        cmocka_unit_test(plan_names_the_operators_and_who_has_no_lines),
        cmocka_unit_test(plan_refuses_what_contradicts_itself),
        cmocka_unit_test(table_refuses_a_definition_that_counts_nothing_sound),
        cmocka_unit_test(definitions_name_what_they_count_with_the_rules_in_force),
        cmocka_unit_test(classes_of_destinations_are_taken_by_name_or_by_how_they_begin),
    };
    return cmocka_run_group_tests(tests, find_files, NULL);
}
