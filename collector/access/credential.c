/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/credential.h"

#include <string.h>
#include <strings.h>

#define SECRET_LENGTH ((size_t)SECRET_TEXT_BYTES - 1)

static bool take(const char *text, size_t length, char out[static SECRET_TEXT_BYTES])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (length != SECRET_LENGTH || strspn(text, alphabet) < length)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

bool credential_is_secret(const char *text)
{
    char secret[SECRET_TEXT_BYTES];
    return take(text, strlen(text), secret);
}

bool credential_bearer(const char *authorization, char out[static SECRET_TEXT_BYTES])
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *secret = authorization + sizeof scheme - 1;
    secret += strspn(secret, " ");
    return take(secret, strlen(secret), out);
}

bool credential_cookie(const char *cookies, const char *name, char out[static SECRET_TEXT_BYTES])
{
    size_t name_length = strlen(name);
    size_t found = 0;
    bool good = false;
    for (const char *at = cookies ? cookies : ""; *at;) {
        at += strspn(at, " \t;");
        size_t length = strcspn(at, ";");
        if (length > name_length && at[name_length] == '=' && strncmp(at, name, name_length) == 0) {
            const char *value = at + name_length + 1;
            found++;
            good = take(value, length - name_length - 1, out);
        }
        at += length;
    }
    return good && found == 1;
}
