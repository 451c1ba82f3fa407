/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/slots.h"

#define NS_PER_S UINT64_C(1000000000)

/* FNV-1a, and a last mix so that names that differ in their last letter spread. */
uint64_t slots_hash(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

uint64_t slots_next(uint64_t epoch_ns, uint64_t interval_ns, uint64_t phase, uint64_t not_before_ns)
{
    uint64_t first = epoch_ns + phase % interval_ns;
    if (first >= not_before_ns)
        return first;
    uint64_t passed = (not_before_ns - first + interval_ns - 1) / interval_ns;
    return first + passed * interval_ns;
}

uint64_t slots_backoff(uint64_t interval_ns, unsigned failures, uint64_t random)
{
    if (failures < 2)
        return 0;
    unsigned doublings = failures - 1 < SLOTS_DOUBLINGS_MAX ? failures - 1 : SLOTS_DOUBLINGS_MAX;
    uint64_t longest = SLOTS_BACKOFF_MAX_S * NS_PER_S;
    uint64_t wait = interval_ns << doublings;
    if (wait > longest)
        wait = interval_ns > longest ? interval_ns : longest;
    return wait + random % (wait / 8 + 1);
}
