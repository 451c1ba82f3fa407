/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/perimeter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193. */
static const struct ip_prefix private_space[] = {
    {4, 8, {10}}, {4, 12, {172, 16}}, {4, 16, {192, 168}}, {4, 10, {100, 64}}, {6, 7, {0xfc}},
};

static bool is_prefix(const struct ip_prefix *prefix)
{
    return (prefix->ip_version == 4 && prefix->bits <= 32) ||
           (prefix->ip_version == 6 && prefix->bits <= 128);
}

int perimeter_init(struct perimeter *perimeter, const struct ip_prefix *prefixes, size_t count)
{
    if (count == 0) {
        prefixes = private_space;
        count = sizeof private_space / sizeof private_space[0];
    }
    for (size_t i = 0; i < count; i++)
        if (!is_prefix(&prefixes[i]))
            return -EINVAL;
    perimeter->prefixes = malloc(count * sizeof *prefixes);
    if (!perimeter->prefixes)
        return -ENOMEM;
    memcpy(perimeter->prefixes, prefixes, count * sizeof *prefixes);
    perimeter->count = count;
    return 0;
}

void perimeter_fini(struct perimeter *perimeter)
{
    free(perimeter->prefixes);
    *perimeter = (struct perimeter){0};
}

static bool matches(const struct ip_prefix *prefix, const uint8_t *address)
{
    size_t whole = prefix->bits / 8u;
    unsigned rest = prefix->bits % 8u;
    if (memcmp(prefix->address, address, whole) != 0)
        return false;
    return rest == 0 || (prefix->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

bool perimeter_is_inside(const struct perimeter *perimeter, uint8_t ip_version,
                         const uint8_t address[static 16])
{
    for (size_t i = 0; i < perimeter->count; i++)
        if (perimeter->prefixes[i].ip_version == ip_version &&
            matches(&perimeter->prefixes[i], address))
            return true;
    return false;
}
