/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In place of this room where the probe is built without SNMP. The settings refuse devices then
 * (settings_snmp_none.c), so that there is nothing to poll and nothing to fill an inventory from;
 * whoever asks all the same is told ENOTSUP.
 */
#include "probe/snmp/census.h"
#include "probe/snmp/poller.h"
#include "probe/snmp/profile.h"
#include "probe/snmp/snapshot.h"

#include <errno.h>

struct census *census_new(void)
{
    errno = ENOTSUP;
    return NULL;
}

void census_free(struct census *census)
{
    (void)census;
}

void device_snapshot_free(struct device_snapshot *snapshot)
{
    (void)snapshot;
}

int device_snapshot_fill(const struct device_snapshot *snapshot,
                         const struct snapshot_export *export,
                         struct report_inventory *out_inventory)
{
    (void)snapshot;
    (void)export;
    (void)out_inventory;
    return -ENOTSUP;
}

struct profile_set *profile_set_load(const char *directory, struct conf_error *out_error)
{
    (void)snprintf(out_error->text, sizeof out_error->text,
                   "%s: this lastmile-probe is built without SNMP", directory);
    return NULL;
}

void profile_set_free(struct profile_set *profiles)
{
    (void)profiles;
}

const struct profile *profile_set_find(const struct profile_set *profiles, const char *name)
{
    (void)profiles;
    (void)name;
    return NULL;
}

const char *profile_directory(const char *given)
{
    return given ? given : "profiles";
}

struct poller *poller_new(const struct profile_set *profiles, poller_snapshot_fn on_snapshot,
                          void *ctx)
{
    (void)profiles;
    (void)on_snapshot;
    (void)ctx;
    errno = ENOTSUP;
    return NULL;
}

void poller_free(struct poller *poller)
{
    (void)poller;
}

int poller_add(struct poller *poller, const struct poller_target *target, uint64_t now_mono_ns)
{
    (void)poller;
    (void)target;
    (void)now_mono_ns;
    return -ENOTSUP;
}

size_t poller_prepare(struct poller *poller, struct pollfd *fds, size_t max, uint64_t now_mono_ns,
                      uint64_t *out_timeout_ns)
{
    (void)poller;
    (void)fds;
    (void)max;
    (void)now_mono_ns;
    *out_timeout_ns = UINT64_MAX;
    return 0;
}

void poller_service(struct poller *poller, const struct pollfd *fds, size_t count,
                    uint64_t now_mono_ns)
{
    (void)poller;
    (void)fds;
    (void)count;
    (void)now_mono_ns;
}
