/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The city's registers, in the columns of `lastmile import`: households of the statistics bureau,
 * the operators' access nodes and controllers, and what they declare of themselves.
 */
#include "tests/city/city_model.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>

#define SOURCE "synthetic: made by tests/city"

/* The year ends within the run, and its last day. Returns the next day after `day`, or 0. */
static int64_t next_register_day(const struct city *city, int64_t day)
{
    int64_t from = day ? day + 1 : city->options.first_day;
    int year = 0;
    int month = 0;
    int of_month = 0;
    if (from > city->options.last_day)
        return 0;
    clock_civil_from_days(from, &year, &month, &of_month);
    int64_t end = clock_days_from_civil(year, 12, 31);
    return end < city->options.last_day ? end : city->options.last_day;
}

static int done(FILE *out)
{
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

static void write_households(FILE *out, const char *area, uint64_t value, const char *date)
{
    (void)fprintf(out,
                  "%s,all,resident-households,%llu,households,%s,%s," SOURCE ",synthetic,final\n"
                  "%s,all,population,%llu,persons,%s,%s," SOURCE ",synthetic,final\n",
                  area, (unsigned long long)value, date, date, area,
                  (unsigned long long)(value * 27 / 10), date, date);
}

int city_write_denominators(const struct city *city, FILE *out)
{
    char date[CLOCK_DATE_BYTES];
    (void)fputs("area,class,variable,value,unit,reference_date,published_date,source,vintage,"
                "status\n",
                out);
    for (int64_t day = next_register_day(city, 0); day; day = next_register_day(city, day)) {
        struct city_truth truth;
        city_read_truth(city, day, &truth);
        clock_format_date(day, date);
        write_households(out, "371000", city_households(&truth, CITY_ALL), date);
        for (int area = 0; area < CITY_AREAS; area++)
            write_households(out, city_area_keys[area], truth.households[area], date);
    }
    return done(out);
}

static uint64_t lines_of(const struct city *city, const struct city_node *node, int64_t day)
{
    uint64_t count = 0;
    for (size_t line = node->first_line; line < node->first_line + node->line_count; line++)
        count += city_line_exists(city, line, day);
    return count;
}

int city_write_nodes(const struct city *city, FILE *out)
{
    char date[CLOCK_DATE_BYTES];
    (void)fputs("operator,access_node,area,settlement,residence,technology,lines,wtps,"
                "reference_date,source,vintage\n",
                out);
    for (int64_t day = next_register_day(city, 0); day; day = next_register_day(city, day)) {
        clock_format_date(day, date);
        for (size_t i = 0; i < city->node_count; i++) {
            const struct city_node *node = &city->nodes[i];
            (void)fprintf(out, "%s,%s,%s,%s,%s,%s,%llu,,%s," SOURCE ",synthetic\n",
                          city_operator_keys[node->operator_index], node->name,
                          city_area_keys[node->area],
                          conf_id_name(settlement_names, node->settlement),
                          conf_id_name(residence_names, node->residence),
                          conf_id_name(access_technology_names, node->technology),
                          (unsigned long long)lines_of(city, node, day), date);
        }
        for (size_t i = 0; i < city->controller_count; i++) {
            const struct city_controller *controller = &city->controllers[i];
            uint64_t wtps = 0;
            for (size_t ap = controller->first; ap < controller->first + controller->count; ap++)
                wtps += city_ap_exists(city, ap, day);
            (void)fprintf(out, "%s,%s,%s,,,,,%llu,%s," SOURCE ",synthetic\n",
                          city_operator_keys[controller->operator_index], controller->name,
                          city_area_keys[controller->area], (unsigned long long)wtps, date);
        }
    }
    return done(out);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Operators tell a little more than there is. */
int city_write_declared(const struct city *city, FILE *out)
{
    static const double boasts[CITY_OPERATORS] = {1.01, 1.04, 1.02, 1.0};
    char date[CLOCK_DATE_BYTES];
    (void)fputs("indicator,area,operator,value,unit,reference_date,published_date,source,vintage\n",
                out);
    for (int64_t day = next_register_day(city, 0); day; day = next_register_day(city, day)) {
        struct city_truth truth;
        city_read_truth(city, day, &truth);
        clock_format_date(day, date);
        for (int o = 0; o < CITY_OPERATORS; o++) {
            const struct city_scope all = {.area = CITY_ALL, .operator_index = o};
            const struct city_scope fibre = {
                .area = CITY_ALL, .operator_index = o, .fibre_only = true};
            double told = boasts[o] * share(city_sum(&truth.provisioned, &fibre),
                                            city_sum(&truth.provisioned, &all));
            (void)fprintf(out, "ftth-share,371000,%s,%.2f,%%,%s,%s," SOURCE ",synthetic\n",
                          city_operator_keys[o], told > 100 ? 100 : told, date, date);
            (void)fprintf(out, "wlan-hotspots,371000,%s,%.0f,count,%s,%s," SOURCE ",synthetic\n",
                          city_operator_keys[o],
                          boasts[o] * (double)city_access_points(&truth, CITY_ALL, o), date, date);
        }
    }
    return done(out);
}
