/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/agent.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/report.h"
#include "probe/agent_connections.h"
#include "probe/agent_own.h"
#include "probe/agent_status.h"
#include "probe/crew.h"
#include "probe/delivery.h"
#include "probe/outbox/wall_clock.h"
#include "probe/snmp/census.h"
#include "probe/snmp/poller.h"
#include "probe/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM                "agent"
#define POLL_FDS_MAX        4 /* stop, broker, connections, and one for all that is polled */
#define POLL_FDS_OWN        3
#define POLL_WAIT_NS        CLOCK_NS_PER_S
#define TURN_WAIT_NS        CLOCK_NS_PER_S /* a source that is later misses its report */
#define GOODBYE_WAIT_NS     (2 * CLOCK_NS_PER_S)
#define SILENT_MAX_NS       (300 * CLOCK_NS_PER_S) /* of a source that is asked */
#define DEVICE_ELEMENTS_MAX 32768                  /* told of one device in one report */

struct agent {
    const struct settings *settings;
    struct pseudonym *pseudonym;
    struct crew *crews[SETTINGS_SOURCES_MAX];
    bool answered[SETTINGS_SOURCES_MAX]; /* in the turn that is under way */
    size_t crew_count;
    struct profile_set *profiles;
    struct poller *poller;    /* NULL without devices */
    struct census **censuses; /* of each device; NULL before its first poll */
    struct delivery *delivery;
    struct agent_connections *connections; /* NULL where they are not wanted */
    struct agent_status *status;           /* NULL without agentx.socket */
    struct pollfd *fds;

    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    uint64_t sequence;
    struct report *report; /* of the interval that runs */
    uint64_t interval_start_mono_ns, interval_start_unix_ns;
    struct wall_clock wall;
    uint64_t heard_mono_ns;     /* the receipt that the wall clock was compared with last */
    uint64_t turn_started_ns;   /* 0: no turn under way */
    bool stations_failed;       /* said once */
    bool clock_wrong;           /* as last said */
    uint64_t late_observations; /* sources that missed a report */
    uint64_t answered_ns;       /* when all sources had answered for the last time */
    int last_status;            /* of the last report: 0, or why it was lost */
};

static uint64_t element_pseudonym(void *ctx, enum element_kind kind, const void *key, size_t length)
{
    const struct agent *agent = ctx;
    return pseudonym_of(agent->pseudonym, kind == ELEMENT_WTP ? PSEUDONYM_WTP : PSEUDONYM_TERMINAL,
                        key, length);
}

static bool ssid_is_public(void *ctx, const uint8_t *ssid, size_t length)
{
    return settings_ssid_is_public(((const struct agent *)ctx)->settings, ssid, length);
}

/* The number of a device; device_count when there is none of the name. */
static size_t find_device(const struct agent *agent, const char *name)
{
    size_t i = 0;
    while (i < agent->settings->device_count &&
           strcmp(agent->settings->devices[i].target.name, name) != 0)
        i++;
    return i;
}

/* Elements that the report may still take: lines want their half of what fits. */
static size_t elements_budget(const struct agent *agent)
{
    size_t used = 0;
    for (size_t i = 0; i < agent->report->inventory_count; i++) {
        const struct report_inventory *inventory = &agent->report->inventories[i];
        used += inventory->wtp_pseudonym_count;
        for (size_t e = 0; e < inventory->element_count; e++)
            used += inventory->elements[e].pseudonym_count;
    }
    size_t left = used < REPORT_PSEUDONYMS_MAX / 2 ? REPORT_PSEUDONYMS_MAX / 2 - used : 0;
    return (left < DEVICE_ELEMENTS_MAX ? left : DEVICE_ELEMENTS_MAX) / 2; /* some are said twice */
}

static int fill_inventory(struct agent *agent, size_t number,
                          const struct device_snapshot *snapshot,
                          struct report_inventory *inventory)
{
    struct census **census = &agent->censuses[number];
    const struct snapshot_export export = {
        .pseudonym = element_pseudonym,
        .is_public = agent->settings->public_ssid_count > 0 ? ssid_is_public : NULL,
        .ctx = agent,
        .census = *census ? *census : (*census = census_new()),
        .day = clock_city_day(snapshot->polled_unix_ns),
        .budget = elements_budget(agent)};
    return export.census ? device_snapshot_fill(snapshot, &export, inventory) : -ENOMEM;
}

/* Where the device does not say what its lines are capable of, the configuration does. */
static void add_capability(const struct settings_device *device, struct report_lines *lines)
{
    struct optional_u64 count = lines->provisioned.known ? lines->provisioned : lines->active;
    for (size_t i = 0; i < device->capability_count && !lines->capability_known; i++) {
        if (device->capabilities[i].technology != lines->technology || !count.known)
            continue;
        double kbit_s = device->capabilities[i].down_mbit_s * 1000;
        lines->capability[capability_class((unsigned long long)kbit_s)] = count.value;
        lines->capability_known = true;
        lines->capability_measured = false;
    }
}

/* A poll has ended: what it found, and that it failed, goes into the interval that runs. */
static void take_snapshot(void *ctx, struct device_snapshot *snapshot)
{
    struct agent *agent = ctx;
    size_t number = find_device(agent, snapshot->name);
    watchdog_feed(); /* looking for the names of many devices takes its time, one by one */
    bool known = number < agent->settings->device_count;
    if (known)
        agent_status_add_poll(agent->status, number, snapshot);
    struct report_inventory *inventory = known ? report_add_inventory(agent->report) : NULL;
    if (!inventory || fill_inventory(agent, number, snapshot, inventory) != 0) {
        log_error(ROOM, "a poll found no place in the report device=%s", snapshot->name);
        device_snapshot_free(snapshot);
        return;
    }
    const struct settings_device *device = &agent->settings->devices[number];
    memcpy(inventory->area, device->area, sizeof inventory->area);
    inventory->settlement = device->settlement;
    inventory->residence = device->residence;
    for (size_t i = 0; i < inventory->line_count; i++)
        add_capability(device, &inventory->lines[i]);
    device_snapshot_free(snapshot);
}

static int open_crews(struct agent *agent)
{
    for (size_t i = 0; i < agent->settings->source_count; i++) {
        const struct settings_source *source = &agent->settings->sources[i];
        struct crew *crew = crew_new(agent->settings, source, agent->pseudonym);
        if (!crew)
            return -errno;
        agent->crews[agent->crew_count++] = crew;
    }
    return 0;
}

static int open_poller(struct agent *agent)
{
    const struct settings *settings = agent->settings;
    struct conf_error error;
    if (settings->device_count == 0)
        return 0;
    agent->profiles = profile_set_load(
        profile_directory(settings->profiles_dir[0] ? settings->profiles_dir : NULL), &error);
    if (!agent->profiles) {
        log_error(ROOM, "%s", error.text);
        return -EINVAL;
    }
    agent->censuses = calloc(settings->device_count, sizeof *agent->censuses);
    agent->poller = poller_new(agent->profiles, take_snapshot, agent);
    if (!agent->poller || !agent->censuses)
        return -ENOMEM;
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct poller_target *target = &settings->devices[i].target;
        int status = poller_add(agent->poller, target, clock_mono_ns());
        if (status != 0)
            log_error(ROOM, "cannot be polled: %s device=%s", strerror(-status), target->name);
    }
    return 0;
}

/* A probe measures without its sub-agent, too. */
static void open_status(struct agent *agent)
{
    if (agent->settings->agentx.socket[0] == '\0')
        return;
    agent->status = agent_status_new(agent->settings, agent->boot_id);
    if (!agent->status)
        log_error(ROOM, "LASTMILE-MIB is not served: %s",
                  errno == ENOENT ? "lastmile-subagent is not installed" : strerror(errno));
}

struct agent *agent_new(const struct settings *settings, FILE *show)
{
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent)
        return NULL;
    agent->settings = settings;
    agent->pseudonym = pseudonym_new(settings->pseudonym_key, settings->pseudonym_key_length);
    agent->fds = calloc(POLL_FDS_MAX, sizeof *agent->fds);
    agent->report = report_new();
    int status = agent->pseudonym && agent->fds && agent->report ? 0 : -ENOMEM;
    if (status == 0 && getentropy(agent->boot_id, sizeof agent->boot_id) != 0)
        status = -errno;
    if (status == 0)
        status = open_crews(agent);
    if (status == 0)
        status = open_poller(agent);
    if (status == 0 && settings->connections.name[0] != '\0' &&
        !(agent->connections = agent_connections_new(settings)))
        status = -errno;
    if (status == 0 && !(agent->delivery = delivery_new(settings, agent->boot_id, show)))
        status = -errno;
    if (status == 0 && !show)
        open_status(agent);
    if (status != 0) {
        log_error(ROOM, "cannot start: %s%s", strerror(-status),
                  status == -ENOMEM ? ": lower memory_bytes, line_memory_bytes or threads" : "");
        agent_free(agent);
        errno = -status;
        return NULL;
    }
    return agent;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    for (size_t i = 0; i < agent->crew_count; i++)
        crew_free(agent->crews[i]);
    agent_status_free(agent->status);
    poller_free(agent->poller);
    for (size_t i = 0; agent->censuses && i < agent->settings->device_count; i++)
        census_free(agent->censuses[i]);
    free(agent->censuses);
    profile_set_free(agent->profiles);
    delivery_free(agent->delivery);
    agent_connections_free(agent->connections);
    report_free(agent->report);
    pseudonym_free(agent->pseudonym);
    free(agent->fds);
    free(agent);
}

/* Said once when it goes wrong, and when it is right again. */
static void tell_clock(struct agent *agent)
{
    int64_t error_s = wall_clock_error_ns(&agent->wall) / (int64_t)CLOCK_NS_PER_S;
    if ((error_s != 0) == agent->clock_wrong)
        return;
    agent->clock_wrong = error_s != 0;
    if (error_s != 0)
        log_warn(ROOM,
                 "this machine's clock is %lld s %s the collector's, which places the reports: "
                 "start an NTP client (systemd-timesyncd, chrony, sysntpd)",
                 (long long)llabs(error_s), error_s > 0 ? "ahead of" : "behind");
    else
        log_info(ROOM, "this machine's clock agrees with the collector's");
}

static void observe_clock(struct agent *agent)
{
    struct exporter_stats heard = delivery_exporter(agent->delivery);
    if (heard.heard_mono_ns != agent->heard_mono_ns)
        wall_clock_hear(&agent->wall, heard.heard_mono_ns, heard.heard_unix_ns);
    agent->heard_mono_ns = heard.heard_mono_ns;
    wall_clock_observe(&agent->wall, clock_mono_ns(), clock_unix_ns(), clock_is_synchronised());
    tell_clock(agent);
}

static void begin_interval(struct agent *agent, uint64_t now_mono_ns)
{
    observe_clock(agent);
    agent->interval_start_mono_ns = now_mono_ns;
    agent->interval_start_unix_ns = wall_clock_at(&agent->wall, now_mono_ns);
}

static void begin_turn(struct agent *agent, uint64_t now_mono_ns)
{
    uint64_t end_unix_ns = clock_unix_ns();
    memset(agent->answered, 0, sizeof agent->answered);
    for (size_t i = 0; i < agent->crew_count; i++)
        crew_turn(agent->crews[i], end_unix_ns);
    agent_connections_report(agent->connections, agent->report);
    agent_add_stations(agent->settings, agent->report, end_unix_ns, &agent->stations_failed);
    agent->turn_started_ns = now_mono_ns;
}

/* Fetches what sources have handed over; true when all have, or the time for it is over. */
static bool collect_observations(struct agent *agent, uint64_t now_mono_ns)
{
    size_t missing = 0;
    for (size_t i = 0; i < agent->crew_count; i++) {
        struct meter_interval *interval = agent->answered[i] ? NULL : crew_take(agent->crews[i]);
        if (interval) {
            int status = meter_interval_report(interval, agent->report);
            if (status != 0)
                log_error(ROOM, "counts found no place in the report: %s source=%s",
                          strerror(-status), agent->settings->sources[i].name);
            meter_interval_release(interval);
            agent->answered[i] = true;
        }
        missing += !agent->answered[i];
    }
    if (missing == 0)
        agent->answered_ns = now_mono_ns;
    if (missing == 0 || now_mono_ns < agent->turn_started_ns + TURN_WAIT_NS)
        return missing == 0;
    agent->late_observations += missing; /* their counts come with the next report */
    return true;
}

static void fill_header(struct agent *agent, uint64_t now_mono_ns)
{
    const struct settings *settings = agent->settings;
    struct report *report = agent->report;
    memcpy(report->operator_name, settings->operator_name, sizeof report->operator_name);
    memcpy(report->probe_name, settings->probe_name, sizeof report->probe_name);
    (void)snprintf(report->agent_version, sizeof report->agent_version, "%s", LASTMILE_VERSION);
    memcpy(report->boot_id, agent->boot_id, sizeof report->boot_id);
    report->sequence = ++agent->sequence;
    report->interval_start_unix_ns = agent->interval_start_unix_ns;
    report->interval_start_mono_ns = agent->interval_start_mono_ns;
    uint64_t length_ms = (now_mono_ns - agent->interval_start_mono_ns) / CLOCK_NS_PER_MS;
    report->interval_ms = length_ms ? length_ms : 1;
    report->schedule_ms = settings->interval_ms;
    observe_clock(agent);
    report->wall_trusted = wall_clock_is_trusted_since(&agent->wall, agent->interval_start_mono_ns);
    report->configuration_hash = settings->configuration_hash;
}

/* Ends the report of the interval and begins the next one. Without memory for that the interval
 * goes on: its counts come later, and once. */
static bool send_report(struct agent *agent, uint64_t now_mono_ns)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct report *next = report_new();
    if (!next) {
        log_error(ROOM, "out of memory; the interval goes on");
        return false;
    }
    fill_header(agent, now_mono_ns);
    delivery_move_gaps(agent->delivery, agent->report);
    agent_status_add_report(agent->status, agent->report);
    int status = report_encode(agent->report, &bytes, &length);
    if (status == 0)
        status = delivery_put(agent->delivery, agent->sequence, bytes, length, now_mono_ns);
    if (status != 0)
        log_error(ROOM, "a report is lost: %s sequence=%llu", strerror(-status),
                  (unsigned long long)agent->sequence);
    agent->last_status = status;
    free(bytes);
    report_free(agent->report);
    agent->report = next;
    return true;
}

static bool report_is_nearly_full(const struct agent *agent)
{
    return agent->report->inventory_count + 8 >= REPORT_INVENTORIES_MAX;
}

/* Moves the interval on: asks the sources for its end, and sends when they have answered. */
static void turn_over(struct agent *agent, uint64_t now_mono_ns)
{
    uint64_t end = agent->interval_start_mono_ns + agent->settings->interval_ms * CLOCK_NS_PER_MS;
    if (agent->turn_started_ns == 0 && (now_mono_ns >= end || report_is_nearly_full(agent)))
        begin_turn(agent, now_mono_ns);
    if (agent->turn_started_ns == 0 || !collect_observations(agent, now_mono_ns))
        return;
    if (send_report(agent, agent->turn_started_ns))
        begin_interval(agent, agent->turn_started_ns);
    agent->turn_started_ns = 0;
}

static int wait_ms(const struct agent *agent, uint64_t now_mono_ns, uint64_t poller_wait_ns)
{
    uint64_t end = agent->interval_start_mono_ns + agent->settings->interval_ms * CLOCK_NS_PER_MS;
    uint64_t wait = end > now_mono_ns ? end - now_mono_ns : 0;
    if (agent->turn_started_ns)
        wait = 5 * CLOCK_NS_PER_MS; /* sources answer through memory, not through a descriptor */
    if (wait > POLL_WAIT_NS)
        wait = POLL_WAIT_NS;
    if (wait > poller_wait_ns)
        wait = poller_wait_ns;
    return (int)((wait + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS);
}

/* The watchdog is fed by a loop that runs, as long as every source answers, too. */
static void give_sign_of_life(const struct agent *agent, uint64_t now_mono_ns)
{
    uint64_t interval_ns = agent->settings->interval_ms * CLOCK_NS_PER_MS;
    if (now_mono_ns < agent->answered_ns + 2 * interval_ns + SILENT_MAX_NS)
        watchdog_feed();
}

/* One round of the loop. Slot 0 is the stop descriptor, slot 1 the broker, slot 2 tracked
 * connections, the rest SNMP's. */
static bool serve_once(struct agent *agent, int stop_fd)
{
    uint64_t now = clock_mono_ns();
    uint64_t poller_wait_ns = UINT64_MAX;
    size_t poller_fds = 0;
    agent->fds[0] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    agent->fds[1] = (struct pollfd){.fd = delivery_fd(agent->delivery), .events = POLLIN};
    if (delivery_wants_write(agent->delivery))
        agent->fds[1].events |= POLLOUT;
    agent->fds[2] =
        (struct pollfd){.fd = agent_connections_fd(agent->connections), .events = POLLIN};
    if (agent->poller)
        poller_fds = poller_prepare(agent->poller, agent->fds + POLL_FDS_OWN,
                                    POLL_FDS_MAX - POLL_FDS_OWN, now, &poller_wait_ns);
    if (poll(agent->fds, (nfds_t)(POLL_FDS_OWN + poller_fds), wait_ms(agent, now, poller_wait_ns)) <
            0 &&
        errno != EINTR) {
        log_error(ROOM, "poll: %s", strerror(errno));
        return false;
    }
    now = clock_mono_ns();
    short broker_events = agent->fds[1].fd >= 0 ? agent->fds[1].revents : 0;
    delivery_service(agent->delivery, now, (broker_events & (POLLIN | POLLERR | POLLHUP)) != 0,
                     (broker_events & POLLOUT) != 0);
    if (agent->poller)
        poller_service(agent->poller, agent->fds + POLL_FDS_OWN, poller_fds, now);
    agent_connections_service(agent->connections);
    observe_clock(agent);
    turn_over(agent, now);
    give_sign_of_life(agent, now);
    agent_status_service(agent->status, agent->poller, agent->delivery, now);
    return agent->fds[0].revents == 0;
}

/* Sends what the last, shortened interval has counted, and gives the broker a moment to take it. */
static void say_goodbye(struct agent *agent, bool with_report)
{
    for (size_t i = 0; i < agent->crew_count; i++)
        crew_stop(agent->crews[i]);
    uint64_t now = clock_mono_ns();
    uint64_t deadline = now + GOODBYE_WAIT_NS;
    if (agent->turn_started_ns != 0) /* what was handed over just before */
        (void)collect_observations(agent, now);
    begin_turn(agent, now);
    (void)collect_observations(agent, now); /* no thread is left to wait for */
    if (with_report)
        (void)send_report(agent, now); /* said by itself when it fails */
    while (now < deadline && !delivery_is_empty(agent->delivery)) {
        struct pollfd fd = {.fd = delivery_fd(agent->delivery), .events = POLLIN | POLLOUT};
        if (fd.fd < 0)
            break; /* no broker: the outbox keeps it */
        (void)poll(&fd, 1, 50);
        now = clock_mono_ns();
        delivery_service(agent->delivery, now, (fd.revents & POLLIN) != 0,
                         (fd.revents & POLLOUT) != 0);
    }
}

int agent_run(struct agent *agent, int stop_fd, uint64_t reports_max)
{
    for (size_t i = 0; i < agent->crew_count; i++) {
        int status = crew_start(agent->crews[i]);
        if (status != 0) {
            log_error(ROOM, "a capture thread cannot be started: %s source=%s", strerror(-status),
                      agent->settings->sources[i].name);
            return status;
        }
    }
    begin_interval(agent, clock_mono_ns());
    agent->answered_ns = agent->interval_start_mono_ns;
    log_info(ROOM, "running operator=%s probe=%s sources=%zu devices=%zu",
             agent->settings->operator_name, agent->settings->probe_name, agent->crew_count,
             agent->settings->device_count);
    bool stopped = false;
    while (!stopped && (reports_max == 0 || agent->sequence < reports_max))
        stopped = !serve_once(agent, stop_fd);
    say_goodbye(agent, stopped);
    log_info(ROOM, "stopped after %llu reports, %llu late observations",
             (unsigned long long)agent->sequence, (unsigned long long)agent->late_observations);
    return reports_max == 0 ? 0 : agent->last_status;
}
