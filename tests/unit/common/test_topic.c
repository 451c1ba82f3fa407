/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/topic.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void topic_parse_gives_back_what_topic_build_was_given(void **state)
{
    (void)state;
    char text[TOPIC_BYTES];
    struct topic topic;
    assert_int_equal(topic_build("cu", "olt-01.weihai", TOPIC_BACKLOG, text), 0);
    assert_int_equal(topic_parse(text, &topic), 0);
    assert_string_equal(topic.operator_name, "cu");
    assert_string_equal(topic.probe_name, "olt-01.weihai");
    assert_int_equal(topic.kind, TOPIC_BACKLOG);
    assert_true(topic.shard < TOPIC_SHARDS);
}

static void topic_parse_refuses_what_topic_build_cannot_make(void **state)
{
    (void)state;
    char wrong_shard[TOPIC_BYTES];
    (void)snprintf(wrong_shard, sizeof wrong_shard, "lastmile/1/%u/cu/p/report",
                   (topic_shard("p") + 1) % TOPIC_SHARDS);
    const char *const cases[] = {
        "",
        "lastmile/1",
        "lastmile/2/0/cu/p/report",
        wrong_shard,
        "lastmile/1/0/cu//report",
        "lastmile/1/0/cu/+/report",
        "lastmile/1/0/../p/report",
        "lastmile/1/0/cu/p/report/x",
        "lastmile/1/0/CU/p/report",
        "$SYS/broker/uptime",
    };
    struct topic topic;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(topic_parse(cases[i], &topic), -EPROTO);
}

static void topic_check_name_refuses_wildcards_paths_and_long_names(void **state)
{
    (void)state;
    const char *const wrong[] = {"", "-x", ".x", "a/b", "a+b", "#", "A", "a b", "caf\xc3\xa9"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(topic_check_name(wrong[i]), -EINVAL);
    char name[TOPIC_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    name[TOPIC_NAME_MAX] = '\0';
    assert_int_equal(topic_check_name(name), 0);
    name[TOPIC_NAME_MAX] = 'a';
    name[TOPIC_NAME_MAX + 1] = '\0';
    assert_int_equal(topic_check_name(name), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topic_parse_gives_back_what_topic_build_was_given),
        cmocka_unit_test(topic_parse_refuses_what_topic_build_cannot_make),
        cmocka_unit_test(topic_check_name_refuses_wildcards_paths_and_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
