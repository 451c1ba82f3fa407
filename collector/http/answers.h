/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Makes answers off the server's thread and remembers them for a moment, coding and tag included,
 * so that a storm of requests costs one evaluation and no request waits for another's. Three lanes,
 * a thread each:
 *
 *   light     asks the light site (whose only user it is), which gives what is evaluated already
 *   site      asks the site for what the light one lacks, which is dear; who waits goes before what
 *             is made anew with nobody waiting
 *   children  waits for child processes (order.h)
 *
 * So a cheap answer never waits behind a dear one. One that can be made from an evaluation that is
 * no longer fresh is given so, its moment stated, and made anew in the lane of the site.
 *
 *   age below half of fresh   given at once
 *   age below fresh           given at once, and made anew meanwhile
 *   age up to SITE_OLD_MS      made anew; given at once to whoever comes while it is, and to the
 *     (or 40 times its cost)  first when it has waited PATIENCE_MS
 *   older, or never made      made anew; the request waits
 *
 * What was dear to make stays fresh longer (SITE_COST_FACTOR).
 * An answer that says itself how long it stays true (fresh_s) is given for so long, and no longer.
 * Two requests get one answer only if nothing differs that a handler may read:
 * question_key. Errors are never remembered.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_ANSWERS_H
#define LASTMILE_COLLECTOR_HTTP_ANSWERS_H

#include "collector/http/answer.h"
#include "collector/http/message.h"

#include <stdbool.h>
#include <stdint.h>

#define ANSWERS_PATIENCE_MS 20

struct site;
struct answers;
struct ask; /* one request that waits */

/* Tells that an ask is answered; from one of the threads here. */
typedef void (*answers_ready_fn)(void *ctx, void *waiter);

/* Borrows the site and its light one, if there is one; its freshness is that of answers (0: nothing
 * is remembered). Starts the threads. NULL with errno. */
struct answers *answers_new(struct site *site, answers_ready_fn ready, void *ctx);
/* Ends the threads; who still waits is told, and gets the 503 problem. Asks are taken before
 * answers_free. */
void answers_stop(struct answers *answers);
void answers_free(struct answers *answers);

/* What can be given at once (the caller releases it), or NULL: then answers_wait. */
struct answer *answers_find(struct answers *answers, const struct http_request *request);

/* The waiter is told once, from another thread, maybe before this returns. NULL: memory. */
struct ask *answers_wait(struct answers *answers, const struct http_request *request, void *waiter);
/* Of an ask that was told; ends the ask. NULL: memory was out. */
struct answer *answers_take(struct answers *answers, struct ask *ask);

/* Gives up the patience of those who can have an older answer. True while somebody waits so: call
 * again in a few milliseconds. */
bool answers_serve_stale(struct answers *answers, uint64_t now_mono_ns);

/* Has the current year evaluated before anybody asks: the first visitor after a start waits no
 * longer than others, and whoever comes meanwhile goes first. */
void answers_prepare(struct answers *answers, uint64_t now_unix_ns);

/* Makes anew what was asked several times within a day, before it is too old to be given: whoever
 * comes first in the morning waits no longer than others. Call it now and then. */
void answers_keep_warm(struct answers *answers, uint64_t now_unix_ns);

#endif
