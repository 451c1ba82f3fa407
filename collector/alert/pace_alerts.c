/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/alert/pace_alerts.h"

#include "common/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

struct subject {
    char indicator[ALERT_INDICATOR_BYTES];
    bool raised;
    uint64_t since_unix_ns;
};

struct pace_alerts {
    struct subject *subjects;
    size_t count;
};

struct pace_alerts *pace_alerts_new(void)
{
    return calloc(1, sizeof(struct pace_alerts));
}

void pace_alerts_free(struct pace_alerts *alerts)
{
    if (!alerts)
        return;
    free(alerts->subjects);
    free(alerts);
}

static struct subject *find(struct pace_alerts *alerts, const char *indicator)
{
    for (size_t i = 0; i < alerts->count; i++)
        if (strcmp(alerts->subjects[i].indicator, indicator) == 0)
            return &alerts->subjects[i];
    struct subject *grown = array_grow(alerts->subjects, alerts->count, sizeof *grown);
    if (!grown)
        return NULL;
    alerts->subjects = grown;
    struct subject *subject = &grown[alerts->count++];
    memset(subject, 0, sizeof *subject);
    (void)snprintf(subject->indicator, sizeof subject->indicator, "%s", indicator);
    return subject;
}

/* In the place of a probe's id: tells indicators apart where an alert has a fingerprint. */
static int64_t number_of(const char *indicator)
{
    uint64_t hash = FNV_START; /* FNV-1a */
    for (; *indicator; indicator++)
        hash = (hash ^ (unsigned char)*indicator) * FNV_PRIME;
    return (int64_t)(hash >> 9);
}

int pace_alerts_judge(struct pace_alerts *alerts, const struct pace_reading *reading,
                      uint64_t now_unix_ns, alert_event_fn tell, void *ctx)
{
    if (reading->state == PACE_STATE_UNKNOWN)
        return 0;
    struct subject *subject = find(alerts, reading->indicator);
    if (!subject)
        return -ENOMEM;
    bool off = reading->state == PACE_STATE_OFF;
    if (off == subject->raised)
        return 0;
    subject->raised = off;
    subject->since_unix_ns = off ? reading->since_unix_ns : subject->since_unix_ns;
    struct alert_event event = {.rule = ALERT_PACE,
                                .raised = off,
                                .probe_id = number_of(reading->indicator),
                                .value = reading->forecast,
                                .since_unix_ns = subject->since_unix_ns,
                                .at_unix_ns = now_unix_ns};
    memcpy(event.indicator, subject->indicator, sizeof event.indicator);
    tell(ctx, &event);
    return 0;
}
