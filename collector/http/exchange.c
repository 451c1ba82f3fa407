/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/exchange.h"

#include "collector/access/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exchange *exchange_new(const char *target)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange)
        exchange->target = strndup(target, TARGET_BYTES_MAX + 1);
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    free(exchange->target);
    login_free(exchange->login);
    crypto_wipe(exchange->body, sizeof exchange->body);
    free(exchange);
}

bool exchange_take_body(struct exchange *exchange, const char *upload, size_t *upload_length)
{
    bool more = !exchange->seen || *upload_length > 0;
    size_t room = sizeof exchange->body - exchange->body_length;
    size_t taken = *upload_length < room ? *upload_length : room;
    if (exchange->form && taken > 0)
        memcpy(exchange->body + exchange->body_length, upload, taken);
    exchange->body_length += exchange->form ? taken : 0;
    exchange->too_long = exchange->too_long || (exchange->form && taken < *upload_length);
    exchange->seen = true;
    *upload_length = 0;
    return !more;
}

bool exchange_is_form(const struct exchange *exchange, enum http_method method)
{
    char path[16];
    size_t length = strcspn(exchange->target, "?");
    if (length >= sizeof path)
        return false;
    (void)snprintf(path, sizeof path, "%.*s", (int)length, exchange->target);
    return gate_takes_body(method, path);
}
