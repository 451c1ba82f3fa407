/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What alerts are judged by, and those in force: kept here, so that a restart raises nothing twice
 * and pages can show them.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_PROBE_HEALTH_H
#define LASTMILE_COLLECTOR_REGISTRY_PROBE_HEALTH_H

#include "common/optional.h"
#include "common/topic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;

struct probe_health {
    int64_t probe_id;
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    uint64_t interval_ms;
    bool wall_trusted; /* of the report that came last */
    uint64_t last_arrived_ns;
    uint64_t awaited; /* sequences before its highest that did not come, of boots of the last day */
    uint64_t captured_octets;             /* of today, of points whose interface octets are known */
    struct optional_u64 interface_octets; /* of today */
};
/* All probes; the caller frees the array. 0 or a negated errno. */
int registry_list_probe_health(struct registry *registry, uint64_t now_ns,
                               struct probe_health **out_list, size_t *out_count);

struct stored_alert {
    int64_t probe_id;
    char operator_name[TOPIC_NAME_MAX + 1]; /* read only */
    char probe_name[TOPIC_NAME_MAX + 1];
    char rule[32];
    uint64_t since_ns;
    double value; /* when it was raised */
};
/* Those in force, by operator, probe and rule; the caller frees the array. */
int registry_list_alerts(struct registry *registry, struct stored_alert **out_alerts,
                         size_t *out_count);
int registry_put_alert(struct registry *registry, const char *rule,
                       const struct stored_alert *alert);
int registry_clear_alert(struct registry *registry, const char *rule, int64_t probe_id);

#endif
