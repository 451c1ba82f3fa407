/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the locale puts for the point; strtod and printf both go by it. */
static char decimal_point(void)
{
    const struct lconv *conventions = localeconv();
    return conventions->decimal_point[0] ? conventions->decimal_point[0] : '.';
}

static void replace(char *text, char from, char to)
{
    char *at = from == to ? NULL : strchr(text, from);
    if (at)
        *at = to;
}

void number_format(double value, char out[static NUMBER_BYTES])
{
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(out, NUMBER_BYTES, "%.*g", digits, value);
        double back = strtod(out, NULL);
        if (memcmp(&back, &value, sizeof back) == 0)
            break;
    }
    replace(out, decimal_point(), '.');
}

int number_parse(const char *text, double *out_value)
{
    char local[64];
    size_t length = strlen(text);
    if (length == 0 || length >= sizeof local || strspn(text, "0123456789+-.eE") != length)
        return -EINVAL;
    memcpy(local, text, length + 1);
    replace(local, '.', decimal_point());
    char *end = NULL;
    double value = strtod(local, &end);
    if (*end || !isfinite(value))
        return -EINVAL;
    *out_value = value;
    return 0;
}

int number_parse_unsigned(const char *text, uint64_t *out_value)
{
    uint64_t value = 0;
    if (!text[0])
        return -EINVAL;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return -EINVAL;
        unsigned digit = (unsigned)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return -EINVAL;
        value = value * 10 + digit;
    }
    *out_value = value;
    return 0;
}
