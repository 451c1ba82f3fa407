/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A figure that may be unknown. Unknown is never 0 and never -1: it is a value of its own, and it
 * travels as an absent key (CBOR), null (JSON), an empty cell (CSV) or NULL (SQL).
 */
#ifndef LASTMILE_COMMON_OPTIONAL_H
#define LASTMILE_COMMON_OPTIONAL_H

#include <stdbool.h>
#include <stdint.h>

struct optional_u64 {
    bool known;
    uint64_t value; /* meaningless unless known */
};

struct optional_double {
    bool known;
    double value; /* meaningless unless known */
};

static inline struct optional_u64 optional_u64(uint64_t value)
{
    return (struct optional_u64){.known = true, .value = value};
}

static inline struct optional_double optional_double(double value)
{
    return (struct optional_double){.known = true, .value = value};
}

/* The sum, unknown only where both are unknown: what one source does not say, another may. */
static inline struct optional_u64 optional_u64_add(struct optional_u64 a, struct optional_u64 b)
{
    return (struct optional_u64){.known = a.known || b.known,
                                 .value = (a.known ? a.value : 0) + (b.known ? b.value : 0)};
}

#endif
