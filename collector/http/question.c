/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/question.h"

#include "collector/http/text.h"

char *question_key(const struct http_request *request)
{
    struct text key = {0};
    text_put(&key, request->target.path);
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        text_put(&key, i ? "&" : "?");
        text_put(&key, request->target.parameters[i].name);
        text_put(&key, "=");
        text_put(&key, request->target.parameters[i].value);
    }
    text_printf(&key, "\n%s\n%d\n%d\n%s\n%s", request->accept ? request->accept : "",
                http_accepts_gzip(request->accept_encoding), (int)request->viewer.role,
                request->viewer.operator_key, request->viewer.name);
    return text_take(&key, NULL);
}

uint64_t question_hash(const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *at = key; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return hash;
}
