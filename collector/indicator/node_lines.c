/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/node_lines.h"

#include <string.h>

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double known_or_zero(struct optional_u64 count)
{
    return count.known ? (double)count.value : 0;
}

static bool polled(const struct node_lines *lines)
{
    return lines->provisioned.known || lines->active_max.known;
}

/* What a device counts, without the terminals that another node lists by now; exactly those that
 * are listed here and nowhere later, when all of them have been told by a key. */
static double provisioned_lines(const struct node_lines *lines)
{
    bool all_told = lines->named.known && lines->listed >= lines->named.value;
    if (all_told)
        return (double)lines->terminals;
    double elsewhere = (double)lines->listed - (double)lines->terminals;
    return larger(0, known_or_zero(lines->provisioned) - elsewhere);
}

static struct count_range range_of(const struct node_lines *lines)
{
    double seen = (double)lines->seen;
    double active = larger(known_or_zero(lines->active_max), (double)lines->terminals_run);
    double provisioned = provisioned_lines(lines);
    struct count_range range = {.low = larger(active, seen)};
    range.high = larger(range.low, provisioned);
    range.point = lines->active_max.known || !lines->provisioned.known ? range.low : provisioned;
    range.point = larger(range.point, range.low);
    return range;
}

/* Lines that devices count and traffic of the same technology does not show. */
static double unseen_lines(const struct node_evidence *node)
{
    double unseen = 0;
    for (size_t i = 0; i < node->line_count; i++) {
        const struct node_lines *lines = &node->lines[i];
        if (lines->technology != TECHNOLOGY_UNKNOWN)
            unseen += larger(0, range_of(lines).point - (double)lines->seen);
    }
    return unseen;
}

static bool any_provisioned(const struct node_evidence *node)
{
    for (size_t i = 0; i < node->line_count; i++)
        if (node->lines[i].provisioned.known)
            return true;
    return false;
}

/* Where no device bounds the lines, the register does. */
static double registered_beyond(const struct node_evidence *node, double high)
{
    struct optional_double registered = node_lines_registered(node);
    if (!registered.known || (node->reported && any_provisioned(node)))
        return 0;
    return larger(0, registered.value - high);
}

static double less(double a, double b)
{
    return larger(0, a - b);
}

/* A building's terminal serves several subscribers over copper: no FTTH line, and at least one of
 * another kind. */
static void move_mdus(const struct node_lines *lines, struct count_range *fibre,
                      struct count_range *other)
{
    double mdus = (double)lines->mdus;
    double running = (double)lines->mdus_run;
    if (lines->mdus == 0)
        return;
    fibre->low = less(fibre->low, running);
    fibre->high = larger(fibre->low, less(fibre->high, mdus));
    fibre->point = larger(fibre->low, less(fibre->point, lines->active_max.known ? running : mdus));
    *other = count_range_add(*other, (struct count_range){running, mdus, mdus});
}

static bool is_fibre(enum access_technology technology, bool fttb_counts)
{
    return access_technology_is_ftth(technology) ||
           (fttb_counts && technology == TECHNOLOGY_ETHERNET);
}

/* Lines seen without a technology may be among those that the device counts. */
static struct count_range range_beyond(const struct node_lines *lines, double unseen)
{
    struct count_range range = range_of(lines);
    double beyond = larger(0, range.high - unseen);
    if (lines->technology == TECHNOLOGY_UNKNOWN && !polled(lines))
        range = (struct count_range){beyond, beyond, beyond};
    return range;
}

struct count_split node_lines_by_fibre(const struct node_evidence *node, bool fttb_counts)
{
    struct count_split split = {.unknown = {0, 0, 0}};
    double unseen = unseen_lines(node);
    for (size_t i = 0; i < node->line_count; i++) {
        const struct node_lines *lines = &node->lines[i];
        struct count_range range = range_beyond(lines, unseen);
        struct count_range *of = is_fibre(lines->technology, fttb_counts) ? &split.yes : &split.no;
        if (lines->technology == TECHNOLOGY_UNKNOWN)
            of = &split.unknown;
        if (of == &split.yes && !fttb_counts)
            move_mdus(lines, &range, &split.no);
        *of = count_range_add(*of, range);
    }
    double high = split.yes.high + split.no.high + split.unknown.high;
    split.unknown.high += registered_beyond(node, high);
    return split;
}

void node_lines_by_technology(const struct node_evidence *node,
                              double out_lines[static TECHNOLOGY_COUNT])
{
    double unseen = unseen_lines(node);
    memset(out_lines, 0, TECHNOLOGY_COUNT * sizeof *out_lines);
    for (size_t i = 0; i < node->line_count; i++) {
        const struct node_lines *lines = &node->lines[i];
        struct count_range range = range_beyond(lines, unseen);
        struct count_range buildings = {0, 0, 0};
        if (access_technology_is_ftth(lines->technology))
            move_mdus(lines, &range, &buildings);
        out_lines[lines->technology] += range.point;
        out_lines[TECHNOLOGY_ETHERNET] += buildings.point;
    }
}

struct count_range node_lines_total(const struct node_evidence *node)
{
    struct count_split split = node_lines_by_fibre(node, false);
    return count_range_add(count_range_add(split.yes, split.no), split.unknown);
}

static struct count_split capability_of(const struct node_lines *lines, unsigned edge_kbit_s,
                                        bool configured_only)
{
    struct count_split split = {.unknown = {0, 0, 0}};
    double capable = 0;
    double slower = 0;
    bool said = lines->capability_known && !(configured_only && lines->capability_measured);
    for (size_t class = 0; said && class < CAPABILITY_CLASSES; class ++) {
        double count = (double)lines->capability[class];
        if (capability_edges_kbit_s[class] >= edge_kbit_s)
            capable += count;
        else
            slower += count;
    }
    struct count_range range = range_of(lines);
    double all = lines->provisioned.known ? larger((double)lines->provisioned.value, range.low)
                                          : range.point;
    double unknown = larger(0, all - capable - slower);
    split.yes = (struct count_range){capable, capable, capable};
    split.no = (struct count_range){slower, slower, slower};
    split.unknown = (struct count_range){unknown, unknown, unknown};
    return split;
}

struct count_split node_lines_by_capability(const struct node_evidence *node, unsigned edge_kbit_s,
                                            bool configured_only)
{
    struct count_split sum = {.unknown = {0, 0, 0}};
    double unseen = unseen_lines(node);
    for (size_t i = 0; i < node->line_count; i++) {
        const struct node_lines *lines = &node->lines[i];
        struct count_split split = capability_of(lines, edge_kbit_s, configured_only);
        if (lines->technology == TECHNOLOGY_UNKNOWN && !polled(lines)) {
            double beyond = larger(0, split.unknown.high - unseen);
            split.unknown = (struct count_range){beyond, beyond, beyond};
        }
        sum.yes = count_range_add(sum.yes, split.yes);
        sum.no = count_range_add(sum.no, split.no);
        sum.unknown = count_range_add(sum.unknown, split.unknown);
    }
    sum.unknown.high += registered_beyond(node, sum.yes.high + sum.no.high + sum.unknown.high);
    return sum;
}

struct node_evidence node_lines_recent(const struct node_evidence *node,
                                       struct node_lines buffer[static TECHNOLOGY_COUNT])
{
    struct node_evidence recent = *node;
    recent.lines = buffer;
    recent.line_count = node->line_count < TECHNOLOGY_COUNT ? node->line_count : TECHNOLOGY_COUNT;
    for (size_t i = 0; i < recent.line_count; i++) {
        buffer[i] = node->lines[i];
        buffer[i].active_max = node->lines[i].active_max_recent;
        buffer[i].seen = node->lines[i].seen_recent;
        buffer[i].terminals_run = node->lines[i].terminals_run_recent;
        buffer[i].mdus_run = node->lines[i].mdus_run_recent;
    }
    return recent;
}

struct optional_double node_lines_registered(const struct node_evidence *node)
{
    struct optional_u64 sum = {.known = false, .value = 0};
    for (size_t i = 0; i < node->line_count; i++)
        sum = optional_u64_add(sum, node->lines[i].registered);
    return (struct optional_double){.known = sum.known, .value = (double)sum.value};
}

bool node_lines_known(const struct node_evidence *node)
{
    for (size_t i = 0; i < node->line_count; i++)
        if (polled(&node->lines[i]) || node->lines[i].seen > 0 || node->lines[i].registered.known)
            return true;
    return node->registered;
}

bool node_lines_counted(const struct node_evidence *node)
{
    if (!node->reported)
        return false;
    for (size_t i = 0; i < node->line_count; i++) {
        const struct node_lines *lines = &node->lines[i];
        bool named = lines->seen > 0 && (lines->seen_key_kind == LINE_KEY_CIRCUIT ||
                                         lines->seen_key_kind == LINE_KEY_TERMINAL_SERIAL);
        if (polled(lines) || named)
            return true;
    }
    return false;
}
