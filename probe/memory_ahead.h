/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory made ready before it is used: a thread asks the kernel for pages (MADV_POPULATE_WRITE,
 * Linux 5.14) while another one counts, which would wait for each at its first touch. Where the
 * kernel cannot, or no core is idle, it changes nothing but the order.
 */
#ifndef LASTMILE_PROBE_MEMORY_AHEAD_H
#define LASTMILE_PROBE_MEMORY_AHEAD_H

#include <stddef.h>

/* Begins and ends the thread; once at a time. Without it memory_ahead_want does nothing. */
void memory_ahead_begin(void);
void memory_ahead_end(void);

/* Memory of memory_take that will be written soon. Never waits; forgets what is too much at once.
 * Only from the thread that called memory_ahead_begin; it may be given back after memory_ahead_end
 * only. */
void memory_ahead_want(void *memory, size_t bytes);

#endif
