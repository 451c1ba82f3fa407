/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How often somebody may do something: a bucket a key, in a table of fixed size. Time is an
 * argument. A key is a hash that strangers cannot foresee (crypto_hash_key); where the table is
 * full, the bucket that is nearest to being even makes room.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_RATE_H
#define LASTMILE_COLLECTOR_ACCESS_RATE_H

#include <stdint.h>

struct rate;

/* One each cost_ns in the long run, burst of them at once. NULL when memory is out. */
struct rate *rate_new(uint64_t cost_ns, unsigned burst);
void rate_free(struct rate *rate);

/* Takes one. 0, or for how many nanoseconds there is none: at least 1. */
uint64_t rate_take(struct rate *rate, uint64_t key, uint64_t now_ns);
/* What rate_take would say, taking nothing. */
uint64_t rate_wait(const struct rate *rate, uint64_t key, uint64_t now_ns);
/* Gives back one that was taken. */
void rate_give_back(struct rate *rate, uint64_t key);
/* Forgets all that was taken. */
void rate_forgive(struct rate *rate, uint64_t key);

#endif
