/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/array.h"

#include <stdint.h>
#include <stdlib.h>

void *array_grow(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    size_t capacity = count == 0 ? 1 : count * 2;
    return capacity > SIZE_MAX / size ? NULL : realloc(array, capacity * size);
}
