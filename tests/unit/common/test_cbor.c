/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/cbor.h"

#include "common/utf8.h"
#include "tests/support/cmocka_all.h"

/* RFC 8949 appendix A. */
static void integers_are_written_as_the_rfc_shows(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *bytes;
        size_t length;
    } cases[] = {
        {0, "\x00", 1},
        {23, "\x17", 1},
        {24, "\x18\x18", 2},
        {100, "\x18\x64", 2},
        {1000, "\x19\x03\xe8", 3},
        {1000000, "\x1a\x00\x0f\x42\x40", 5},
        {1000000000000, "\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", 9},
        {UINT64_MAX, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[16];
        struct buffer buffer = buffer_over(bytes, sizeof bytes);
        cbor_write_unsigned(&buffer, cases[i].value);
        assert_int_equal(buffer.length, cases[i].length);
        assert_memory_equal(bytes, cases[i].bytes, cases[i].length);
        struct cbor_reader reader = cbor_reader_over(bytes, buffer.length);
        struct cbor_token token;
        assert_true(cbor_reader_next(&reader, &token));
        assert_int_equal(token.kind, CBOR_KIND_UNSIGNED);
        assert_int_equal(token.value, cases[i].value);
    }
}

static void what_does_not_fit_is_remembered_and_not_written(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0};
    struct buffer buffer = buffer_over(bytes, 3);
    cbor_write_text(&buffer, "ab");
    assert_false(buffer.overflowed);
    cbor_write_bool(&buffer, true);
    assert_true(buffer.overflowed);
    cbor_write_bytes(&buffer, "", 0);
    assert_int_equal(buffer.length, 3);
    assert_int_equal(bytes[3], 0);
}

static void each_way_to_be_no_deterministic_cbor_has_its_fault(void **state)
{
    (void)state;
#define CASE(text, what)                                                                           \
    {                                                                                              \
        text, sizeof(text) - 1, what                                                               \
    }
    static const struct {
        const char *bytes;
        size_t length;
        enum cbor_fault fault;
    } cases[] = {
        CASE("\x1a\x00\x0f\x42\x40", CBOR_OK),
        CASE("\x82\x01\x20", CBOR_OK),
        CASE("\xa2\x01\xf4\x02\xf5", CBOR_OK),
        CASE("", CBOR_MALFORMED),
        CASE("\x19\x03", CBOR_MALFORMED),     /* cut */
        CASE("\x82\x01", CBOR_MALFORMED),     /* an element is missing */
        CASE("\x44\x01\x02", CBOR_MALFORMED), /* longer than what is there */
        CASE("\x5b\xff\xff\xff\xff\xff\xff\xff\xff", CBOR_MALFORMED),
        CASE("\x1f", CBOR_MALFORMED),             /* reserved */
        CASE("\x61\xff", CBOR_MALFORMED),         /* no UTF-8 */
        CASE("\x18\x17", CBOR_NOT_DETERMINISTIC), /* 23 in two bytes */
        CASE("\x19\x00\xff", CBOR_NOT_DETERMINISTIC),
        CASE("\x38\x00", CBOR_NOT_DETERMINISTIC),
        CASE("\x58\x01x", CBOR_NOT_DETERMINISTIC),
        CASE("\x9f\xff", CBOR_NOT_DETERMINISTIC),
        CASE("\xbf\xff", CBOR_NOT_DETERMINISTIC),
        CASE("\x5f\x41x\xff", CBOR_NOT_DETERMINISTIC),
        CASE("\xa2\x02\x01\x01\x01", CBOR_NOT_DETERMINISTIC),
        CASE("\xa2\x01\x01\x01\x01", CBOR_NOT_DETERMINISTIC),
        CASE("\xa1\x61k\x01", CBOR_UNSUPPORTED), /* a key that is text */
        CASE("\xf6", CBOR_UNSUPPORTED),
        CASE("\xf7", CBOR_UNSUPPORTED),
        CASE("\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00", CBOR_UNSUPPORTED),
        CASE("\xc0\x60", CBOR_UNSUPPORTED),
        CASE("\x81\x81\x81\x81\x81\x81\x81\x80", CBOR_OK),
        CASE("\x81\x81\x81\x81\x81\x81\x81\x81\x80", CBOR_TOO_DEEP),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cbor_reader reader =
            cbor_reader_over((const uint8_t *)cases[i].bytes, cases[i].length);
        bool skipped = cbor_reader_skip(&reader, 0);
        assert_int_equal(skipped, cases[i].fault == CBOR_OK);
        assert_int_equal(reader.fault, cases[i].fault);
        if (skipped)
            assert_int_equal(reader.offset, cases[i].length);
        else
            assert_false(cbor_reader_skip(&reader, 0)); /* it stays so */
    }
}

static void utf8_is_that_of_rfc_3629(void **state)
{
    (void)state;
    uint32_t code_point = 0;
    assert_int_equal(utf8_decode((const uint8_t *)"\xf0\x9f\x93\xa1", 4, &code_point), 4);
    assert_int_equal(code_point, 0x1f4e1);
    assert_int_equal(utf8_decode((const uint8_t *)"\xf0\x9f\x93\xa1", 3, &code_point), 0);
    assert_int_equal(utf8_decode((const uint8_t *)"\xf4\x90\x80\x80", 4, &code_point), 0);
    assert_int_equal(utf8_decode((const uint8_t *)"\xe0\x80\x80", 3, &code_point), 0);
    assert_int_equal(utf8_decode((const uint8_t *)"\x80", 1, &code_point), 0);
    for (uint32_t c = 0; c <= 0x10ffff; c++) { /* each code point is itself again */
        uint8_t bytes[4];
        size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = length; i-- > 1;)
            bytes[i] = (uint8_t)(0x80 | (c >> (6 * (length - 1 - i)) & 0x3f));
        bytes[0] = (uint8_t)(length == 1   ? c
                             : length == 2 ? 0xc0 | c >> 6
                             : length == 3 ? 0xe0 | c >> 12
                                           : 0xf0 | c >> 18);
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        assert_int_equal(utf8_decode(bytes, length, &code_point), surrogate ? 0 : length);
        assert_true(surrogate || code_point == c);
    }
    assert_false(utf8_is_printable(0x0a));
    assert_false(utf8_is_printable(0x202e)); /* right-to-left override */
    assert_false(utf8_is_printable(0x1ffff));
    assert_true(utf8_is_printable(' '));
    assert_true(utf8_is_printable(0x5a01));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_written_as_the_rfc_shows),
        cmocka_unit_test(what_does_not_fit_is_remembered_and_not_written),
        cmocka_unit_test(each_way_to_be_no_deterministic_cbor_has_its_fault),
        cmocka_unit_test(utf8_is_that_of_rfc_3629),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
