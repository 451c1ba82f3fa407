/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as the fields that say who somebody is: a cookie, a token, a form, whom a proxy speaks
 * for. What is taken for a secret has its shape; what is taken for a form is text within its
 * bounds; a client is an address or "?".
 */
#include "collector/access/credential.h"
#include "collector/http/client.h"
#include "collector/http/target.h"

#include "common/utf8.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_secret(bool taken, const char *secret)
{
    if (taken && (strlen(secret) != SECRET_TEXT_BYTES - 1 || !credential_is_secret(secret)))
        abort();
}

static void check_form(const char *bytes, size_t size)
{
    struct target form;
    if (target_parse_form(bytes, size, &form) != TARGET_OK)
        return;
    if (form.path[0] != '\0' || form.parameter_count > TARGET_PARAMETERS_MAX)
        abort();
    for (size_t i = 0; i < form.parameter_count; i++) {
        const char *value = form.parameters[i].value;
        if (!utf8_is_valid((const uint8_t *)value, strlen(value)) || strpbrk(value, "\r\n"))
            abort();
    }
}

static void check_client(const char *peer, const char *forwarded)
{
    char client[CLIENT_TEXT_BYTES];
    unsigned char bytes[16];
    client_of("127.0.0.9 2001:db8::9", peer, forwarded, client);
    if (strcmp(client, "?") != 0 && inet_pton(AF_INET, client, bytes) != 1 &&
        inet_pton(AF_INET6, client, bytes) != 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char secret[SECRET_TEXT_BYTES] = "";
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_secret(credential_cookie(text, "lastmile", secret), secret);
    check_secret(credential_bearer(text, secret), secret);
    check_form(text, size);
    check_client("127.0.0.9", text);
    check_client(text, "2001:db8:1:2::3, 127.0.0.9");
    free(text);
    return 0;
}
