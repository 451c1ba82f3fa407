/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the parts of bench_series share: the stream, and how a result is counted and said.
 */
#ifndef LASTMILE_TESTS_BENCH_BENCH_SERIES_H
#define LASTMILE_TESTS_BENCH_BENCH_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_STEP_S  300
#define BENCH_SOURCES 3

struct bench_stream {
    const char *folder;
    size_t series, intervals; /* interval 0 makes the files; 1..intervals are measured */
    uint64_t first_s, seed;
};

uint64_t bench_value(const struct bench_stream *stream, size_t series, size_t interval,
                     size_t source);
/* Of this process and its children that have ended. */
double bench_cpu_s(void);
void bench_print(const char *name, const struct bench_stream *stream, double cpu_s, double wall_s);
void bench_remove(const char *folder);

/* librrd's own calls, twelve points a call, in this process (bench_series_others.c). */
void bench_librrd(const struct bench_stream *stream);
/* collectd with mqtt and rrdtool beside a broker of its own; says what is missing. */
void bench_collectd(const struct bench_stream *stream);

#endif
