/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When an indicator deserves a person's attention: it is raised once when the indicator falls off
 * its pace, and cleared when it is on pace again; what cannot be assessed changes nothing. What is
 * in force follows from the chronicle, so after a restart it is told once more, as the alerts of
 * probes are. Pure: time is an argument. One thread.
 */
#ifndef LASTMILE_COLLECTOR_ALERT_PACE_ALERTS_H
#define LASTMILE_COLLECTOR_ALERT_PACE_ALERTS_H

#include "collector/alert/alert.h"

enum pace_state { PACE_STATE_UNKNOWN, PACE_STATE_ON, PACE_STATE_OFF };

struct pace_reading {
    const char *indicator; /* borrowed until return */
    enum pace_state state;
    double forecast;        /* for the target's day, in the indicator's unit */
    uint64_t since_unix_ns; /* the end of the month that says so */
};

struct pace_alerts;

/* NULL when memory is out. */
struct pace_alerts *pace_alerts_new(void);
void pace_alerts_free(struct pace_alerts *alerts);

/* 0 or -ENOMEM. */
int pace_alerts_judge(struct pace_alerts *alerts, const struct pace_reading *reading,
                      uint64_t now_unix_ns, alert_event_fn tell, void *ctx);

#endif
