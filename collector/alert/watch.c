/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/alert/watch.h"

#include "collector/registry/probe_health.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS (30 * CLOCK_NS_PER_S)
#define PATIENCE_MIN_NS                                                                            \
    (100 * CLOCK_NS_PER_S) /* three of them are five minutes, as on the page                       \
                            */

struct watch {
    struct registry *registry;
    struct alerts *alerts;
    struct pace_alerts *paces;
    struct sinks *sinks;
    struct alert_time now;
    uint64_t looked_ns; /* 0: never */
    bool failing;
};

/* What was in force is told again: it may have been on its way when the collector stopped. */
static int restore_one(struct watch *watch, const struct stored_alert *stored)
{
    for (int rule = 0; rule < ALERT_RULES; rule++) {
        if (strcmp(stored->rule, alert_kinds[rule].name) != 0)
            continue;
        struct alert_event event = {.rule = (enum alert_rule)rule,
                                    .raised = true,
                                    .probe_id = stored->probe_id,
                                    .value = stored->value,
                                    .since_unix_ns = stored->since_ns,
                                    .at_unix_ns = stored->since_ns};
        memcpy(event.operator_name, stored->operator_name, sizeof event.operator_name);
        memcpy(event.probe_name, stored->probe_name, sizeof event.probe_name);
        sinks_tell(watch->sinks, &event, clock_mono_ns());
        return alerts_restore(watch->alerts, stored->probe_id, event.rule, stored->since_ns);
    }
    return 0; /* a rule that there is no more */
}

static int restore(struct watch *watch)
{
    struct stored_alert *stored = NULL;
    size_t count = 0;
    int status = registry_list_alerts(watch->registry, &stored, &count);
    for (size_t i = 0; i < count && status == 0; i++)
        status = restore_one(watch, &stored[i]);
    free(stored);
    return status;
}

struct watch *watch_new(const struct watch_options *options)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->registry = options->registry;
    watch->alerts = alerts_new(options->limits);
    watch->sinks = sinks_new(&options->sinks);
    watch->paces = pace_alerts_new();
    int status = watch->alerts && watch->sinks && watch->paces ? restore(watch) : -errno;
    if (status == 0)
        return watch;
    watch_free(watch);
    errno = -status;
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    if (watch->sinks) /* MQTT takes at once what it takes */
        (void)sinks_service(watch->sinks, clock_mono_ns());
    sinks_free(watch->sinks);
    alerts_free(watch->alerts);
    pace_alerts_free(watch->paces);
    free(watch);
}

static void on_event(void *ctx, const struct alert_event *event)
{
    struct watch *watch = ctx;
    const char *rule = alert_kinds[event->rule].name;
    log_warn("alert", "%s %s operator=%s probe=%s value=%.6g", rule,
             event->raised ? "is raised" : "is over", event->operator_name, event->probe_name,
             event->value);
    const struct stored_alert stored = {
        .probe_id = event->probe_id, .since_ns = event->since_unix_ns, .value = event->value};
    /* What the registry cannot keep now is judged anew after a restart. */
    if (event->raised)
        (void)registry_put_alert(watch->registry, rule, &stored);
    else
        (void)registry_clear_alert(watch->registry, rule, event->probe_id);
    sinks_tell(watch->sinks, event, watch->now.mono_ns);
}

static void on_pace(void *ctx, const struct alert_event *event)
{
    struct watch *watch = ctx;
    log_warn("alert", "%s %s indicator=%s forecast=%.6g", alert_kinds[event->rule].name,
             event->raised ? "is raised" : "is over", event->indicator, event->value);
    sinks_tell(watch->sinks, event, clock_mono_ns());
}

void watch_take_pace(struct watch *watch, const struct pace_reading *reading, uint64_t now_unix_ns)
{
    /* Without memory it is judged again in an hour. */
    (void)pace_alerts_judge(watch->paces, reading, now_unix_ns, on_pace, watch);
}

static struct optional_double silence(const struct probe_health *health, uint64_t now_ns)
{
    uint64_t interval_ns = health->interval_ms * CLOCK_NS_PER_MS;
    if (health->last_arrived_ns == 0)
        return (struct optional_double){0}; /* never heard: nothing was promised yet */
    if (interval_ns < PATIENCE_MIN_NS)
        interval_ns = PATIENCE_MIN_NS;
    uint64_t since_ns = now_ns > health->last_arrived_ns ? now_ns - health->last_arrived_ns : 0;
    return optional_double((double)since_ns / (double)interval_ns);
}

static void look_at_probe(struct watch *watch, const struct probe_health *health, bool hearing)
{
    struct alert_reading reading = {.probe_id = health->probe_id};
    memcpy(reading.operator_name, health->operator_name, sizeof reading.operator_name);
    memcpy(reading.probe_name, health->probe_name, sizeof reading.probe_name);
    if (hearing)
        reading.values[ALERT_SILENT] = silence(health, watch->now.unix_ns);
    if (health->last_arrived_ns != 0) {
        reading.values[ALERT_CLOCK] = optional_double(health->wall_trusted ? 0 : 1);
        reading.values[ALERT_BACKLOG] = optional_double((double)health->awaited);
    }
    if (health->interface_octets.known && health->interface_octets.value > 0)
        reading.values[ALERT_COVERAGE] = optional_double((double)health->captured_octets /
                                                         (double)health->interface_octets.value);
    /* Without memory it is judged in half a minute. */
    (void)alerts_judge(watch->alerts, &reading, &watch->now, on_event, watch);
}

static void look(struct watch *watch, bool hearing)
{
    struct probe_health *list = NULL;
    size_t count = 0;
    int status = registry_list_probe_health(watch->registry, watch->now.unix_ns, &list, &count);
    if (status != 0 && !watch->failing)
        log_error("alert", "probes cannot be looked at: %s", strerror(-status));
    watch->failing = status != 0;
    for (size_t i = 0; i < count && status == 0; i++)
        look_at_probe(watch, &list[i], hearing);
    free(list);
}

bool watch_service(struct watch *watch, const struct alert_time *now, bool hearing)
{
    watch->now = *now;
    if (watch->looked_ns == 0 || now->mono_ns >= watch->looked_ns + LOOK_NS) {
        watch->looked_ns = now->mono_ns;
        look(watch, hearing);
    }
    return sinks_service(watch->sinks, now->mono_ns);
}
