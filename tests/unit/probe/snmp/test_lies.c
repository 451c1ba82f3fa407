/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/gather.h"

#include "tests/support/snmp_fixture.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 60

/* A device with 60 access points in a table, all online, and 60 interfaces. */
static char *device_text(void)
{
    char *text = calloc(1, 64 << 10);
    size_t used = (size_t)snprintf(text, 4096, "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.14823.1.2.1\n");
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
        told->varbinds[i] = told->varbinds[0];
}

static void decreasing(const struct source_request *request, struct fixture_answer *told)
{
    size_t count = told->answer.varbind_count;
    for (size_t i = 0; i < count / 2 && is_walk(request); i++) {
        struct varbind kept = told->varbinds[i];
        told->varbinds[i] = told->varbinds[count - 1 - i];
        told->varbinds[count - 1 - i] = kept;
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
    {"noSuchInstance inside a table", no_such_instance_inside, POLL_COMPLETE, true, 4, 100},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lie_is_survived_within_bounds_and_what_is_good_is_kept),
        cmocka_unit_test(the_rows_of_an_unsorted_table_are_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
