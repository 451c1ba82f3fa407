/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/target.h"

#include "common/utf8.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

const char *target_fault_text(enum target_fault fault)
{
    static const char *const texts[TARGET_FAULTS] = {
        [TARGET_OK] = "The request target is well formed.",
        [TARGET_TOO_LONG] = "The request target, or a parameter in it, is too long.",
        [TARGET_NOT_ORIGIN] = "The request target does not begin with a slash.",
        [TARGET_BAD_ESCAPE] = "A % in the query is not followed by two hexadecimal digits.",
        [TARGET_BAD_CHARACTER] = "The request target is not UTF-8 or holds an invisible character.",
        [TARGET_TOO_MANY] = "The query has too many parameters.",
        [TARGET_REPEATED] = "The query gives the same parameter twice.",
    };
    return texts[fault];
}

static int hexadecimal(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Well-formed UTF-8 of characters that show as what they are. */
static bool is_clean(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t code_point = 0;
        size_t sequence = utf8_decode((const uint8_t *)bytes + i, length - i, &code_point);
        if (sequence == 0 || !utf8_is_printable(code_point))
            return false;
        i += sequence;
    }
    return true;
}

/* Decodes one name or value into out, which holds size bytes with the NUL. */
static enum target_fault decode(const char *bytes, size_t length, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i] == '+' ? ' ' : bytes[i];
        if (c == '%') {
            bool whole = length - i > 2;
            int high = whole ? hexadecimal(bytes[i + 1]) : -1;
            int low = whole ? hexadecimal(bytes[i + 2]) : -1;
            if (high < 0 || low < 0)
                return TARGET_BAD_ESCAPE;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (used + 1 >= size)
            return TARGET_TOO_LONG;
        out[used++] = c;
    }
    out[used] = '\0';
    return is_clean(out, used) ? TARGET_OK : TARGET_BAD_CHARACTER;
}

static enum target_fault parse_parameter(const char *bytes, size_t length, struct target *target)
{
    if (length == 0)
        return TARGET_OK; /* "a=1&&b=2" */
    if (target->parameter_count == TARGET_PARAMETERS_MAX)
        return TARGET_TOO_MANY;
    const char *equals = memchr(bytes, '=', length);
    size_t name_length = equals ? (size_t)(equals - bytes) : length;
    struct target_parameter parameter = {.value = ""};
    enum target_fault fault = decode(bytes, name_length, parameter.name, sizeof parameter.name);
    if (!fault && equals)
        fault =
            decode(equals + 1, length - name_length - 1, parameter.value, sizeof parameter.value);
    if (fault)
        return fault;
    if (target_value(target, parameter.name))
        return TARGET_REPEATED;
    target->parameters[target->parameter_count++] = parameter;
    return TARGET_OK;
}

static enum target_fault parse_query(const char *bytes, size_t length, struct target *target)
{
    while (length > 0) {
        const char *ampersand = memchr(bytes, '&', length);
        size_t part = ampersand ? (size_t)(ampersand - bytes) : length;
        enum target_fault fault = parse_parameter(bytes, part, target);
        if (fault)
            return fault;
        size_t step = ampersand ? part + 1 : part;
        bytes += step;
        length -= step;
    }
    return TARGET_OK;
}

const char *target_origin(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], length) != 0)
            continue;
        const char *path = target + length + strcspn(target + length, "/?#");
        return *path ? path : "/";
    }
    return target;
}

enum target_fault target_parse(const char *bytes, size_t length, struct target *out_target)
{
    if (length == 0 || bytes[0] != '/')
        return TARGET_NOT_ORIGIN;
    if (length > TARGET_BYTES_MAX)
        return TARGET_TOO_LONG;
    const char *mark = memchr(bytes, '?', length);
    size_t path_length = mark ? (size_t)(mark - bytes) : length;
    if (path_length >= TARGET_PATH_BYTES)
        return TARGET_TOO_LONG;
    if (!is_clean(bytes, path_length))
        return TARGET_BAD_CHARACTER;
    struct target target = {.parameter_count = 0};
    memcpy(target.path, bytes, path_length);
    if (mark) {
        enum target_fault fault = parse_query(mark + 1, length - path_length - 1, &target);
        if (fault)
            return fault;
    }
    *out_target = target;
    return TARGET_OK;
}

bool target_path_matches(const char *pattern, const char *path)
{
    const char *brace = strchr(pattern, '{');
    if (!brace)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(brace - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t digits = strspn(path + before, "0123456789");
    return digits > 0 && digits <= 18 &&
           strcmp(brace + strlen("{id}"), path + before + digits) == 0;
}

enum target_fault target_parse_form(const char *bytes, size_t length, struct target *out_form)
{
    struct target form = {.parameter_count = 0};
    enum target_fault fault = parse_query(bytes, length, &form);
    if (fault == TARGET_OK)
        *out_form = form;
    return fault;
}

const char *target_value(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->parameter_count; i++)
        if (strcmp(target->parameters[i].name, name) == 0)
            return target->parameters[i].value;
    return NULL;
}
