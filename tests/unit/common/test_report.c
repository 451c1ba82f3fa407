/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/report.h"

#include "common/cbor.h"
#include "common/report_json.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/random_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker puts these before the heap's own (meson.build), so that memory can run out. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static int allocations_left = -1; /* -1: as many as you like */

static bool memory_is_out(void)
{
    if (allocations_left > 0) {
        allocations_left--;
        return false;
    }
    return allocations_left == 0;
}

void *__wrap_malloc(size_t size)
{
    return memory_is_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_is_out() ? NULL : __real_calloc(count, size);
}

static struct report *plain_report(void)
{
    struct report *report = report_new();
    assert_non_null(report);
    (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
    (void)snprintf(report->probe_name, sizeof report->probe_name, "bras-1");
    report->sequence = 1;
    report->interval_ms = 60000;
    report->schedule_ms = 60000;
    return report;
}

static void encode(const struct report *report, uint8_t **out_bytes, size_t *out_length)
{
    assert_int_equal(report_encode(report, out_bytes, out_length), 0);
}

static struct report *decode(const uint8_t *bytes, size_t length)
{
    struct report *report = NULL;
    assert_int_equal(report_decode(bytes, length, &report), REPORT_OK);
    assert_non_null(report);
    return report;
}

static void a_decoded_report_encodes_to_the_same_bytes(void **state)
{
    (void)state;
    struct random_source source = {.state = 20150015};
    for (int round = 0; round < 500; round++) {
        struct report *report = random_report(&source);
        uint8_t *first = NULL;
        uint8_t *second = NULL;
        size_t first_length = 0;
        size_t second_length = 0;
        encode(report, &first, &first_length);
        struct report *decoded = decode(first, first_length);
        encode(decoded, &second, &second_length);
        assert_int_equal(first_length, second_length);
        assert_memory_equal(first, second, first_length);
        report_free(report);
        report_free(decoded);
        free(first);
        free(second);
    }
}

static void every_field_comes_back_as_it_was_sent(void **state)
{
    (void)state;
    struct report *report = plain_report();
    struct report_cell *cell = report_add_cell(report);
    (void)snprintf(cell->area, sizeof cell->area, "wendeng");
    cell->technology = TECHNOLOGY_EPON;
    cell->tcp_segments = 9;
    cell->tcp_retransmitted = 3;
    histogram_add(&cell->peak_bits_per_s, 0);
    histogram_add(&cell->peak_bits_per_s, UINT64_MAX);
    struct report_inventory *inventory = report_add_inventory(report);
    (void)snprintf(inventory->access_node, sizeof inventory->access_node, "ac-1");
    inventory->wtp_run = optional_u64(0);
    report_inventory_add_lines(inventory)->capability_known = true;
    inventory->lines[0].capability[CAPABILITY_CLASSES - 1] = 7;
    struct report_interface *uplink = report_inventory_add_interface(inventory);
    (void)snprintf(uplink->name, sizeof uplink->name, "GigabitEthernet0/0/1 (uplink)");
    uplink->in_octets = optional_u64(INT64_MAX);
    uint8_t *bytes = NULL;
    size_t length = 0;
    encode(report, &bytes, &length);
    struct report *decoded = decode(bytes, length);
    assert_string_equal(decoded->probe_name, "bras-1");
    assert_string_equal(decoded->cells[0].area, "wendeng");
    assert_string_equal(decoded->cells[0].access_node, "");
    assert_int_equal(decoded->cells[0].technology, TECHNOLOGY_EPON);
    assert_int_equal(decoded->cells[0].tcp_retransmitted, 3);
    assert_memory_equal(&decoded->cells[0].peak_bits_per_s, &cell->peak_bits_per_s,
                        sizeof cell->peak_bits_per_s);
    assert_true(decoded->inventories[0].wtp_run.known);
    assert_int_equal(decoded->inventories[0].wtp_run.value, 0);
    assert_false(decoded->inventories[0].wtp_configured.known);
    assert_int_equal(decoded->inventories[0].lines[0].capability[CAPABILITY_CLASSES - 1], 7);
    assert_string_equal(decoded->inventories[0].interfaces[0].name, uplink->name);
    assert_int_equal(decoded->inventories[0].interfaces[0].in_octets.value, INT64_MAX);
    report_free(decoded);
    report_free(report);
    free(bytes);
}

static void pseudonyms_travel_sorted_and_once(void **state)
{
    (void)state;
    struct report *report = plain_report();
    struct report_cell *cell = report_add_cell(report);
    static const uint64_t sent[] = {UINT64_MAX, 5, 1, 5, 5};
    cell->line_pseudonyms = malloc(sizeof sent);
    assert_non_null(cell->line_pseudonyms);
    memcpy(cell->line_pseudonyms, sent, sizeof sent);
    cell->line_pseudonym_count = sizeof sent / sizeof sent[0];
    uint8_t *bytes = NULL;
    size_t length = 0;
    encode(report, &bytes, &length);
    struct report *decoded = decode(bytes, length);
    static const uint64_t received[] = {1, 5, UINT64_MAX};
    assert_int_equal(decoded->cells[0].line_pseudonym_count, 3);
    assert_memory_equal(decoded->cells[0].line_pseudonyms, received, sizeof received);
    report_free(decoded);
    report_free(report);
    free(bytes);
}

static void names_from_devices_are_cleaned_not_refused(void **state)
{
    (void)state;
    static const struct {
        const char *given, *sent;
    } cases[] = {
        {"line\nbreak", "line_break"},
        {"\xff\xfe", "__"},
        {"\xe2\x80\xae"
         "evil",
         "_evil"}, /* right-to-left override */
        {"caf\xc3\xa9", "caf\xc3\xa9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report *report = plain_report();
        struct report_inventory *inventory = report_add_inventory(report);
        (void)snprintf(inventory->access_node, sizeof inventory->access_node, "-olt 1");
        struct report_interface *uplink = report_inventory_add_interface(inventory);
        (void)snprintf(uplink->name, sizeof uplink->name, "%s", cases[i].given);
        uint8_t *bytes = NULL;
        size_t length = 0;
        encode(report, &bytes, &length);
        struct report *decoded = decode(bytes, length);
        assert_string_equal(decoded->inventories[0].interfaces[0].name, cases[i].sent);
        assert_string_equal(decoded->inventories[0].access_node, "_olt_1");
        report_free(decoded);
        report_free(report);
        free(bytes);
    }
}

static void a_name_cut_within_a_character_loses_that_character(void **state)
{
    (void)state;
    struct report *report = plain_report();
    struct report_inventory *inventory = report_add_inventory(report);
    memset(inventory->access_node, 'a', REPORT_NAME_BYTES - 1);
    inventory->access_node[REPORT_NAME_BYTES - 2] = '\xc3'; /* its second byte found no room */
    uint8_t *bytes = NULL;
    size_t length = 0;
    encode(report, &bytes, &length);
    struct report *decoded = decode(bytes, length);
    assert_int_equal(strlen(decoded->inventories[0].access_node), REPORT_NAME_BYTES - 2);
    report_free(decoded);
    report_free(report);
    free(bytes);
}

/* Bytes of a plain report in which the value of one key of the outermost map is other bytes. */
static size_t report_with(uint64_t key, const void *value, size_t value_length, uint8_t *out,
                          size_t size)
{
    static const uint8_t zero_boot[REPORT_BOOT_ID_BYTES];
    struct buffer buffer = buffer_over(out, size);
    cbor_write_map(&buffer, 16); /* 0 to 16 without 3 */
    for (uint64_t k = 0; k <= 16; k++) {
        if (k == 3)
            continue;
        cbor_write_unsigned(&buffer, k);
        if (k == key)
            buffer_put(&buffer, value, value_length);
        else if (k == 1 || k == 2)
            cbor_write_text(&buffer, "cu");
        else if (k == 4)
            cbor_write_bytes(&buffer, zero_boot, sizeof zero_boot);
        else if (k == 9)
            cbor_write_bool(&buffer, true);
        else if (k == 16)
            cbor_write_unsigned(&buffer, REPORT_SCHEDULE_MS_MIN);
        else if (k >= 12)
            cbor_write_array(&buffer, 0);
        else
            cbor_write_unsigned(&buffer, 1);
    }
    assert_false(buffer.overflowed);
    return buffer.length;
}

static enum report_fault fault_of(const uint8_t *bytes, size_t length)
{
    struct report *report = NULL;
    enum report_fault fault = report_decode(bytes, length, &report);
    assert_true((fault == REPORT_OK) == (report != NULL));
    report_free(report);
    return fault;
}

static void each_wrong_value_has_its_named_fault(void **state)
{
    (void)state;
#define VALUE(text) text, sizeof(text) - 1
#define GAP_BOOT                                                                                   \
    "\x01\x50"                                                                                     \
    "0123456789abcdef"
    static const struct {
        uint64_t key;
        const char *value;
        size_t length;
        enum report_fault fault;
    } cases[] = {
        {0, VALUE("\x01"), REPORT_OK},
        {0, VALUE("\x02"), REPORT_WRONG_VERSION},
        {0,
         VALUE("\x61"
               "1"),
         REPORT_WRONG_TYPE},
        {1,
         VALUE("\x62"
               "CU"),
         REPORT_OUT_OF_BOUNDS},                      /* no name of a topic */
        {1, VALUE("\x60"), REPORT_OUT_OF_BOUNDS},    /* empty */
        {1, VALUE("\x62\xff\xfe"), REPORT_NOT_CBOR}, /* no UTF-8 */
        {1,
         VALUE("\x42"
               "cu"),
         REPORT_WRONG_TYPE}, /* bytes, not text */
        {4,
         VALUE("\x41"
               "x"),
         REPORT_OUT_OF_BOUNDS},                        /* boot id of 1 byte */
        {5, VALUE("\x00"), REPORT_OUT_OF_BOUNDS},      /* sequences begin at 1 */
        {5, VALUE("\x18\x01"), REPORT_NOT_CANONICAL},  /* a longer head than need be */
        {5, VALUE("\x20"), REPORT_WRONG_TYPE},         /* -1 */
        {5, VALUE("\xf9\x3c\x00"), REPORT_WRONG_TYPE}, /* 1.0 */
        {5, VALUE("\xf6"), REPORT_WRONG_TYPE},         /* null */
        {5, VALUE("\xc1\x01"), REPORT_WRONG_TYPE},     /* tagged */
        {5, VALUE("\x1c"), REPORT_NOT_CBOR},           /* reserved */
        {5, VALUE("\xff"), REPORT_NOT_CANONICAL},      /* a break without a beginning */
        {6, VALUE("\x1b\x80\0\0\0\0\0\0\0"), REPORT_OUT_OF_BOUNDS}, /* 2^63 */
        {8, VALUE("\x00"), REPORT_OUT_OF_BOUNDS},                   /* no interval */
        {8, VALUE("\x1a\x05\x26\x5c\x00"), REPORT_OK},              /* a day */
        {8, VALUE("\x1a\x05\x26\x5c\x01"), REPORT_OUT_OF_BOUNDS},
        {9, VALUE("\x01"), REPORT_WRONG_TYPE}, /* 1 is not true */
        {10, VALUE("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), REPORT_OK},
        {12, VALUE("\x9f\xff"), REPORT_NOT_CANONICAL}, /* indefinite length */
        {12, VALUE("\x98\x41"), REPORT_OUT_OF_BOUNDS}, /* 65 observations */
        {12, VALUE("\x81\xa0"), REPORT_WRONG_TYPE},    /* one without its keys */
        {12, VALUE("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), REPORT_OUT_OF_BOUNDS},
        {13, VALUE("\x19\x04\x00"), REPORT_WRONG_TYPE},
        {13, VALUE("\x99\x03\xff"), REPORT_NOT_CBOR}, /* 1,023 cells in no bytes */
        {15, VALUE("\x81\xa3" GAP_BOOT "\x02\x05\x03\x05"), REPORT_OK},
        {15, VALUE("\x81\xa3" GAP_BOOT "\x02\x05\x03\x04"), REPORT_OUT_OF_BOUNDS},
        {15, VALUE("\x81\xa3" GAP_BOOT "\x02\x00\x03\x04"), REPORT_OUT_OF_BOUNDS},
        {15, VALUE("\x81\xa3" GAP_BOOT "\x03\x05\x02\x05"), REPORT_WRONG_TYPE}, /* 2 is missing */
        {15, VALUE("\x81\xa4" GAP_BOOT "\x02\x05\x02\x05\x03\x05"), REPORT_NOT_CANONICAL},
        {15, VALUE("\x81\xa4" GAP_BOOT "\x02\x05\x03\x05\x04\x61z"), REPORT_OK}, /* unknown key */
        {16, VALUE("\x19\x03\xe7"), REPORT_OUT_OF_BOUNDS},                       /* 999 ms */
    };
    uint8_t bytes[512];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length =
            report_with(cases[i].key, cases[i].value, cases[i].length, bytes, sizeof bytes);
        if (fault_of(bytes, length) != cases[i].fault)
            fail_msg("case %zu: %s instead of %s", i, report_fault_name(fault_of(bytes, length)),
                     report_fault_name(cases[i].fault));
    }
}

static void what_is_no_map_or_has_something_after_it_is_refused(void **state)
{
    (void)state;
    static uint8_t large[REPORT_BYTES_MAX + 1];
    assert_int_equal(fault_of(large, sizeof large), REPORT_TOO_LARGE);
    assert_int_equal(fault_of((const uint8_t *)"", 0), REPORT_NOT_CBOR);
    assert_int_equal(fault_of((const uint8_t *)"\x80", 1), REPORT_WRONG_TYPE);
    assert_int_equal(fault_of((const uint8_t *)"\xa0", 1), REPORT_WRONG_TYPE);
    assert_int_equal(fault_of((const uint8_t *)"\xa1\x01\x01", 3), REPORT_WRONG_TYPE);
    uint8_t bytes[256];
    size_t length = report_with(0, "\x01", 1, bytes, sizeof bytes);
    bytes[length] = 0;
    assert_int_equal(fault_of(bytes, length), REPORT_OK);
    assert_int_equal(fault_of(bytes, length + 1), REPORT_NOT_CANONICAL);
}

static void each_prefix_of_a_report_is_refused(void **state)
{
    (void)state;
    struct random_source source = {.state = 7};
    for (int round = 0; round < 20; round++) {
        struct report *report = random_report(&source);
        uint8_t *bytes = NULL;
        size_t length = 0;
        encode(report, &bytes, &length);
        for (size_t cut = 0; cut < length; cut++) {
            uint8_t *prefix = malloc(cut + 1); /* exact, so that a sanitizer sees a read beyond */
            assert_non_null(prefix);
            memcpy(prefix, bytes, cut);
            assert_int_equal(fault_of(prefix, cut), REPORT_NOT_CBOR);
            free(prefix);
        }
        report_free(report);
        free(bytes);
    }
}

/* What decodes at all has one encoding only, so a flipped bit changes the meaning or is refused. */
static void a_report_with_a_flipped_bit_is_refused_or_means_itself(void **state)
{
    (void)state;
    struct random_source source = {.state = 11};
    for (int round = 0; round < 3000; round++) {
        struct report *report = random_report(&source);
        uint8_t *bytes = NULL;
        size_t length = 0;
        encode(report, &bytes, &length);
        report_free(report);
        bytes[random_below(&source, length)] ^= (uint8_t)(1u << random_below(&source, 8));
        struct report *mutant = NULL;
        if (report_decode(bytes, length, &mutant) == REPORT_OK) {
            uint8_t *again = NULL;
            size_t again_length = 0;
            assert_int_equal(report_encode(mutant, &again, &again_length), 0);
            assert_true(again_length <= length); /* an unknown key is not sent on */
            if (again_length == length)
                assert_memory_equal(again, bytes, length);
            free(again);
        }
        report_free(mutant);
        free(bytes);
    }
}

static void unknown_keys_of_a_younger_version_are_skipped_to_a_depth_of_8(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t length = report_with(0, "\x01", 1, bytes, sizeof bytes - 32);
    bytes[0] = 0xb1; /* a map of 17 */
    bytes[length++] = 0x18;
    bytes[length++] = 0x40; /* key 64 */
    size_t begin = length;
    memset(bytes + begin, 0x81, 7); /* 7 arrays within the map, the last of 1 number */
    bytes[begin + 7] = 0x05;
    assert_int_equal(fault_of(bytes, begin + 8), REPORT_OK);
    memset(bytes + begin, 0x81, 8);
    bytes[begin + 8] = 0x05;
    assert_int_equal(fault_of(bytes, begin + 9), REPORT_OUT_OF_BOUNDS);
    memcpy(bytes + begin, "\xa2\x02\x01\x01\x01", 5); /* a map inside with keys out of order */
    assert_int_equal(fault_of(bytes, begin + 5), REPORT_NOT_CANONICAL);
    memcpy(bytes + begin, "\xa2\x01\x20\x02\x80", 5);
    assert_int_equal(fault_of(bytes, begin + 5), REPORT_OK);
}

static void outcomes_that_do_not_add_up_are_out_of_bounds(void **state)
{
    (void)state;
    struct report *report = plain_report();
    struct report_observation *o = report_add_observation(report);
    (void)snprintf(o->observation_point, sizeof o->observation_point, "eth0");
    o->sampling_interval = 1;
    o->packet_delta_count = 10;
    o->outcomes[0] = 9;
    o->outcomes[4] = 1;
    uint8_t *bytes = NULL;
    size_t length = 0;
    encode(report, &bytes, &length);
    size_t at = 0;
    while (memcmp(bytes + at, "\x05\x85\x09\x00", 4) != 0)
        at++;
    bytes[at + 2] = 8;
    assert_int_equal(fault_of(bytes, length), REPORT_OUT_OF_BOUNDS);
    free(bytes);
    o->outcomes[0] = 8;
    assert_int_equal(report_encode(report, &bytes, &length), -EINVAL);
    o->outcomes[0] = UINT64_MAX; /* a sum that wraps is no sum */
    o->outcomes[1] = 10;
    assert_int_equal(report_encode(report, &bytes, &length), -EINVAL);
    report_free(report);
}

static void a_sketch_that_nobody_wrote_is_out_of_bounds(void **state)
{
    (void)state;
    struct report *report = plain_report();
    struct report_cell *cell = report_add_cell(report);
    cell->devices = calloc(1, 4);
    assert_non_null(cell->devices);
    cell->devices_length = 4;
    uint8_t *bytes = NULL;
    size_t length = 0;
    encode(report, &bytes, &length);
    assert_int_equal(fault_of(bytes, length), REPORT_OUT_OF_BOUNDS);
    report_free(report);
    free(bytes);
}

static void a_report_above_its_limits_is_not_encoded(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct report *report = plain_report();
    struct report_cell *cell = report_add_cell(report);
    cell->line_pseudonym_count = REPORT_PSEUDONYMS_MAX + 1;
    cell->line_pseudonyms = calloc(cell->line_pseudonym_count, sizeof(uint64_t));
    assert_non_null(cell->line_pseudonyms);
    assert_int_equal(report_encode(report, &bytes, &length), -EMSGSIZE);
    cell->line_pseudonym_count = 0;
    while ((cell = report_add_cell(report))) { /* dense histograms fill a MiB before 1,024 cells */
        cell->peak_bits_per_s.count = HISTOGRAM_BUCKETS;
        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
            cell->peak_bits_per_s.buckets[i] = 1;
    }
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(report->cell_count, REPORT_CELLS_MAX);
    assert_int_equal(report_encode(report, &bytes, &length), -EMSGSIZE);
    report_free(report);
}

static void running_out_of_memory_is_said_and_leaks_nothing(void **state)
{
    (void)state;
    struct random_source source = {.state = 99};
    struct report *report = random_report(&source);
    uint8_t *bytes = NULL;
    size_t length = 0;
    encode(report, &bytes, &length);
    bool read = false;
    for (int n = 0; !read; n++) {
        struct report *decoded = NULL;
        allocations_left = n;
        enum report_fault fault = report_decode(bytes, length, &decoded);
        read = allocations_left > 0;
        allocations_left = -1;
        /* The sketch's reader has no word for it but NULL. */
        assert_true(fault == REPORT_OK || fault == REPORT_NO_MEMORY ||
                    fault == REPORT_OUT_OF_BOUNDS);
        assert_true(n > 0 || fault == REPORT_NO_MEMORY);
        report_free(decoded);
    }
    uint8_t *again = NULL;
    allocations_left = 0;
    assert_int_equal(report_encode(report, &again, &length), -ENOMEM);
    allocations_left = 1;
    assert_int_equal(report_encode(report, &again, &length), -ENOMEM);
    allocations_left = -1;
    report_free(report);
    free(bytes);
}

static void receipts_come_back_and_nothing_else_is_one(void **state)
{
    (void)state;
    struct receipt receipt = {.boot_count = RECEIPT_BOOTS_MAX, .unix_ns = 1793491200123456789};
    for (size_t i = 0; i < RECEIPT_BOOTS_MAX; i++) {
        receipt.boots[i].boot_id[15] = (uint8_t)i;
        receipt.boots[i].contiguous_sequence = i ? (uint64_t)INT64_MAX >> i : 0;
    }
    uint8_t bytes[RECEIPT_BYTES_MAX];
    int length = receipt_encode(&receipt, bytes, sizeof bytes);
    assert_true(length > 0);
    struct receipt decoded;
    assert_int_equal(receipt_decode(bytes, (size_t)length, &decoded), 0);
    assert_int_equal(decoded.boot_count, receipt.boot_count);
    assert_int_equal(decoded.unix_ns, receipt.unix_ns);
    for (size_t i = 0; i < RECEIPT_BOOTS_MAX; i++) {
        assert_memory_equal(decoded.boots[i].boot_id, receipt.boots[i].boot_id, 16);
        assert_int_equal(decoded.boots[i].contiguous_sequence,
                         receipt.boots[i].contiguous_sequence);
    }
    for (int cut = 0; cut < length; cut++)
        assert_int_equal(receipt_decode(bytes, (size_t)cut, &decoded), -EPROTO);
    assert_int_equal(receipt_encode(&receipt, bytes, 40), -ENOSPC);
    assert_int_equal(receipt_decode((const uint8_t *)"\xa2\x00\x02\x01\x80", 5, &decoded), -EPROTO);
    assert_int_equal(receipt_decode((const uint8_t *)"\xa2\x00\x01\x01\x91", 5, &decoded), -EPROTO);
    assert_int_equal(receipt_decode((const uint8_t *)"\xa2\x00\x01\x01\x80", 5, &decoded), 0);
    assert_int_equal(decoded.unix_ns, 0); /* an older collector does not say */
    assert_int_equal(receipt_decode((const uint8_t *)"\xa3\x00\x01\x01\x80\x02\x80", 7, &decoded),
                     -EPROTO);
    assert_int_equal(receipt_decode((const uint8_t *)"\xa3\x00\x01\x01\x80\x03\x80", 7, &decoded),
                     0);
    assert_int_equal(receipt_decode((const uint8_t *)"\xa2\x00\x01\x01\x80\x00", 6, &decoded),
                     -EPROTO);
}

static void json_says_null_for_unknown_and_names_for_ids(void **state)
{
    (void)state;
    struct report *report = plain_report();
    struct report_cell *cell = report_add_cell(report);
    cell->technology = TECHNOLOGY_XGSPON;
    histogram_add(&cell->internal_rtt_us, 40);
    struct report_inventory *inventory = report_add_inventory(report);
    (void)snprintf(inventory->access_node, sizeof inventory->access_node, "ac-1");
    struct json_writer *writer = json_writer_new();
    assert_non_null(writer);
    report_put_json(report, writer);
    char *text = json_writer_text(writer, false);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"technology\":\"xgspon\""));
    assert_non_null(strstr(text, "\"wtp_run\":null"));
    assert_non_null(strstr(text, "\"area\":null"));
    assert_non_null(strstr(text, "\"internal_rtt_us\":{\"count\":1,\"p50\":40,\"p95\":40,"
                                 "\"buckets\":[[40,1]]}"));
    assert_non_null(strstr(text, "\"boot_id\":\"00000000000000000000000000000000\""));
    free(text);
    json_writer_free(writer);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoded_report_encodes_to_the_same_bytes),
        cmocka_unit_test(every_field_comes_back_as_it_was_sent),
        cmocka_unit_test(pseudonyms_travel_sorted_and_once),
        cmocka_unit_test(names_from_devices_are_cleaned_not_refused),
        cmocka_unit_test(a_name_cut_within_a_character_loses_that_character),
        cmocka_unit_test(each_wrong_value_has_its_named_fault),
        cmocka_unit_test(what_is_no_map_or_has_something_after_it_is_refused),
        cmocka_unit_test(each_prefix_of_a_report_is_refused),
        cmocka_unit_test(a_report_with_a_flipped_bit_is_refused_or_means_itself),
        cmocka_unit_test(unknown_keys_of_a_younger_version_are_skipped_to_a_depth_of_8),
        cmocka_unit_test(outcomes_that_do_not_add_up_are_out_of_bounds),
        cmocka_unit_test(a_sketch_that_nobody_wrote_is_out_of_bounds),
        cmocka_unit_test(a_report_above_its_limits_is_not_encoded),
        cmocka_unit_test(running_out_of_memory_is_said_and_leaks_nothing),
        cmocka_unit_test(receipts_come_back_and_nothing_else_is_one),
        cmocka_unit_test(json_says_null_for_unknown_and_names_for_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
