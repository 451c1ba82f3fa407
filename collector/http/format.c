/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/format.h"

#include "common/clock.h"

#include "collector/export/decimals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void format_number(double value, unsigned decimals, char out[static FORMAT_BYTES])
{
    char plain[FORMAT_BYTES];
    int length = snprintf(plain, sizeof plain, "%.*f", (int)decimals, value);
    if (!isfinite(value) || length < 0 || length > 30) {
        (void)snprintf(out, FORMAT_BYTES, "%.6g", value);
        return;
    }
    size_t whole = strcspn(plain, ".");
    size_t used = 0;
    for (size_t i = 0; plain[i]; i++) {
        bool digits_before = i > 0 && plain[i - 1] != '-';
        if (i < whole && digits_before && (whole - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = plain[i];
    }
    out[used] = '\0';
}

static double rounded(double value, unsigned decimals)
{
    double scale = pow(10, decimals);
    return round(value * scale) / scale;
}

void format_shortest(double value, char out[static FORMAT_BYTES])
{
    unsigned decimals = 0;
    while (decimals < DECIMALS_MAX &&
           !decimals_look_equal(value, rounded(value, decimals), DECIMALS_MAX))
        decimals++;
    format_number(value, decimals, out);
}

unsigned format_decimals(const struct plan_indicator *indicator, double value,
                         struct optional_double target)
{
    return decimals_beside(indicator->unit, indicator->decimals, value, target);
}

void format_wan(double value, char out[static FORMAT_BYTES])
{
    out[0] = '\0';
    if (!(value >= 10000) || !isfinite(value))
        return;
    char number[FORMAT_BYTES];
    format_shortest(round(value) / 10000, number);
    (void)snprintf(out, FORMAT_BYTES, "%.40s万", number);
}

void format_date(int64_t day, enum language language, char out[static FORMAT_BYTES])
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    int year, month, day_of_month;
    clock_civil_from_days(day, &year, &month, &day_of_month);
    if (language == LANGUAGE_ZH)
        (void)snprintf(out, FORMAT_BYTES, "%d年%d月%d日", year, month, day_of_month);
    else
        (void)snprintf(out, FORMAT_BYTES, "%d %s %d", day_of_month, months[month - 1], year);
}

void format_time(uint64_t unix_ns, enum language language, char out[static FORMAT_BYTES])
{
    char date[FORMAT_BYTES];
    int64_t day = clock_city_day(unix_ns);
    uint64_t minutes = (unix_ns - clock_city_day_start_ns(day)) / (60 * CLOCK_NS_PER_S);
    format_date(day, language, date);
    (void)snprintf(out, FORMAT_BYTES,
                   language == LANGUAGE_ZH ? "%.32s %02u:%02u" : "%.32s, %02u:%02u", date,
                   (unsigned)(minutes / 60 % 24), (unsigned)(minutes % 60));
}
