/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An answer that is remembered and may be on its way to many at once: counted references, any
 * thread.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_ANSWER_H
#define LASTMILE_COLLECTOR_HTTP_ANSWER_H

#include "collector/http/message.h"

#include <stddef.h>
#include <stdint.h>

struct answer;

/* Takes what the response holds. fresh_ns: how long it is given, unless the response says so
 * itself. NULL: memory. */
struct answer *answer_new(struct http_response *response, uint64_t made_ns, uint64_t fresh_ns);

/* The moment that it was made for, and how long from then it is given without question. */
uint64_t answer_made_ns(const struct answer *answer);
uint64_t answer_fresh_ns(const struct answer *answer);
size_t answer_bytes(const struct answer *answer);

/* Borrowed until the release. */
const struct http_response *answer_response(const struct answer *answer);
struct answer *answer_hold(struct answer *answer); /* NULL of NULL */
void answer_release(struct answer *answer);
/* For a library that takes a body and says only where it was: its release by its bytes. */
void answer_release_body(void *body);

#endif
