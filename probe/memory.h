/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the probe's memory comes from. Large zeroed memory straight from the kernel: resident only
 * where it is touched, in huge pages where the kernel gives them (Linux). For struct flow_options.
 */
#ifndef LASTMILE_PROBE_MEMORY_H
#define LASTMILE_PROBE_MEMORY_H

#include <stddef.h>

/* Once, before any thread: the heap gives back what is freed, and is one for all threads. A small
 * router has better uses for what glibc would keep; other libcs are frugal by themselves. */
void memory_be_frugal(void);

/* NULL when there is none. */
void *memory_take(size_t bytes);
void memory_give(void *memory, size_t bytes);

#endif
