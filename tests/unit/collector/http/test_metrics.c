/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_request.h"

#include "tests/support/cmocka_all.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

static int open_fake(void **state)
{
    static struct fake_site fake;
    *state = &fake;
    return fake_site_open(&fake, 0) ? 0 : -1;
}

static int close_fake(void **state)
{
    fake_site_close(*state);
    return 0;
}

/* One family while its lines are read. */
struct family {
    char name[96], type[16], unit[16];
    bool has_type, has_help;
};

static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    return length > 0 && !isdigit((unsigned char)text[0]);
}

/* After {name="value",...}; NULL when it is no label set. */
static const char *skip_labels(const char *at)
{
    do {
        at++;
        size_t name = strcspn(at, "=");
        if (!is_name(at, name) || at[name + 1] != '"')
            return NULL;
        for (at += name + 2; *at && *at != '"'; at++) {
            if (*at == '\\' && !strchr("\\\"n", *++at))
                return NULL;
        }
        if (*at++ != '"')
            return NULL;
    } while (*at == ',');
    return *at == '}' ? at + 1 : NULL;
}

/* OpenMetrics 1.0: which end a sample of a type must have. */
static bool suffix_fits(const struct family *family, const char *suffix, size_t length)
{
    const char *wanted = strcmp(family->type, "counter") == 0 ? "_total"
                         : strcmp(family->type, "info") == 0  ? "_info"
                                                              : "";
    return strlen(wanted) == length && strncmp(suffix, wanted, length) == 0;
}

static void read_metadata(struct family *family, const char *line)
{
    char kind[8], name[96], value[256];
    assert_int_equal(sscanf(line, "# %7s %95s %255[^\n]", kind, name, value), 3);
    if (strcmp(family->name, name) != 0) {
        *family = (struct family){.has_type = false};
        (void)snprintf(family->name, sizeof family->name, "%s", name);
    }
    if (strcmp(kind, "TYPE") == 0) {
        assert_false(family->has_type);
        family->has_type = true;
        (void)snprintf(family->type, sizeof family->type, "%s", value);
    } else if (strcmp(kind, "UNIT") == 0) {
        (void)snprintf(family->unit, sizeof family->unit, "_%s", value);
        size_t unit = strlen(family->unit), length = strlen(name);
        assert_true(length > unit && strcmp(name + length - unit, family->unit) == 0);
    } else {
        assert_string_equal(kind, "HELP");
        family->has_help = true;
    }
}

static void read_sample(const struct family *family, const char *line)
{
    size_t name = strcspn(line, "{ ");
    size_t stem = strlen(family->name);
    assert_true(is_name(line, name));
    assert_true(family->has_type && family->has_help && name >= stem);
    assert_memory_equal(line, family->name, stem);
    assert_true(suffix_fits(family, line + stem, name - stem));
    const char *at = line + name;
    if (*at == '{')
        at = skip_labels(at);
    assert_non_null(at);
    assert_int_equal(*at, ' ');
    char *end;
    double value = strtod(at + 1, &end);
    assert_int_equal(*end, '\0');
    assert_true(value == value);
    if (strcmp(family->type, "stateset") == 0)
        assert_true(value == 0 || value == 1);
}

static void check_syntax(char *text)
{
    struct family family = {.has_type = false};
    char seen[64][96];
    size_t families = 0;
    size_t length = strlen(text);
    assert_true(length > 6 && strcmp(text + length - 6, "# EOF\n") == 0);
    text[length - 6] = '\0';
    char *rest = text;
    for (char *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line != '#') {
            read_sample(&family, line);
            continue;
        }
        char before[96];
        (void)snprintf(before, sizeof before, "%s", family.name);
        read_metadata(&family, line);
        if (strcmp(before, family.name) == 0)
            continue;
        for (size_t i = 0; i < families; i++) /* a family is whole before the next begins */
            assert_string_not_equal(seen[i], family.name);
        assert_true(families < 64);
        memcpy(seen[families++], family.name, sizeof seen[0]);
    }
    assert_true(families > 15);
}

static void metrics_are_open_metrics(void **state)
{
    struct fake_site *fake = *state;
    static const char *const names[] = {NULL, "a\"b\\c\nd{}", "\"} 1\nevil_total 1"};
    for (size_t i = 0; i < 3; i++) {
        fake->hostile = names[i];
        char *text = fake_get(fake, "/metrics", HTTP_OK);
        assert_non_null(text);
        check_syntax(text);
        free(text);
    }
    fake->empty = true;
    char *text = fake_get(fake, "/metrics", HTTP_OK);
    check_syntax(text);
    free(text);
}

static void metrics_hold_each_series_once(void **state)
{
    char *text = fake_get(*state, "/metrics", HTTP_OK);
    char *rest = text;
    static char *series[4096];
    size_t count = 0;
    for (char *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line == '#')
            continue;
        *strrchr(line, ' ') = '\0';
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(series[i], line);
        assert_true(count < 4096);
        series[count++] = line;
    }
    free(text);
}

static void each_verdict_has_exactly_one_state(void **state)
{
    struct fake_site *fake = *state;
    char *text = fake_get(fake, "/metrics", HTTP_OK);
    size_t ones = 0, targets = 0;
    for (const char *at = text; (at = strstr(at, "\nlastmile_indicator_verdict{")); at++) {
        const char *end = strchr(at + 1, '\n');
        ones += end[-1] == '1';
    }
    for (size_t i = 0; i < plan_indicator_count(fake->plan); i++)
        targets += plan_indicator_at(fake->plan, i)->target_count;
    assert_int_equal(ones, targets);
    assert_non_null(strstr(text, "lastmile_reports_quarantined_total{fault=\"not-cbor\"} 7\n"));
    free(text);
}

static void the_ledger_and_the_alerts_in_force_are_told(void **state)
{
    char *text = fake_get(*state, "/metrics", HTTP_OK);
    static const char *const lines[] = {
        "lastmile_ledger_expected_intervals{operator=\"cu\",probe=\"olt-huancui-1\"} 1440\n",
        "lastmile_ledger_arrived_intervals{operator=\"cu\",probe=\"olt-huancui-1\"} 1431\n",
        "lastmile_ledger_missing_intervals{operator=\"cu\",probe=\"olt-huancui-1\","
        "reason=\"declared\"} 9\n",
        "lastmile_ledger_missing_intervals{operator=\"cu\",probe=\"olt-huancui-1\","
        "reason=\"silent\"} 0\n",
        "lastmile_alert_since_timestamp_seconds{operator=\"cm\",probe=\"bras-rongcheng\","
        "rule=\"probe-silent\"} ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_non_null(strstr(text, lines[i]));
    free(text);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        CASE(metrics_are_open_metrics),
        CASE(metrics_hold_each_series_once),
        CASE(each_verdict_has_exactly_one_state),
        CASE(the_ledger_and_the_alerts_in_force_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
