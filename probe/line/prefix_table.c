/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sorted by where they begin, the wider first, prefixes lie in each other like brackets: a stack of
 * the open ones says at each boundary which class begins there.
 */
#include "probe/line/prefix_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 130 /* one of each length, and none */

/* An IPv6 address, or an IPv4 address in the low half, as a number. */
struct number {
    uint64_t high, low;
};

struct span {
    struct number first, last;
    size_t order; /* in the list: the later of two equal ones holds */
    uint8_t bits, class;
};

/* Range i begins at firsts[i] and ends before firsts[i + 1]. The first range begins at 0. */
struct ranges4 {
    uint32_t *firsts;
    uint8_t *classes;
    size_t count;
};

struct ranges6 {
    struct number *firsts;
    uint8_t *classes;
    size_t count;
};

struct prefix_table {
    struct ranges4 ipv4;
    struct ranges6 ipv6;
};

static int compare(struct number a, struct number b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

static uint64_t load_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof value; i++)
        value = value << 8 | bytes[i];
    return value;
}

static uint32_t load_u32(const uint8_t *bytes)
{
    return (uint32_t)(load_u64(bytes) >> 32);
}

/* Ones from bit `from` (counted from the left) on. */
static uint64_t ones_behind(unsigned from)
{
    return from >= 64 ? 0 : UINT64_MAX >> from;
}

static struct span span_of(const struct prefix_class *from, size_t order)
{
    const struct ip_prefix *prefix = &from->prefix;
    struct span span = {.order = order, .bits = prefix->bits, .class = from->class};
    struct number behind = {0};
    if (prefix->ip_version == 4) {
        span.first.low = load_u32(prefix->address);
        behind.low = UINT32_MAX & ones_behind(32u + prefix->bits);
    } else {
        span.first = (struct number){load_u64(prefix->address), load_u64(prefix->address + 8)};
        behind.high = ones_behind(prefix->bits);
        behind.low = ones_behind(prefix->bits > 64 ? prefix->bits - 64u : 0);
    }
    span.first = (struct number){span.first.high & ~behind.high, span.first.low & ~behind.low};
    span.last = (struct number){span.first.high | behind.high, span.first.low | behind.low};
    return span;
}

static int by_first_then_wider(const void *a, const void *b)
{
    const struct span *left = a, *right = b;
    int order = compare(left->first, right->first);
    if (order != 0)
        return order;
    if (left->bits != right->bits)
        return left->bits < right->bits ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

/* Appends a range; one that begins where the last begins replaces it, one of the same class as the
 * last is part of it. */
static void append(struct ranges6 *ranges, struct number first, uint8_t class)
{
    if (ranges->count > 0 && compare(ranges->firsts[ranges->count - 1], first) == 0)
        ranges->count--;
    if (ranges->count > 0 && ranges->classes[ranges->count - 1] == class)
        return;
    ranges->firsts[ranges->count] = first;
    ranges->classes[ranges->count++] = class;
}

/* Closes the open spans that end before `next` (all but the outermost for NULL). */
static size_t close_before(struct ranges6 *ranges, const struct span *open, size_t depth,
                           const struct number *next)
{
    while (depth > 1 && (!next || compare(open[depth - 1].last, *next) < 0)) {
        struct number after = open[--depth].last;
        after.low++;
        after.high += after.low == 0;
        if (after.high != 0 || after.low != 0) /* else it ends with the address space */
            append(ranges, after, open[depth - 1].class);
    }
    return depth;
}

/* Room for 2 * count + 1 ranges must be there. */
static void flatten(struct span *spans, size_t count, struct ranges6 *ranges)
{
    struct span open[OPEN_MAX] = {{.class = PREFIX_CLASS_NONE}};
    size_t depth = 1;
    append(ranges, (struct number){0}, PREFIX_CLASS_NONE);
    qsort(spans, count, sizeof *spans, by_first_then_wider);
    for (size_t i = 0; i < count; i++) {
        depth = close_before(ranges, open, depth, &spans[i].first);
        if (depth > 1 && open[depth - 1].bits == spans[i].bits)
            depth--; /* the same prefix again */
        open[depth++] = spans[i];
        append(ranges, spans[i].first, spans[i].class);
    }
    (void)close_before(ranges, open, depth, NULL);
}

static int build(struct span *spans, size_t count, struct ranges6 *ranges)
{
    ranges->firsts = malloc((2 * count + 1) * sizeof *ranges->firsts);
    ranges->classes = malloc(2 * count + 1);
    if (!ranges->firsts || !ranges->classes)
        return -ENOMEM;
    flatten(spans, count, ranges);
    return 0;
}

/* IPv4 ranges need a quarter of the room. The end of the space is no range. */
static int narrow(const struct ranges6 *from, struct ranges4 *to)
{
    to->firsts = malloc(from->count * sizeof *to->firsts);
    to->classes = malloc(from->count);
    if (!to->firsts || !to->classes)
        return -ENOMEM;
    for (size_t i = 0; i < from->count && from->firsts[i].low <= UINT32_MAX; i++) {
        to->firsts[i] = (uint32_t)from->firsts[i].low;
        to->classes[i] = from->classes[i];
        to->count++;
    }
    return 0;
}

static int fill(struct prefix_table *table, const struct prefix_class *prefixes, size_t count,
                struct span *spans)
{
    struct ranges6 ipv4 = {0};
    size_t used[2] = {0}; /* IPv4 from the front, IPv6 from the back */
    for (size_t i = 0; i < count; i++) {
        bool four = prefixes[i].prefix.ip_version == 4;
        spans[four ? used[0]++ : count - ++used[1]] = span_of(&prefixes[i], i);
    }
    int status = build(spans, used[0], &ipv4);
    if (status == 0)
        status = narrow(&ipv4, &table->ipv4);
    if (status == 0)
        status = build(spans + used[0], used[1], &table->ipv6);
    free(ipv4.firsts);
    free(ipv4.classes);
    return status;
}

static bool is_prefix(const struct ip_prefix *prefix)
{
    return (prefix->ip_version == 4 && prefix->bits <= 32) ||
           (prefix->ip_version == 6 && prefix->bits <= 128);
}

struct prefix_table *prefix_table_new(const struct prefix_class *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_prefix(&prefixes[i].prefix)) {
            errno = EINVAL;
            return NULL;
        }
    struct prefix_table *table = calloc(1, sizeof *table);
    struct span *spans = calloc(count + 1, sizeof *spans);
    int status = table && spans ? fill(table, prefixes, count, spans) : -ENOMEM;
    free(spans);
    if (status == 0)
        return table;
    prefix_table_free(table);
    errno = -status;
    return NULL;
}

void prefix_table_free(struct prefix_table *table)
{
    if (!table)
        return;
    free(table->ipv4.firsts);
    free(table->ipv4.classes);
    free(table->ipv6.firsts);
    free(table->ipv6.classes);
    free(table);
}

static unsigned find4(const struct ranges4 *ranges, uint32_t address)
{
    size_t low = 0, high = ranges->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (ranges->firsts[middle] <= address)
            low = middle;
        else
            high = middle;
    }
    return ranges->classes[low];
}

static unsigned find6(const struct ranges6 *ranges, struct number address)
{
    size_t low = 0, high = ranges->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (compare(ranges->firsts[middle], address) <= 0)
            low = middle;
        else
            high = middle;
    }
    return ranges->classes[low];
}

unsigned prefix_table_find(const struct prefix_table *table, uint8_t ip_version,
                           const uint8_t address[static 16])
{
    if (ip_version == 4)
        return find4(&table->ipv4, load_u32(address));
    return find6(&table->ipv6, (struct number){load_u64(address), load_u64(address + 8)});
}
