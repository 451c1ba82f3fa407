/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/meter_settings.h"

#include "common/clock.h"

#include <errno.h>
#include <unistd.h>

/* Where more is asked for than this machine can address, it cannot be had. */
static size_t size_of(uint64_t setting)
{
    return setting < SIZE_MAX ? (size_t)setting : SIZE_MAX;
}

int meter_settings_read(const struct settings *settings, const char *observation_point,
                        const struct pseudonym *pseudonym, struct meter_options *out_options)
{
    struct meter_options options;
    meter_options_init(&options);
    if (getentropy(&options.flow.seed, sizeof options.flow.seed) != 0)
        return -errno;
    options.observation_point = observation_point;
    options.flow.memory_bytes = size_of(settings->flow.memory_bytes);
    options.flow.idle_timeout_ns = settings->flow.idle_timeout_s * CLOCK_NS_PER_S;
    options.flow.active_timeout_ns = settings->flow.active_timeout_s * CLOCK_NS_PER_S;
    options.line.rules = settings->rules;
    options.line.rule_count = settings->rule_count;
    options.line.inside = settings->inside;
    options.line.inside_count = settings->inside_count;
    options.line.suppressed = settings->suppressed;
    options.line.suppressed_count = settings->suppressed_count;
    options.line.devices_precision = (unsigned)settings->flow.devices_precision;
    options.line.public_ssids = settings->public_ssids;
    options.line.public_ssid_count = settings->public_ssid_count;
    options.line.destinations = (struct line_destination_options){
        .names = settings->destinations.classes,
        .name_count = settings->destinations.class_count,
        .prefixes = settings->destinations.prefixes,
        .prefix_count = settings->destinations.prefix_count,
        .line_octets = settings->destinations.line_octets,
    };
    options.line.accounting = (struct line_accounting_options){
        .session_limit = size_of(settings->accounting.sessions),
        .interim_ns = settings->accounting.interim_s * CLOCK_NS_PER_S,
        .ignore_port_id = settings->accounting.ignore_nas_port_id,
    };
    options.line.demand = (struct line_demand_options){
        .flow_octets = settings->demand.flow_octets,
        .busy_from_hour = (unsigned)settings->demand.busy_from_hour,
        .busy_to_hour = (unsigned)settings->demand.busy_to_hour,
    };
    options.line.pseudonym = pseudonym;
    options.line.memory_bytes = size_of(settings->flow.line_memory_bytes);
    *out_options = options;
    return 0;
}
