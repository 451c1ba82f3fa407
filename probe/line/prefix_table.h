/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Longest match of an address among many prefixes, each of a class. Built once, then never changed:
 * nested prefixes are flattened into ranges that do not overlap, and one binary search finds the
 * range, in at most 1 + log2(2 n) steps whatever the prefixes are. 5 bytes an IPv4 range, 17 an
 * IPv6 range. Pure; any number of threads may ask.
 */
#ifndef LASTMILE_PROBE_LINE_PREFIX_TABLE_H
#define LASTMILE_PROBE_LINE_PREFIX_TABLE_H

#include "common/ip_prefix.h"

#include <stddef.h>
#include <stdint.h>

struct prefix_class {
    struct ip_prefix prefix; /* bits behind the prefix mean nothing */
    uint8_t class;           /* any number */
};

#define PREFIX_CLASS_NONE 0 /* of an address in no prefix */

struct prefix_table;

/* The prefixes are read, not kept. Where the same prefix comes twice, the later holds. NULL with
 * errno: EINVAL for a prefix that is none, ENOMEM. */
struct prefix_table *prefix_table_new(const struct prefix_class *prefixes, size_t count);
void prefix_table_free(struct prefix_table *table);

unsigned prefix_table_find(const struct prefix_table *table, uint8_t ip_version,
                           const uint8_t address[static 16]);

#endif
