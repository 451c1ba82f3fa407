/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Large zeroed memory straight from the kernel: resident only where it is touched, in huge pages
 * where the kernel gives them (Linux). For struct flow_options.
 */
#ifndef LASTMILE_PROBE_MEMORY_H
#define LASTMILE_PROBE_MEMORY_H

#include <stddef.h>

/* NULL when there is none. */
void *memory_take(size_t bytes);
void memory_give(void *memory, size_t bytes);

#endif
