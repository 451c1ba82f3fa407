/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In place of conntrack.c where the probe is built without netlink. The settings refuse this
 * source.
 */
#include "probe/conntrack/conntrack.h"

#include <errno.h>

struct conntrack *conntrack_open(const struct conntrack_options *options)
{
    (void)options;
    errno = EOPNOTSUPP;
    return NULL;
}

void conntrack_close(struct conntrack *conntrack)
{
    (void)conntrack;
}

int conntrack_fd(const struct conntrack *conntrack)
{
    (void)conntrack;
    return -1;
}

void conntrack_service(struct conntrack *conntrack)
{
    (void)conntrack;
}

struct conntrack_counts conntrack_count(struct conntrack *conntrack, bool *complete)
{
    (void)conntrack;
    *complete = false;
    return (struct conntrack_counts){0};
}
