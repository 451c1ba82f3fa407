/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/poller.h"

#include <stdlib.h>

struct poller {
    const struct profile_set *profiles;
    poller_snapshot_fn on_snapshot;
    void *ctx;
};

struct poller *poller_new(const struct profile_set *profiles, poller_snapshot_fn on_snapshot,
                          void *ctx)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (poller)
        *poller = (struct poller){.profiles = profiles, .on_snapshot = on_snapshot, .ctx = ctx};
    return poller;
}

void poller_free(struct poller *poller)
{
    free(poller);
}
