/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How it really stands, counted from the lines and access points themselves: no report, registry or
 * indicator has a part in it.
 */
#include "tests/city/city_model.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Households at the full scale, at the year ends, in thousands. */
static const double households[CITY_YEARS] = {940, 950, 960, 970, 980, 990};
static const double household_shares[CITY_AREAS] = {0.20, 0.21, 0.24, 0.17, 0.07, 0.06, 0.03, 0.02};

static uint64_t *count_of(struct city_lines *lines, const struct city_node *node)
{
    return &lines->count[node->area][node->operator_index][node->settlement][node->residence]
                        [node->technology];
}

static void count_lines(const struct city *city, int64_t day, struct city_truth *truth)
{
    int64_t from = day - CITY_WINDOW + 1;
    if (from < city->options.first_day)
        from = city->options.first_day;
    for (size_t line = 0; line < city->line_count; line++) {
        const struct city_node *node = &city->nodes[city->lines[line].node];
        if (city_line_last_traffic(city, line, from, day) != INT64_MIN)
            ++*count_of(&truth->active, node);
        if (!city_line_exists(city, line, day))
            continue;
        ++*count_of(&truth->provisioned, node);
        for (size_t class = city_line_class(city, line, day) + 1; class > 0; class --)
            ++*count_of(&truth->at_least[class - 1], node);
    }
}

static void count_access_points(const struct city *city, int64_t day, struct city_truth *truth)
{
    int64_t first = city_month_of(day).first_day;
    for (size_t ap = 0; ap < city->access_point_count; ap++) {
        const struct city_access_point *point = &city->access_points[ap];
        const struct city_controller *controller = &city->controllers[point->controller];
        unsigned ran = 0;
        for (int64_t at = first; at <= day; at++)
            ran += city_ap_runs(city, ap, at);
        if (!point->is_private && ran >= CITY_PRESENCE)
            truth->access_points[controller->area][controller->operator_index]++;
    }
}

static uint64_t households_of(const struct city *city, int64_t day, int area)
{
    double thousands = city_curve(households, city_age(city, day));
    double value =
        thousands * 1000 * household_shares[area] * city->options.scale * city->options.households;
    return (uint64_t)(value + 0.5);
}

void city_read_truth(const struct city *city, int64_t day, struct city_truth *out_truth)
{
    memset(out_truth, 0, sizeof *out_truth);
    out_truth->day = day;
    count_lines(city, day, out_truth);
    count_access_points(city, day, out_truth);
    for (size_t i = 0; i < city->uplink_count; i++)
        out_truth->gbit_s[city->uplinks[i].operator_index][city->uplinks[i].role] +=
            city_uplink_gbit_s(city, i, day);
    for (int area = 0; area < CITY_AREAS; area++)
        out_truth->households[area] = households_of(city, day, area);
}

static bool takes(int wanted, int index)
{
    return wanted == CITY_ALL || wanted == index;
}

uint64_t city_sum(const struct city_lines *lines, const struct city_scope *scope)
{
    uint64_t sum = 0;
    for (int a = 0; a < CITY_AREAS; a++)
        for (int o = 0; o < CITY_OPERATORS; o++)
            for (int s = 0; s < 3; s++)
                for (int r = 0; r < 3; r++)
                    for (int t = 0; t < TECHNOLOGY_COUNT; t++) {
                        bool counts =
                            takes(scope->area, a) && takes(scope->operator_index, o) &&
                            (scope->settlement == SETTLEMENT_UNKNOWN ||
                             (int)scope->settlement == s) &&
                            (scope->residence == RESIDENCE_UNKNOWN || (int)scope->residence == r) &&
                            (!scope->fibre_only ||
                             access_technology_is_ftth((enum access_technology)t));
                        sum += counts ? lines->count[a][o][s][r][t] : 0;
                    }
    return sum;
}

uint64_t city_access_points(const struct city_truth *truth, int area, int operator_index)
{
    uint64_t sum = 0;
    for (int a = 0; a < CITY_AREAS; a++)
        for (int o = 0; o < CITY_OPERATORS; o++)
            if (takes(area, a) && takes(operator_index, o))
                sum += truth->access_points[a][o];
    return sum;
}

uint64_t city_households(const struct city_truth *truth, int area)
{
    uint64_t sum = 0;
    for (int a = 0; a < CITY_AREAS; a++)
        if (takes(area, a))
            sum += truth->households[a];
    return sum;
}

static void write_scope(FILE *out, const struct city_truth *truth, int area, int operator_index)
{
    const struct city_scope all = {.area = area, .operator_index = operator_index};
    struct city_scope homes = all;
    struct city_scope fibre = all;
    homes.residence = RESIDENCE_RESIDENTIAL;
    fibre.fibre_only = true;
    (void)fprintf(out,
                  "{\"area\": \"%s\", \"operator\": \"%s\", \"lines\": %llu, \"residential\": %llu,"
                  " \"fibre\": %llu, \"provisioned\": %llu, \"access_points\": %llu}",
                  area == CITY_ALL ? "371000" : city_area_keys[area],
                  operator_index == CITY_ALL ? "" : city_operator_keys[operator_index],
                  (unsigned long long)city_sum(&truth->active, &all),
                  (unsigned long long)city_sum(&truth->active, &homes),
                  (unsigned long long)city_sum(&truth->active, &fibre),
                  (unsigned long long)city_sum(&truth->provisioned, &all),
                  (unsigned long long)city_access_points(truth, area, operator_index));
}

static void write_capacity(FILE *out, const struct city_truth *truth)
{
    for (int role = 1; role < CITY_ROLES; role++) {
        uint64_t sum = 0;
        for (int o = 0; o < CITY_OPERATORS; o++)
            sum += truth->gbit_s[o][role];
        (void)fprintf(out, "%s\"%s\": %llu", role > 1 ? ", " : "",
                      conf_id_name(interface_role_names, role), (unsigned long long)sum);
    }
}

/* One month, one line. */
static void write_month(const struct city *city, int64_t day, FILE *out)
{
    char date[CLOCK_DATE_BYTES];
    struct city_truth truth;
    city_read_truth(city, day, &truth);
    clock_format_date(day, date);
    (void)fprintf(out, "{\"synthetic\": true, \"day\": \"%s\", \"households\": %llu, \"gbit_s\": {",
                  date, (unsigned long long)city_households(&truth, CITY_ALL));
    write_capacity(out, &truth);
    (void)fputs("}, \"scopes\": [", out);
    write_scope(out, &truth, CITY_ALL, CITY_ALL);
    for (int a = 0; a < CITY_AREAS; a++) {
        (void)fputs(", ", out);
        write_scope(out, &truth, a, CITY_ALL);
    }
    for (int o = 0; o < CITY_OPERATORS; o++) {
        (void)fputs(", ", out);
        write_scope(out, &truth, CITY_ALL, o);
    }
    (void)fputs("]}\n", out);
}

int city_write_truth(const struct city *city, FILE *out)
{
    for (int64_t day = city->options.first_day; day <= city->options.last_day;) {
        struct city_month month = city_month_of(day);
        int64_t last = month.first_day + month.days - 1;
        if (last <= city->options.last_day)
            write_month(city, last, out);
        day = last + 1;
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}
