/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers as they are remembered: a source that counts, and that can be held while it works.
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

#define FRESH_MS 1000

static struct fake_site fake;
static struct site *site;
static struct answers *answers;
static sem_t told;   /* once for each waiter that was told */
static sem_t may_go; /* while held: the source waits for it */
static atomic_bool held;
static atomic_uint evaluations;
static atomic_int failure;

static int read_status(void *ctx, uint64_t now_ns, struct site_status **out_status)
{
    (void)ctx;
    (void)now_ns;
    atomic_fetch_add(&evaluations, 1);
    if (atomic_load(&held))
        assert_int_equal(sem_wait(&may_go), 0);
    if (atomic_load(&failure))
        return atomic_load(&failure);
    *out_status = calloc(1, sizeof **out_status);
    return *out_status ? 0 : -ENOMEM;
}

static void on_ready(void *ctx, void *waiter)
{
    (void)ctx;
    (void)waiter;
    (void)sem_post(&told);
}

static int start(void **state)
{
    (void)state;
    const struct site_source source = {.status = read_status};
    if (!fake_site_open(&fake, 0))
        return -1;
    atomic_store(&evaluations, 0);
    atomic_store(&failure, 0);
    atomic_store(&held, false);
    (void)sem_init(&told, 0, 0);
    (void)sem_init(&may_go, 0, 0);
    site = site_new(fake.plan, &source, FRESH_MS);
    answers = site ? answers_new(site, on_ready, NULL) : NULL;
    return answers ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    answers_stop(answers);
    answers_free(answers);
    site_free(site);
    fake_site_close(&fake);
    return 0;
}

static struct http_request question(const char *target, const char *accept, uint64_t age_ms)
{
    struct http_request request = {.method = HTTP_GET,
                                   .accept = accept,
                                   .viewer.role = ROLE_ADMIN,
                                   .now_unix_ns = FAKE_NOW_NS + age_ms * CLOCK_NS_PER_MS};
    assert_int_equal(target_parse(target, strlen(target), &request.target), TARGET_OK);
    return request;
}

static struct ask *wait_for(const struct http_request *request)
{
    struct answer *found = answers_find(answers, request);
    assert_null(found);
    struct ask *ask = answers_wait(answers, request, &told);
    assert_non_null(ask);
    return ask;
}

static int status_of(struct answer *answer)
{
    assert_non_null(answer);
    int status = (int)answer_response(answer)->status;
    answer_release(answer);
    return status;
}

/* The status of an answer that is made, or remembered (out_found). */
static int get(const struct http_request *request, bool *out_found)
{
    struct answer *answer = answers_find(answers, request);
    *out_found = answer != NULL;
    if (answer)
        return status_of(answer);
    struct ask *ask = answers_wait(answers, request, &told);
    assert_non_null(ask);
    assert_int_equal(sem_wait(&told), 0);
    return status_of(answers_take(answers, ask));
}

static void an_answer_is_made_once_and_given_again_while_it_is_fresh(void **state)
{
    (void)state;
    struct http_request first = question("/api/v1/probes", NULL, 0);
    struct http_request again = question("/api/v1/probes", NULL, FRESH_MS / 2 - 1);
    struct http_request later = question("/api/v1/probes", NULL, FRESH_MS);
    bool found;
    assert_int_equal(get(&first, &found), HTTP_OK);
    assert_false(found);
    assert_int_equal(get(&again, &found), HTTP_OK);
    assert_true(found);
    assert_int_equal(atomic_load(&evaluations), 1);
    assert_int_equal(get(&later, &found), HTTP_OK);
    assert_false(found);
    assert_int_equal(atomic_load(&evaluations), 2);
}

static void those_who_ask_at_once_cost_one_evaluation(void **state)
{
    (void)state;
    enum { ASKS = 20 };
    struct ask *asks[ASKS];
    struct http_request request = question("/api/v1/probes", NULL, 0);
    atomic_store(&held, true);
    for (size_t i = 0; i < ASKS; i++)
        asks[i] = wait_for(&request);
    atomic_store(&held, false);
    assert_int_equal(sem_post(&may_go), 0);
    for (size_t i = 0; i < ASKS; i++)
        assert_int_equal(sem_wait(&told), 0);
    for (size_t i = 0; i < ASKS; i++)
        assert_int_equal(status_of(answers_take(answers, asks[i])), HTTP_OK);
    assert_int_equal(atomic_load(&evaluations), 1);
}

static void questions_that_differ_get_answers_of_their_own(void **state)
{
    (void)state;
    struct http_request requests[] = {
        question("/api/v1/probes", NULL, 0),         question("/api/v1/probes", "text/csv", 0),
        question("/api/v1/probes?limit=1", NULL, 0), question("/api/v1/probes", NULL, 0),
        question("/api/v1/probes", NULL, 0),         question("/api/v1/probes", NULL, 0)};
    requests[3].accept_encoding = "gzip";
    requests[4].viewer.role = ROLE_COMMISSION;
    requests[5].viewer = (struct viewer){.role = ROLE_OPERATOR, .operator_key = "cu"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        bool found;
        assert_int_equal(get(&requests[i], &found), HTTP_OK);
        assert_false(found);
    }
    struct answer *csv = answers_find(answers, &requests[1]);
    assert_non_null(csv);
    assert_memory_equal(answer_response(csv)->content_type, "text/csv", 8);
    answer_release(csv);
}

static void what_nothing_changes_is_made_once(void **state)
{
    (void)state;
    struct http_request first = question("/api/v1/areas", NULL, 0);
    struct http_request later = question("/api/v1/areas", NULL, 1800 * 1000);
    bool found;
    assert_int_equal(get(&first, &found), HTTP_OK);
    assert_int_equal(get(&later, &found), HTTP_OK);
    assert_true(found);
}

static void what_is_asked_again_and_again_is_kept_ready(void **state)
{
    (void)state;
    struct http_request often = question("/api/v1/probes", NULL, 0);
    struct http_request once = question("/api/v1/quarantine", NULL, 0);
    bool found;
    assert_int_equal(get(&once, &found), HTTP_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(get(&often, &found), HTTP_OK);
    unsigned before = atomic_load(&evaluations);
    answers_keep_warm(answers, FAKE_NOW_NS + 29 * CLOCK_NS_PER_S);
    uint64_t later = FAKE_NOW_NS + 40 * CLOCK_NS_PER_S;
    answers_keep_warm(answers, later);
    often.now_unix_ns = once.now_unix_ns = later + CLOCK_NS_PER_MS;
    assert_int_equal(get(&often, &found), HTTP_OK); /* is being made, or is made */
    assert_true(found);
    assert_int_equal(get(&once, &found), HTTP_OK);
    assert_false(found);
    assert_int_equal(atomic_load(&evaluations), before + 1); /* the site remembers it for both */
    answers_keep_warm(answers, later + UINT64_C(90000) * CLOCK_NS_PER_S); /* a day unasked */
    often.now_unix_ns = later + UINT64_C(90001) * CLOCK_NS_PER_S;
    assert_int_equal(get(&often, &found), HTTP_OK);
    assert_false(found);
}

static void an_error_is_never_remembered(void **state)
{
    (void)state;
    struct http_request request = question("/api/v1/probes", NULL, 0);
    bool found;
    atomic_store(&failure, -EIO);
    assert_int_equal(get(&request, &found), HTTP_UNAVAILABLE);
    atomic_store(&failure, 0);
    assert_int_equal(get(&request, &found), HTTP_OK);
    assert_false(found);
}

static void who_has_waited_long_enough_gets_the_older_answer(void **state)
{
    (void)state;
    struct http_request request = question("/api/v1/probes", NULL, 0);
    bool found;
    request.now_unix_ns = clock_unix_ns() - 2 * CLOCK_NS_PER_S; /* it is that old from now on */
    assert_int_equal(get(&request, &found), HTTP_OK);
    request.now_unix_ns = clock_unix_ns();
    atomic_store(&held, true);
    struct ask *ask = wait_for(&request);
    bool found_at_once;
    assert_int_equal(get(&request, &found_at_once), HTTP_OK);
    assert_true(found_at_once); /* it is being made anew: nobody else waits for it */
    uint64_t asked = clock_mono_ns();
    assert_true(answers_serve_stale(answers, asked));
    assert_int_equal(sem_trywait(&told), -1); /* not yet */
    (void)answers_serve_stale(answers, asked + 2 * ANSWERS_PATIENCE_MS * CLOCK_NS_PER_MS);
    assert_int_equal(sem_trywait(&told), 0);
    assert_int_equal(status_of(answers_take(answers, ask)), HTTP_OK);
    atomic_store(&held, false);
    assert_int_equal(sem_post(&may_go), 0);
}

static void nobody_gets_an_answer_that_is_too_old(void **state)
{
    (void)state;
    struct http_request request = question("/api/v1/probes", NULL, 0);
    bool found;
    request.now_unix_ns = clock_unix_ns() - (SITE_OLD_MS + 1) * CLOCK_NS_PER_MS;
    assert_int_equal(get(&request, &found), HTTP_OK);
    request.now_unix_ns = clock_unix_ns();
    atomic_store(&held, true);
    struct ask *ask = wait_for(&request);
    uint64_t asked = clock_mono_ns();
    (void)answers_serve_stale(answers, asked + 2 * ANSWERS_PATIENCE_MS * CLOCK_NS_PER_MS);
    assert_int_equal(sem_trywait(&told), -1);
    atomic_store(&held, false);
    assert_int_equal(sem_post(&may_go), 0);
    assert_int_equal(sem_wait(&told), 0);
    assert_int_equal(status_of(answers_take(answers, ask)), HTTP_OK);
}

static void a_flood_of_questions_is_forgotten_in_turn(void **state)
{
    (void)state;
    struct http_request first = question("/api/v1/probes", NULL, 0);
    bool found;
    assert_int_equal(get(&first, &found), HTTP_OK);
    for (unsigned i = 0; i < 3000; i++) {
        char target[64];
        (void)snprintf(target, sizeof target, "/api/v1/probes?cursor=%032x", i);
        struct http_request request = question(target, NULL, 0);
        assert_int_equal(get(&request, &found), HTTP_OK);
        assert_false(found);
    }
    assert_int_equal(get(&first, &found), HTTP_OK);
    assert_false(found);
}

static void who_waits_when_the_server_stops_is_told_so(void **state)
{
    (void)state;
    struct http_request one = question("/api/v1/probes", NULL, 0);
    struct http_request other = question("/api/v1/alerts", NULL, 0);
    atomic_store(&held, true);
    struct ask *first = wait_for(&one), *second = wait_for(&other);
    atomic_store(&held, false);
    assert_int_equal(sem_post(&may_go), 0);
    answers_stop(answers);
    assert_int_equal(sem_wait(&told), 0);
    assert_int_equal(sem_wait(&told), 0);
    answer_release(answers_take(answers, first));
    answer_release(answers_take(answers, second));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(an_answer_is_made_once_and_given_again_while_it_is_fresh),
        CASE(those_who_ask_at_once_cost_one_evaluation),
        CASE(questions_that_differ_get_answers_of_their_own),
        CASE(what_nothing_changes_is_made_once),
        CASE(what_is_asked_again_and_again_is_kept_ready),
        CASE(an_error_is_never_remembered),
        CASE(who_has_waited_long_enough_gets_the_older_answer),
        CASE(nobody_gets_an_answer_that_is_too_old),
        CASE(a_flood_of_questions_is_forgotten_in_turn),
        CASE(who_waits_when_the_server_stops_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
