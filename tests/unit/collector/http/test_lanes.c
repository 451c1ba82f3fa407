/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cheap answers beside dear ones: a site and its light one, whose source is held while it
 * evaluates.
 */
#include "collector/http/answers.h"

#include "collector/http/routes.h"

#include "common/clock.h"

#include "tests/support/fake_site.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRESH_MS 1000

static struct fake_site fake;
static struct site *site;
static struct answers *answers;
static sem_t reached; /* once for each evaluation of figures that has begun */
static sem_t reached_published;
static sem_t may_go; /* what is held waits for it */
static atomic_bool held;
static atomic_bool sick;
static atomic_uint evaluations;

static int give_figures(void *ctx, const struct figure_query *query, uint64_t now_ns,
                        struct figures **out_figures)
{
    atomic_fetch_add(&evaluations, 1);
    (void)sem_post(&reached);
    if (atomic_load(&held))
        assert_int_equal(sem_wait(&may_go), 0);
    return fake.source.figures(ctx, query, now_ns, out_figures);
}

static int give_published(void *ctx, const struct figure_query *query, uint64_t now_ns,
                          struct figures **out_figures)
{
    (void)sem_post(&reached_published);
    return fake.source.published(ctx, query, now_ns, out_figures);
}

/* Takes longer than a light site does with anything, and tells of a collector that hears nothing.
 */
static int give_status(void *ctx, uint64_t now_ns, struct site_status **out_status)
{
    int status = fake.source.status(ctx, now_ns, out_status);
    if (status < 0 || !atomic_load(&sick))
        return status;
    const struct timespec dear = {.tv_nsec = 30 * (long)CLOCK_NS_PER_MS};
    (void)nanosleep(&dear, NULL);
    (*out_status)->last_commit_ns = 1;
    return 0;
}

/* A light site that evaluates what is dear has no excuse. */
static int must_not(void *ctx, const struct figure_query *query, uint64_t now_ns,
                    struct figures **out_figures)
{
    (void)ctx;
    (void)query;
    (void)now_ns;
    (void)out_figures;
    fail_msg("a light site has evaluated figures");
    return -EIO;
}

static void on_ready(void *ctx, void *waiter)
{
    (void)ctx;
    (void)sem_post(waiter);
}

static int start(void **state)
{
    (void)state;
    if (!fake_site_open(&fake, 0))
        return -1;
    struct site_source whole = fake.source, light = fake.source;
    whole.figures = give_figures;
    whole.published = give_published;
    whole.status = light.status = give_status;
    light.figures = light.published = must_not;
    atomic_store(&evaluations, 0);
    atomic_store(&held, false);
    atomic_store(&sick, false);
    (void)sem_init(&reached, 0, 0);
    (void)sem_init(&reached_published, 0, 0);
    (void)sem_init(&may_go, 0, 0);
    site = site_new(fake.plan, &whole, FRESH_MS);
    if (!site || site_add_light(site, &light) < 0)
        return -1;
    answers = answers_new(site, on_ready, NULL);
    return answers ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    atomic_store(&held, false);
    (void)sem_post(&may_go); /* where a case has failed */
    answers_stop(answers);
    answers_free(answers);
    site_free(site);
    fake_site_close(&fake);
    return 0;
}

static struct http_request question(const char *target, uint64_t age_ms)
{
    struct http_request request = {.method = HTTP_GET,
                                   .viewer.role = ROLE_ADMIN,
                                   .now_unix_ns = FAKE_NOW_NS + age_ms * CLOCK_NS_PER_MS};
    assert_int_equal(target_parse(target, strlen(target), &request.target), TARGET_OK);
    return request;
}

/* One who waits; told once. */
struct waiting {
    struct ask *ask;
    sem_t told;
};

static void wait_for(struct waiting *waiting, const struct http_request *request)
{
    (void)sem_init(&waiting->told, 0, 0);
    assert_null(answers_find(answers, request));
    waiting->ask = answers_wait(answers, request, &waiting->told);
    assert_non_null(waiting->ask);
}

/* Hangs where it waits for what is held. */
static struct answer *take_any(struct waiting *waiting, enum http_status status)
{
    assert_int_equal(sem_wait(&waiting->told), 0);
    struct answer *answer = answers_take(answers, waiting->ask);
    assert_non_null(answer);
    assert_int_equal(answer_response(answer)->status, status);
    return answer;
}

static struct answer *take(struct waiting *waiting)
{
    return take_any(waiting, HTTP_OK);
}

static struct answer *get(const char *target, uint64_t age_ms)
{
    struct waiting waiting;
    const struct http_request request = question(target, age_ms);
    wait_for(&waiting, &request);
    return take(&waiting);
}

/* Asks for an evaluation, which has begun and is held. */
static void hold_year(struct waiting *dear, const char *target, uint64_t age_ms)
{
    while (sem_trywait(&reached) == 0)
        ;
    atomic_store(&held, true);
    const struct http_request request = question(target, age_ms);
    wait_for(dear, &request);
    assert_int_equal(sem_wait(&reached), 0);
}

static void let_go(struct waiting *dear)
{
    atomic_store(&held, false);
    (void)sem_post(&may_go);
    answer_release(take(dear));
}

static void a_cheap_answer_is_made_while_a_dear_one_is(void **state)
{
    (void)state;
    static const char *const cheap[] = {"/api/v1/plan", "/api/v1/probes", "/api/v1/series",
                                        "/healthz",     "/api/v1/areas",  "/api/v1/alerts"};
    struct waiting dear;
    hold_year(&dear, "/api/v1/figures?year=2020", 0);
    for (size_t i = 0; i < sizeof cheap / sizeof cheap[0]; i++)
        answer_release(get(cheap[i], i));
    let_go(&dear);
}

static void what_is_evaluated_is_answered_from_while_another_year_is_evaluated(void **state)
{
    (void)state;
    struct waiting dear;
    answer_release(get("/api/v1/figures?year=2025", 0));
    hold_year(&dear, "/api/v1/figures?year=2020", 5);
    answer_release(get("/api/v1/figures?year=2025&area=371002", 10));
    assert_int_equal(atomic_load(&evaluations), 2);
    let_go(&dear);
}

static void an_evaluation_that_is_no_longer_fresh_is_given_at_once_and_made_anew(void **state)
{
    (void)state;
    const uint64_t later_ms = 10 * FRESH_MS;
    struct waiting dear;
    answer_release(get("/api/v1/figures?year=2025", 0));
    hold_year(&dear, "/api/v1/figures?year=2020", later_ms);
    struct answer *answer = get("/api/v1/figures?year=2025&area=371002", later_ms);
    assert_int_equal(answer_made_ns(answer), FAKE_NOW_NS);
    answer_release(answer);
    let_go(&dear);
    assert_int_equal(sem_wait(&reached), 0); /* the year anew, though nobody waits for it */
    answers_stop(answers);
    const struct http_request again = question("/api/v1/figures?year=2025&area=371002", later_ms);
    answer = answers_find(answers, &again);
    assert_non_null(answer);
    assert_int_equal(answer_made_ns(answer), again.now_unix_ns);
    answer_release(answer);
}

/* A health check that fails is no 200, and is asked for again and again. */
static void whatever_an_early_answer_says_nobody_waits_for_a_better_one(void **state)
{
    (void)state;
    const uint64_t later_ms = 10 * FRESH_MS;
    struct http_request health = question("/healthz", 0);
    struct waiting dear, first;
    atomic_store(&sick, true);
    wait_for(&first, &health);
    answer_release(take_any(&first, HTTP_UNAVAILABLE)); /* the status is known to be dear now */
    hold_year(&dear, "/api/v1/figures?year=2020", later_ms);
    health.now_unix_ns += later_ms * CLOCK_NS_PER_MS;
    wait_for(&first, &health);
    answer_release(take_any(&first, HTTP_UNAVAILABLE));
    struct answer *answer = answers_find(answers, &health); /* in line behind what is held */
    assert_non_null(answer);
    answer_release(answer);
    let_go(&dear);
}

static void nobody_gets_an_evaluation_that_is_too_old(void **state)
{
    (void)state;
    struct waiting dear;
    answer_release(get("/api/v1/figures?year=2025", 0));
    hold_year(&dear, "/api/v1/figures?year=2025&area=371002", SITE_OLD_MS);
    assert_int_equal(sem_trywait(&dear.told), -1);
    let_go(&dear);
    assert_int_equal(atomic_load(&evaluations), 2);
}

static void who_waits_goes_before_what_nobody_waits_for(void **state)
{
    (void)state;
    const uint64_t later_ms = 10 * FRESH_MS;
    struct waiting dear, waited_for;
    answer_release(get("/api/v1/figures?year=2024", 0));
    hold_year(&dear, "/api/v1/figures?year=2020", later_ms);
    /* Given from what is there; in line to be made anew. */
    answer_release(get("/api/v1/figures?year=2024&area=371002", later_ms));
    const struct http_request request = question("/api/v1/figures?year=2019", later_ms);
    wait_for(&waited_for, &request);
    answer_release(get("/api/v1/plan", later_ms)); /* so it is in the same line, behind */
    (void)sem_post(&may_go);
    answer_release(take(&dear));
    (void)sem_post(&may_go); /* of the next evaluation alone */
    answer_release(take(&waited_for));
}

static void a_question_whose_clock_is_behind_what_was_evaluated_meanwhile_catches_up(void **state)
{
    (void)state;
    struct waiting dear, behind;
    hold_year(&dear, "/api/v1/figures?year=2020", 500);
    const struct http_request request = question("/api/v1/figures?year=2020&area=371002", 499);
    wait_for(&behind, &request);
    let_go(&dear);
    answer_release(take(&behind));
    assert_int_equal(atomic_load(&evaluations), 1);
}

static void the_current_year_is_evaluated_before_anybody_asks(void **state)
{
    (void)state;
    answers_prepare(answers, FAKE_NOW_NS);
    assert_int_equal(sem_wait(&reached), 0);
    assert_int_equal(sem_wait(&reached_published), 0); /* the last */
    struct waiting dear;
    hold_year(&dear, "/api/v1/figures?year=2020", 5);
    answer_release(get("/api/v1/figures?area=371002", 10));
    let_go(&dear);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(a_cheap_answer_is_made_while_a_dear_one_is),
        CASE(what_is_evaluated_is_answered_from_while_another_year_is_evaluated),
        CASE(an_evaluation_that_is_no_longer_fresh_is_given_at_once_and_made_anew),
        CASE(whatever_an_early_answer_says_nobody_waits_for_a_better_one),
        CASE(nobody_gets_an_evaluation_that_is_too_old),
        CASE(who_waits_goes_before_what_nobody_waits_for),
        CASE(a_question_whose_clock_is_behind_what_was_evaluated_meanwhile_catches_up),
        CASE(the_current_year_is_evaluated_before_anybody_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
