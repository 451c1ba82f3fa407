/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a probe with given settings costs its host, measured here and now: processor time per
 * packet, memory, the program's size, octets of a day's reports, and what a day writes to flash.
 */
#ifndef LASTMILE_PROBE_BENCH_COST_H
#define LASTMILE_PROBE_BENCH_COST_H

#include <stdbool.h>

/* Prints a table, or one JSON object. The exit code: 0 done, 1 failed, 2 unusable settings. */
int bench_cost(const char *config, bool json);

#endif
