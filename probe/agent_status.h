/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The probe's own health as LASTMILE-MIB shows it, and the sub-agent that serves it: what reports,
 * polls and the outbox have said is summed up here, and shown once a second. All functions bear
 * NULL, which is a probe whose settings ask for none. One thread, the control thread; nothing here
 * waits for the sub-agent or for its master.
 */
#ifndef LASTMILE_PROBE_AGENT_STATUS_H
#define LASTMILE_PROBE_AGENT_STATUS_H

#include "common/report.h"
#include "probe/delivery.h"
#include "probe/settings/settings.h"
#include "probe/snmp/snapshot.h"

struct agent_status;

/* NULL with errno; settings->agentx.socket is not "". */
struct agent_status *agent_status_new(const struct settings *settings,
                                      const uint8_t boot_id[static REPORT_BOOT_ID_BYTES]);
void agent_status_free(struct agent_status *status);

/* An interval has ended with this report. */
void agent_status_add_report(struct agent_status *status, const struct report *report);

/* A poll of device `number` of the settings has ended. */
void agent_status_add_poll(struct agent_status *status, size_t number,
                           const struct device_snapshot *snapshot);

/* Shows what is known, at most once a second, and sees that the sub-agent runs. poller may be NULL.
 */
void agent_status_service(struct agent_status *status, const struct poller *poller,
                          const struct delivery *delivery, uint64_t now_mono_ns);

#endif
