/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/rate.h"

#include <stddef.h>
#include <stdlib.h>

#define SLOTS 4096u /* a power of two */
#define REACH 8u    /* slots that a key may lie in */

struct slot {
    uint64_t key;
    uint64_t even_ns; /* when all is given back; 0: free */
};

struct rate {
    uint64_t cost_ns, burst_ns;
    struct slot slots[SLOTS];
};

struct rate *rate_new(uint64_t cost_ns, unsigned burst)
{
    struct rate *rate = calloc(1, sizeof *rate);
    if (rate) {
        rate->cost_ns = cost_ns;
        rate->burst_ns = cost_ns * burst;
    }
    return rate;
}

void rate_free(struct rate *rate)
{
    free(rate);
}

/* Where the key's slot is, or SLOTS. */
static size_t find(const struct rate *rate, uint64_t key)
{
    for (size_t i = 0; i < REACH; i++) {
        size_t at = (key + i) % SLOTS;
        if (rate->slots[at].even_ns != 0 && rate->slots[at].key == key)
            return at;
    }
    return SLOTS;
}

/* The key's slot, or else the one that is even first. */
static struct slot *claim(struct rate *rate, uint64_t key)
{
    size_t best = find(rate, key);
    if (best < SLOTS)
        return &rate->slots[best];
    best = key % SLOTS;
    for (size_t i = 1; i < REACH; i++)
        if (rate->slots[(key + i) % SLOTS].even_ns < rate->slots[best].even_ns)
            best = (key + i) % SLOTS;
    return &rate->slots[best];
}

uint64_t rate_wait(const struct rate *rate, uint64_t key, uint64_t now_ns)
{
    size_t at = find(rate, key);
    uint64_t even_ns = at < SLOTS ? rate->slots[at].even_ns : 0;
    if (even_ns < now_ns)
        even_ns = now_ns;
    uint64_t after_ns = even_ns + rate->cost_ns - now_ns;
    return after_ns > rate->burst_ns ? after_ns - rate->burst_ns : 0;
}

uint64_t rate_take(struct rate *rate, uint64_t key, uint64_t now_ns)
{
    uint64_t wait_ns = rate_wait(rate, key, now_ns);
    if (wait_ns > 0)
        return wait_ns;
    struct slot *slot = claim(rate, key);
    if (slot->key != key || slot->even_ns < now_ns)
        slot->even_ns = now_ns;
    slot->key = key;
    slot->even_ns += rate->cost_ns;
    return 0;
}

void rate_give_back(struct rate *rate, uint64_t key)
{
    size_t at = find(rate, key);
    if (at < SLOTS)
        rate->slots[at].even_ns -= rate->cost_ns;
}

void rate_forgive(struct rate *rate, uint64_t key)
{
    size_t at = find(rate, key);
    if (at < SLOTS)
        rate->slots[at].even_ns = 0;
}
