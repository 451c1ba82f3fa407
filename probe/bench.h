/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `lastmile-probe bench`: how many packets a second this machine decodes, sorts into flows and
 * counts on lines, over frames in memory; each count is held against the truth.
 */
#ifndef LASTMILE_PROBE_BENCH_H
#define LASTMILE_PROBE_BENCH_H

/* Exit status: 0 done, 1 a count was wrong or memory is short, 2 usage. */
int bench_command(int argc, char **argv);

#endif
