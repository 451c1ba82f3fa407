/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/doctor_host.h"

#include "common/clock.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

#define MIB             (1024.0 * 1024.0)
#define SECONDS_OF_2024 UINT64_C(1704067200)

/* ---- offload ---- */

static bool has_lro(const char *interface)
{
    struct ethtool_value value = {.cmd = ETHTOOL_GFLAGS};
    struct ifreq request;
    memset(&request, 0, sizeof request);
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    request.ifr_data = (char *)&value;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool lro = fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0 && value.data & ETH_FLAG_LRO;
    if (fd >= 0)
        (void)close(fd);
    return lro;
}

/* Users of the module: each nft flowtable is one. */
static long flow_table_users(void)
{
    FILE *file = fopen("/sys/module/nf_flow_table/refcnt", "r");
    char line[32] = "0";
    if (file) {
        if (!fgets(line, sizeof line, file))
            line[0] = '0';
        (void)fclose(file);
    }
    return strtol(line, NULL, 10);
}

void doctor_check_offload(const char *source, const char *interface, struct findings *findings)
{
    bool flows = flow_table_users() > 0;
    if (flows) {
        findings_say(findings, FINDING_WARN, "offload", source,
                     "an nft flowtable is in use: its flows may pass capture unseen",
                     "正在使用nft flowtable：其中的流可能绕过抓包");
        findings_remedy(findings,
                        "nft list flowtables; take this interface out of them, or rely on SNMP "
                        "counters for its octets",
                        "执行nft list flowtables；将本接口移出，或以SNMP计数器统计其字节数");
    }
    if (has_lro(interface)) {
        findings_say(findings, FINDING_WARN, "offload", source,
                     "large receive offload joins packets before capture", "LRO在抓包之前合并报文");
        findings_remedy(findings, "ethtool -K INTERFACE lro off", "ethtool -K 接口 lro off");
    } else if (!flows) {
        findings_say(findings, FINDING_OK, "offload", source,
                     "no software offload is seen; a switch chip's shows in the capture coverage",
                     "未见软件卸载；交换芯片的卸载可从抓包覆盖率看出");
    }
}

/* ---- what the machine counts by itself ---- */

void doctor_check_connections(const char *name, struct findings *findings)
{
    FILE *file = fopen("/proc/sys/net/netfilter/nf_conntrack_acct", "r");
    bool there = file != NULL;
    bool counts = there && fgetc(file) == '1';
    if (there)
        (void)fclose(file);
    findings_say(findings, counts ? FINDING_OK : FINDING_FAIL, "connections", name,
                 counts  ? "the kernel counts what connections carry"
                 : there ? "the kernel does not count what connections carry"
                         : "this kernel tracks no connections",
                 counts  ? "内核统计各连接的流量"
                 : there ? "内核未统计各连接的流量"
                         : "内核未启用连接跟踪");
    if (!counts)
        findings_remedy(findings,
                        "load nf_conntrack; sysctl -w net.netfilter.nf_conntrack_acct=1, and in "
                        "/etc/sysctl.d; it holds for connections that begin from then on",
                        "加载nf_conntrack；执行sysctl -w net.netfilter.nf_conntrack_acct=1并写入"
                        "/etc/sysctl.d；对此后建立的连接生效");
}

void doctor_check_stations(const char *name, const char *folder, struct findings *findings)
{
    bool open = access(folder, R_OK | X_OK) == 0;
    findings_say(findings, open ? FINDING_OK : FINDING_FAIL, "stations", name,
                 open ? "hostapd's control sockets may be looked for"
                      : "hostapd's control sockets cannot be looked for",
                 open ? "可访问hostapd控制套接字目录" : "无法访问hostapd控制套接字目录");
    if (!open)
        findings_remedy(findings,
                        "set ctrl_interface and ctrl_interface_group in hostapd.conf, and "
                        "stations.socket_dir to that folder; or source = \"nl80211\"",
                        "请在hostapd.conf中设置ctrl_interface与ctrl_interface_group，并使"
                        "stations.socket_dir指向该目录；或改用source = \"nl80211\"");
}

/* ---- clock and memory ---- */

void doctor_check_clock(bool synchronised, uint64_t now_unix_ns, struct findings *findings)
{
    if (now_unix_ns / CLOCK_NS_PER_S < SECONDS_OF_2024)
        findings_say(findings, FINDING_FAIL, "clock", "", "the wall clock is wrong by years",
                     "系统时钟错误，偏差以年计");
    else if (!synchronised)
        findings_say(findings, FINDING_WARN, "clock", "",
                     "no time server disciplines the wall clock: reports are placed by the "
                     "collector",
                     "没有时间服务器校时：报告时间由采集中心推定");
    else
        findings_say(findings, FINDING_OK, "clock", "", "disciplined by a time server",
                     "已由时间服务器校准");
    if (!synchronised || now_unix_ns / CLOCK_NS_PER_S < SECONDS_OF_2024)
        findings_remedy(findings,
                        "start an NTP client: systemd-timesyncd, chrony, or OpenWrt's "
                        "sysntpd",
                        "请启用NTP客户端：systemd-timesyncd、chrony或OpenWrt的sysntpd");
}

static uint64_t available_bytes(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    char line[128];
    unsigned long long kib = 0;
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "MemAvailable:", 13) == 0)
            kib = strtoull(line + 13, NULL, 10);
    if (file)
        (void)fclose(file);
    return (uint64_t)kib * 1024;
}

void doctor_check_memory(uint64_t wanted_bytes, struct findings *findings)
{
    uint64_t there = available_bytes();
    bool enough = there == 0 || wanted_bytes + wanted_bytes / 4 <= there;
    struct finding *finding =
        findings_add(findings, enough ? FINDING_OK : FINDING_WARN, "memory", "");
    (void)snprintf(finding->en, sizeof finding->en,
                   "tables and outbox may take %.0f MiB; %.0f MiB are available",
                   (double)wanted_bytes / MIB, (double)there / MIB);
    (void)snprintf(finding->zh, sizeof finding->zh, "各表与发件箱最多占%.0f MiB；可用%.0f MiB",
                   (double)wanted_bytes / MIB, (double)there / MIB);
    if (!enough)
        findings_remedy(findings,
                        "lower flow.memory_bytes, flow.line_memory_bytes or "
                        "outbox.memory_bytes",
                        "请调低flow.memory_bytes、flow.line_memory_bytes或outbox.memory_bytes");
}

/* ---- folders ---- */

/* The folder, or the nearest one above it that is there. */
static void nearest_folder(const char *path, char out[static FINDING_TEXT_BYTES])
{
    (void)snprintf(out, FINDING_TEXT_BYTES, "%s", path);
    while (access(out, F_OK) != 0) {
        char *slash = strrchr(out, '/');
        if (!slash || slash == out) {
            (void)snprintf(out, FINDING_TEXT_BYTES, "%s", slash ? "/" : ".");
            return;
        }
        *slash = '\0';
    }
}

static void say_folder(const char *setting, bool may_write, double there_mib, double wanted_mib,
                       struct findings *findings)
{
    bool room = there_mib >= wanted_mib;
    struct finding *finding = findings_add(findings,
                                           !may_write ? FINDING_FAIL
                                           : room     ? FINDING_OK
                                                      : FINDING_WARN,
                                           "outbox", setting);
    (void)snprintf(finding->en, sizeof finding->en, "%s; %.0f MiB free, at most %.0f wanted",
                   may_write ? "can be written" : "cannot be written", there_mib, wanted_mib);
    (void)snprintf(finding->zh, sizeof finding->zh, "%s；空闲%.0f MiB，最多需要%.0f MiB",
                   may_write ? "可写" : "不可写", there_mib, wanted_mib);
    if (!may_write)
        findings_remedy(findings, "give the folder to the user that runs the probe",
                        "请将该目录授予运行探针的用户");
    else if (!room)
        findings_remedy(findings,
                        "lower outbox.disk_bytes, or make room: what does not fit is "
                        "dropped, oldest first, and reported as a gap",
                        "请调低outbox.disk_bytes或腾出空间：放不下时从最旧的丢弃，并报告缺口");
}

void doctor_check_folder(const char *setting, const char *path, uint64_t wanted_bytes,
                         bool ram_disk, struct findings *findings)
{
    char folder[FINDING_TEXT_BYTES];
    struct statfs system;
    if (path[0] == '\0') {
        findings_say(findings, ram_disk ? FINDING_OK : FINDING_WARN, "outbox", setting,
                     ram_disk ? "none: reports in memory are lost when the probe is killed"
                              : "none: reports without a receipt are lost at a restart",
                     ram_disk ? "未设置：探针被强行终止时内存中的报告会丢失"
                              : "未设置：重启时未获回执的报告会丢失");
        if (!ram_disk)
            findings_remedy(findings, "set outbox.dir", "请设置outbox.dir");
        return;
    }
    nearest_folder(path, folder);
    bool known = statfs(folder, &system) == 0;
    double free_bytes = known ? (double)system.f_bavail * (double)system.f_bsize : 0;
    say_folder(setting, access(folder, W_OK | X_OK) == 0, free_bytes / MIB,
               (double)wanted_bytes / MIB, findings);
    if (known && ram_disk && (unsigned)system.f_type != TMPFS_MAGIC &&
        (unsigned)system.f_type != RAMFS_MAGIC) {
        findings_say(findings, FINDING_WARN, "outbox", setting,
                     "is no RAM disk: every report would be written to flash",
                     "不是内存盘：每份报告都会写入闪存");
        findings_remedy(findings, "name a folder of /run or another tmpfs",
                        "请指定/run或其他tmpfs中的目录");
    }
}
