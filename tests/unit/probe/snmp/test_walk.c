/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/walk.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

#define ROWS_MAX 10000

/* An agent with columns 1.3.1 to 1.3.COLUMNS of integers in whatever order `order` says. */
struct agent {
    size_t columns, rows;
    const uint32_t *order; /* NULL: 1 to rows */
    size_t answer_max;     /* varbinds; longer answers are lost */
    bool too_big;          /* ... or answered by tooBig */
    unsigned questions, timeouts;
};

static struct varbind answer[WALK_COLUMNS_MAX * WALK_REPETITIONS_MAX];

static size_t place_after(const struct agent *agent, const struct oid *name)
{
    if (name->length < 4)
        return 0;
    for (size_t i = 0; i < agent->rows; i++)
        if ((agent->order ? agent->order[i] : i + 1) == name->arcs[3])
            return i + 1;
    return agent->rows;
}

static struct source_answer reply(struct agent *agent, const struct source_request *request)
{
    size_t wanted = request->operation == SOURCE_GET_BULK ? request->max_repetitions : 1;
    size_t count = wanted * request->name_count;
    agent->questions++;
    if (count > agent->answer_max) {
        agent->timeouts += !agent->too_big;
        return (struct source_answer){.status = agent->too_big ? SOURCE_TOO_BIG : SOURCE_TIMEOUT};
    }
    for (size_t i = 0; i < count; i++) {
        const struct oid *asked = &request->names[i % request->name_count];
        size_t place = place_after(agent, asked) + i / request->name_count;
        answer[i] = (struct varbind){.type = VALUE_INTEGER, .integer = 1};
        answer[i].name = (struct oid){4, {1, 3, asked->arcs[2], 0}};
        if (place < agent->rows)
            answer[i].name.arcs[3] = agent->order ? agent->order[place] : (uint32_t)(place + 1);
        else
            answer[i].type = VALUE_END_OF_MIB_VIEW;
    }
    return (struct source_answer){.status = SOURCE_OK, .varbinds = answer, .varbind_count = count};
}

/* Walks all columns of an agent; rows found of the first. */
static size_t walk_all(struct agent *agent, struct walk_pace *pace, struct walk *walk)
{
    struct oid columns[WALK_COLUMNS_MAX];
    const struct walk_limits limits = {ROWS_MAX, 1 << 20};
    struct source_request request;
    struct varbind_set *set = varbind_set_new(1 << 20, 1 << 26);
    for (size_t i = 0; i < agent->columns; i++)
        columns[i] = (struct oid){3, {1, 3, (uint32_t)i + 1}};
    walk_start(walk, columns, agent->columns, &limits, set);
    enum walk_state state = WALK_MORE;
    while (state == WALK_MORE) {
        walk_request(walk, pace, &request);
        struct source_answer told = reply(agent, &request);
        state = walk_answer(walk, pace, &told, set);
        assert_true(agent->questions < 100000);
    }
    size_t rows = 0;
    (void)varbind_set_range(set, &columns[0], &rows);
    varbind_set_free(set);
    return rows;
}

static void columns_side_by_side_take_a_question_for_all(void **state)
{
    struct agent agent = {.columns = 8, .rows = 50, .answer_max = 1000};
    struct walk_pace pace = {.repetitions = 25};
    struct walk walk;
    (void)state;
    assert_int_equal(walk_all(&agent, &pace, &walk), 50);
    assert_int_equal(agent.questions, 3);
    walk_fini(&walk);
}

static void the_end_costs_little_when_the_number_of_rows_is_known(void **state)
{
    struct agent agent = {.columns = 2, .rows = 50, .answer_max = 1000};
    struct walk_pace pace = {.repetitions = 25, .rows = 50};
    struct source_request request;
    struct walk walk;
    (void)state;
    assert_int_equal(walk_all(&agent, &pace, &walk), 50);
    walk.columns[0].state = WALK_MORE; /* as it was before the last answer */
    walk_request(&walk, &pace, &request);
    assert_int_equal(request.max_repetitions, 1);
    walk_fini(&walk);
}

static void answers_too_big_or_lost_halve_the_question_and_are_remembered(void **state)
{
    (void)state;
    for (int too_big = 0; too_big < 2; too_big++) {
        struct agent agent = {.columns = 4, .rows = 200, .answer_max = 30, .too_big = too_big};
        struct walk_pace pace = {.repetitions = 25};
        struct walk walk;
        assert_int_equal(walk_all(&agent, &pace, &walk), 200);
        assert_int_equal(pace.repetitions, 6);
        assert_false(pace.get_next_only);
        assert_int_equal(agent.timeouts, too_big ? 0 : 2);
        walk_fini(&walk);
        agent.timeouts = agent.questions = 0;
        assert_int_equal(walk_all(&agent, &pace, &walk), 200);
        assert_true(agent.timeouts <= 1); /* now and then a larger one is tried */
        walk_fini(&walk);
    }
}

static void an_agent_that_dies_is_not_slowed_down_for_its_next_life(void **state)
{
    struct agent agent = {.columns = 4, .rows = 200, .answer_max = 0};
    struct walk_pace pace = {.repetitions = 25};
    struct walk walk;
    (void)state;
    assert_int_equal(walk_all(&agent, &pace, &walk), 0);
    assert_int_equal(agent.questions, 2); /* a large one, and a small one to be sure */
    assert_int_equal(walk.columns[3].state, WALK_SILENT);
    assert_int_equal(pace.repetitions, 25);
    walk_fini(&walk);
}

static void a_table_in_random_order_is_kept_whole_however_long(void **state)
{
    static uint32_t order[5000];
    struct agent agent = {.columns = 2, .rows = 5000, .order = order, .answer_max = 1000};
    struct walk_pace pace = {.repetitions = 50};
    struct walk walk;
    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        order[i] = i * 1237 % 5000 + 1;
    assert_int_equal(walk_all(&agent, &pace, &walk), 5000);
    assert_int_equal(walk.columns[0].state, WALK_DONE);
    assert_true(walk.columns[0].backward > 1000);
    walk_fini(&walk);
}

static void rows_are_capped(void **state)
{
    struct agent agent = {.columns = 1, .rows = ROWS_MAX + 500, .answer_max = 1000};
    struct walk_pace pace = {.repetitions = 50};
    struct walk walk;
    (void)state;
    assert_int_equal(walk_all(&agent, &pace, &walk), ROWS_MAX);
    assert_int_equal(walk.columns[0].state, WALK_CAPPED);
    walk_fini(&walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_side_by_side_take_a_question_for_all),
        cmocka_unit_test(the_end_costs_little_when_the_number_of_rows_is_known),
        cmocka_unit_test(answers_too_big_or_lost_halve_the_question_and_are_remembered),
        cmocka_unit_test(an_agent_that_dies_is_not_slowed_down_for_its_next_life),
        cmocka_unit_test(a_table_in_random_order_is_kept_whole_however_long),
        cmocka_unit_test(rows_are_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
