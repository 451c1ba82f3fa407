/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/doctor.h"

#include "common/bus_check.h"
#include "common/clock.h"
#include "common/findings.h"
#include "common/log.h"
#include "probe/capture/capture.h"
#include "probe/doctor_devices.h"
#include "probe/doctor_host.h"
#include "probe/memory_limit.h"
#include "probe/settings/settings.h"

#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_DEFAULT "/etc/lastmile/probe.cfg"
#define BROKER_WAIT_MS 10000

static const char help[] =
    "usage: lastmile-probe doctor [--config FILE] [--json]\n"
    "\n"
    "Tries what `run` will need on this machine, and says of each OK, WARN or FAIL, with a remedy, "
    "in\n"
    "English and Chinese: settings and secrets, interfaces (may they be captured, does the kernel\n"
    "sample, is traffic offloaded past capture), clock, memory, the outbox's folders, the broker "
    "with\n"
    "this identity, the SNMP agents. Takes some seconds. Nothing is changed or sent; where the "
    "broker\n"
    "names clients by their users, a probe that runs connects anew.\n"
    "\n"
    "  --config FILE   settings (default " CONFIG_DEFAULT ")\n"
    "  --json          one JSON object instead of a table\n"
    "  --help          this text\n"
    "\n"
    "Exit status: 0 nothing fails (there may be warnings), 1 something does, 2 usage or "
    "configuration\n"
    "error.\n";

/* ---- sources ---- */

static void check_file(const struct settings_source *source, struct findings *findings)
{
    bool there = access(source->file, R_OK) == 0;
    findings_say(findings, there ? FINDING_OK : FINDING_FAIL, "capture", source->name,
                 there ? "the capture file can be read" : "the capture file cannot be read",
                 there ? "抓包文件可读" : "抓包文件不可读");
    if (!there)
        findings_remedy(findings, "check sources.file and who may read it",
                        "请检查sources.file及其读取权限");
}

static void check_sampling(const struct settings_source *source, struct capture *capture,
                           struct findings *findings)
{
    (void)capture_set_sampling(capture, REPORT_SAMPLING_PROBABILISTIC, 2, 1);
    bool kernel = capture_samples_in_kernel(capture);
    findings_say(findings, kernel ? FINDING_OK : FINDING_WARN, "sampling", source->name,
                 kernel ? "the kernel samples before it copies" : "the kernel does not sample",
                 kernel ? "内核可在复制前抽样" : "内核不支持抽样");
    if (!kernel)
        findings_remedy(findings, "sampling is then done by the probe, and saves less CPU",
                        "抽样将由探针完成，节省的CPU较少");
}

static void check_interface(const struct settings_source *source, struct findings *findings)
{
    char error[CAPTURE_ERROR_BYTES] = "";
    const struct capture_options options = {.interface = source->interface,
                                            .filter = source->filter[0] ? source->filter : NULL,
                                            .snaplen = (int)source->snaplen,
                                            .promiscuous = source->promiscuous};
    struct capture *capture = capture_open_live(&options, error);
    if (!capture) {
        int code = errno;
        findings_say(findings, FINDING_FAIL, "capture", source->name, error, "无法抓包");
        findings_remedy(findings, capture_remedy(code), capture_remedy_zh(code));
        return;
    }
    findings_say(findings, FINDING_OK, "capture", source->name,
                 capture_reads_ring(capture) ? "can be captured, by the kernel's ring"
                                             : "can be captured, by libpcap",
                 capture_reads_ring(capture) ? "可抓包（内核环形缓冲）" : "可抓包（libpcap）");
    check_sampling(source, capture, findings);
    capture_close(capture);
    doctor_check_offload(source->name, source->interface, findings);
}

/* ---- lines ---- */

/* Rows of the settings, or devices that name their own area. */
static void check_areas(const struct settings *settings, struct findings *findings)
{
    if (settings->source_count == 0)
        return;
    bool placed = settings->rule_count > 0;
    findings_say(findings, placed ? FINDING_OK : FINDING_WARN, "areas", "access_nodes",
                 placed ? "say where lines are"
                        : "there are none: what is captured counts for no area",
                 placed ? "已说明线路所在区域" : "未设置：抓到的流量不计入任何区域");
    if (!placed)
        findings_remedy(
            findings, "name the area in access_nodes of the settings, or setup --area KEY --force",
            "请在设置的access_nodes中填写区域，或执行setup --area 区域代码 --force");
}

/* ---- all ---- */

/* What takes seconds is said to whoever watches. */
static void tell_wait(const char *what, const char *about)
{
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "... %s %s\n", what, about);
}

static bool may_others_read(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && (info.st_mode & S_IRWXO) != 0;
}

/* The files of this probe's identity. Those that are as they should be go without a word. */
static void check_identity(const struct settings_broker *broker, struct findings *findings)
{
    const char *const files[] = {broker->ca_file, broker->cert_file, broker->key_file};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i][0] == '\0' || access(files[i], R_OK) == 0)
            continue;
        findings_say(findings, FINDING_FAIL, "identity", files[i], strerror(errno), "无法读取");
        findings_remedy(findings,
                        "lastmile-probe setup puts it there out of the bundle of lastmile enrol; "
                        "the user that runs the probe must be able to read it",
                        "请用lastmile-probe setup从lastmile "
                        "enrol生成的目录安装，并确保运行探针的用户可读");
    }
    if (broker->key_file[0] && may_others_read(broker->key_file)) {
        findings_say(findings, FINDING_WARN, "identity", broker->key_file,
                     "the key can be read by others", "其他用户可读取该私钥");
        findings_remedy(findings, "chmod 600, and have a new one made: lastmile enrol --renew",
                        "执行chmod 600，并用lastmile enrol --renew换发");
    }
}

static void check_broker(const struct settings *settings, struct findings *findings)
{
    const struct settings_broker *broker = &settings->broker;
    check_identity(broker, findings);
    const struct bus_options options = {
        .host = broker->host,
        .port = (int)broker->port,
        .client_id = "lastmile-doctor",
        .username = broker->password[0] ? broker->username : NULL,
        .password = broker->password[0] ? broker->password : NULL,
        .ca_file = broker->ca_file[0] ? broker->ca_file : NULL,
        .cert_file = broker->cert_file[0] ? broker->cert_file : NULL,
        .key_file = broker->key_file[0] ? broker->key_file : NULL,
        .keepalive_s = (int)broker->keepalive_s,
    };
    tell_wait("asks the broker, for 10 s at most:", broker->host);
    bus_check(&options, BROKER_WAIT_MS, findings);
}

void doctor_examine(const char *config, const struct settings *settings, struct findings *findings)
{
    findings_say(findings, FINDING_OK, "settings", config,
                 "read through, with the secrets that they name", "已读取，所列密钥文件有效");
    for (size_t i = 0; i < settings->source_count; i++) {
        const struct settings_source *source = &settings->sources[i];
        if (source->file[0])
            check_file(source, findings);
        else
            check_interface(source, findings);
    }
    if (settings->connections.name[0])
        doctor_check_connections(settings->connections.name, findings);
    if (settings->stations.name[0] && settings->stations.source == STATIONS_BY_HOSTAPD)
        doctor_check_stations(settings->stations.name, settings->stations.socket_dir, findings);
    doctor_check_clock(clock_is_synchronised(), clock_unix_ns(), findings);
    doctor_check_memory(memory_wanted_bytes(settings), findings);
    doctor_check_folder("outbox.dir", settings->outbox.dir, settings->outbox.disk_bytes, false,
                        findings);
    doctor_check_folder("outbox.ram_dir", settings->outbox.ram_dir, settings->outbox.memory_bytes,
                        true, findings);
    check_areas(settings, findings);
    check_broker(settings, findings);
    if (settings->device_count > 0)
        tell_wait("polls the devices, each until its deadline", "");
    doctor_check_devices(settings, findings);
}

static int read_options(int argc, char **argv, const char **out_config, bool *out_json)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == 'c')
            *out_config = optarg;
        else if (option == 'j')
            *out_json = true;
        else
            return fputs(help, option == 'h' ? stdout : stderr) < 0 || option != 'h' ? 2 : 0;
    }
    if (optind == argc)
        return -1;
    (void)fprintf(stderr, "lastmile-probe doctor: unexpected '%s'; --help says more\n",
                  argv[optind]);
    return 2;
}

int doctor_command(int argc, char **argv)
{
    const char *config = CONFIG_DEFAULT;
    bool json = false;
    int status = read_options(argc, argv, &config, &json);
    if (status >= 0)
        return status;
    struct conf_error error;
    struct settings *settings = settings_read(config, &error);
    if (!settings) {
        (void)fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    log_set_level(LOG_LEVEL_ERROR); /* what is logged besides is said here */
    struct findings *findings = findings_new();
    if (!findings)
        abort();
    doctor_examine(config, settings, findings);
    if (json)
        (void)findings_print_json(findings, stdout);
    else
        findings_print_table(findings, stdout);
    status = findings_worst(findings) == FINDING_FAIL;
    findings_free(findings);
    settings_free(settings);
    return status;
}
