/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/clock.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>

#define DAY_S UINT64_C(86400)

static void known_days_of_the_calendar_have_their_number(void **state)
{
    (void)state;
    static const struct {
        int year, month, day;
        int64_t days;
    } cases[] = {
        {1970, 1, 1, 0},      {1969, 12, 31, -1},   {2000, 2, 29, 11016},
        {2015, 5, 29, 16584}, {2038, 1, 19, 24855}, {1, 1, 1, -719162},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(clock_days_from_civil(cases[i].year, cases[i].month, cases[i].day),
                         cases[i].days);
}

static void every_day_of_eight_centuries_comes_back(void **state)
{
    (void)state;
    for (int64_t days = -146097; days <= 146097; days++) {
        int year = 0;
        int month = 0;
        int day = 0;
        clock_civil_from_days(days, &year, &month, &day);
        assert_in_range(month, 1, 12);
        assert_in_range(day, 1, 31);
        assert_int_equal(clock_days_from_civil(year, month, day), days);
    }
}

static void only_dates_of_the_calendar_are_parsed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"2017-02-29",  "2017-13-01", "2017-00-01", "2017-04-31",
                                        "2017-1-1",    "2017/01/01", "17-01-01",   "",
                                        "2017-01-01 ", "2017-01-0x", "+017-01-01", "1900-02-29"};
    int64_t days = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(clock_parse_date(wrong[i], &days), -EINVAL);
    assert_int_equal(days, 7);
    assert_int_equal(clock_parse_date("2016-02-29", &days), 0);
    char text[CLOCK_DATE_BYTES];
    clock_format_date(days, text);
    assert_string_equal(text, "2016-02-29");
}

static void the_citys_day_begins_at_16_hours_utc(void **state)
{
    (void)state;
    int64_t day = clock_days_from_civil(2018, 1, 1);
    uint64_t start_ns = clock_city_day_start_ns(day);
    assert_int_equal(start_ns % (DAY_S * CLOCK_NS_PER_S), 16 * 3600 * CLOCK_NS_PER_S);
    assert_int_equal(clock_city_day(start_ns), day);
    assert_int_equal(clock_city_day(start_ns - 1), day - 1);
    assert_int_equal(clock_city_day_start_ns(-5), 0);
    char text[CLOCK_TIME_BYTES];
    clock_format_city_time(start_ns - CLOCK_NS_PER_S, text);
    assert_string_equal(text, "2017-12-31T23:59:59+08:00");
}

static void a_router_that_boots_in_1970_is_not_plausible(void **state)
{
    (void)state;
    uint64_t year_ns = 365 * DAY_S * CLOCK_NS_PER_S;
    assert_false(clock_unix_is_plausible(0));
    assert_false(clock_unix_is_plausible(54 * year_ns));
    assert_true(clock_unix_is_plausible(56 * year_ns));
    assert_false(clock_unix_is_plausible(120 * year_ns));
    assert_false(clock_unix_is_plausible(UINT64_MAX));
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
    (void)state;
    uint64_t last_ns = clock_mono_ns();
    assert_true(last_ns > 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t now_ns = clock_mono_ns();
        assert_true(now_ns >= last_ns);
        last_ns = now_ns;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days_of_the_calendar_have_their_number),
        cmocka_unit_test(every_day_of_eight_centuries_comes_back),
        cmocka_unit_test(only_dates_of_the_calendar_are_parsed),
        cmocka_unit_test(the_citys_day_begins_at_16_hours_utc),
        cmocka_unit_test(a_router_that_boots_in_1970_is_not_plausible),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
