/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The commands `run` and `check` of lastmile-probe. Each returns the program's exit status: 0 done,
 * 1 failed, 2 usage or configuration error.
 */
#ifndef LASTMILE_PROBE_RUN_H
#define LASTMILE_PROBE_RUN_H

/* argv[0] is the command's name. */
int run_command(int argc, char **argv);
int check_command(int argc, char **argv);

#endif
