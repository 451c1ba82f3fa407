/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/page_login.h"

#include "common/json_writer.h"

#include "collector/http/handlers.h"
#include "collector/http/html.h"
#include "collector/http/page_parts.h"
#include "collector/http/selection.h"

#include <string.h>

static const enum word role_words[] = {
    [ROLE_NOBODY] = WORD_ROLE_PUBLIC,     [ROLE_PUBLIC] = WORD_ROLE_PUBLIC,
    [ROLE_OPERATOR] = WORD_ROLE_OPERATOR, [ROLE_COMMISSION] = WORD_ROLE_COMMISSION,
    [ROLE_ADMIN] = WORD_ROLE_ADMIN,       [ROLE_METRICS] = WORD_ROLE_METRICS,
};

static void write_csrf(const struct page *page, const struct http_request *request)
{
    text_put(page->out, "<input type=\"hidden\" name=\"csrf\"");
    html_attribute(page->out, "value", request->csrf ? request->csrf : "");
    text_put(page->out, ">");
}

/* No answer that several get may have the csrf token: the button is on the login's page. */
void page_account(struct text *out, const struct http_request *request, enum language first)
{
    const struct page page = {.out = out, .first = first};
    if (request->open)
        return;
    text_put(out, "<p class=\"account\">");
    if (request->viewer.name[0]) {
        html_text(out, request->viewer.name);
        text_put(out, " · ");
        page_word(&page, role_words[request->viewer.role]);
        text_put(out, " · ");
    }
    text_printf(out, "<a href=\"/login?lang=%s\">", language_tags[first]);
    page_word(&page, request->viewer.name[0] ? WORD_LOG_OUT : WORD_LOG_IN);
    text_put(out, "</a></p>\n");
}

static void write_logout(const struct page *page, const struct http_request *request)
{
    text_put(page->out, "<form method=\"post\" action=\"/logout\"><p>");
    html_text(page->out, request->viewer.name);
    text_put(page->out, " · ");
    page_word(page, role_words[request->viewer.role]);
    write_csrf(page, request);
    text_put(page->out, "</p><p><button type=\"submit\">");
    page_word(page, WORD_LOG_OUT);
    text_put(page->out, "</button></p></form>\n");
}

static void write_field(const struct page *page, const char *name, const char *type,
                        const char *completion, enum word word)
{
    text_printf(page->out, "<p><label for=\"%s\">", name);
    page_word(page, word);
    text_printf(page->out,
                "</label><br><input id=\"%s\" name=\"%s\" type=\"%s\" autocomplete=\"%s\" "
                "maxlength=\"90\" required></p>\n",
                name, name, type, completion);
}

static void write_form(const struct page *page, const struct http_request *request, bool refused)
{
    text_put(page->out, "<form method=\"post\" action=\"/login\">\n");
    if (refused) {
        text_put(page->out, "<p role=\"alert\"><strong>");
        page_word(page, WORD_LOGIN_REFUSED);
        text_put(page->out, "</strong></p>\n");
    }
    write_field(page, "name", "text", "username", WORD_ACCOUNT);
    write_field(page, "password", "password", "current-password", WORD_PASSWORD);
    write_csrf(page, request);
    text_put(page->out, "<p><button type=\"submit\">");
    page_word(page, WORD_LOG_IN);
    text_put(page->out, "</button></p>\n</form>\n<p class=\"note\">");
    page_word(page, WORD_LOGIN_NOTE);
    text_put(page->out, "</p>\n");
}

static void write_page(struct text *out, const struct http_request *request, enum language first,
                       bool refused)
{
    const struct page page = {.out = out, .first = first};
    text_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
                language_tags[first]);
    text_put(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_text(out, word_text(WORD_LOG_IN, first));
    text_put(out, " · lastmile</title>\n"
                  "<link rel=\"stylesheet\" href=\"/assets/site.css\">\n"
                  "<link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">\n"
                  "</head>\n<body>\n<main class=\"entry\">\n<h1>");
    page_word(&page, WORD_LOG_IN);
    text_put(out, "</h1>\n");
    if (request->viewer.name[0])
        write_logout(&page, request);
    else if (!request->open)
        write_form(&page, request, refused);
    text_put(out, "<p><a href=\"/\">");
    page_word(&page, WORD_TO_FIGURES);
    text_printf(out, "</a> · <a href=\"/login?lang=%s\" lang=\"%s\">", language_tags[1 - first],
                language_tags[1 - first]);
    html_text(out, word_text(WORD_SWITCH_LANGUAGE, (enum language)(1 - first)));
    text_put(out, "</a></p>\n</main>\n</body>\n</html>\n");
}

static void respond(const struct http_request *request, enum language first, bool refused,
                    struct http_response *response)
{
    struct text out = {0};
    write_page(&out, request, first, refused);
    http_respond_text(response, "text/html; charset=utf-8", &out);
    response->no_store = true;
}

void handle_login(struct site *site, const struct http_request *request,
                  struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_LANGUAGE, site_plan(site), &selection, response))
        return;
    respond(request, selection.language, false, response);
    response->content_language = selection.language == LANGUAGE_ZH ? "zh-CN, en" : "en, zh-CN";
}

void page_login_refused(const struct http_request *request, struct http_response *response)
{
    const char *language = target_value(&request->target, "lang");
    respond(request, language && strcmp(language, "en") == 0 ? LANGUAGE_EN : LANGUAGE_ZH, true,
            response);
    if (response->status == HTTP_OK)
        response->status = HTTP_UNAUTHORIZED;
}

/* Who is asking, for the pages' script: what to show, and what its forms must bring back. */
void handle_viewer(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    const struct viewer *viewer = &request->viewer;
    if (!selection_read(request, SELECT_NOTHING, site_plan(site), &selection, response))
        return;
    bool nobody = viewer->role == ROLE_NOBODY;
    struct json_writer *json = json_writer_new();
    if (json) {
        json_writer_put_bool(json, "login", !request->open);
        json_writer_put_string(json, "account", viewer->name[0] ? viewer->name : NULL);
        json_writer_put_string(json, "role",
                               nobody ? NULL : conf_id_name(role_names, (int)viewer->role));
        json_writer_put_string(json, "operator",
                               viewer->operator_key[0] ? viewer->operator_key : NULL);
        json_writer_put_string(json, "csrf",
                               viewer->name[0] && request->csrf && request->csrf[0] ? request->csrf
                                                                                    : NULL);
    }
    http_respond_take(response, "application/json", json ? json_writer_text(json, true) : NULL);
    json_writer_free(json);
    response->no_store = true;
}
