/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/alert/alert_text.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include <inttypes.h>
#include <stdio.h>

void alert_topic(const struct alert_event *event, char out[static ALERT_TOPIC_BYTES])
{
    if (event->indicator[0])
        (void)snprintf(out, ALERT_TOPIC_BYTES, "lastmile/1/alert/city/%s/%s", event->indicator,
                       alert_kinds[event->rule].name);
    else
        (void)snprintf(out, ALERT_TOPIC_BYTES, "lastmile/1/alert/%s/%s/%s", event->operator_name,
                       event->probe_name, alert_kinds[event->rule].name);
}

static void put_time(struct json_writer *json, const char *key, uint64_t unix_ns)
{
    char time[CLOCK_TIME_BYTES];
    clock_format_city_time(unix_ns, time);
    json_writer_put_string(json, key, time);
}

static char *finish(struct json_writer *json)
{
    char *text = json_writer_text(json, false);
    json_writer_free(json);
    return text;
}

/* What it is about: a probe, or an indicator. */
static void put_subject(struct json_writer *json, const struct alert_event *event)
{
    if (event->indicator[0]) {
        json_writer_put_string(json, "indicator", event->indicator);
        return;
    }
    json_writer_put_string(json, "operator", event->operator_name);
    json_writer_put_string(json, "probe", event->probe_name);
}

char *alert_json(const struct alert_event *event)
{
    const struct alert_kind *kind = &alert_kinds[event->rule];
    struct json_writer *json = json_writer_new();
    if (!json)
        return NULL;
    json_writer_put_string(json, "alert", kind->name);
    json_writer_put_string(json, "state", event->raised ? "firing" : "resolved");
    put_subject(json, event);
    json_writer_put_double(json, "value", event->value);
    json_writer_put_string(json, "unit", kind->unit);
    put_time(json, "since", event->since_unix_ns);
    put_time(json, "at", event->at_unix_ns);
    json_writer_put_string(json, "summary_zh", kind->summary_zh);
    json_writer_put_string(json, "summary_en", kind->summary_en);
    return finish(json);
}

static void put_labels(struct json_writer *json, const char *key, const struct alert_event *event)
{
    json_writer_begin_object(json, key);
    json_writer_put_string(json, "alertname", alert_kinds[event->rule].name);
    put_subject(json, event);
    json_writer_end(json);
}

static void put_annotations(struct json_writer *json, const char *key,
                            const struct alert_event *event)
{
    char value[32];
    (void)snprintf(value, sizeof value, "%.6g", event->value);
    json_writer_begin_object(json, key);
    json_writer_put_string(json, "summary", alert_kinds[event->rule].summary_en);
    json_writer_put_string(json, "summary_zh", alert_kinds[event->rule].summary_zh);
    json_writer_put_string(json, "value", value);
    json_writer_end(json);
}

char *alert_webhook_json(const struct alert_event *event)
{
    const char *status = event->raised ? "firing" : "resolved";
    char name[ALERT_TOPIC_BYTES];
    struct json_writer *json = json_writer_new();
    if (!json)
        return NULL;
    alert_topic(event, name);
    json_writer_put_string(json, "version", "4");
    json_writer_put_string(json, "groupKey", name);
    json_writer_put_u64(json, "truncatedAlerts", 0);
    json_writer_put_string(json, "status", status);
    json_writer_put_string(json, "receiver", "lastmile");
    put_labels(json, "groupLabels", event);
    put_labels(json, "commonLabels", event);
    put_annotations(json, "commonAnnotations", event);
    json_writer_put_string(json, "externalURL", "");
    json_writer_begin_array(json, "alerts");
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "status", status);
    put_labels(json, "labels", event);
    put_annotations(json, "annotations", event);
    put_time(json, "startsAt", event->since_unix_ns);
    if (event->raised)
        json_writer_put_string(json, "endsAt", "0001-01-01T00:00:00Z"); /* its word for never */
    else
        put_time(json, "endsAt", event->at_unix_ns);
    json_writer_put_string(json, "generatorURL", "");
    (void)snprintf(name, sizeof name, "%016" PRIx64,
                   (uint64_t)event->probe_id << 8 | (uint64_t)event->rule);
    json_writer_put_string(json, "fingerprint", name);
    json_writer_end(json);
    json_writer_end(json);
    return finish(json);
}
