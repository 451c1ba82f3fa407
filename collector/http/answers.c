/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/answers.h"

#include "common/clock.h"

#include "collector/http/order.h"
#include "collector/http/routes.h"
#include "collector/http/text.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS        1024
#define KEPT_BYTES_MAX ((size_t)32 << 20) /* bodies that are remembered, together */
#define KEPT_MAX       2048               /* and how many */

/* What is asked again and again is kept ready for the next visitor, at a twentieth of a core. */
#define WARM_TIMES       3
#define WARM_SINCE_S     UINT64_C(86400)
#define WARM_MAX         64
#define WARM_COST_FACTOR 20

/* The body lies behind, so that its address leads back. */
struct answer {
    atomic_uint references;
    struct http_response response;
    uint64_t made_unix_ns, fresh_ns;
    char body[];
};

struct ask {
    struct ask *next; /* of the entry's */
    struct entry *entry;
    void *waiter;
    struct answer *answer;
    uint64_t since_mono_ns;
};

/* One question, whoever asks it. It stays as it is while an answer is made. */
struct entry {
    struct entry *next;          /* of the bucket's */
    struct entry *newer, *older; /* by when it was last asked */
    char *key;
    uint64_t hash;
    struct http_request question;
    char *accept, *accept_encoding; /* of the question, owned */
    uint64_t asked_unix_ns, times;  /* last, and how often */
    struct answer *answer;          /* the last good one, or NULL */
    uint64_t cost_ns;               /* of making it */
    struct ask *asks;
    bool making;
};

/* A question on its way through the lanes. */
struct job {
    struct job *next;
    struct entry *entry;
    uint64_t now_unix_ns, cost_ns;
    struct http_response response;
};

enum lane { LANE_SITE, LANE_CHILDREN, LANES };

struct queue {
    struct job *first, **last;
    pthread_cond_t filled;
    pthread_t thread;
    bool started;
};

struct answers {
    struct site *site;
    answers_ready_fn ready;
    void *ready_ctx;
    pthread_mutex_t lock; /* of all below */
    struct queue lanes[LANES];
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    size_t kept_bytes, kept;
    bool stopping;
};

/* --- Answers --- */

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

void answer_hold(struct answer *answer)
{
    (void)atomic_fetch_add(&answer->references, 1);
}

static struct answer *hold(struct answer *answer)
{
    if (answer)
        answer_hold(answer);
    return answer;
}

/* Takes what the response holds; NULL when memory is out. */
static struct answer *answer_new(struct http_response *response, uint64_t made_ns,
                                 uint64_t fresh_ns)
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

/* --- Questions --- */

/* Everything of a request that a handler may read, but for the time and If-None-Match. */
static char *write_key(const struct http_request *request)
{
    struct text key = {0};
    text_put(&key, request->target.path);
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        text_put(&key, i ? "&" : "?");
        text_put(&key, request->target.parameters[i].name);
        text_put(&key, "=");
        text_put(&key, request->target.parameters[i].value);
    }
    text_printf(&key, "\n%s\n%d\n%d\n%s\n%s", request->accept ? request->accept : "",
                http_accepts_gzip(request->accept_encoding), (int)request->viewer.role,
                request->viewer.operator_key, request->viewer.name);
    return text_take(&key, NULL);
}

static uint64_t hash_of(const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *at = key; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return hash;
}

static struct entry *find(const struct answers *answers, const char *key, uint64_t hash)
{
    struct entry *entry = answers->buckets[hash % BUCKETS];
    while (entry && (entry->hash != hash || strcmp(entry->key, key) != 0))
        entry = entry->next;
    return entry;
}

static void unlink_by_age(struct answers *answers, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &answers->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &answers->oldest) = entry->newer;
}

static void link_as_newest(struct answers *answers, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = answers->newest;
    *(entry->older ? &entry->older->newer : &answers->oldest) = entry;
    answers->newest = entry;
}

static size_t bytes_of(const struct entry *entry)
{
    return sizeof *entry + strlen(entry->key) +
           (entry->answer ? sizeof *entry->answer + entry->answer->response.body_length : 0);
}

static void free_entry(struct entry *entry)
{
    free(entry->accept);
    free(entry->accept_encoding);
    free(entry->key);
    free(entry);
}

static void drop_entry(struct answers *answers, struct entry *entry)
{
    struct entry **place = &answers->buckets[entry->hash % BUCKETS];
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    unlink_by_age(answers, entry);
    answers->kept--;
    answers->kept_bytes -= bytes_of(entry);
    answer_release(entry->answer);
    free_entry(entry);
}

/* The longest unasked go first, but none that somebody waits for. */
static void make_room(struct answers *answers)
{
    struct entry *entry = answers->oldest;
    while (entry && (answers->kept > KEPT_MAX || answers->kept_bytes > KEPT_BYTES_MAX)) {
        struct entry *newer = entry->newer;
        if (!entry->making && !entry->asks)
            drop_entry(answers, entry);
        entry = newer;
    }
}

/* Takes the key. */
static struct entry *new_entry(const struct http_request *request, char *key)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry) {
        free(key);
        return NULL;
    }
    entry->key = key;
    entry->accept = request->accept ? strdup(request->accept) : NULL;
    entry->accept_encoding = request->accept_encoding ? strdup(request->accept_encoding) : NULL;
    entry->question = *request;
    entry->question.method = HTTP_GET;
    entry->question.if_none_match = NULL;
    entry->question.csrf = NULL; /* of one visit; no answer that is shared has it */
    entry->question.accept = entry->accept;
    entry->question.accept_encoding = entry->accept_encoding;
    if ((!request->accept || entry->accept) &&
        (!request->accept_encoding || entry->accept_encoding))
        return entry;
    free_entry(entry);
    return NULL;
}

/* The question's entry, made where it is new; NULL when memory is out. */
static struct entry *touch(struct answers *answers, const struct http_request *request)
{
    char *key = write_key(request);
    if (!key)
        return NULL;
    uint64_t hash = hash_of(key);
    struct entry *entry = find(answers, key, hash);
    if (entry) {
        free(key);
        unlink_by_age(answers, entry);
        link_as_newest(answers, entry);
        return entry;
    }
    entry = new_entry(request, key);
    if (!entry)
        return NULL;
    entry->hash = hash;
    entry->next = answers->buckets[hash % BUCKETS];
    answers->buckets[hash % BUCKETS] = entry;
    link_as_newest(answers, entry);
    answers->kept++;
    answers->kept_bytes += bytes_of(entry);
    make_room(answers); /* the newest is the last to go */
    return entry;
}

/* --- Lanes --- */

static void job_free(struct job *job)
{
    http_response_fini(&job->response);
    free(job);
}

static void push(struct answers *answers, enum lane lane, struct job *job)
{
    struct queue *queue = &answers->lanes[lane];
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    (void)pthread_cond_signal(&queue->filled); /* cannot fail */
}

/* Has the entry's answer made anew, unless it is being made. False: memory. */
static bool order_anew(struct answers *answers, struct entry *entry, uint64_t now_unix_ns)
{
    if (entry->making)
        return true;
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return false;
    job->entry = entry;
    job->now_unix_ns = now_unix_ns;
    entry->making = true;
    push(answers, LANE_SITE, job);
    return true;
}

static void tell_all(struct answers *answers, struct entry *entry, struct answer *answer)
{
    while (entry->asks) {
        struct ask *ask = entry->asks;
        entry->asks = ask->next;
        ask->entry = NULL;
        ask->answer = hold(answer);
        answers->ready(answers->ready_ctx, ask->waiter);
    }
}

/* The end of a job: what was made is told to all who wait, and kept if it is good. */
static void finish(struct answers *answers, struct job *job)
{
    struct entry *entry = job->entry;
    if (!job->response.content_type)
        http_respond_problem(&job->response, HTTP_UNAVAILABLE, "The server is being stopped.");
    bool good = job->response.status == HTTP_OK && !job->response.no_store;
    uint64_t fresh_ns = site_fresh_ns(answers->site);
    if (fresh_ns > 0 && SITE_COST_FACTOR * job->cost_ns > fresh_ns)
        fresh_ns = SITE_COST_FACTOR * job->cost_ns;
    struct answer *answer = answer_new(&job->response, job->now_unix_ns, fresh_ns);
    entry->cost_ns = job->cost_ns;
    entry->making = false;
    tell_all(answers, entry, answer);
    answers->kept_bytes -= bytes_of(entry);
    answer_release(entry->answer);
    entry->answer = good && answer && answer->fresh_ns > 0 ? hold(answer) : NULL;
    answers->kept_bytes += bytes_of(entry);
    answer_release(answer);
    job->response = (struct http_response){0};
    job_free(job);
    make_room(answers);
}

struct lane_start {
    struct answers *answers;
    enum lane lane;
};

static void *run(void *ctx)
{
    struct lane_start *start = ctx;
    struct answers *answers = start->answers;
    enum lane lane = start->lane;
    struct queue *queue = &answers->lanes[lane];
    free(start);
    (void)pthread_mutex_lock(&answers->lock); /* cannot fail: it is ours and no recursion */
    for (;;) {
        while (!queue->first && !answers->stopping)
            (void)pthread_cond_wait(&queue->filled, &answers->lock);
        if (answers->stopping)
            break;
        struct job *job = queue->first;
        queue->first = job->next;
        if (!queue->first)
            queue->last = &queue->first;
        (void)pthread_mutex_unlock(&answers->lock);
        struct http_request request = job->entry->question;
        uint64_t began = clock_mono_ns();
        request.now_unix_ns = job->now_unix_ns;
        if (lane == LANE_SITE)
            routes_answer(answers->site, TARGET_OK, &request, &job->response);
        else
            order_run(&request, &job->response);
        job->cost_ns = clock_mono_ns() - began;
        (void)pthread_mutex_lock(&answers->lock);
        if (job->response.order)
            push(answers, LANE_CHILDREN, job);
        else
            finish(answers, job);
    }
    (void)pthread_mutex_unlock(&answers->lock);
    return NULL;
}

/* Signals are the main loop's. */
static int start_lane(struct answers *answers, enum lane lane)
{
    struct lane_start *start = malloc(sizeof *start);
    if (!start)
        return -ENOMEM;
    *start = (struct lane_start){answers, lane};
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&answers->lanes[lane].thread, NULL, run, start);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    answers->lanes[lane].started = error == 0;
    if (error)
        free(start);
    return -error;
}

struct answers *answers_new(struct site *site, answers_ready_fn ready, void *ctx)
{
    struct answers *answers = calloc(1, sizeof *answers);
    if (!answers)
        return NULL;
    answers->site = site;
    answers->ready = ready;
    answers->ready_ctx = ctx;
    (void)pthread_mutex_init(&answers->lock, NULL); /* the default kind needs nothing */
    for (int lane = 0; lane < LANES; lane++) {
        answers->lanes[lane].last = &answers->lanes[lane].first;
        (void)pthread_cond_init(&answers->lanes[lane].filled, NULL);
    }
    int status = start_lane(answers, LANE_SITE);
    if (status == 0)
        status = start_lane(answers, LANE_CHILDREN);
    if (status == 0)
        return answers;
    answers_stop(answers);
    answers_free(answers);
    errno = -status;
    return NULL;
}

void answers_stop(struct answers *answers)
{
    (void)pthread_mutex_lock(&answers->lock);
    answers->stopping = true;
    for (int lane = 0; lane < LANES; lane++)
        (void)pthread_cond_broadcast(&answers->lanes[lane].filled);
    (void)pthread_mutex_unlock(&answers->lock);
    for (int lane = 0; lane < LANES; lane++) {
        struct queue *queue = &answers->lanes[lane];
        if (queue->started)
            (void)pthread_join(queue->thread, NULL);
        queue->started = false;
    }
    for (int lane = 0; lane < LANES; lane++) {
        struct job *job = answers->lanes[lane].first;
        answers->lanes[lane].first = NULL;
        while (job) {
            struct job *next = job->next;
            http_response_fini(&job->response);
            finish(answers, job);
            job = next;
        }
    }
}

void answers_free(struct answers *answers)
{
    while (answers->oldest)
        drop_entry(answers, answers->oldest);
    for (int lane = 0; lane < LANES; lane++)
        (void)pthread_cond_destroy(&answers->lanes[lane].filled);
    (void)pthread_mutex_destroy(&answers->lock);
    free(answers);
}

/* --- Asking --- */

static uint64_t age_ns(const struct answer *answer, uint64_t now_unix_ns)
{
    /* A clock that went backwards makes everything old. */
    return now_unix_ns >= answer->made_unix_ns ? now_unix_ns - answer->made_unix_ns : UINT64_MAX;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* How old an answer may be that is given at all. */
static uint64_t stale_ns(const struct entry *entry)
{
    return larger(ANSWERS_STALE_MS * CLOCK_NS_PER_MS, 2 * WARM_COST_FACTOR * entry->cost_ns);
}

struct answer *answers_find(struct answers *answers, const struct http_request *request)
{
    struct answer *found = NULL;
    (void)pthread_mutex_lock(&answers->lock);
    struct entry *entry = touch(answers, request);
    if (entry) {
        entry->asked_unix_ns = request->now_unix_ns;
        entry->times++;
    }
    if (entry && entry->answer) {
        const struct answer *kept = entry->answer;
        uint64_t age = age_ns(kept, request->now_unix_ns);
        bool renewed = !kept->response.fresh_s && kept->fresh_ns > 0;
        bool late = renewed && entry->making && age < stale_ns(entry);
        if (age < kept->fresh_ns || late)
            found = hold(entry->answer);
        if (found && renewed && age >= kept->fresh_ns / 2)
            (void)order_anew(answers, entry,
                             request->now_unix_ns); /* else it is made when it is old */
    }
    (void)pthread_mutex_unlock(&answers->lock);
    return found;
}

struct ask *answers_wait(struct answers *answers, const struct http_request *request, void *waiter)
{
    struct ask *ask = calloc(1, sizeof *ask);
    if (!ask)
        return NULL;
    ask->waiter = waiter;
    ask->since_mono_ns = clock_mono_ns();
    (void)pthread_mutex_lock(&answers->lock);
    struct entry *entry = touch(answers, request);
    if (entry && order_anew(answers, entry, request->now_unix_ns)) {
        ask->entry = entry;
        ask->next = entry->asks;
        entry->asks = ask;
    } else {
        free(ask);
        ask = NULL;
    }
    (void)pthread_mutex_unlock(&answers->lock);
    return ask;
}

struct answer *answers_take(struct answers *answers, struct ask *ask)
{
    (void)pthread_mutex_lock(&answers->lock);
    struct answer *answer = ask->answer;
    (void)pthread_mutex_unlock(&answers->lock);
    free(ask);
    return answer;
}

/* Gives what is there to those of the entry who have waited long enough; true when some wait on. */
static bool serve_stale(struct answers *answers, struct entry *entry, uint64_t now_mono_ns)
{
    bool waiting = false;
    for (struct ask **place = &entry->asks; *place;) {
        struct ask *ask = *place;
        if (now_mono_ns - ask->since_mono_ns < ANSWERS_PATIENCE_MS * CLOCK_NS_PER_MS) {
            waiting = true;
            place = &ask->next;
            continue;
        }
        *place = ask->next;
        ask->entry = NULL;
        ask->answer = hold(entry->answer);
        answers->ready(answers->ready_ctx, ask->waiter);
    }
    return waiting;
}

bool answers_serve_stale(struct answers *answers, uint64_t now_mono_ns)
{
    bool waiting = false;
    uint64_t now_unix_ns = clock_unix_ns();
    (void)pthread_mutex_lock(&answers->lock);
    for (struct entry *entry = answers->newest; entry; entry = entry->older)
        if (entry->asks && entry->answer && !entry->answer->response.fresh_s &&
            age_ns(entry->answer, now_unix_ns) < stale_ns(entry))
            waiting = serve_stale(answers, entry, now_mono_ns) || waiting;
    (void)pthread_mutex_unlock(&answers->lock);
    return waiting;
}

void answers_keep_warm(struct answers *answers, uint64_t now_unix_ns)
{
    size_t looked_at = 0;
    (void)pthread_mutex_lock(&answers->lock);
    for (struct entry *entry = answers->newest; entry && looked_at < WARM_MAX;
         entry = entry->older) {
        if (!entry->answer || entry->answer->response.fresh_s || entry->times < WARM_TIMES)
            continue;
        looked_at++;
        if (now_unix_ns - entry->asked_unix_ns < WARM_SINCE_S * CLOCK_NS_PER_S &&
            age_ns(entry->answer, now_unix_ns) >=
                larger(ANSWERS_STALE_MS / 2 * CLOCK_NS_PER_MS, WARM_COST_FACTOR * entry->cost_ns))
            (void)order_anew(answers, entry, now_unix_ns); /* without memory, next time */
    }
    (void)pthread_mutex_unlock(&answers->lock);
}
