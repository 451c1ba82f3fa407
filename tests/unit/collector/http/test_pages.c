/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_request.h"

#include "tests/support/cmocka_all.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

static int open_fake(void **state)
{
    static struct fake_site fake;
    *state = &fake;
    return fake_site_open(&fake, 0) ? 0 : -1;
}

static int close_fake(void **state)
{
    fake_site_close(*state);
    return 0;
}

static size_t count(const char *text, const char *needle)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, needle)); at += strlen(needle))
        found++;
    return found;
}

static void the_page_shows_every_target_of_the_plan_in_both_languages(void **state)
{
    struct fake_site *fake = *state;
    static const char *const addresses[] = {"/plain", "/plain?lang=en"};
    for (size_t k = 0; k < 2; k++) {
        char *page = fake_get(fake, addresses[k], HTTP_OK);
        assert_non_null(page);
        size_t targets = 0;
        for (size_t i = 0; i < plan_indicator_count(fake->plan); i++) {
            const struct plan_indicator *indicator = plan_indicator_at(fake->plan, i);
            char card[128];
            (void)snprintf(card, sizeof card, "<article class=\"indicator\" id=\"%s\">",
                           indicator->id);
            assert_int_equal(count(page, card), 1);
            assert_non_null(strstr(page, indicator->label_zh));
            assert_non_null(strstr(page, indicator->label_en));
            targets += indicator->target_count ? indicator->target_count : 1;
        }
        /* a row for each target, and a verdict in it */
        assert_int_equal(count(page, "<td class=\"reason\">"), targets);
        for (const struct conf_name *name = verdict_names_zh; name->name; name++)
            assert_non_null(strstr(page, name->name));
        for (const struct conf_name *name = verdict_names_en; name->name; name++)
            assert_non_null(strstr(page, name->name));
        assert_int_equal(count(page, "<span lang=\"zh-CN\""), count(page, "<span lang=\"en\"") + 1);
        free(page);
    }
}

static void the_method_page_says_how_figures_are_made_in_the_language_asked_for(void **state)
{
    char *zh = fake_get(*state, "/method", HTTP_OK);
    char *en = fake_get(*state, "/method?lang=en", HTTP_OK);
    assert_non_null(strstr(zh, "<h1>数据口径与方法</h1>"));
    assert_non_null(strstr(en, "<h1>How the figures are made</h1>"));
    assert_non_null(strstr(en, "<h3 id=\"ftth-share\">"));
    assert_non_null(strstr(en, "65.3061"));
    char *refused = fake_get(*state, "/method?year=2017", HTTP_BAD_REQUEST);
    char *plain = fake_get(*state, "/plain", HTTP_OK);
    assert_non_null(strstr(plain, "<a href=\"/method\">"));
    free(zh);
    free(en);
    free(refused);
    free(plain);
}

static void the_language_asked_for_comes_first(void **state)
{
    char *zh = fake_get(*state, "/plain", HTTP_OK);
    char *en = fake_get(*state, "/plain?lang=en", HTTP_OK);
    assert_non_null(strstr(zh, "<html lang=\"zh-CN\">"));
    assert_non_null(strstr(en, "<html lang=\"en\">"));
    assert_non_null(
        strstr(zh, "<span lang=\"zh-CN\">实际</span> <span lang=\"en\" class=\"second\">"));
    assert_non_null(
        strstr(en, "<span lang=\"en\">Actual</span> <span lang=\"zh-CN\" class=\"second\">"));
    assert_non_null(strstr(zh, "2017年12月31日"));
    assert_non_null(strstr(en, "31 December 2017"));
    assert_non_null(strstr(zh, "（6万）"));
    free(zh);
    free(en);
}

/* Tags must nest: what a browser would have to mend is a fault of ours. */
static bool tags_nest(const char *page)
{
    static const char *const empty[] = {"meta", "link", "br", "rect", "line", "!doctype"};
    char open[64][16];
    size_t depth = 0;
    for (const char *at = page; (at = strchr(at, '<')); at++) {
        char name[16] = "";
        bool ends = at[1] == '/';
        const char *from = at + 1 + ends;
        for (size_t i = 0;
             i < sizeof name - 1 && (isalnum((unsigned char)from[i]) || from[i] == '!'); i++)
            name[i] = (char)tolower((unsigned char)from[i]);
        bool is_empty = false;
        for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
            is_empty |= strcmp(name, empty[i]) == 0;
        if (is_empty)
            continue;
        if (!ends && depth < 64)
            memcpy(open[depth++], name, sizeof name);
        else if (depth == 0 || strcmp(open[--depth], name) != 0)
            return false;
    }
    return depth == 0;
}

static void the_page_is_well_formed_and_needs_no_exception_from_the_policy(void **state)
{
    struct fake_site *fake = *state;
    for (int k = 0; k < 3; k++) {
        fake->empty = k == 1;
        fake->hostile = k == 2 ? "\"><script>x()</script><img onerror='x()'>" : NULL;
        char *page = fake_get(fake, "/plain", HTTP_OK);
        assert_true(tags_nest(page));
        assert_null(strstr(page, " style="));
        assert_null(strstr(page, "<style"));
        assert_int_equal(count(page, "<script"), 1);
        assert_int_equal(count(page, "<script src=\"/assets/site.js\" defer></script>"), 1);
        assert_null(strstr(page, "http://"));
        assert_null(strstr(page, "https://"));
        assert_null(strstr(page, "<img"));
        assert_null(strstr(page, " onerror='"));
        free(page);
    }
}

static void areas_get_values_and_no_verdict(void **state)
{
    struct fake_site *fake = *state;
    char *page = fake_get(fake, "/plain", HTTP_OK);
    char *areas = strstr(page, "<h2 id=\"areas\">");
    char *operators = strstr(page, "<h2 id=\"operators\">");
    assert_true(areas && operators && areas < operators);
    *operators = '\0';
    assert_null(strstr(areas, "class=\"verdict"));
    assert_non_null(strstr(areas, "无单独目标"));
    for (size_t i = 0; i < plan_area_count(fake->plan); i++)
        if (i == 0 || plan_area_at(fake->plan, i)->reporting)
            assert_non_null(strstr(areas, plan_area_at(fake->plan, i)->label_zh));
    free(page);
}

static void an_empty_collector_says_so_and_shows_no_zero_for_what_is_unknown(void **state)
{
    struct fake_site *fake = *state;
    fake->empty = true;
    char *page = fake_get(fake, "/plain", HTTP_OK);
    assert_non_null(strstr(page, "暂无数值"));
    assert_non_null(strstr(page, "尚未收到数据"));
    assert_non_null(strstr(page, "尚无探针报告"));
    assert_null(strstr(page, "class=\"actual\" x="));
    assert_null(strstr(page, "<span class=\"number\">0.0</span>%"));
    free(page);
}

/* 80 % by 2017, reached in 2018: the page of 2018 does not say that the target was met. */
static void a_target_whose_day_is_past_leads_to_the_verdict_of_its_year(void **state)
{
    struct fake_site *fake = *state;
    char *then = fake_get(fake, "/plain?year=2017&lang=en", HTTP_OK);
    char *later = fake_get(fake, "/plain?year=2018&lang=en", HTTP_OK);
    static const char link[] = "<td><a href=\"/plain?year=2017&amp;lang=en\">";
    assert_null(strstr(then, link));
    assert_non_null(strstr(later, link));
    free(then);
    free(later);
}

static void links_of_the_page_lead_somewhere(void **state)
{
    struct fake_site *fake = *state;
    char *page = fake_get(fake, "/plain?year=2017", HTTP_OK);
    size_t links = 0;
    for (char *at = page; (at = strpbrk(at, "hs")); at++) {
        size_t skip = strncmp(at, "href=\"", 6) == 0 ? 6 : strncmp(at, "src=\"", 5) == 0 ? 5 : 0;
        if (skip == 0)
            continue;
        char target[256] = "";
        size_t used = 0;
        for (const char *from = at + skip; *from != '"' && used < sizeof target - 1; from++) {
            if (strncmp(from, "&amp;", 5) == 0) {
                target[used++] = '&';
                from += 4;
            } else {
                target[used++] = *from;
            }
        }
        if (target[0] == '#')
            continue;
        struct http_response response = fake_ask(fake, HTTP_GET, target, NULL, NULL);
        assert_int_equal(response.status, HTTP_OK);
        http_response_fini(&response);
        links++;
    }
    assert_true(links > 10);
    free(page);
}

static void a_page_that_cannot_be_had_is_a_problem_document(void **state)
{
    struct fake_site *fake = *state;
    static const struct {
        const char *target;
        enum http_status status;
    } cases[] = {
        {"/plain?year=17", HTTP_BAD_REQUEST}, {"/plain?year=abcd", HTTP_BAD_REQUEST},
        {"/plain?year=1999", HTTP_NOT_FOUND}, {"/plain?year=2099", HTTP_NOT_FOUND},
        {"/plain?lang=fr", HTTP_BAD_REQUEST}, {"/plain?area=371082", HTTP_BAD_REQUEST},
        {"/plain?a=%", HTTP_BAD_REQUEST},     {"/nothing", HTTP_NOT_FOUND},
        {"/index.html", HTTP_NOT_FOUND},      {"/assets/", HTTP_NOT_FOUND},
        {"/assets/..", HTTP_NOT_FOUND},       {"//", HTTP_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_response response = fake_ask(fake, HTTP_GET, cases[i].target, NULL, NULL);
        assert_int_equal(response.status, cases[i].status);
        assert_string_equal(response.content_type, "application/problem+json");
        http_response_fini(&response);
    }
    fake->failure = -EIO;
    free(fake_get(fake, "/plain", HTTP_UNAVAILABLE));
}

static void a_browser_is_told_of_an_error_by_a_page_in_both_languages(void **state)
{
    static const char browser[] = "text/html,application/xhtml+xml,*/*;q=0.8";
    static const struct {
        const char *target, *title;
        enum http_status status;
    } cases[] = {
        {"/nothing", "<h1><span lang=\"zh-CN\">未找到</span></h1>", HTTP_NOT_FOUND},
        {"/plain?lang=en&year=1999", "<h1><span lang=\"en\">There is nothing here</span></h1>",
         HTTP_NOT_FOUND},
        {"/plain?a=%3Cscript%3E", "<h1><span lang=\"zh-CN\">请求有误</span></h1>",
         HTTP_BAD_REQUEST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_response response = fake_ask(*state, HTTP_GET, cases[i].target, browser, NULL);
        assert_int_equal(response.status, cases[i].status);
        assert_string_equal(response.content_type, "text/html; charset=utf-8");
        assert_non_null(strstr(response.body, cases[i].title));
        assert_null(strstr(response.body, "script"));
        http_response_fini(&response);
    }
    struct http_response api = fake_ask(*state, HTTP_GET, "/api/v1/nothing", browser, NULL);
    assert_string_equal(api.content_type, "application/problem+json");
    http_response_fini(&api);
}

static void answers_carry_an_etag_that_saves_the_second_sending(void **state)
{
    struct fake_site *fake = *state;
    for (const struct route *route = routes; route->path; route++) {
        char target[128];
        (void)fake_example(route, target);
        struct http_response first = fake_ask(fake, HTTP_GET, target, NULL, NULL);
        assert_int_equal(first.status, HTTP_OK);
        if (first.order) { /* a file, which has none */
            http_response_fini(&first);
            continue;
        }
        assert_true(first.body_length > 0);
        struct http_response again = fake_ask(fake, HTTP_GET, target, NULL, first.etag);
        assert_int_equal(again.status, HTTP_NOT_MODIFIED);
        assert_int_equal(again.body_length, 0);
        assert_string_equal(again.etag, first.etag);
        http_response_fini(&again);
        http_response_fini(&first);
        struct http_response post = fake_ask(fake, HTTP_OTHER_METHOD, target, NULL, NULL);
        assert_int_equal(post.status, HTTP_METHOD_NOT_ALLOWED);
        assert_string_equal(post.allow, "GET, HEAD");
        http_response_fini(&post);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        CASE(the_page_shows_every_target_of_the_plan_in_both_languages),
        CASE(the_method_page_says_how_figures_are_made_in_the_language_asked_for),
        CASE(the_language_asked_for_comes_first),
        CASE(the_page_is_well_formed_and_needs_no_exception_from_the_policy),
        CASE(areas_get_values_and_no_verdict),
        CASE(an_empty_collector_says_so_and_shows_no_zero_for_what_is_unknown),
        CASE(a_target_whose_day_is_past_leads_to_the_verdict_of_its_year),
        CASE(links_of_the_page_lead_somewhere),
        CASE(a_page_that_cannot_be_had_is_a_problem_document),
        CASE(a_browser_is_told_of_an_error_by_a_page_in_both_languages),
        CASE(answers_carry_an_etag_that_saves_the_second_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
