/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/problem.h"

#include "common/json_writer.h"

#include "collector/http/html.h"
#include "collector/http/language.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_AFTER_S 5

static const struct {
    enum http_status status;
    const char *phrase; /* RFC 9110 section 15, RFC 6585 */
    const char *zh, *en;
} rows[] = {
    {HTTP_BAD_REQUEST, "Bad Request", "请求有误", "The address is not understood"},
    {HTTP_UNAUTHORIZED, "Unauthorized", "请先登录", "Please log in"},
    {HTTP_FORBIDDEN, "Forbidden", "无权查看", "You may not see this"},
    {HTTP_NOT_FOUND, "Not Found", "未找到", "There is nothing here"},
    {HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed", "不支持此操作", "This cannot be done here"},
    {HTTP_NOT_ACCEPTABLE, "Not Acceptable", "没有所要求的格式", "Not to be had in this format"},
    {HTTP_CONTENT_TOO_LARGE, "Content Too Large", "请求内容过大", "The request is too large"},
    {HTTP_URI_TOO_LONG, "URI Too Long", "地址过长", "The address is too long"},
    {HTTP_TOO_MANY_REQUESTS, "Too Many Requests", "请求过于频繁", "Too many requests"},
    {HTTP_HEADERS_TOO_LARGE, "Request Header Fields Too Large", "请求头过大",
     "The header of the request is too large"},
    {HTTP_INTERNAL_ERROR, "Internal Server Error", "服务器内部错误", "The answer failed"},
    {HTTP_UNAVAILABLE, "Service Unavailable", "暂时无法提供数据", "Not available just now"},
};
#define ROWS (sizeof rows / sizeof rows[0])

const char *problem_phrase(enum http_status status)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].status == status)
            return rows[i].phrase;
    return "Error";
}

/* Every address of ours is made of these: nothing else is repeated to a stranger. */
static bool is_plain(const char *path)
{
    return *path && path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789-._~/")] == '\0';
}

/* type is "about:blank": the title is then the status's own phrase (RFC 9457 section 4.2.1). */
static char *write_document(enum http_status status, const char *detail, const char *path)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return NULL;
    json_writer_put_string(json, "type", "about:blank");
    json_writer_put_string(json, "title", problem_phrase(status));
    json_writer_put_u64(json, "status", (uint64_t)status);
    json_writer_put_string(json, "detail", detail);
    if (is_plain(path))
        json_writer_put_string(json, "instance", path);
    char *body = json_writer_text(json, true);
    json_writer_free(json);
    return body;
}

/* Takes the body; NULL (memory) becomes a document that needs none. */
static void respond(struct http_response *response, enum http_status status, const char *type,
                    char *body)
{
    static const char last_resort[] = "{\"type\": \"about:blank\", "
                                      "\"title\": \"Internal Server Error\", \"status\": 500, "
                                      "\"detail\": \"The answer could not be written.\"}\n";
    const char *allow = response->allow, *authenticate = response->authenticate;
    unsigned retry_after_s = response->retry_after_s;
    http_response_fini(response);
    response->status = body ? status : HTTP_INTERNAL_ERROR;
    response->content_type = body ? type : "application/problem+json";
    response->body = body ? body : last_resort;
    response->body_length = strlen(response->body);
    response->owned = body;
    response->allow = allow;
    response->authenticate = status == HTTP_UNAUTHORIZED ? authenticate : NULL;
    response->retry_after_s = status == HTTP_UNAVAILABLE         ? RETRY_AFTER_S
                              : status == HTTP_TOO_MANY_REQUESTS ? retry_after_s
                                                                 : 0;
}

void http_respond_problem(struct http_response *response, enum http_status status,
                          const char *detail)
{
    respond(response, status, "application/problem+json", write_document(status, detail, ""));
    response->problem = detail;
}

/* The status in one language, as a paragraph; the sentence of the problem is English. */
static void put_words(struct text *out, enum language language, const char *words)
{
    text_printf(out, "<p lang=\"%s\">", language_tags[language]);
    html_text(out, words);
    text_put(out, "</p>\n");
}

static char *write_page(enum http_status status, const char *detail, enum language first)
{
    const char *words[LANGUAGES] = {"无法显示此页", "This page cannot be shown"};
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].status == status) {
            words[LANGUAGE_ZH] = rows[i].zh;
            words[LANGUAGE_EN] = rows[i].en;
        }
    enum language second = (enum language)(1 - first);
    struct text out = {0};
    text_printf(&out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
                language_tags[first]);
    text_put(&out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n");
    text_printf(&out, "<title>%u · lastmile</title>\n", (unsigned)status);
    text_put(&out,
             "<link rel=\"stylesheet\" href=\"/assets/site.css\">\n</head>\n<body>\n<main>\n");
    text_printf(&out, "<h1><span lang=\"%s\">", language_tags[first]);
    html_text(&out, words[first]);
    text_put(&out, "</span></h1>\n");
    put_words(&out, second, words[second]);
    put_words(&out, LANGUAGE_EN, detail);
    if (status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN)
        text_put(&out, "<p><a href=\"/login\">登录 · Log in</a></p>\n");
    text_printf(&out, "<p><a href=\"/?lang=%s\">lastmile</a></p>\n</main>\n</body>\n</html>\n",
                language_tags[first]);
    return text_take(&out, NULL);
}

bool problem_wants_page(const struct http_request *request)
{
    unsigned html, document;
    (void)http_accepts(request->accept, "text/html", &html);
    (void)http_accepts(request->accept, "application/problem+json", &document);
    return html > document && strncmp(request->target.path, "/api/", 5) != 0;
}

void problem_complete(struct http_response *response, const struct http_request *request)
{
    const char *detail = response->problem;
    if (!detail)
        return;
    const char *language = target_value(&request->target, "lang");
    if (problem_wants_page(request))
        respond(response, response->status, "text/html; charset=utf-8",
                write_page(response->status, detail,
                           language && strcmp(language, "en") == 0 ? LANGUAGE_EN : LANGUAGE_ZH));
    else
        respond(response, response->status, "application/problem+json",
                write_document(response->status, detail, request->target.path));
    response->problem = detail;
}
