/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A status in memory that two processes share: the probe writes, the sub-agent reads whenever it is
 * asked. Neither ever waits for the other; a reader who meets a writer tries again. One thread on
 * each side.
 */
#ifndef LASTMILE_PROBE_SUBAGENT_BOARD_H
#define LASTMILE_PROBE_SUBAGENT_BOARD_H

#include "probe/subagent/status.h"

#include <stdbool.h>

struct board;

/* The writer's side, with room for so many devices. NULL with errno. */
struct board *board_new(size_t devices_max);
/* The reader's side, from the writer's descriptor. NULL with errno (EPROTO: it is no board). */
struct board *board_open(int descriptor);
void board_free(struct board *board);

/* For the reader's process. */
int board_descriptor(const struct board *board);

/* The writer's own copy, to be changed at leisure; borrowed. */
struct probe_status *board_edit(struct board *board);
/* Shows the copy to readers. */
void board_publish(struct board *board);

/* Takes over what was shown last; borrowed until the next call. NULL when the writer has shown
 * nothing yet, or died while it wrote. */
const struct probe_status *board_read(struct board *board);

#endif
