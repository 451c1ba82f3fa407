/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/answers.h"

#include "common/clock.h"

#include "collector/http/memo.h"
#include "collector/http/order.h"
#include "collector/http/routes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* What is asked again and again is kept ready for the next visitor: made anew at half the age at
 * which it is no longer given, which is a twentieth of a core (SITE_OLD_COST_FACTOR). */
#define WARM_TIMES   3
#define WARM_SINCE_S UINT64_C(86400)
#define WARM_MAX     64

struct ask {
    struct ask *next; /* of the memo's */
    struct memo *memo;
    void *waiter;
    struct answer *answer;
    uint64_t since_mono_ns;
};

/* A question on its way through the lanes. */
struct job {
    struct job *next;
    struct memo *memo;
    uint64_t now_unix_ns, cost_ns;
    struct http_response response;
    bool takes_old; /* nothing is there that could be given meanwhile */
};

enum lane { LANE_LIGHT, LANE_SITE, LANE_CHILDREN, LANES };

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
    struct memo_book *memos;
    uint64_t latest_unix_ns; /* of the questions that were taken up */
    bool stopping;
};

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

static uint64_t age_ns(const struct answer *answer, uint64_t now_unix_ns)
{
    uint64_t made_ns = answer_made_ns(answer);
    /* A clock that went backwards makes everything old. */
    return now_unix_ns >= made_ns ? now_unix_ns - made_ns : UINT64_MAX;
}

static bool can_be_given(const struct answers *answers, const struct memo *memo,
                         uint64_t now_unix_ns)
{
    return memo->answer &&
           age_ns(memo->answer, now_unix_ns) < site_old_ns(answers->site, memo->cost_ns);
}

/* Has the memo's answer made anew, unless it is being made. False: memory. */
static bool order_anew(struct answers *answers, struct memo *memo, uint64_t now_unix_ns)
{
    if (memo->making)
        return true;
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return false;
    job->memo = memo;
    job->now_unix_ns = now_unix_ns;
    job->takes_old = !can_be_given(answers, memo, now_unix_ns);
    memo->making = true;
    push(answers, site_light(answers->site) ? LANE_LIGHT : LANE_SITE, job);
    return true;
}

static void tell_all(struct answers *answers, struct memo *memo, struct answer *answer)
{
    while (memo->asks) {
        struct ask *ask = memo->asks;
        memo->asks = ask->next;
        ask->memo = NULL;
        ask->answer = answer_hold(answer);
        answers->ready(answers->ready_ctx, ask->waiter);
    }
}

/* What was made is told to all who wait, and kept if it is good; while it is being made anew
 * whatever it says, or who comes meanwhile would wait. */
static void give(struct answers *answers, struct job *job, uint64_t made_unix_ns)
{
    struct memo *memo = job->memo;
    bool good = (job->response.status == HTTP_OK || memo->making) && !job->response.no_store;
    uint64_t fresh_ns = site_fresh_ns(answers->site);
    if (fresh_ns > 0 && SITE_COST_FACTOR * job->cost_ns > fresh_ns)
        fresh_ns = SITE_COST_FACTOR * job->cost_ns;
    struct answer *answer = answer_new(&job->response, made_unix_ns, fresh_ns);
    job->response = (struct http_response){0};
    tell_all(answers, memo, answer);
    memo_keep(answers->memos, memo, good && answer && answer_fresh_ns(answer) > 0 ? answer : NULL);
    answer_release(answer);
}

/* The end of a job. */
static void finish(struct answers *answers, struct job *job)
{
    struct memo *memo = job->memo;
    if (!job->response.content_type)
        http_respond_problem(&job->response, HTTP_UNAVAILABLE, "The server is being stopped.");
    memo->cost_ns = job->cost_ns;
    memo->making = false;
    give(answers, job, job->now_unix_ns);
    job_free(job);
    memo_make_room(answers->memos);
}

/* The first whom somebody waits for, else the first. The clock of a question that waited may be
 * behind what was evaluated meanwhile: it catches up. */
static struct job *pop(struct answers *answers, struct queue *queue)
{
    struct job **place = &queue->first;
    while (*place && !(*place)->memo->asks)
        place = &(*place)->next;
    if (!*place)
        place = &queue->first;
    struct job *job = *place;
    *place = job->next;
    if (!*place)
        queue->last = place;
    uint64_t latest = answers->latest_unix_ns;
    if (job->now_unix_ns < latest && latest - job->now_unix_ns < SITE_OLD_MS * CLOCK_NS_PER_MS)
        job->now_unix_ns = latest;
    answers->latest_unix_ns = job->now_unix_ns;
    return job;
}

/* Without the lock. Where the job goes next; LANES = it is done. */
static enum lane work(struct answers *answers, enum lane lane, struct job *job,
                      struct site_verdict *out_verdict)
{
    struct http_request request = job->memo->question;
    struct site *site = lane == LANE_LIGHT ? site_light(answers->site) : answers->site;
    uint64_t began = clock_mono_ns();
    request.now_unix_ns = job->now_unix_ns;
    if (lane == LANE_CHILDREN) {
        order_run(&request, &job->response);
    } else {
        site_begin(site, job->takes_old);
        routes_answer(site, TARGET_OK, &request, &job->response);
        *out_verdict = site_verdict(site);
    }
    job->cost_ns += clock_mono_ns() - began;
    if (out_verdict->lacks || out_verdict->oldest_ns)
        return LANE_SITE;
    return job->response.order ? LANE_CHILDREN : LANES;
}

/* On to the next lane: an answer that is worth nothing is forgotten, an old one is given first. */
static void pass_on(struct answers *answers, enum lane next, struct job *job,
                    const struct site_verdict *verdict)
{
    if (verdict->lacks || (verdict->oldest_ns && job->response.order))
        http_response_fini(&job->response);
    else if (verdict->oldest_ns)
        give(answers, job, verdict->oldest_ns);
    if (next == LANE_SITE)
        job->cost_ns = 0;
    push(answers, next, job);
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
        struct job *job = pop(answers, queue);
        struct site_verdict verdict = {0};
        (void)pthread_mutex_unlock(&answers->lock);
        enum lane next = work(answers, lane, job, &verdict);
        (void)pthread_mutex_lock(&answers->lock);
        if (next == LANES)
            finish(answers, job);
        else
            pass_on(answers, next, job, &verdict);
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
    if (answers)
        answers->memos = memo_book_new();
    if (!answers || !answers->memos) {
        free(answers);
        return NULL;
    }
    answers->site = site;
    answers->ready = ready;
    answers->ready_ctx = ctx;
    (void)pthread_mutex_init(&answers->lock, NULL); /* the default kind needs nothing */
    for (int lane = 0; lane < LANES; lane++) {
        answers->lanes[lane].last = &answers->lanes[lane].first;
        (void)pthread_cond_init(&answers->lanes[lane].filled, NULL);
    }
    int status = 0;
    for (int lane = site_light(site) ? LANE_LIGHT : LANE_SITE; lane < LANES && status == 0; lane++)
        status = start_lane(answers, (enum lane)lane);
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
    memo_book_free(answers->memos);
    for (int lane = 0; lane < LANES; lane++)
        (void)pthread_cond_destroy(&answers->lanes[lane].filled);
    (void)pthread_mutex_destroy(&answers->lock);
    free(answers);
}

/* --- Asking --- */

/* Made anew while it is given; what says itself how long it is true is not. */
static bool is_renewed(const struct answer *answer)
{
    return answer_response(answer)->fresh_s == 0;
}

struct answer *answers_find(struct answers *answers, const struct http_request *request)
{
    struct answer *found = NULL;
    (void)pthread_mutex_lock(&answers->lock);
    struct memo *memo = memo_touch(answers->memos, request);
    if (memo) {
        memo->asked_unix_ns = request->now_unix_ns;
        memo->times++;
    }
    if (memo && memo->answer) {
        uint64_t age = age_ns(memo->answer, request->now_unix_ns);
        uint64_t fresh = answer_fresh_ns(memo->answer);
        bool renewed = is_renewed(memo->answer) && fresh > 0;
        bool late = renewed && memo->making && can_be_given(answers, memo, request->now_unix_ns);
        if (age < fresh || late)
            found = answer_hold(memo->answer);
        if (found && renewed && age >= fresh / 2)
            (void)order_anew(answers, memo, request->now_unix_ns); /* else when it is old */
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
    struct memo *memo = memo_touch(answers->memos, request);
    if (memo && order_anew(answers, memo, request->now_unix_ns)) {
        ask->memo = memo;
        ask->next = memo->asks;
        memo->asks = ask;
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

/* Gives what is there to those of the memo who have waited long enough; true when some wait on. */
static bool serve_stale(struct answers *answers, struct memo *memo, uint64_t now_mono_ns)
{
    bool waiting = false;
    for (struct ask **place = &memo->asks; *place;) {
        struct ask *ask = *place;
        if (now_mono_ns - ask->since_mono_ns < ANSWERS_PATIENCE_MS * CLOCK_NS_PER_MS) {
            waiting = true;
            place = &ask->next;
            continue;
        }
        *place = ask->next;
        ask->memo = NULL;
        ask->answer = answer_hold(memo->answer);
        answers->ready(answers->ready_ctx, ask->waiter);
    }
    return waiting;
}

bool answers_serve_stale(struct answers *answers, uint64_t now_mono_ns)
{
    bool waiting = false;
    uint64_t now_unix_ns = clock_unix_ns();
    (void)pthread_mutex_lock(&answers->lock);
    for (struct memo *memo = memo_newest(answers->memos); memo; memo = memo->older)
        if (memo->asks && memo->answer && is_renewed(memo->answer) &&
            can_be_given(answers, memo, now_unix_ns))
            waiting = serve_stale(answers, memo, now_mono_ns) || waiting;
    (void)pthread_mutex_unlock(&answers->lock);
    return waiting;
}

/* What everything else on the pages can be made from (site.h). */
static const struct {
    const char *target;
    enum role role;
} prepared[] = {
    {"/api/v1/figures", ROLE_COMMISSION},
    {"/api/v1/trends", ROLE_COMMISSION},
    {"/api/v1/nodes", ROLE_COMMISSION},
    {"/api/v1/figures", ROLE_PUBLIC},
};

void answers_prepare(struct answers *answers, uint64_t now_unix_ns)
{
    (void)pthread_mutex_lock(&answers->lock);
    for (size_t i = 0; i < sizeof prepared / sizeof prepared[0]; i++) {
        struct http_request request = {.method = HTTP_GET, .viewer.role = prepared[i].role};
        (void)target_parse(prepared[i].target, strlen(prepared[i].target), &request.target);
        struct memo *memo = memo_touch(answers->memos, &request);
        if (memo) /* without memory it is made when it is asked for */
            (void)order_anew(answers, memo, now_unix_ns);
    }
    (void)pthread_mutex_unlock(&answers->lock);
}

void answers_keep_warm(struct answers *answers, uint64_t now_unix_ns)
{
    size_t looked_at = 0;
    (void)pthread_mutex_lock(&answers->lock);
    for (struct memo *memo = memo_newest(answers->memos); memo && looked_at < WARM_MAX;
         memo = memo->older) {
        if (!memo->answer || !is_renewed(memo->answer) || memo->times < WARM_TIMES)
            continue;
        looked_at++;
        if (now_unix_ns - memo->asked_unix_ns < WARM_SINCE_S * CLOCK_NS_PER_S &&
            age_ns(memo->answer, now_unix_ns) >= site_old_ns(answers->site, memo->cost_ns) / 2)
            (void)order_anew(answers, memo, now_unix_ns); /* without memory, next time */
    }
    (void)pthread_mutex_unlock(&answers->lock);
}
