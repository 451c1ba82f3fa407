/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When a probe deserves a person's attention: readings in, events out. A rule has two thresholds
 * and two times: it must be beyond the first for so long before it raises, and back behind the
 * second for so long before it clears, so that a value on the edge says nothing twice. A reading
 * that is unknown changes nothing. Pure: time is an argument. One thread.
 */
#ifndef LASTMILE_COLLECTOR_ALERT_ALERT_H
#define LASTMILE_COLLECTOR_ALERT_ALERT_H

#include "common/optional.h"
#include "common/topic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum alert_rule {
    ALERT_SILENT,   /* intervals since its last report */
    ALERT_CLOCK,    /* 1: its clock is not trusted; 0: it is */
    ALERT_COVERAGE, /* captured / interface octets of the day */
    ALERT_BACKLOG,  /* intervals that it has and that have not come; raises while it grows */
    ALERT_PACE,     /* of an indicator, not of a probe: pace_alerts.h */
    ALERT_RULES
};

struct alert_kind {
    const char *name; /* "probe-silent": stands in topics and labels */
    const char *unit;
    const char *summary_zh, *summary_en;
    bool below;   /* raises below its threshold, not above */
    bool growing; /* raises only when the value has grown meanwhile */
};
extern const struct alert_kind alert_kinds[ALERT_RULES];

struct alert_limits {
    double raise, clear; /* raises from this on, clears from that on */
    uint64_t raise_after_s, clear_after_s;
};
extern const struct alert_limits alert_limits_default[ALERT_RULES];

struct alert_reading {
    int64_t probe_id;
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    struct optional_double values[ALERT_RULES];
};

#define ALERT_INDICATOR_BYTES 64

struct alert_event {
    enum alert_rule rule;
    bool raised; /* else cleared */
    int64_t probe_id;
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    char indicator[ALERT_INDICATOR_BYTES]; /* of ALERT_PACE, which has no probe; else "" */
    double value;
    uint64_t since_unix_ns; /* when it was raised */
    uint64_t at_unix_ns;    /* of this event */
};
typedef void (*alert_event_fn)(void *ctx, const struct alert_event *event);

struct alerts;

/* limits: ALERT_RULES of them, copied. NULL when memory is out. */
struct alerts *alerts_new(const struct alert_limits *limits);
void alerts_free(struct alerts *alerts);

/* What was in force before a restart; 0 or -ENOMEM. */
int alerts_restore(struct alerts *alerts, int64_t probe_id, enum alert_rule rule,
                   uint64_t since_unix_ns);

struct alert_time {
    uint64_t mono_ns, unix_ns; /* durations go by the first */
};
/* Holds one probe's reading against every rule. 0 or -ENOMEM. */
int alerts_judge(struct alerts *alerts, const struct alert_reading *reading,
                 const struct alert_time *now, alert_event_fn tell, void *ctx);

#endif
