/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/crew.h"

#include "common/log.h"
#include "probe/capture/visibility.h"
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

struct crew *crew_new(const struct settings *settings, const struct settings_source *source,
                      const struct pseudonym *pseudonym)
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return NULL;
    crew->source = source;
    struct observer_part part = {.count = source->threads > 1 ? (unsigned)source->threads : 1};
    if (part.count > 1)
        part.fanout_group = any_group();
    for (; part.number < part.count; part.number++) {
        struct observer *observer = observer_new(settings, source, pseudonym, part);
        if (!observer) {
            int code = errno;
            crew_free(crew);
            errno = code;
            return NULL;
        }
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
