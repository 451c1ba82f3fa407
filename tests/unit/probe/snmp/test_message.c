/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/message.h"

#include "probe/snmp/snmprec.h"
#include "tests/support/replay_answer.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct message_room room;
static uint8_t buffer[65536];

/* A recording's answer to a question, both in octets, the agent's by the tests' own BER. */
static int ask(const char *text, const struct source_request *request, enum message_version version,
               struct message *out)
{
    struct snmprec_counts counts;
    uint8_t question[MESSAGE_QUESTION_MAX];
    const uint8_t *start = NULL;
    struct varbind_set *set = varbind_set_new(1000, 1 << 20);
    assert_int_equal(snmprec_parse(text, strlen(text), set, &counts), 0);
    struct replay_device device = {.set = set, .community = "sesame", .message_max = 60000};
    int length = message_write(question, sizeof question, version, "sesame", 0x7ffffffe, request);
    assert_true(length > 0);
    size_t answered =
        replay_answer(&device, question, (size_t)length, buffer, sizeof buffer, &start);
    assert_true(answered > 0);
    int status = message_open(start, answered, out);
    if (status == 0)
        status = message_unfold(out, &room);
    varbind_set_free(set);
    return status;
}

static struct source_request request_of(enum source_operation operation, const char *const *names,
                                        size_t count)
{
    struct source_request request = {
        .operation = operation, .name_count = count, .max_repetitions = 3};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(oid_parse(names[i], strlen(names[i]), &request.names[i]), 0);
    return request;
}

static const char values[] =
    "1.3.6.1.2.1.1.1.0|4|router\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.4294967295\n"
    "1.3.6.1.2.1.1.3.0|67|4294967295\n1.3.6.1.2.1.1.4.0|2|-7\n"
    "1.3.6.1.2.1.1.5.0|70|18446744073709551615\n"
    "1.3.6.1.2.1.1.6.0|65|4294967295\n1.3.6.1.2.1.1.7.0|66|3000000000\n"
    "1.3.6.1.2.1.1.8.4194304000|64x|7f000001\n";

static void every_type_comes_back_as_it_was_sent(void **state)
{
    static const char *const names[] = {"1.3.6.1.2.1.1"};
    struct source_request request = request_of(SOURCE_GET_BULK, names, 1);
    struct message message;
    (void)state;
    request.max_repetitions = 9;
    assert_int_equal(ask(values, &request, MESSAGE_V2C, &message), 0);
    assert_int_equal(message.request_id, 0x7ffffffe);
    assert_int_equal(message.status, SOURCE_OK);
    assert_int_equal(room.count, 9);
    assert_memory_equal(room.varbinds[0].bytes, "router", 6);
    const uint32_t arcs[] = {1, 3, 6, 1, 4, 1, 4294967295};
    assert_int_equal(room.varbinds[1].length, sizeof arcs);
    assert_memory_equal(room.varbinds[1].bytes, arcs, sizeof arcs);
    assert_int_equal(room.varbinds[2].unsigned64, 4294967295);
    assert_int_equal(room.varbinds[3].integer, -7);
    assert_true(room.varbinds[4].unsigned64 == UINT64_MAX);
    assert_int_equal(room.varbinds[5].unsigned64, 4294967295);
    assert_int_equal(room.varbinds[6].unsigned64, 3000000000);
    assert_int_equal(room.varbinds[7].type, VALUE_ADDRESS);
    assert_int_equal(room.varbinds[7].name.arcs[8], 4194304000);
    assert_int_equal(room.varbinds[8].type, VALUE_END_OF_MIB_VIEW);
}

static void version_1_names_the_variable_that_it_does_not_know(void **state)
{
    static const char *const names[] = {"1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.9.9.0"};
    const struct source_request request = request_of(SOURCE_GET, names, 2);
    struct message message;
    (void)state;
    assert_int_equal(ask(values, &request, MESSAGE_V1, &message), 0);
    assert_int_equal(message.version, MESSAGE_V1);
    assert_int_equal(message.status, SOURCE_NO_SUCH_NAME);
    assert_int_equal(message.error_index, 2);
}

static void sixteen_names_of_all_arcs_fit_and_a_small_buffer_is_refused(void **state)
{
    struct source_request request = {.operation = SOURCE_GET_NEXT, .name_count = SOURCE_NAMES_MAX};
    uint8_t question[MESSAGE_QUESTION_MAX];
    (void)state;
    for (size_t i = 0; i < SOURCE_NAMES_MAX; i++) {
        struct oid *name = &request.names[i];
        name->length = OID_ARCS_MAX;
        name->arcs[0] = 1;
        name->arcs[1] = 3;
        for (size_t a = 2; a < OID_ARCS_MAX; a++)
            name->arcs[a] = UINT32_MAX;
    }
    assert_true(message_write(question, sizeof question, MESSAGE_V2C, "c", 1, &request) > 10000);
    assert_int_equal(message_write(question, 5000, MESSAGE_V2C, "c", 1, &request), -EMSGSIZE);
}

static void what_is_no_response_is_refused(void **state)
{
    static const uint8_t shorts[] = {0x30, 0x82, 0x01};
    struct message message;
    (void)state;
    assert_int_equal(message_open(shorts, sizeof shorts, &message), -EPROTO);
    assert_int_equal(message_open((const uint8_t *)"", 0, &message), -EPROTO);
    static const char *const names[] = {"1.3.6.1.2.1.1.1.0"};
    const struct source_request request = request_of(SOURCE_GET, names, 1);
    uint8_t question[512]; /* a question is no answer */
    int length = message_write(question, sizeof question, MESSAGE_V2C, "c", 1, &request);
    assert_int_equal(message_open(question, (size_t)length, &message), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back_as_it_was_sent),
        cmocka_unit_test(version_1_names_the_variable_that_it_does_not_know),
        cmocka_unit_test(sixteen_names_of_all_arcs_fit_and_a_small_buffer_is_refused),
        cmocka_unit_test(what_is_no_response_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
