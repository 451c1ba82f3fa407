/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/memo.h"

#include "collector/http/question.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS        1024
#define KEPT_BYTES_MAX ((size_t)32 << 20) /* bodies that are remembered, together */
#define KEPT_MAX       2048               /* and how many */

struct memo_book {
    struct memo *buckets[BUCKETS];
    struct memo *newest, *oldest;
    size_t kept_bytes, kept;
};

struct memo_book *memo_book_new(void)
{
    return calloc(1, sizeof(struct memo_book));
}

static struct memo *find(const struct memo_book *book, const char *key, uint64_t hash)
{
    struct memo *memo = book->buckets[hash % BUCKETS];
    while (memo && (memo->hash != hash || strcmp(memo->key, key) != 0))
        memo = memo->next;
    return memo;
}

static void unlink_by_age(struct memo_book *book, struct memo *memo)
{
    *(memo->newer ? &memo->newer->older : &book->newest) = memo->older;
    *(memo->older ? &memo->older->newer : &book->oldest) = memo->newer;
}

static void link_as_newest(struct memo_book *book, struct memo *memo)
{
    memo->newer = NULL;
    memo->older = book->newest;
    *(memo->older ? &memo->older->newer : &book->oldest) = memo;
    book->newest = memo;
}

static size_t bytes_of(const struct memo *memo)
{
    return sizeof *memo + strlen(memo->key) + (memo->answer ? answer_bytes(memo->answer) : 0);
}

static void free_memo(struct memo *memo)
{
    free(memo->accept);
    free(memo->accept_encoding);
    free(memo->key);
    free(memo);
}

static void drop(struct memo_book *book, struct memo *memo)
{
    struct memo **place = &book->buckets[memo->hash % BUCKETS];
    while (*place != memo)
        place = &(*place)->next;
    *place = memo->next;
    unlink_by_age(book, memo);
    book->kept--;
    book->kept_bytes -= bytes_of(memo);
    answer_release(memo->answer);
    free_memo(memo);
}

void memo_book_free(struct memo_book *book)
{
    if (!book)
        return;
    while (book->oldest)
        drop(book, book->oldest);
    free(book);
}

void memo_make_room(struct memo_book *book)
{
    struct memo *memo = book->oldest;
    while (memo && (book->kept > KEPT_MAX || book->kept_bytes > KEPT_BYTES_MAX)) {
        struct memo *newer = memo->newer;
        if (!memo->making && !memo->asks)
            drop(book, memo);
        memo = newer;
    }
}

/* Takes the key. */
static struct memo *new_memo(const struct http_request *request, char *key)
{
    struct memo *memo = calloc(1, sizeof *memo);
    if (!memo) {
        free(key);
        return NULL;
    }
    memo->key = key;
    memo->accept = request->accept ? strdup(request->accept) : NULL;
    memo->accept_encoding = request->accept_encoding ? strdup(request->accept_encoding) : NULL;
    memo->question = *request;
    memo->question.method = HTTP_GET;
    memo->question.if_none_match = NULL;
    memo->question.csrf = NULL; /* of one visit; no answer that is shared has it */
    memo->question.accept = memo->accept;
    memo->question.accept_encoding = memo->accept_encoding;
    if ((!request->accept || memo->accept) && (!request->accept_encoding || memo->accept_encoding))
        return memo;
    free_memo(memo);
    return NULL;
}

struct memo *memo_touch(struct memo_book *book, const struct http_request *request)
{
    char *key = question_key(request);
    if (!key)
        return NULL;
    uint64_t hash = question_hash(key);
    struct memo *memo = find(book, key, hash);
    if (memo) {
        free(key);
        unlink_by_age(book, memo);
        link_as_newest(book, memo);
        return memo;
    }
    memo = new_memo(request, key);
    if (!memo)
        return NULL;
    memo->hash = hash;
    memo->next = book->buckets[hash % BUCKETS];
    book->buckets[hash % BUCKETS] = memo;
    link_as_newest(book, memo);
    book->kept++;
    book->kept_bytes += bytes_of(memo);
    memo_make_room(book); /* the newest is the last to go */
    return memo;
}

struct memo *memo_newest(const struct memo_book *book)
{
    return book->newest;
}

void memo_keep(struct memo_book *book, struct memo *memo, struct answer *answer)
{
    book->kept_bytes -= bytes_of(memo);
    answer_release(memo->answer);
    memo->answer = answer ? answer_hold(answer) : NULL;
    book->kept_bytes += bytes_of(memo);
}
