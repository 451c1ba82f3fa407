/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/census.h"
#include "probe/snmp/gather.h"
#include "probe/snmp/recording.h"
#include "probe/snmp/snmprec.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct profile_set *profiles_once(void)
{
    static struct profile_set *profiles;
    struct conf_error error;
    if (!profiles)
        profiles = profile_set_load(profile_directory(NULL), &error);
    if (!profiles)
        abort();
    return profiles;
}

static uint64_t pseudonym(void *ctx, enum element_kind kind, const void *key, size_t length)
{
    uint64_t hash = (uint64_t)kind + 1;
    (void)ctx;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const uint8_t *)key)[i]) * UINT64_C(1099511628211);
    return hash;
}

static bool is_public(void *ctx, const uint8_t *ssid, size_t length)
{
    (void)ctx;
    return length > 0 && ssid[0] % 2 == 0;
}

/* Whatever a device says makes a report that can be encoded, with every element in it once. */
static void report(const struct device_snapshot *snapshot)
{
    struct report *report = report_new();
    struct report_inventory *inventory = report_add_inventory(report);
    struct census *census = census_new();
    const struct snapshot_export export = {pseudonym, is_public, NULL, census, 1, 1000};
    uint8_t *bytes = NULL;
    size_t length = 0;
    (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
    (void)snprintf(report->probe_name, sizeof report->probe_name, "p1");
    report->sequence = 1;
    report->interval_ms = report->schedule_ms = 60000;
    if (device_snapshot_fill(snapshot, &export, inventory) != 0)
        abort();
    (void)snprintf(inventory->access_node, sizeof inventory->access_node, "n");
    if (report_encode(report, &bytes, &length) != 0)
        abort();
    free(bytes);
    census_free(census);
    report_free(report);
}

/* The first octet says how the agent lies (cut answers, errors now and then); the rest is a
 * recording, polled with the shipped profiles. */
static void poll(struct varbind_set *set, unsigned lie)
{
    const struct walk_pace pace = {.repetitions = 1 + lie % WALK_REPETITIONS_MAX};
    struct source_request request;
    struct recording *recording = recording_new(set);
    struct gather *gather = gather_new(profiles_once(), NULL, &pace);
    struct device_snapshot *snapshot = device_snapshot_new();
    for (unsigned i = 0; gather_request(gather, &request); i++) {
        struct source_answer answer = recording_ask(recording, &request);
        if (lie > 128 && i % (lie - 127) == 0)
            answer.status = (enum source_status)(lie % SOURCE_STATUSES);
        if (lie % 3 == 2 && answer.varbind_count > 1)
            answer.varbind_count--;
        gather_answer(gather, &answer);
        if (i > 20000)
            abort();
    }
    if (gather_finish(gather, snapshot) != 0 || snapshot->figure_count > SNAPSHOT_FIGURES_MAX)
        abort();
    report(snapshot);
    device_snapshot_free(snapshot);
    gather_free(gather);
    recording_free(recording);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snmprec_counts counts;
    struct varbind_set *set = varbind_set_new(4096, 1 << 20);
    if (set && size > 0 && snmprec_parse((const char *)data + 1, size - 1, set, &counts) == 0)
        poll(set, data[0]);
    varbind_set_free(set);
    return 0;
}
