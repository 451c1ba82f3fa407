/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/line_demand.h"

#include "common/clock.h"

#include <string.h>

#define HOUR_S 3600
#define DAY_S  86400

void line_minute_add(struct line_minute *minute, uint32_t second, uint64_t octets)
{
    uint64_t number = second / LINE_MINUTE_S;
    if (number != minute->minute) {
        memset(minute->top, 0, sizeof minute->top);
        minute->minute = number;
    }
    for (size_t i = 0; i < LINE_MINUTE_TOP; i++) {
        uint64_t other = minute->top[i];
        if (octets <= other)
            continue;
        minute->top[i] = octets;
        octets = other;
    }
}

uint64_t line_minute_bits_per_s(const struct line_minute *minute)
{
    return minute->top[LINE_MINUTE_TOP - 1] * 8;
}

bool line_is_busy_minute(const struct line_demand_options *options, uint64_t minute)
{
    uint64_t second_of_day = (minute * LINE_MINUTE_S + CLOCK_CITY_UTC_OFFSET_S) % DAY_S;
    unsigned hour = (unsigned)(second_of_day / HOUR_S);
    if (options->busy_from_hour < options->busy_to_hour)
        return hour >= options->busy_from_hour && hour < options->busy_to_hour;
    return hour >= options->busy_from_hour || hour < options->busy_to_hour;
}
