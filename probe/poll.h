/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command `poll`: asks one SNMP agent, or a recording, once, and says what it is and what it
 * counts; as JSON (design 2.1) or as a table for people.
 */
#ifndef LASTMILE_PROBE_POLL_H
#define LASTMILE_PROBE_POLL_H

/* argv[0] is "poll". Returns the exit code: 0 done, 1 the device did not answer, 2 usage. */
int poll_command(int argc, char **argv);

#endif
