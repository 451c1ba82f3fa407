/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/agent_connections.h"

#include "common/log.h"
#include "probe/confine/confine.h"
#include "probe/conntrack/conntrack.h"
#include "probe/line/perimeter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM "conntrack"

struct agent_connections {
    const struct settings *settings;
    struct perimeter perimeter;
    struct siphash_seed seed;
    struct conntrack *conntrack; /* NULL while it cannot be opened */
    bool said_failed, said_uncounted, said_crowded;
};

static bool is_inside(const void *ctx, uint8_t ip_version, const uint8_t address[static 16])
{
    return perimeter_is_inside(ctx, ip_version, address);
}

static void try_to_open(struct agent_connections *connections)
{
    const struct conntrack_options options = {.connections_max =
                                                  (size_t)connections->settings->connections.limit,
                                              .seed = connections->seed,
                                              .is_inside = is_inside,
                                              .ctx = &connections->perimeter};
    confine_raise(CONFINE_ADMIN);
    connections->conntrack = conntrack_open(&options);
    int code = errno;
    confine_lower(CONFINE_ADMIN);
    if (!connections->conntrack && !connections->said_failed)
        log_warn(ROOM, "tracked connections cannot be asked for: %s%s; trying again",
                 strerror(code),
                 code == EPERM ? " (CAP_NET_ADMIN: see `connections` in the sample settings)" : "");
    if (connections->conntrack && connections->said_failed)
        log_info(ROOM, "tracked connections are there");
    connections->said_failed = connections->conntrack == NULL;
}

struct agent_connections *agent_connections_new(const struct settings *settings)
{
    struct agent_connections *connections = calloc(1, sizeof *connections);
    if (!connections)
        return NULL;
    connections->settings = settings;
    int status = getentropy(&connections->seed, sizeof connections->seed) == 0 ? 0 : -errno;
    if (status == 0)
        status = perimeter_init(&connections->perimeter, settings->inside, settings->inside_count);
    if (status != 0) {
        free(connections);
        errno = -status;
        return NULL;
    }
    try_to_open(connections);
    return connections;
}

void agent_connections_free(struct agent_connections *connections)
{
    if (!connections)
        return;
    conntrack_close(connections->conntrack);
    perimeter_fini(&connections->perimeter);
    free(connections);
}

int agent_connections_fd(const struct agent_connections *connections)
{
    return connections && connections->conntrack ? conntrack_fd(connections->conntrack) : -1;
}

void agent_connections_service(struct agent_connections *connections)
{
    if (connections && connections->conntrack)
        conntrack_service(connections->conntrack);
}

static struct conntrack_counts count(struct agent_connections *connections, bool *complete)
{
    struct conntrack_counts counts = {0};
    *complete = false;
    if (!connections->conntrack) {
        try_to_open(connections);
        return counts;
    }
    confine_raise(CONFINE_ADMIN);
    counts = conntrack_count(connections->conntrack, complete);
    confine_lower(CONFINE_ADMIN);
    return counts;
}

static void tell(struct agent_connections *connections, const struct conntrack_counts *counts)
{
    if (counts->uncounted > 0 && !connections->said_uncounted)
        log_warn(ROOM, "the kernel does not count what connections carry: sysctl -w "
                       "net.netfilter.nf_conntrack_acct=1 (for those that begin from then on)");
    if (counts->crowded > 0 && !connections->said_crowded)
        log_warn(ROOM, "more connections than connections.limit: some are counted at their end");
    connections->said_uncounted |= counts->uncounted > 0;
    connections->said_crowded |= counts->crowded > 0;
}

/* Where no capture stands for the same traffic. Lines are not known by addresses alone. */
static void add_cell(const struct agent_connections *connections,
                     const struct conntrack_counts *counts, struct report *report)
{
    const struct settings *settings = connections->settings;
    const struct access_rule *rule = NULL;
    for (size_t i = 0; i < settings->rule_count && !rule; i++)
        if (strcmp(settings->rules[i].observation_point, settings->connections.name) == 0)
            rule = &settings->rules[i];
    struct report_cell *cell = rule && settings->connections.beside[0] == '\0' &&
                                       counts->downstream_octets + counts->upstream_octets > 0
                                   ? report_add_cell(report)
                                   : NULL;
    if (!cell)
        return;
    memcpy(cell->access_node, rule->access_node, sizeof cell->access_node);
    memcpy(cell->area, rule->area, sizeof cell->area);
    cell->settlement = rule->settlement;
    cell->residence = rule->residence;
    cell->technology = rule->technology;
    cell->downstream_octets = counts->downstream_octets;
    cell->upstream_octets = counts->upstream_octets;
}

void agent_connections_report(struct agent_connections *connections, struct report *report)
{
    bool complete = false;
    if (!connections)
        return;
    struct conntrack_counts counts = count(connections, &complete);
    tell(connections, &counts);
    struct report_observation *observation = report_add_observation(report);
    if (!observation) {
        log_error(ROOM, "counts found no place in the report");
        return;
    }
    const struct settings_connections *settings = &connections->settings->connections;
    memcpy(observation->observation_point, settings->name, sizeof observation->observation_point);
    memcpy(observation->beside, settings->beside, sizeof observation->beside);
    observation->method = REPORT_METHOD_CONNECTIONS;
    observation->packet_delta_count = observation->outcomes[0] = counts.packets;
    observation->octet_delta_count = counts.octets;
    observation->sampling_interval = 1;
    observation->flows_started = counts.started;
    observation->flows_ended[0] = counts.ended; /* a tracked connection ends by its timeout */
    observation->flows_ended[4] = counts.vanished;
    observation->failed = !complete || counts.uncounted > 0 || counts.malformed > 0;
    add_cell(connections, &counts, report);
}
