/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In place of agent_status.c where the probe is built without SNMP: there is no sub-agent, and
 * nobody to show the probe's health to.
 */
#include "probe/agent_status.h"

#include <errno.h>

struct agent_status *agent_status_new(const struct settings *settings,
                                      const uint8_t boot_id[static REPORT_BOOT_ID_BYTES])
{
    (void)settings;
    (void)boot_id;
    errno = ENOENT;
    return NULL;
}

void agent_status_free(struct agent_status *status)
{
    (void)status;
}

void agent_status_add_report(struct agent_status *status, const struct report *report)
{
    (void)status;
    (void)report;
}

void agent_status_add_poll(struct agent_status *status, size_t number,
                           const struct device_snapshot *snapshot)
{
    (void)status;
    (void)number;
    (void)snapshot;
}

void agent_status_service(struct agent_status *status, const struct poller *poller,
                          const struct delivery *delivery, uint64_t now_mono_ns)
{
    (void)status;
    (void)poller;
    (void)delivery;
    (void)now_mono_ns;
}
