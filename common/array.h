/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A heap array that grows one element at a time. No state; any thread.
 */
#ifndef LASTMILE_COMMON_ARRAY_H
#define LASTMILE_COMMON_ARRAY_H

#include <stddef.h>

/* Room for element number count in a heap array that only grows one by one, by this call: at powers
 * of two. The array, perhaps moved; NULL when memory is out (the array stays as it was). */
void *array_grow(void *array, size_t count, size_t size);

#endif
