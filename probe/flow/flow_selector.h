/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Hash-based selection of flows (RFC 5475 section 6.2, RFC 7014): all packets, in both directions,
 * of the flows whose keyed hash lies below a threshold, and none of the others. The meter asks it
 * between decode and the flow table, so that control messages that name lines are still learned.
 * The seed is secret and is not the flow table's: nobody can choose flows that are never counted,
 * and those that are chosen spread over the whole table. Pure.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_SELECTOR_H
#define LASTMILE_PROBE_FLOW_FLOW_SELECTOR_H

#include "probe/flow/flow_key.h"

#include <stdbool.h>

struct flow_selector {
    struct flow_hasher hasher;
    uint64_t threshold; /* of the hash */
    uint32_t interval;  /* one flow of so many; 1: all */
};

/* `interval` from 1. `seed` may be the flow table's; another one is made of it. */
static inline void flow_selector_init(struct flow_selector *selector, uint32_t interval,
                                      const struct siphash_seed *seed)
{
    struct siphash other = siphash_begin(seed);
    siphash_word(&other, 0, 1);
    *selector = (struct flow_selector){.threshold = UINT64_MAX / interval, .interval = interval};
    uint64_t k0 = siphash_end(&other, 3);
    flow_hasher_init(&selector->hasher, &(struct siphash_seed){k0, ~k0 ^ seed->k1});
}

static inline bool flow_selector_takes(const struct flow_selector *selector,
                                       const struct flow_key *key)
{
    struct flow_name name;
    if (selector->interval <= 1)
        return true;
    flow_name_of(&name, key, &selector->hasher);
    return name.hash < selector->threshold;
}

#endif
