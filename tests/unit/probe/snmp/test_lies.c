/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/gather.h"

#include "common/clock.h"
#include "tests/support/snmp_fixture.h"
#include "tests/support/snmp_world.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 60

/* A device with 60 access points in a table, all online, and 60 interfaces. */
static char *device_text(void)
{
    char *text = calloc(1, 64 << 10);
    size_t used = (size_t)snprintf(text, 4096,
                                   "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.14823.1.2.1\n"
                                   /* so that no honest column ends at the one that is lied about */
                                   "1.3.6.1.2.1.99.1.0|2|0\n"
                                   "1.3.6.1.4.1.14823.2.3.3.1.2.1.1.10.9|2|0\n");
    for (unsigned i = 1; i <= ROWS; i++) {
        used += (size_t)snprintf(text + used, 4096,
                                 "1.3.6.1.4.1.14823.2.3.3.1.2.1.1.11.2.0.94.0.83.%u|2|1\n"
                                 "1.3.6.1.2.1.2.2.1.3.%u|2|6\n1.3.6.1.2.1.2.2.1.8.%u|2|1\n",
                                 i, i, i);
    }
    return text;
}

static bool is_walk(const struct source_request *request)
{
    return request->operation != SOURCE_GET;
}

static bool is_value(const struct varbind *varbind)
{
    return varbind->type < VALUE_NO_SUCH_OBJECT;
}

static void same_oid(const struct source_request *request, struct fixture_answer *told)
{
    for (size_t i = 0; i < told->answer.varbind_count && is_walk(request); i++)
        told->varbinds[i] = told->varbinds[i % request->name_count];
}

/* Column by column, the last row first. */
static void decreasing(const struct source_request *request, struct fixture_answer *told)
{
    size_t columns = request->name_count;
    size_t rows = told->answer.varbind_count / columns;
    for (size_t i = 0; i < rows / 2 * columns && is_walk(request); i++) {
        size_t other = (rows - 1 - i / columns) * columns + i % columns;
        struct varbind kept = told->varbinds[i];
        told->varbinds[i] = told->varbinds[other];
        told->varbinds[other] = kept;
    }
}

static void endless(const struct source_request *request, struct fixture_answer *told)
{
    for (size_t i = 0; i < 50 && is_walk(request); i++) {
        struct oid name = request->names[0];
        if (name.length < OID_ARCS_MAX)
            name.arcs[name.length++] = 0;
        name.arcs[name.length - 1] = told->question * 50 + (uint32_t)i;
        name.length = name.length > 20 ? 20 : name.length;
        name.arcs[name.length - 1] = told->question * 50 + (uint32_t)i;
        told->varbinds[i] = (struct varbind){.name = name, .type = VALUE_INTEGER, .integer = 1};
        told->answer.varbind_count = i + 1;
    }
}

static void jump(const struct source_request *request, struct fixture_answer *told)
{
    static const struct oid elsewhere = {8, {1, 3, 6, 1, 4, 1, 99999, 1}};
    for (size_t i = 3 * request->name_count; i < told->answer.varbind_count && is_walk(request);
         i++)
        told->varbinds[i].name = elsewhere;
}

static void wrong_type(const struct source_request *request, struct fixture_answer *told)
{
    for (size_t i = 0; i < told->answer.varbind_count && is_walk(request); i++) {
        if (!is_value(&told->varbinds[i]))
            continue;
        told->varbinds[i].type = VALUE_ADDRESS;
        told->varbinds[i].bytes = (const uint8_t *)"\x01\x02";
        told->varbinds[i].length = 2;
    }
}

static void null_values(const struct source_request *request, struct fixture_answer *told)
{
    (void)request;
    for (size_t i = 0; i < told->answer.varbind_count; i++)
        if (is_value(&told->varbinds[i]))
            told->varbinds[i] =
                (struct varbind){.name = told->varbinds[i].name, .type = VALUE_NULL};
}

static void no_such_instance_inside(const struct source_request *request,
                                    struct fixture_answer *told)
{
    for (size_t i = 4 * request->name_count;
         i < told->answer.varbind_count && i < 5 * request->name_count && is_walk(request); i++)
        told->varbinds[i].type = VALUE_NO_SUCH_INSTANCE;
}

static void too_big_always(const struct source_request *request, struct fixture_answer *told)
{
    (void)request;
    told->answer = (struct source_answer){.status = SOURCE_TOO_BIG};
}

static void too_big_above_three(const struct source_request *request, struct fixture_answer *told)
{
    if (request->operation == SOURCE_GET_BULK && request->max_repetitions > 3)
        told->answer = (struct source_answer){.status = SOURCE_TOO_BIG};
}

static void silent_to_bulk(const struct source_request *request, struct fixture_answer *told)
{
    if (request->operation == SOURCE_GET_BULK)
        told->answer = (struct source_answer){.status = SOURCE_TIMEOUT};
}

static void gen_err(const struct source_request *request, struct fixture_answer *told)
{
    if (is_walk(request))
        told->answer = (struct source_answer){.status = SOURCE_ERROR, .error_index = 1};
}

static void long_strings(const struct source_request *request, struct fixture_answer *told)
{
    static uint8_t octets[65535];
    for (size_t i = 0; i < told->answer.varbind_count && is_walk(request); i++) {
        if (!is_value(&told->varbinds[i]))
            continue;
        told->varbinds[i].type = VALUE_OCTETS;
        told->varbinds[i].bytes = octets;
        told->varbinds[i].length = sizeof octets;
    }
}

static void bad_utf8(const struct source_request *request, struct fixture_answer *told)
{
    (void)request;
    for (size_t i = 0; i < told->answer.varbind_count; i++) {
        if (!is_value(&told->varbinds[i]))
            continue;
        told->varbinds[i].type = VALUE_OCTETS;
        told->varbinds[i].bytes = (const uint8_t *)"\xff\xfe\x00\xc3";
        told->varbinds[i].length = 4;
    }
}

static void types_change(const struct source_request *request, struct fixture_answer *told)
{
    if (told->question % 2 == 0)
        bad_utf8(request, told);
    else if (told->question % 3 == 0)
        null_values(request, told);
}

static void nothing_at_all(const struct source_request *request, struct fixture_answer *told)
{
    (void)request;
    told->answer = (struct source_answer){.status = SOURCE_TIMEOUT};
}

static void empty_answers(const struct source_request *request, struct fixture_answer *told)
{
    (void)request;
    told->answer.varbind_count = 0;
}

static void no_such_name_always(const struct source_request *request, struct fixture_answer *told)
{
    (void)request;
    told->answer = (struct source_answer){.status = SOURCE_NO_SUCH_NAME, .error_index = 1};
}

struct lie {
    const char *name;
    fixture_lie_fn tell;
    enum report_poll_outcome outcome;
    bool known;
    uint64_t run;       /* the least that must be found */
    unsigned questions; /* the most that may be asked */
};

static const struct lie lies[] = {
    {"none", NULL, POLL_COMPLETE, true, ROWS, 100},
    {"the same name again", same_oid, POLL_PARTIAL, true, 1, 400},
    {"names that decrease", decreasing, POLL_PARTIAL, true, 10, 200},
    {"a table without end", endless, POLL_PARTIAL, false, 0, 6000},
    {"a jump to another tree", jump, POLL_COMPLETE, true, 3, 100},
    {"wrong types", wrong_type, POLL_COMPLETE, false, 0, 100},
    {"NULL values", null_values, POLL_COMPLETE, false, 0, 100},
    {"noSuchInstance inside a table", no_such_instance_inside, POLL_PARTIAL, true, 4, 100},
    {"tooBig always", too_big_always, POLL_FAILED, false, 0, 200},
    {"tooBig above three repetitions", too_big_above_three, POLL_COMPLETE, true, ROWS, 400},
    {"silence to GETBULK", silent_to_bulk, POLL_COMPLETE, true, ROWS, 400},
    {"genErr", gen_err, POLL_PARTIAL, false, 0, 100},
    {"strings of 64 KB", long_strings, POLL_COMPLETE, false, 0, 100},
    {"bad UTF-8", bad_utf8, POLL_COMPLETE, false, 0, 100},
    {"types that change", types_change, POLL_COMPLETE, false, 0, 100},
    {"silence", nothing_at_all, POLL_FAILED, false, 0, 3},
    {"empty answers", empty_answers, POLL_FAILED, false, 0, 100},
    {"noSuchName always", no_such_name_always, POLL_FAILED, false, 0, 100},
};

static void every_lie_is_survived_within_bounds_and_what_is_good_is_kept(void **state)
{
    (void)state;
    size_t wrong = 0;
    char *text = device_text();
    struct profile_set *profiles = fixture_shipped_profiles();
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const struct lie *lie = &lies[i];
        unsigned questions = 0;
        struct device_snapshot *snapshot = fixture_poll(text, profiles, lie->tell, &questions);
        bool right =
            snapshot->outcome == lie->outcome && questions <= lie->questions &&
            (!lie->known || (snapshot->wtp_run.known && snapshot->wtp_run.value >= lie->run &&
                             snapshot->wtp_run.value <= ROWS));
        if (!right)
            print_error("%s: outcome %d (%s), run %d %u, %u questions\n", lie->name,
                        (int)snapshot->outcome, snapshot->reason, (int)snapshot->wtp_run.known,
                        (unsigned)snapshot->wtp_run.value, questions);
        wrong += !right;
        device_snapshot_free(snapshot);
    }
    profile_set_free(profiles);
    free(text);
    assert_int_equal(wrong, 0);
}

/* The column's rows in the order that an unsorted agent keeps them: 1..20, 41..60, 21..40. */
static void unsorted(const struct source_request *request, struct fixture_answer *told)
{
    if (!is_walk(request) || request->names[0].arcs[6] != 14823)
        return;
    static const uint32_t order[] = {20, 60, 40};
    const struct oid *from = &request->names[0];
    struct oid name = *from;
    bool first = from->length == 15;
    uint32_t last = first ? 0 : from->arcs[20];
    static const uint32_t then[] = {40, 20, 99};
    for (size_t i = 0; i < 3 && !first; i++) {
        if (last != order[i])
            continue;
        last = then[i];
        break;
    }
    static const uint32_t mac[] = {2, 0, 94, 0, 83};
    memcpy(&name.arcs[15], mac, sizeof mac);
    name.length = 21;
    name.arcs[20] = last + 1;
    told->varbinds[0] = (struct varbind){.name = name, .type = VALUE_INTEGER, .integer = 1};
    if (last == 99)
        told->varbinds[0].type = VALUE_END_OF_MIB_VIEW;
    told->answer.varbind_count = 1;
}

static void the_rows_of_an_unsorted_table_are_all_kept(void **state)
{
    (void)state;
    char *text = device_text();
    struct profile_set *profiles = fixture_shipped_profiles();
    struct device_snapshot *snapshot = fixture_poll(text, profiles, unsorted, NULL);
    assert_int_equal(snapshot->wtp_run.value, ROWS);
    assert_int_equal(snapshot->outcome, POLL_COMPLETE);
    device_snapshot_free(snapshot);
    profile_set_free(profiles);
    free(text);
}

/* The twelve over the wire, by an agent with BER of its own, about one column of access points. */
static const struct {
    enum replay_lie lie;
    enum report_poll_outcome outcome;
    const char *warning; /* that names it */
    unsigned questions;  /* the most that may be asked */
} twelve[] = {
    {LIE_SAME_OID, POLL_PARTIAL, "repeats itself", 40},
    {LIE_DECREASING, POLL_PARTIAL, "repeats itself", 40},
    {LIE_ENDLESS, POLL_PARTIAL, "more rows or octets", 1000},
    {LIE_JUMP, POLL_PARTIAL, "goes back", 40},
    {LIE_WRONG_TYPE, POLL_COMPLETE, "a state that the profile does not know", 40},
    {LIE_NULL, POLL_COMPLETE, "NULL or above 8 KB", 40},
    {LIE_NO_SUCH_INSTANCE, POLL_PARTIAL, "answers with an error", 40},
    {LIE_TOO_BIG, POLL_PARTIAL, "answers with an error", 80},
    {LIE_GEN_ERR, POLL_PARTIAL, "answers with an error", 40},
    {LIE_LONG_STRINGS, POLL_COMPLETE, "NULL or above 8 KB", 200},
    {LIE_BAD_UTF8, POLL_COMPLETE, "a state that the profile does not know", 40},
    {LIE_TYPES_CHANGE, POLL_COMPLETE, "different types", 40},
};

static bool is_survived(const struct world *world, size_t i)
{
    const struct device_snapshot *seen = world->last;
    bool right = seen->outcome == twelve[i].outcome && fixture_warns(seen, twelve[i].warning) &&
                 world->agents[0].questions <= twelve[i].questions &&
                 seen->duration_ns <= 30 * CLOCK_NS_PER_S && seen->interface_count.value == ROWS &&
                 seen->interfaces_up.value == ROWS;
    print_message("# %s: %s, %u questions, %s\n", replay_lie_name(twelve[i].lie),
                  seen->outcome == POLL_COMPLETE  ? "complete"
                  : seen->outcome == POLL_PARTIAL ? "partial"
                                                  : "failed",
                  world->agents[0].questions, right ? "survived" : "NOT survived");
    for (size_t w = 0; w < seen->warning_count && !right; w++)
        print_message("#   %s\n", seen->warnings[w]);
    return right;
}

static void twelve_of_twelve_lies_are_survived_over_the_wire_and_other_columns_kept(void **state)
{
    static const char column[] = "1.3.6.1.4.1.14823.2.3.3.1.2.1.1.11";
    size_t survived = 0;
    char *text = device_text();
    (void)state;
    for (size_t i = 0; i < sizeof twelve / sizeof twelve[0]; i++) {
        struct world *world = world_new();
        size_t agent = world_add_agent(world, text, WORLD_FOREVER);
        world->agents[agent].device.lie = twelve[i].lie;
        world->agents[agent].device.message_max = 65507;
        (void)oid_parse(column, strlen(column), &world->agents[agent].device.lie_subtree);
        struct poller_target target = world_target(world, agent);
        world_poll(world, &target);
        while (world->complete + world->partial + world->failed == 0)
            world_run(world, CLOCK_NS_PER_S);
        survived += is_survived(world, i);
        world_free(world);
    }
    free(text);
    assert_int_equal(survived, LIES - 1);
}

/* One column too big for any answer does not make the device's other tables slow for ever. */
static void a_liar_is_asked_at_full_pace_again_in_its_next_poll(void **state)
{
    static const char column[] = "1.3.6.1.4.1.14823.2.3.3.1.2.1.1.11";
    struct world *world = world_new();
    struct poller_health health;
    char *text = device_text();
    size_t agent = world_add_agent(world, text, WORLD_FOREVER);
    (void)state;
    world->agents[agent].device.lie = LIE_TOO_BIG;
    (void)oid_parse(column, strlen(column), &world->agents[agent].device.lie_subtree);
    struct poller_target target = world_target(world, agent);
    world_poll(world, &target);
    world_run_until(world, 0, 1, 0);
    poller_health(world->poller, 0, &health);
    assert_int_equal(health.repetitions, 25);
    world_free(world);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lie_is_survived_within_bounds_and_what_is_good_is_kept),
        cmocka_unit_test(the_rows_of_an_unsorted_table_are_all_kept),
        cmocka_unit_test(twelve_of_twelve_lies_are_survived_over_the_wire_and_other_columns_kept),
        cmocka_unit_test(a_liar_is_asked_at_full_pace_again_in_its_next_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
