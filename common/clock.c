/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME 7 /* Linux; hidden by strict POSIX headers */
#endif

#define SECONDS_PER_DAY 86400
/* No report can be older than this software (2025-01-01), nor younger than its likely life. */
#define PLAUSIBLE_FROM_S UINT64_C(1735689600)
#define PLAUSIBLE_SPAN_S (UINT64_C(50) * 365 * SECONDS_PER_DAY)

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0 || now.tv_sec < 0)
        return 0;
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_unix_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t clock_mono_ns(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

uint64_t clock_thread_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

bool clock_is_synchronised(void)
{
    struct timex kernel = {.modes = 0}; /* only asks */
    int state = adjtimex(&kernel);
    return state >= 0 && state != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0;
}

bool clock_unix_is_plausible(uint64_t unix_ns)
{
    uint64_t seconds = unix_ns / CLOCK_NS_PER_S;
    return seconds >= PLAUSIBLE_FROM_S && seconds < PLAUSIBLE_FROM_S + PLAUSIBLE_SPAN_S;
}

int64_t clock_city_day(uint64_t unix_ns)
{
    return (int64_t)((unix_ns / CLOCK_NS_PER_S + CLOCK_CITY_UTC_OFFSET_S) / SECONDS_PER_DAY);
}

uint64_t clock_city_day_start_ns(int64_t day)
{
    int64_t seconds = day * SECONDS_PER_DAY - CLOCK_CITY_UTC_OFFSET_S;
    return seconds <= 0 ? 0 : (uint64_t)seconds * CLOCK_NS_PER_S;
}

int64_t clock_days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void clock_civil_from_days(int64_t days, int *out_year, int *out_month, int *out_day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * day_of_year + 2) / 153;
    *out_day = (int)(day_of_year - (153 * month_index + 2) / 5 + 1);
    *out_month = (int)(month_index < 10 ? month_index + 3 : month_index - 9);
    *out_year = (int)(year_of_era + era * 400 + (*out_month <= 2 ? 1 : 0));
}

static int two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

int clock_parse_date(const char *text, int64_t *out_days)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return -EINVAL;
    int century = two_digits(text);
    int rest = two_digits(text + 2);
    int month = two_digits(text + 5);
    int day = two_digits(text + 8);
    if (century < 0 || rest < 0 || month < 1 || month > 12 || day < 1)
        return -EINVAL;
    int year = century * 100 + rest;
    int64_t days = clock_days_from_civil(year, month, day);
    int y = 0;
    int m = 0;
    int d = 0;
    clock_civil_from_days(days, &y, &m, &d);
    if (y != year || m != month || d != day) /* 30 February */
        return -EINVAL;
    *out_days = days;
    return 0;
}

void clock_format_date(int64_t days, char out[static CLOCK_DATE_BYTES])
{
    int year = 0;
    int month = 0;
    int day = 0;
    clock_civil_from_days(days, &year, &month, &day);
    (void)snprintf(out, CLOCK_DATE_BYTES, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
}

void clock_format_city_time(uint64_t unix_ns, char out[static CLOCK_TIME_BYTES])
{
    char date[CLOCK_DATE_BYTES];
    clock_format_date(clock_city_day(unix_ns), date);
    uint64_t second = (unix_ns / CLOCK_NS_PER_S + CLOCK_CITY_UTC_OFFSET_S) % SECONDS_PER_DAY;
    (void)snprintf(out, CLOCK_TIME_BYTES, "%sT%02u:%02u:%02u+08:00", date,
                   (unsigned)(second / 3600), (unsigned)(second / 60 % 60),
                   (unsigned)(second % 60));
}
