/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers and dates as a reader of either language expects them. Pure; results are plain text that
 * still has to be escaped.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_FORMAT_H
#define LASTMILE_COLLECTOR_HTTP_FORMAT_H

#include "collector/http/language.h"
#include "collector/plan/plan.h"

#include <stdint.h>

#define FORMAT_BYTES 48

/* "62,345.6": thousands apart by commas, so many decimals (0..6). */
void format_number(double value, unsigned decimals, char out[static FORMAT_BYTES]);

/* The same with as few decimals as say it, at most six: "80", "99.95". */
void format_shortest(double value, char out[static FORMAT_BYTES]);

/* decimals_beside of an indicator by its default definition. */
unsigned format_decimals(const struct plan_indicator *indicator, double value,
                         struct optional_double target);

/* A count of 10,000 and above in 万, exactly ("6.2345万", so that 59,970 is not 6万); "" below. */
void format_wan(double value, char out[static FORMAT_BYTES]);

/* "2017年12月31日", "31 December 2017". */
void format_date(int64_t day, enum language language, char out[static FORMAT_BYTES]);

/* "2017年12月31日 23:59", "31 December 2017, 23:59", in the city's time. */
void format_time(uint64_t unix_ns, enum language language, char out[static FORMAT_BYTES]);

#endif
