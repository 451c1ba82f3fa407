/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command `setup`: from the folder that `lastmile enrol` made to a probe that can be started:
 * settings and secrets written whole or not at all, the interface chosen, the doctor asked.
 */
#ifndef LASTMILE_PROBE_SETUP_H
#define LASTMILE_PROBE_SETUP_H

/* argv[0] is "setup". The exit code: 0 done and nothing fails, 1 something does, 2 usage. */
int setup_command(int argc, char **argv);

#endif
