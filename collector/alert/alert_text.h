/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How an event is said: the JSON of the MQTT topic and of the hook's standard input, and the body
 * that Alertmanager's webhook receivers read (prometheus.io, webhook_config, version 4).
 */
#ifndef LASTMILE_COLLECTOR_ALERT_ALERT_TEXT_H
#define LASTMILE_COLLECTOR_ALERT_ALERT_TEXT_H

#include "collector/alert/alert.h"

/* lastmile/1/alert/<operator>/<probe>/<rule>, lastmile/1/alert/city/<indicator>/<rule>; its message
 * is retained. */
#define ALERT_TOPIC_BYTES 192
void alert_topic(const struct alert_event *event, char out[static ALERT_TOPIC_BYTES]);

/* The caller frees it; NULL when memory is out. */
char *alert_json(const struct alert_event *event);
char *alert_webhook_json(const struct alert_event *event);

#endif
