/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/html.h"

#include "tests/support/cmocka_all.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const payloads[] = {
    "<script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "</span><style>*{display:none}</style>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "` onclick=`alert(1)",
    "<!--><script>alert(1)//-->",
    "</title><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<math><mi xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<\x00script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\xc0\xbcscript\xc0\xbe",
    "\xf0\x80\x80\xbcscript>",
    "+ADw-script+AD4-",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0>",
    "<form action=//evil.example><input name=a>",
    "\r\n\r\n<script>alert(1)</script>",
};

static const char *const wrappings[] = {
    "%s",   "ap-%s", "%s-5G", "\xe5\xa8\x81%s", "%s\xe5",     "\xe2\x80\xae%s", "<%s",
    "%s>",  "\"%s",  "'%s'",  "&%s;",           "\xff%s\xfe", "%s<!--",         "--%s",
    "\\%s", "=%s",   "<<%s",  "%s\x01",         "/%s",        "%%00%s",
};

/* What may not stand in escaped text: anything that ends or begins markup. */
static void assert_inert(const struct text *text)
{
    assert_false(text->failed);
    for (size_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->bytes[i];
        assert_null(memchr("<>\"'`", c, 5));
        assert_true(c >= 0x20 || c == '\t' || c == '\n');
        if (c == '&')
            assert_non_null(
                memchr(text->bytes + i, ';', text->length - i < 6 ? text->length - i : 6));
    }
}

static void five_hundred_hostile_names_are_inert_in_elements_and_attributes(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        for (size_t k = 0; k < sizeof wrappings / sizeof wrappings[0]; k++) {
            char hostile[256];
            (void)snprintf(hostile, sizeof hostile, wrappings[k], payloads[i]);
            struct text text = {0};
            html_text(&text, hostile);
            assert_inert(&text);
            text_fini(&text);
            html_attribute(&text, "title", hostile);
            assert_memory_equal(text.bytes, " title=\"", 8);
            assert_int_equal(text.bytes[text.length - 1], '"');
            text.bytes[text.length - 1] = ' ';
            memset(text.bytes, ' ', 8);
            assert_inert(&text);
            text_fini(&text);
            tried++;
        }
    }
    assert_int_equal(tried, 500);
}

static void every_pair_of_bytes_is_inert_and_every_nul_is_kept_visible(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        const uint8_t bytes[] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        struct text text = {0};
        html_text_bytes(&text, bytes, sizeof bytes);
        assert_inert(&text);
        assert_true(text.length >= 2);
        text_fini(&text);
    }
}

static void ordinary_names_stay_as_they_are(void **state)
{
    (void)state;
    struct text text = {0};
    html_text(&text, "威海 i-Weihai_5G \xf0\x9f\x93\xb6 caf\xc3\xa9");
    assert_string_equal(text.bytes, "威海 i-Weihai_5G \xf0\x9f\x93\xb6 caf\xc3\xa9");
    text_fini(&text);
}

static void query_values_are_percent_encoded(void **state)
{
    (void)state;
    struct text text = {0};
    html_query_value(&text, "a b&c=\"\xe5\xa8\x81\"~");
    assert_string_equal(text.bytes, "a%20b%26c%3D%22%E5%A8%81%22~");
    text_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_hundred_hostile_names_are_inert_in_elements_and_attributes),
        cmocka_unit_test(every_pair_of_bytes_is_inert_and_every_nul_is_kept_visible),
        cmocka_unit_test(ordinary_names_stay_as_they_are),
        cmocka_unit_test(query_values_are_percent_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
