/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/doctor_devices.h"

#include "common/clock.h"
#include "probe/settings/settings.h"
#include "probe/snmp/poller.h"
#include "probe/snmp/profile.h"
#include "probe/snmp/snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* One place a device of the settings; filled as snapshots come. */
struct consultation {
    const struct settings *settings;
    struct device_snapshot **snapshots;
    size_t missing;
};

static void take_snapshot(void *ctx, struct device_snapshot *snapshot)
{
    struct consultation *consultation = ctx;
    for (size_t i = 0; i < consultation->settings->device_count; i++)
        if (!consultation->snapshots[i] &&
            strcmp(consultation->settings->devices[i].target.name, snapshot->name) == 0) {
            consultation->snapshots[i] = snapshot;
            consultation->missing--;
            return;
        }
    device_snapshot_free(snapshot); /* of a second poll */
}

static void ask_all(struct consultation *consultation, const struct profile_set *profiles)
{
    const struct settings *settings = consultation->settings;
    struct poller *poller = poller_new(profiles, take_snapshot, consultation);
    for (size_t i = 0; poller && i < settings->device_count; i++)
        consultation->missing +=
            poller_add(poller, &settings->devices[i].target, clock_mono_ns()) == 0;
    while (poller && consultation->missing > 0) {
        struct pollfd fd;
        uint64_t timeout_ns = 0;
        size_t count = poller_prepare(poller, &fd, 1, clock_mono_ns(), &timeout_ns);
        uint64_t timeout_ms = timeout_ns / CLOCK_NS_PER_MS + 1;
        (void)poll(&fd, (nfds_t)count, timeout_ms < 1000 ? (int)timeout_ms : 1000);
        poller_service(poller, &fd, count, clock_mono_ns());
    }
    poller_free(poller);
}

static void say_device(const struct settings_device *device, const struct device_snapshot *snapshot,
                       struct findings *findings)
{
    const char *name = device->target.name;
    if (!snapshot || snapshot->outcome == POLL_FAILED) {
        struct finding *finding = findings_add(findings, FINDING_FAIL, "snmp", name);
        (void)snprintf(finding->en, sizeof finding->en, "%s",
                       snapshot ? snapshot->reason : "cannot be polled by these settings");
        (void)snprintf(finding->zh, sizeof finding->zh, "无法轮询");
        findings_remedy(
            findings,
            "try `lastmile-probe poll --target ADDRESS`; check address, credentials, "
            "and the device's access list",
            "请用`lastmile-probe poll --target 地址`试一次；检查地址、凭据和设备的访问控制列表");
        return;
    }
    bool whole = snapshot->outcome == POLL_COMPLETE;
    struct finding *finding =
        findings_add(findings, whole ? FINDING_OK : FINDING_WARN, "snmp", name);
    (void)snprintf(finding->en, sizeof finding->en, "answers as %s; %llu values in %.1f s%s%s",
                   snapshot->profile, (unsigned long long)snapshot->varbinds,
                   (double)snapshot->duration_ns / (double)CLOCK_NS_PER_S, whole ? "" : "; ",
                   snapshot->reason);
    (void)snprintf(finding->zh, sizeof finding->zh, "应答，识别为%s；%llu个值，%.1f秒%s",
                   snapshot->profile, (unsigned long long)snapshot->varbinds,
                   (double)snapshot->duration_ns / (double)CLOCK_NS_PER_S, whole ? "" : "；不完整");
    if (!whole)
        findings_remedy(findings, "raise snmp.deadline_ms, or see what the device leaves out",
                        "请调高snmp.deadline_ms，或查看设备缺少哪些表");
}

void doctor_check_devices(const struct settings *settings, struct findings *findings)
{
    struct conf_error error;
    if (settings->device_count == 0)
        return;
    struct profile_set *profiles = profile_set_load(
        profile_directory(settings->profiles_dir[0] ? settings->profiles_dir : NULL), &error);
    if (!profiles) {
        findings_say(findings, FINDING_FAIL, "snmp", "profiles", error.text, "设备描述文件有误");
        findings_remedy(findings, "mend that line, or set snmp.profiles to the folder of profiles",
                        "请更正该行，或将snmp.profiles设为设备描述文件所在目录");
        return;
    }
    struct consultation consultation = {
        .settings = settings,
        .snapshots = calloc(settings->device_count, sizeof(struct device_snapshot *)),
    };
    if (!consultation.snapshots)
        abort();
    ask_all(&consultation, profiles);
    for (size_t i = 0; i < settings->device_count; i++) {
        say_device(&settings->devices[i], consultation.snapshots[i], findings);
        device_snapshot_free(consultation.snapshots[i]);
    }
    free(consultation.snapshots);
    profile_set_free(profiles);
}
