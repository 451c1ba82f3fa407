/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/anonymize.h"
#include "probe/snmp/recorder.h"
#include "probe/snmp/snmprec.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/snmp_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IF_ROW "1.3.6.1.2.1.2.2.1."

static struct varbind_set *parse(const char *text)
{
    struct snmprec_counts counts;
    struct varbind_set *set = varbind_set_new(1000, 1 << 20);
    assert_non_null(set);
    assert_int_equal(snmprec_parse(text, strlen(text), set, &counts), 0);
    assert_int_equal(counts.skipped, 0);
    return set;
}

static const struct varbind_row *find(struct varbind_set *set, const char *name)
{
    struct oid oid;
    assert_int_equal(oid_parse(name, strlen(name), &oid), 0);
    return varbind_set_find(set, &oid);
}

/* What a file of the set's recording holds; the caller frees it. */
static char *saved(struct varbind_set *set)
{
    char path[] = "/tmp/lastmile-recorder-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0 && fchmod(descriptor, 0644) == 0);
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(snmprec_save(path, set), 0);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(unlink(path), 0);
    return text;
}

static void a_recording_is_written_as_it_was_read(void **state)
{
    (void)state;
    static const char text[] = "1.3.1|2|-7\n1.3.2|4|a|b\n1.3.3|5|\n1.3.4|6|1.3.6.9\n"
                               "1.3.5|64|10.1.2.3\n1.3.6|65|4294967295\n1.3.7|66|12\n"
                               "1.3.8|67|99\n1.3.9|70|18446744073709551615\n1.3.10|4x|00ff10\n"
                               "1.3.11|4x|c3a9\n1.3.12|4x|2061\n1.3.13|4|\n1.3.14|68x|9f78\n";
    struct varbind_set *set = parse(text);
    char *written = saved(set);
    assert_string_equal(written, text);
    free(written);
    varbind_set_free(set);
}

static void a_file_that_cannot_be_made_is_an_error_and_leaves_nothing(void **state)
{
    (void)state;
    struct varbind_set *set = parse("1.3.1|2|1\n");
    assert_true(snmprec_save("/nonexistent/x.snmprec", set) < 0);
    assert_true(access("/nonexistent/x.snmprec.part", F_OK) != 0);
    varbind_set_free(set);
}

/* Feeds a recorder with answers, then with what a poll believed. */
static void feed(struct recorder *recorder, const char *answered, const char *believed)
{
    static const struct oid everything = {.length = 0};
    const struct gather_listener *listener = recorder_listener(recorder);
    struct varbind_set *set = parse(answered);
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, &everything, &count);
    for (size_t i = 0; i < count; i++) {
        struct varbind varbind = varbind_of_row(&rows[i]);
        const struct source_answer answer = {.varbinds = &varbind, .varbind_count = 1};
        listener->on_answer(listener->ctx, &answer);
    }
    varbind_set_free(set);
    set = parse(believed);
    listener->on_values(listener->ctx, set);
    varbind_set_free(set);
}

static void what_the_poll_believed_stands_before_what_else_was_answered(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new();
    assert_non_null(recorder);
    feed(recorder, "1.3.1|65|100\n1.3.2|65|7\n", "1.3.1|65|90\n");
    struct varbind_set *values = recorder_values(recorder);
    assert_int_equal(varbind_set_count(values), 2);
    assert_int_equal(find(values, "1.3.1")->unsigned64, 90);
    assert_int_equal(find(values, "1.3.2")->unsigned64, 7);
    assert_false(recorder_is_cut(recorder));
    recorder_free(recorder);
}

static void neither_communities_nor_the_tables_of_access_are_recorded(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new();
    assert_non_null(recorder);
    recorder_hide(recorder, "tiger-7");
    recorder_hide(recorder, "public");
    feed(recorder,
         "1.3.6.1.6.3.18.1.1.1.2.1.65|4|tiger-7\n1.3.6.1.6.3.15.1.2.2.1.3.1|4|user\n"
         "1.3.6.1.6.3.10.2.1.3.0|2|77\n1.3.6.1.4.1.9.1|4|snmp tiger-7 ro\n"
         "1.3.6.1.4.1.9.2.7.116.105.103.101.114.45.55|2|1\n1.3.6.1.4.1.9.3|4|public\n",
         "1.3.6.1.2.1.1.5.0|4|box\n");
    struct varbind_set *values = recorder_values(recorder);
    assert_int_equal(varbind_set_count(values), 4);
    assert_memory_equal(find(values, "1.3.6.1.4.1.9.1")->bytes, "snmp xxxxxxx ro", 15);
    assert_memory_equal(find(values, "1.3.6.1.4.1.9.3")->bytes, "public", 6);
    assert_non_null(find(values, "1.3.6.1.6.3.10.2.1.3.0"));
    recorder_free(recorder);
}

/* Not a good pseudonym, but one that differs by key. */
static uint64_t keyed(void *ctx, const void *key, size_t length)
{
    const uint8_t *bytes = key;
    uint64_t hash = *(const uint64_t *)ctx;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 31;
    return hash ^ hash >> 33;
}

static struct varbind_set *anonymous(const char *text, uint64_t key)
{
    struct varbind_set *set = parse(text);
    struct varbind_set *result = anonymize(set, NULL, keyed, &key);
    assert_non_null(result);
    varbind_set_free(set);
    return result;
}

static void an_address_gets_the_same_pseudonym_in_values_texts_and_indexes(void **state)
{
    (void)state;
    struct varbind_set *set =
        anonymous("1.3.6.1.4.1.99.1.1.1|4x|00a1b2c3d4e5\n1.3.6.1.4.1.99.1.1.2|4|00:a1:b2:c3:d4:e5\n"
                  "1.3.6.1.4.1.99.2.1.3.0.161.178.195.212.229|2|5\n"
                  "1.3.6.1.4.1.99.2.1.4.6.0.161.178.195.212.229.1|2|6\n",
                  1);
    const struct varbind_row *row = find(set, "1.3.6.1.4.1.99.1.1.1");
    uint8_t mac[6];
    assert_int_equal(row->length, 6);
    memcpy(mac, row->bytes, sizeof mac);
    assert_int_equal(mac[0], 2);
    assert_int_not_equal(mac[5], 0xe5);
    char text[32];
    (void)snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                   mac[3], mac[4], mac[5]);
    assert_memory_equal(find(set, "1.3.6.1.4.1.99.1.1.2")->bytes, text, 17);
    char name[96];
    (void)snprintf(name, sizeof name, "1.3.6.1.4.1.99.2.1.3.%u.%u.%u.%u.%u.%u", mac[0], mac[1],
                   mac[2], mac[3], mac[4], mac[5]);
    assert_int_equal(find(set, name)->integer, 5);
    (void)snprintf(name, sizeof name, "1.3.6.1.4.1.99.2.1.4.6.%u.%u.%u.%u.%u.%u.1", mac[0], mac[1],
                   mac[2], mac[3], mac[4], mac[5]);
    assert_int_equal(find(set, name)->integer, 6);
    varbind_set_free(set);
}

static void another_key_gives_other_pseudonyms_of_the_same_form(void **state)
{
    (void)state;
    static const char text[] = "1.3.6.1.4.1.99.1|4|HWTC-12ab9\n1.3.6.1.4.1.99.2|64|198.51.100.7\n"
                               "1.3.6.1.4.1.99.3|64|198.51.100.9\n1.3.6.1.4.1.99.4|64|0.0.0.0\n";
    struct varbind_set *one = anonymous(text, 1);
    struct varbind_set *two = anonymous(text, 2);
    const uint8_t *serial = find(one, "1.3.6.1.4.1.99.1")->bytes;
    assert_memory_not_equal(serial, "HWTC-12ab9", 10);
    assert_memory_not_equal(serial, find(two, "1.3.6.1.4.1.99.1")->bytes, 10);
    assert_true(serial[0] >= 'A' && serial[0] <= 'Z' && serial[4] == '-' && serial[5] >= '0' &&
                serial[5] <= '9' && serial[7] >= 'a' && serial[7] <= 'z');
    const uint8_t *address = find(one, "1.3.6.1.4.1.99.2")->bytes;
    const uint8_t *neighbour = find(one, "1.3.6.1.4.1.99.3")->bytes;
    assert_memory_equal(address, neighbour, 3);
    assert_int_not_equal(address[3], neighbour[3]);
    assert_memory_equal(find(one, "1.3.6.1.4.1.99.4")->bytes, "\0\0\0\0", 4);
    varbind_set_free(one);
    varbind_set_free(two);
}

static void models_that_the_profile_names_stay_and_serial_numbers_do_not(void **state)
{
    (void)state;
    uint64_t key = 1;
    struct conf_error error;
    struct profile_set *profiles = fixture_profiles(
        "profile = \"p\"; title = \"t\"; kind = \"access-node\";\n"
        "state_maps = ( { name = \"m\"; states = ( { value = \"working\"; name = \"w\"; } ); } );\n"
        "models = ( { match = \"MA56*\"; class = \"mdu\"; } );\n"
        "elements = ( { kind = \"terminal\"; technology = \"gpon\"; label = \"l\";"
        " confidence = \"mib\"; rows = \"1.3.6.1.4.1.99.1\"; key = \"object\";"
        " key_object = \"1.3.6.1.4.1.99.1\"; state_object = \"1.3.6.1.4.1.99.2\";"
        " states = \"m\"; model_object = \"1.3.6.1.4.1.99.3\"; } );\n",
        &error);
    assert_non_null(profiles);
    struct varbind_set *set = parse("1.3.6.1.4.1.99.1.1|4|HWTC0A0B0C01\n"
                                    "1.3.6.1.4.1.99.2.1|4|working\n1.3.6.1.4.1.99.3.1|4|MA5616\n"
                                    "1.3.6.1.4.1.99.3.2|4|Zhang San\n");
    struct varbind_set *copy = anonymize(set, profile_set_find(profiles, "p"), keyed, &key);
    assert_non_null(copy);
    assert_memory_equal(find(copy, "1.3.6.1.4.1.99.2.1")->bytes, "working", 7);
    assert_memory_equal(find(copy, "1.3.6.1.4.1.99.3.1")->bytes, "MA5616", 6);
    assert_memory_not_equal(find(copy, "1.3.6.1.4.1.99.3.2")->bytes, "Zhang San", 9);
    assert_memory_not_equal(find(copy, "1.3.6.1.4.1.99.1.1")->bytes, "HWTC0A0B0C01", 12);
    varbind_set_free(copy);
    varbind_set_free(set);
    profile_set_free(profiles);
}

static void names_of_interfaces_stay_but_those_of_users_sessions(void **state)
{
    (void)state;
    struct varbind_set *set =
        anonymous("1.3.6.1.2.1.1.1.0|4|Linux myhost 6.1\n1.3.6.1.2.1.1.5.0|4|myhost\n" IF_ROW
                  "2.1|4|GigabitEthernet0/0/1\n" IF_ROW "2.2|4|ppp-li.wei\n" IF_ROW
                  "2.3|4|<pppoe-li.wei>\n" IF_ROW "3.1|2|6\n" IF_ROW "3.2|2|23\n" IF_ROW
                  "3.3|2|6\n1.3.6.1.2.1.31.1.1.1.18.1|4|to Li Wei\n"
                  "1.3.6.1.2.1.4.22.1.2.1.10.0.0.9|4x|00a1b2c3d4e5\n",
                  1);
    assert_memory_equal(find(set, IF_ROW "2.1")->bytes, "GigabitEthernet0/0/1", 20);
    assert_memory_not_equal(find(set, IF_ROW "2.2")->bytes, "ppp-li.wei", 10);
    assert_memory_not_equal(find(set, IF_ROW "2.3")->bytes, "<pppoe-li.wei>", 14);
    assert_memory_not_equal(find(set, "1.3.6.1.2.1.31.1.1.1.18.1")->bytes, "to Li Wei", 9);
    const struct varbind_row *descr = find(set, "1.3.6.1.2.1.1.1.0");
    assert_memory_equal(descr->bytes, "Linux ", 6);
    assert_memory_not_equal(descr->bytes + 6, "myhost", 6);
    assert_memory_equal(descr->bytes + 6, find(set, "1.3.6.1.2.1.1.5.0")->bytes, 6);
    assert_int_equal(varbind_set_count(set), 9); /* the neighbour is left out */
    varbind_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_is_written_as_it_was_read),
        cmocka_unit_test(a_file_that_cannot_be_made_is_an_error_and_leaves_nothing),
        cmocka_unit_test(what_the_poll_believed_stands_before_what_else_was_answered),
        cmocka_unit_test(neither_communities_nor_the_tables_of_access_are_recorded),
        cmocka_unit_test(an_address_gets_the_same_pseudonym_in_values_texts_and_indexes),
        cmocka_unit_test(another_key_gives_other_pseudonyms_of_the_same_form),
        cmocka_unit_test(models_that_the_profile_names_stay_and_serial_numbers_do_not),
        cmocka_unit_test(names_of_interfaces_stay_but_those_of_users_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
