/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `lastmile-probe replay FILE`: a capture file in its own time, deterministic, to one table or JSON
 * object (design 2.1). Addresses appear only where --flows asks for them on the user's own file.
 */
#ifndef LASTMILE_PROBE_REPLAY_H
#define LASTMILE_PROBE_REPLAY_H

/* argv[0] is "replay". Returns the exit status: 0 done, 1 the file could not be read (to its end),
 * 2 usage or configuration. */
int replay_command(int argc, char **argv);

#endif
