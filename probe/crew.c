/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/crew.h"

#include "common/log.h"
#include "probe/capture/visibility.h"
#include "probe/line/perimeter.h"
#include "probe/observer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM "capture"

struct crew {
    const struct settings_source *source;
    struct observer *observers[SETTINGS_THREADS_MAX];
    struct meter_interval *answers[SETTINGS_THREADS_MAX]; /* of the turn under way; NULL: missing */
    size_t count;
    struct perimeter perimeter; /* by which untagged frames are shared */
    struct visibility visibility;
};

/* Groups are known by number to all programs of a network namespace. */
static uint16_t any_group(void)
{
    uint16_t group = 0;
    if (getentropy(&group, sizeof group) != 0)
        group = (uint16_t)getpid();
    return group ? group : 1;
}

/* The row of access_nodes in which untagged traffic of a source is; NULL: none, its lines are named
 * by MAC. */
static const struct access_rule *untagged_rule(const struct settings *settings, const char *source)
{
    for (size_t i = 0; i < settings->rule_count; i++) {
        const struct access_rule *rule = &settings->rules[i];
        bool here = rule->observation_point[0] == '\0' || !strcmp(rule->observation_point, source);
        if (here && rule->vlans.svlan_first == 0 && rule->vlans.cvlan_first == 0)
            return rule;
    }
    return NULL;
}

static bool says_what_is_inside(const struct settings *settings, uint8_t ip_version)
{
    for (size_t i = 0; i < settings->inside_count; i++)
        if (settings->inside[i].ip_version == ip_version)
            return true;
    return false;
}

/* A subscriber's MAC is told by the addresses only where those of both families are: else his IPv6
 * would be parted from his IPv4, by which his MAC is known. */
static enum capture_share share_of(const struct settings *settings, const char *source)
{
    const struct access_rule *rule = untagged_rule(settings, source);
    if (rule && (rule->wlan || rule->routed))
        return CAPTURE_SHARE_INSIDE_ADDRESS;
    return says_what_is_inside(settings, 4) && says_what_is_inside(settings, 6)
               ? CAPTURE_SHARE_INSIDE_MAC
               : CAPTURE_SHARE_MACS;
}

/* A part of a source's frames for each thread. 0, or a negated errno. */
static int part_source(struct crew *crew, const struct settings *settings,
                       struct observer_part *out_part)
{
    const struct settings_source *source = crew->source;
    *out_part =
        (struct observer_part){.count = source->threads > 1 ? (unsigned)source->threads : 1};
    if (out_part->count == 1)
        return 0;
    int status = perimeter_init(&crew->perimeter, settings->inside, settings->inside_count);
    out_part->sharing = (struct capture_sharing){.group = any_group(),
                                                 .by = share_of(settings, source->name),
                                                 .inside = crew->perimeter.prefixes,
                                                 .inside_count = crew->perimeter.count};
    return status;
}

static struct crew *fail(struct crew *crew, int code)
{
    crew_free(crew);
    errno = code;
    return NULL;
}

struct crew *crew_new(const struct settings *settings, const struct settings_source *source,
                      const struct pseudonym *pseudonym)
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return NULL;
    crew->source = source;
    struct observer_part part;
    int status = part_source(crew, settings, &part);
    if (status < 0)
        return fail(crew, -status);
    for (; part.number < part.count; part.number++) {
        struct observer *observer = observer_new(settings, source, pseudonym, part);
        if (!observer)
            return fail(crew, errno);
        crew->observers[crew->count++] = observer;
    }
    return crew;
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    crew_stop(crew);
    for (size_t i = 0; i < crew->count; i++) {
        meter_interval_release(crew->answers[i]);
        observer_free(crew->observers[i]);
    }
    perimeter_fini(&crew->perimeter);
    free(crew);
}

int crew_start(struct crew *crew)
{
    int status = 0;
    for (size_t i = 0; i < crew->count && status == 0; i++)
        status = observer_start(crew->observers[i]);
    return status;
}

void crew_stop(struct crew *crew)
{
    for (size_t i = 0; i < crew->count; i++)
        observer_stop(crew->observers[i]);
}

void crew_turn(struct crew *crew, uint64_t end_unix_ns)
{
    for (size_t i = 0; i < crew->count; i++)
        if (!crew->answers[i])
            observer_turn(crew->observers[i], end_unix_ns);
}

/* The judgement of offload has changed: said once, with the remedy. */
static void tell_visibility(const struct crew *crew, double coverage)
{
    int percent = (int)(coverage * 100);
    if (crew->visibility.state == REPORT_VISIBILITY_OFFLOADED)
        log_warn(ROOM,
                 "traffic goes past capture: turn flow offload off (ethtool -K DEV hw-tc-offload "
                 "off; nftables flowtable; OpenWrt: flow_offloading 0), or trust the interface's "
                 "counters only coverage_percent=%d source=%s",
                 percent, crew->source->name);
    else
        log_info(ROOM, "capture sees what the interface carries coverage_percent=%d source=%s",
                 percent, crew->source->name);
}

/* The judgement as it stood, and then with this interval. */
static void judge_visibility(struct crew *crew, struct report_observation *observation)
{
    const struct visibility_sample sample = {
        .packets = report_scaled_packets(observation),
        .octets = report_scaled_octets(observation),
        .octets_error =
            observation->scaled_octets_error.known ? observation->scaled_octets_error.value : 0,
        .dropped_packets = observation->dropped_packet_delta_count,
        .interface_octets = observation->interface_octets,
    };
    observation->visibility = crew->visibility.state;
    if (visibility_update(&crew->visibility, &sample))
        tell_visibility(crew, visibility_coverage(&sample).value);
}

static bool have_all_answered(struct crew *crew)
{
    bool all = true;
    for (size_t i = 0; i < crew->count; i++) {
        if (!crew->answers[i])
            crew->answers[i] = observer_take(crew->observers[i]);
        all &= crew->answers[i] != NULL;
    }
    return all;
}

struct meter_interval *crew_take(struct crew *crew)
{
    if (!have_all_answered(crew))
        return NULL;
    int status = meter_intervals_merge(crew->answers, crew->count);
    if (status < 0) {
        log_error(ROOM, "counts cannot be joined yet: %s source=%s", strerror(-status),
                  crew->source->name);
        return NULL;
    }
    struct meter_interval *whole = crew->answers[0];
    for (size_t i = 1; i < crew->count; i++)
        meter_interval_release(crew->answers[i]);
    memset(crew->answers, 0, sizeof crew->answers);
    judge_visibility(crew, meter_interval_observation(whole));
    return whole;
}
