/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What lines, access points, uplinks and probes do on a day.
 */
#include "tests/city/city_model.h"

#include "common/clock.h"

#define ONLINE_SHARE 0.85
#define RECENT_DAYS  28
#define DAILY_DAYS   15 /* from so many days of traffic a month on, online means traffic */
#define SPELL_DAYS   7  /* a probe fails at most once in so many days */
#define SPELL_MEAN   3

int64_t city_age(const struct city *city, int64_t day)
{
    return day - city->epoch_day;
}

double city_curve(const double years[static CITY_YEARS], int64_t day_since_epoch)
{
    double at = (double)day_since_epoch / 365.25 - 1; /* years since the end of 2015 */
    if (at <= 0)
        return years[0];
    int year = (int)at;
    if (year >= CITY_YEARS - 1)
        return years[CITY_YEARS - 1];
    return years[year] + (at - year) * (years[year + 1] - years[year]);
}

struct city_month city_month_of(int64_t day)
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    clock_civil_from_days(day, &year, &month, &of_month);
    int64_t first = day - of_month + 1;
    int64_t next = month == 12 ? clock_days_from_civil(year + 1, 1, 1)
                               : clock_days_from_civil(year, month + 1, 1);
    return (struct city_month){first, (unsigned)(next - first), (uint64_t)(year * 12 + month - 1)};
}

bool city_line_exists(const struct city *city, size_t line, int64_t day)
{
    int64_t age = city_age(city, day);
    return age >= city->lines[line].birth && age < city->lines[line].death;
}

/* A month in as many equal parts as a line has days of traffic: one day in each. */
static int64_t traffic_day(const struct city *city, size_t line, const struct city_month *month,
                           unsigned part)
{
    unsigned days = city->options.line_days;
    unsigned from = part * month->days / days;
    unsigned to = (part + 1) * month->days / days;
    uint64_t pick = city_hash(city, CHOICE_TRAFFIC, line, month->number * 32 + part);
    return month->first_day + from + (int64_t)(pick % (to - from));
}

bool city_line_has_traffic(const struct city *city, size_t line, const struct city_month *month,
                           int64_t day)
{
    unsigned of_month = (unsigned)(day - month->first_day);
    unsigned part = ((of_month + 1) * city->options.line_days - 1) / month->days;
    return city_line_exists(city, line, day) && traffic_day(city, line, month, part) == day;
}

int64_t city_line_last_traffic(const struct city *city, size_t line, int64_t from, int64_t to)
{
    int64_t birth = city->epoch_day + city->lines[line].birth;
    int64_t last = city->epoch_day + city->lines[line].death - 1;
    if (from < birth)
        from = birth;
    if (to > last)
        to = last;
    for (int64_t at = to; at >= from;) {
        struct city_month month = city_month_of(at);
        for (unsigned part = city->options.line_days; part-- > 0;) {
            int64_t day = traffic_day(city, line, &month, part);
            if (day <= to)
                return day >= from ? day : INT64_MIN;
        }
        at = month.first_day - 1;
    }
    return INT64_MIN;
}

bool city_line_is_online(const struct city *city, size_t line, int64_t day)
{
    if (city->options.line_days >= DAILY_DAYS) {
        struct city_month month = city_month_of(day);
        return city_line_has_traffic(city, line, &month, day);
    }
    return city_line_exists(city, line, day) &&
           city_chance(city, CHOICE_ONLINE, line, (uint64_t)day) < ONLINE_SHARE &&
           city_line_last_traffic(city, line, day - RECENT_DAYS + 1, day) != INT64_MIN;
}

/* Shares of the lines that can be given 100 Mbit/s, at the year ends. */
static const double urban_fibre[CITY_YEARS] = {0.62, 0.78, 0.93, 0.96, 0.98, 0.99};
static const double rural_fibre[CITY_YEARS] = {0.30, 0.45, 0.62, 0.78, 0.90, 0.95};
static const double cable[CITY_YEARS] = {0.05, 0.1, 0.3, 0.5, 0.7, 0.8};

size_t city_line_class(const struct city *city, size_t line, int64_t day)
{
    const struct city_node *node = &city->nodes[city->lines[line].node];
    bool urban = node->settlement == SETTLEMENT_URBAN;
    double at = city_chance(city, CHOICE_RATE, line, 0);
    int64_t age = city_age(city, day);
    switch (node->kind) {
    case NODE_OLT: {
        double share = city_curve(urban ? urban_fibre : rural_fibre, age);
        return capability_class(at < share / 4 ? 300000 : at < share ? 100000 : 50000);
    }
    case NODE_LAN:
        return capability_class(at < 0.6 ? 100000 : 20000);
    case NODE_CMTS:
        return capability_class(at < city_curve(cable, age) ? 100000 : 30000);
    default:
        return capability_class(urban ? (at < 0.4 ? 50000 : 20000) : at < 0.5 ? 20000 : 8000);
    }
}

bool city_ap_exists(const struct city *city, size_t ap, int64_t day)
{
    int64_t age = city_age(city, day);
    return age >= city->access_points[ap].birth && age < city->access_points[ap].death;
}

bool city_ap_runs(const struct city *city, size_t ap, int64_t day)
{
    double share = city->access_points[ap].flaps ? 0.15 : 0.998;
    return city_ap_exists(city, ap, day) &&
           city_chance(city, CHOICE_AP_DAY, ap, (uint64_t)day) < share;
}

uint64_t city_uplink_gbit_s(const struct city *city, size_t uplink, int64_t day)
{
    static const uint64_t steps[CITY_YEARS] = {10, 20, 40, 40, 100, 100};
    int64_t year = city_age(city, day) / 366;
    uint64_t factor = city->uplinks[uplink].operator_index == 0 ? 2 : 1;
    return factor * steps[year < 0 ? 0 : year >= CITY_YEARS ? CITY_YEARS - 1 : year];
}

/* The spell that a stretch of SPELL_DAYS may hold. */
bool city_probe_is_silent(const struct city *city, size_t probe, int64_t day)
{
    uint64_t stretch = (uint64_t)day / SPELL_DAYS;
    if (city_chance(city, CHOICE_OUTAGE, probe, stretch * 4) >=
        city->options.outages * SPELL_DAYS / SPELL_MEAN)
        return false;
    int64_t length = 1 + (int64_t)(city_hash(city, CHOICE_OUTAGE, probe, stretch * 4 + 1) % 5);
    int64_t begin = (int64_t)(city_hash(city, CHOICE_OUTAGE, probe, stretch * 4 + 2) %
                              (uint64_t)(SPELL_DAYS - length));
    int64_t at = day % SPELL_DAYS;
    return at >= begin && at < begin + length;
}

bool city_silence_is_declared(const struct city *city, size_t probe, int64_t day)
{
    return city_hash(city, CHOICE_OUTAGE, probe, (uint64_t)day / SPELL_DAYS * 4 + 3) % 2 == 0;
}
