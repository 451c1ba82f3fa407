/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/answer.h"

#include "common/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The body lies behind, so that its address leads back. */
struct answer {
    atomic_uint references;
    struct http_response response;
    uint64_t made_unix_ns, fresh_ns;
    char body[];
};

const struct http_response *answer_response(const struct answer *answer)
{
    return &answer->response;
}

void answer_release(struct answer *answer)
{
    if (!answer || atomic_fetch_sub(&answer->references, 1) != 1)
        return;
    http_response_fini(&answer->response);
    free(answer);
}

void answer_release_body(void *body)
{
    answer_release((struct answer *)(void *)((char *)body - offsetof(struct answer, body)));
}

struct answer *answer_hold(struct answer *answer)
{
    if (answer)
        (void)atomic_fetch_add(&answer->references, 1);
    return answer;
}

uint64_t answer_made_ns(const struct answer *answer)
{
    return answer->made_unix_ns;
}

uint64_t answer_fresh_ns(const struct answer *answer)
{
    return answer->fresh_ns;
}

size_t answer_bytes(const struct answer *answer)
{
    return sizeof *answer + answer->response.body_length;
}

struct answer *answer_new(struct http_response *response, uint64_t made_ns, uint64_t fresh_ns)
{
    struct answer *answer = malloc(sizeof *answer + response->body_length + 1);
    if (!answer) {
        http_response_fini(response);
        return NULL;
    }
    atomic_init(&answer->references, 1);
    answer->made_unix_ns = made_ns;
    answer->fresh_ns = response->fresh_s ? response->fresh_s * CLOCK_NS_PER_S : fresh_ns;
    if (response->body_length)
        memcpy(answer->body, response->body, response->body_length);
    free(response->owned);
    answer->response = *response;
    answer->response.owned = NULL;
    answer->response.body = answer->body;
    return answer;
}
