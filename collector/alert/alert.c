/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/alert/alert.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct alert_kind alert_kinds[ALERT_RULES] = {
    [ALERT_SILENT] = {.name = "probe-silent",
                      .unit = "intervals",
                      .summary_zh = "探针静默：连续多个时段没有报告",
                      .summary_en = "The probe is silent: no report for several intervals"},
    [ALERT_CLOCK] = {.name = "clock-bad",
                     .unit = "",
                     .summary_zh = "探针时钟不可信：时段由收集端按到达时间推定",
                     .summary_en = "The probe's clock is not trusted: the collector places its "
                                   "intervals by their arrival"},
    [ALERT_COVERAGE] = {.name = "coverage-low",
                        .unit = "ratio",
                        .summary_zh = "采集覆盖率低：接口上的流量大部分未被采集",
                        .summary_en = "Capture coverage is low: the interfaces carried more than "
                                      "was seen",
                        .below = true},
    [ALERT_BACKLOG] = {.name = "backlog-growing",
                       .unit = "intervals",
                       .summary_zh = "积压增长：探针的报告产生得比送达得快",
                       .summary_en = "The backlog grows: reports are made faster than they arrive",
                       .growing = true},
    [ALERT_PACE] = {.name = "pace-off",
                    .unit = "",
                    .summary_zh = "指标进度落后：对目标日期的预测达不到目标",
                    .summary_en = "The indicator is off its pace: the forecast for the target's "
                                  "date misses the target"},
};

const struct alert_limits alert_limits_default[ALERT_RULES] = {
    [ALERT_SILENT] = {3, 1.5, 120, 60},
    [ALERT_CLOCK] = {1, 0, 600, 600},
    [ALERT_COVERAGE] = {0.8, 0.9, 900, 900},
    [ALERT_BACKLOG] = {12, 2, 600, 300},
    [ALERT_PACE] = {1, 0, 0, 0}, /* no probe is held against it */
};

enum phase { PHASE_QUIET, PHASE_RAISING, PHASE_RAISED, PHASE_CLEARING };

struct state {
    enum phase phase;
    uint64_t phase_mono_ns; /* when it began */
    uint64_t since_unix_ns;
    double phase_value; /* when it began */
};

struct subject {
    int64_t probe_id;
    struct state states[ALERT_RULES];
};

struct alerts {
    struct alert_limits limits[ALERT_RULES];
    struct subject *subjects; /* by probe_id */
    size_t count, capacity;
};

struct alerts *alerts_new(const struct alert_limits *limits)
{
    struct alerts *alerts = calloc(1, sizeof *alerts);
    if (alerts)
        memcpy(alerts->limits, limits, sizeof alerts->limits);
    return alerts;
}

void alerts_free(struct alerts *alerts)
{
    if (!alerts)
        return;
    free(alerts->subjects);
    free(alerts);
}

/* The probe's states, added quiet where it is new; NULL when memory is out. */
static struct subject *find_subject(struct alerts *alerts, int64_t probe_id)
{
    size_t low = 0;
    size_t high = alerts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (alerts->subjects[middle].probe_id < probe_id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < alerts->count && alerts->subjects[low].probe_id == probe_id)
        return &alerts->subjects[low];
    if (alerts->count == alerts->capacity) {
        size_t capacity = alerts->capacity ? alerts->capacity * 2 : 64;
        struct subject *grown = realloc(alerts->subjects, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        alerts->subjects = grown;
        alerts->capacity = capacity;
    }
    memmove(&alerts->subjects[low + 1], &alerts->subjects[low],
            (alerts->count - low) * sizeof *alerts->subjects);
    alerts->count++;
    alerts->subjects[low] = (struct subject){.probe_id = probe_id};
    return &alerts->subjects[low];
}

int alerts_restore(struct alerts *alerts, int64_t probe_id, enum alert_rule rule,
                   uint64_t since_unix_ns)
{
    struct subject *subject = find_subject(alerts, probe_id);
    if (!subject)
        return -ENOMEM;
    subject->states[rule] = (struct state){.phase = PHASE_RAISED, .since_unix_ns = since_unix_ns};
    return 0;
}

static void enter(struct state *state, enum phase phase, double value, uint64_t now_mono_ns)
{
    state->phase = phase;
    state->phase_mono_ns = now_mono_ns;
    state->phase_value = value;
}

/* One step. 1: raised now, -1: cleared now, 0: nothing to tell. */
static int step(struct state *state, const struct alert_kind *kind,
                const struct alert_limits *limits, double value, uint64_t now_mono_ns)
{
    bool beyond = kind->below ? value <= limits->raise : value >= limits->raise;
    bool behind = kind->below ? value >= limits->clear : value <= limits->clear;
    if (state->phase == PHASE_QUIET && beyond)
        enter(state, PHASE_RAISING, value, now_mono_ns);
    else if (state->phase == PHASE_RAISING && !beyond)
        enter(state, PHASE_QUIET, value, now_mono_ns);
    else if (state->phase == PHASE_RAISED && behind)
        enter(state, PHASE_CLEARING, value, now_mono_ns);
    else if (state->phase == PHASE_CLEARING && !behind)
        enter(state, PHASE_RAISED, value, now_mono_ns);

    uint64_t lasted_ns = now_mono_ns - state->phase_mono_ns;
    if (state->phase == PHASE_RAISING && lasted_ns >= limits->raise_after_s * CLOCK_NS_PER_S) {
        bool grown = !kind->growing || value > state->phase_value;
        enter(state, grown ? PHASE_RAISED : PHASE_RAISING, value, now_mono_ns);
        return grown;
    }
    if (state->phase == PHASE_CLEARING && lasted_ns >= limits->clear_after_s * CLOCK_NS_PER_S) {
        enter(state, PHASE_QUIET, value, now_mono_ns);
        return -1;
    }
    return 0;
}

int alerts_judge(struct alerts *alerts, const struct alert_reading *reading,
                 const struct alert_time *now, alert_event_fn tell, void *ctx)
{
    struct subject *subject = find_subject(alerts, reading->probe_id);
    if (!subject)
        return -ENOMEM;
    for (int rule = 0; rule < ALERT_RULES; rule++) {
        struct state *state = &subject->states[rule];
        if (!reading->values[rule].known)
            continue;
        double value = reading->values[rule].value;
        int change = step(state, &alert_kinds[rule], &alerts->limits[rule], value, now->mono_ns);
        if (change == 0)
            continue;
        if (change > 0)
            state->since_unix_ns = now->unix_ns;
        struct alert_event event = {.rule = (enum alert_rule)rule,
                                    .raised = change > 0,
                                    .probe_id = reading->probe_id,
                                    .value = value,
                                    .since_unix_ns = state->since_unix_ns,
                                    .at_unix_ns = now->unix_ns};
        memcpy(event.operator_name, reading->operator_name, sizeof event.operator_name);
        memcpy(event.probe_name, reading->probe_name, sizeof event.probe_name);
        tell(ctx, &event);
    }
    return 0;
}
