/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The only callers of the operating system's clocks, and the civil calendar. Everything else is
 * given its time as an argument. Thread-safe, no state.
 */
#ifndef LASTMILE_COMMON_CLOCK_H
#define LASTMILE_COMMON_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_NS_PER_S  UINT64_C(1000000000)
#define CLOCK_NS_PER_MS UINT64_C(1000000)

/* Asia/Shanghai: UTC+8, no daylight saving. The city's days, months and years begin there. */
#define CLOCK_CITY_UTC_OFFSET_S 28800

/* Wall clock, ns since 1970-01-01 UTC. May jump; 0 if the kernel refuses. */
uint64_t clock_unix_ns(void);

/* CLOCK_BOOTTIME, ns since boot, counts suspension too (Linux). For durations. */
uint64_t clock_mono_ns(void);

/* CPU time that the calling thread has used, ns. */
uint64_t clock_thread_cpu_ns(void);

/* Whether a time server disciplines the wall clock, as the kernel knows it (adjtimex(2)). */
bool clock_is_synchronised(void);

/* True when a wall time is plausible for this build: not before the build's year, not 50 years on.
 * Routers boot in 1970. */
bool clock_unix_is_plausible(uint64_t unix_ns);

/* The city's civil day that holds a time: days since 1970-01-01 (Asia/Shanghai). */
int64_t clock_city_day(uint64_t unix_ns);

/* The first instant of a civil day of the city, ns since 1970-01-01 UTC; 0 for days before it. */
uint64_t clock_city_day_start_ns(int64_t day);

/* Proleptic Gregorian calendar, days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level
 * date algorithms"). Month 1..12, day 1..31. */
int64_t clock_days_from_civil(int year, int month, int day);
void clock_civil_from_days(int64_t days, int *out_year, int *out_month, int *out_day);

/* "2017-12-31" -> days since 1970-01-01. 0, or -EINVAL when it is not a date of the calendar. */
int clock_parse_date(const char *text, int64_t *out_days);

#define CLOCK_DATE_BYTES 16 /* "2017-12-31" and its NUL, with room */
#define CLOCK_TIME_BYTES 40 /* "2017-12-31T23:59:59+08:00" and its NUL, with room */

/* Writes a date, or a time of the city with its offset (RFC 3339). */
void clock_format_date(int64_t days, char out[static CLOCK_DATE_BYTES]);
void clock_format_city_time(uint64_t unix_ns, char out[static CLOCK_TIME_BYTES]);

#endif
