/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the subscriber's side is: by address prefixes. Few of them, asked once per flow, so a list
 * from long to short will do. For probe/line, and for the agent's own sources.
 */
#ifndef LASTMILE_PROBE_LINE_PERIMETER_H
#define LASTMILE_PROBE_LINE_PERIMETER_H

#include "probe/line/line_meter.h"

struct perimeter {
    struct ip_prefix *prefixes;
    size_t count;
};

/* 0, -EINVAL for a prefix that is none, or -ENOMEM. No prefixes: private and shared space. */
int perimeter_init(struct perimeter *perimeter, const struct ip_prefix *prefixes, size_t count);
void perimeter_fini(struct perimeter *perimeter);

bool perimeter_is_inside(const struct perimeter *perimeter, uint8_t ip_version,
                         const uint8_t address[static 16]);

#endif
