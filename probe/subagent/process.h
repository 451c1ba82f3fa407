/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The sub-agent as a process that the probe starts, starts again when it dies, and ends. Nothing
 * here waits, but for a moment at the end. One thread. Time is an argument.
 */
#ifndef LASTMILE_PROBE_SUBAGENT_PROCESS_H
#define LASTMILE_PROBE_SUBAGENT_PROCESS_H

#include <stdint.h>

/* What the sub-agent finds open: the board, and a pipe that ends with the probe. */
#define SUBAGENT_BOARD_FD 3
#define SUBAGENT_LIFE_FD  4

struct subagent_process;

/* Starts nothing yet; the program is looked for beside the probe's own, then where it is installed.
 * board_fd is borrowed, socket copied. NULL with errno (ENOENT: no program). */
struct subagent_process *subagent_process_new(const char *socket, int board_fd);
/* Ends the process. */
void subagent_process_free(struct subagent_process *process);

/* Starts the process when it does not run, at first at once, then after waits that double. Call at
 * least once a second. */
void subagent_process_service(struct subagent_process *process, uint64_t now_mono_ns);

#endif
