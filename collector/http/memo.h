/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What has been asked, and the last good answer to it: a table of questions within bounds of number
 * and bytes, in which the longest unasked goes first. Inside collector/http only; under the lock of
 * answers.c.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_MEMO_H
#define LASTMILE_COLLECTOR_HTTP_MEMO_H

#include "collector/http/answer.h"
#include "collector/http/message.h"

#include <stdbool.h>
#include <stdint.h>

struct ask;
struct memo_book;

/* One question, whoever asks it. It stays where it is while an answer is made or waited for. */
struct memo {
    struct memo *next;          /* of the bucket's */
    struct memo *newer, *older; /* by when it was last asked */
    char *key;
    uint64_t hash;
    struct http_request question;
    char *accept, *accept_encoding; /* of the question, owned */
    uint64_t asked_unix_ns, times;  /* last, and how often */
    struct answer *answer;          /* the last good one, or NULL: memo_keep */
    uint64_t cost_ns;               /* of making it */
    struct ask *asks;               /* who waits */
    bool making;
};

struct memo_book *memo_book_new(void); /* NULL: memory */
void memo_book_free(struct memo_book *book);

/* The question's memo, made where it is new, and the newest from now on; NULL: memory. */
struct memo *memo_touch(struct memo_book *book, const struct http_request *request);
/* The one that was touched last; from it by `older` to all others. */
struct memo *memo_newest(const struct memo_book *book);
/* Holds an answer (or none) instead of the one before. */
void memo_keep(struct memo_book *book, struct memo *memo, struct answer *answer);
/* Within the bounds again: all but what is being made or waited for may go. */
void memo_make_room(struct memo_book *book);

#endif
