/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700 /* nftw */
#include "collector/doctor.h"

#include "collector/access/accounts.h"
#include "collector/collector.h"
#include "collector/plan/plan.h"
#include "collector/registry/registry.h"
#include "collector/settings.h"

#include "common/bus_check.h"
#include "common/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BROKER_WAIT_MS 10000
#define GIB            (1024.0 * 1024.0 * 1024.0)
#define FREE_MIN_GIB   2.0
#define FONT_FOLDER    "/usr/share/fonts"
#define OPEN_FOLDERS   16

/* ---- plan ---- */

static void check_plan(const struct collector_settings *settings, struct findings *findings)
{
    struct conf_error error;
    struct plan *plan = plan_open(settings->plan_file, settings->areas_file, &error);
    if (!plan) {
        findings_say(findings, FINDING_FAIL, "plan", settings->plan_file, error.text,
                     "规划或区划文件有误");
        findings_remedy(findings, "mend the line that is named", "请修正所指出的行");
        return;
    }
    struct finding *finding = findings_add(findings, FINDING_OK, "plan", settings->plan_file);
    (void)snprintf(finding->en, sizeof finding->en, "%zu indicators, %zu areas, %zu operators",
                   plan_indicator_count(plan), plan_area_count(plan), plan_operator_count(plan));
    (void)snprintf(finding->zh, sizeof finding->zh, "指标%zu项，区域%zu个，运营商%zu家",
                   plan_indicator_count(plan), plan_area_count(plan), plan_operator_count(plan));
    plan_close(plan);
}

/* ---- data ---- */

static void check_folder(const char *folder, struct findings *findings)
{
    struct statvfs disk;
    if (access(folder, F_OK) != 0 && errno == ENOENT) {
        findings_say(findings, FINDING_OK, "data", folder, "not there yet: run makes it",
                     "尚不存在：首次运行时创建");
        return;
    }
    bool may_write = access(folder, W_OK | X_OK) == 0 && statvfs(folder, &disk) == 0;
    if (!may_write) {
        findings_say(findings, FINDING_FAIL, "data", folder, strerror(errno), "数据目录不可写");
        findings_remedy(findings, "make the folder, and give it to the collector's user",
                        "请创建该目录，并授予采集中心的用户");
        return;
    }
    double gib = (double)disk.f_bavail * (double)disk.f_frsize / GIB;
    struct finding *finding =
        findings_add(findings, gib < FREE_MIN_GIB ? FINDING_WARN : FINDING_OK, "data", folder);
    (void)snprintf(finding->en, sizeof finding->en, "can be written; %.1f GiB free", gib);
    (void)snprintf(finding->zh, sizeof finding->zh, "可写；空闲%.1f GiB", gib);
    if (gib < FREE_MIN_GIB)
        findings_remedy(findings, "`lastmile-collector plan --probes N` tells what N probes need",
                        "`lastmile-collector plan --probes N`可估算N个探针所需空间");
}

static void check_registry(const char *folder, struct findings *findings)
{
    char path[SETTINGS_PATH_BYTES + 16];
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    if (access(path, F_OK) != 0) {
        findings_say(findings, FINDING_OK, "registry", path, "not there yet: run makes it",
                     "尚不存在：首次运行时创建");
        return;
    }
    struct registry *registry = registry_open_read(path);
    bool whole = registry && registry_check_integrity(registry) == 0;
    registry_close(registry);
    findings_say(findings, whole ? FINDING_OK : FINDING_FAIL, "registry", path,
                 whole ? "read through: in order" : "cannot be read, or is damaged",
                 whole ? "已通读，完好" : "无法读取或已损坏");
    if (!whole)
        findings_remedy(findings,
                        "stop the collector, keep the file, and restore the last copy; probes send "
                        "again what has no receipt",
                        "请停止采集中心，保留该文件，并恢复最近的备份；探针会重发未获回执的报告");
}

/* ---- neighbours ---- */

static void check_broker(const struct broker_settings *broker, struct findings *findings)
{
    char password[256] = "";
    struct conf_error error;
    if (broker->password_file[0] &&
        collector_read_password(broker->password_file, password, sizeof password, &error) != 0) {
        findings_say(findings, FINDING_FAIL, "broker", broker->host, error.text, "密码文件有误");
        return;
    }
    const struct bus_options options = {
        .host = broker->host,
        .port = (int)broker->port,
        .client_id = "lastmile-doctor",
        .username = broker->username[0] ? broker->username : NULL,
        .password = password[0] ? password : NULL,
        .ca_file = broker->ca_file[0] ? broker->ca_file : NULL,
        .cert_file = broker->cert_file[0] ? broker->cert_file : NULL,
        .key_file = broker->key_file[0] ? broker->key_file : NULL,
        .keepalive_s = 30,
    };
    bus_check(&options, BROKER_WAIT_MS, findings);
    explicit_bzero(password, sizeof password);
}

/* 0 when a server could listen there, else errno. */
static int try_listen(const struct http_settings *http)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1, error = 0;
    if (fd < 0)
        return errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (inet_pton(AF_INET, http->address, &address.sin_addr) == 1 &&
        (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1) != 0))
        error = errno;
    (void)close(fd);
    return error;
}

static void check_http(const struct http_settings *http, struct findings *findings)
{
    char subject[FINDING_TEXT_BYTES];
    (void)snprintf(subject, sizeof subject, "%s:%llu", http->address,
                   (unsigned long long)http->port);
    int error = try_listen(http);
    if (error == 0)
        findings_say(findings, FINDING_OK, "http", subject, "free for the pages", "端口可用");
    else if (error == EADDRINUSE)
        findings_say(findings, FINDING_WARN, "http", subject,
                     "is taken: by this collector, if it runs",
                     "端口已被占用：若采集中心正在运行则属正常");
    else
        findings_say(findings, FINDING_FAIL, "http", subject, strerror(error), "无法监听该地址");
    if (error != 0)
        findings_remedy(findings, "choose http.address and http.port; port 0 takes any",
                        "请设置http.address与http.port；端口0表示任选");
}

/* ---- access ---- */

/* A file that must be its owner's alone: said when it is not. */
static bool is_private(const char *path, struct findings *findings)
{
    struct stat status;
    if (stat(path, &status) != 0 || (status.st_mode & 077) == 0)
        return true;
    findings_say(findings, FINDING_FAIL, "access", path, "others can read it",
                 "其他用户可读取该文件");
    findings_remedy(findings, "chmod 600", "请执行chmod 600");
    return false;
}

static void check_accounts(const struct collector_settings *settings, struct findings *findings)
{
    char path[SETTINGS_PATH_BYTES + sizeof "/" ACCOUNTS_FILE];
    struct conf_error error;
    (void)snprintf(path, sizeof path, "%s/" ACCOUNTS_FILE, settings->data_dir);
    bool there = access(path, F_OK) == 0; /* a doctor makes nothing */
    if (there && !is_private(path, findings))
        return;
    struct accounts *accounts = there ? accounts_open(settings->data_dir, &error) : NULL;
    int count = accounts ? accounts_count(accounts) : 0;
    accounts_close(accounts);
    if (there && !accounts) {
        findings_say(findings, FINDING_FAIL, "access", path, error.text, "账户数据库无法打开");
        findings_remedy(findings, "run this as the collector's user, or restore the last copy",
                        "请以采集中心的用户运行，或恢复最近的备份");
        return;
    }
    struct finding *finding =
        findings_add(findings, count > 0 ? FINDING_OK : FINDING_WARN, "access", path);
    (void)snprintf(finding->en, sizeof finding->en,
                   count > 0 ? "%d accounts may log in" : "nobody can log in yet", count);
    (void)snprintf(finding->zh, sizeof finding->zh,
                   count > 0 ? "%d个账户可登录" : "尚无可登录的账户", count);
    if (count <= 0)
        findings_remedy(findings, "lastmile user add NAME --role admin",
                        "请执行lastmile user add NAME --role admin");
}

static void check_access(const struct collector_settings *settings, struct findings *findings)
{
    const struct http_settings *http = &settings->http;
    if (http->access == ACCESS_OPEN)
        findings_say(findings, FINDING_WARN, "access", http->address,
                     "open: whoever reaches the port sees everything",
                     "开放模式：能访问端口者可见全部内容");
    else
        check_accounts(settings, findings);
    if (http->access == ACCESS_OPEN)
        findings_remedy(findings, "http.access = \"login\", and accounts by lastmile user",
                        "请设http.access = \"login\"，并用lastmile user设立账户");
    if (http->key_file[0])
        (void)is_private(http->key_file, findings);
}

/* ---- fonts ---- */

/* Parts of the names of font files that have Chinese characters. */
static const char *const font_names[] = {"wqy",   "CJK",  "SourceHan", "DroidSansFallback",
                                         "uming", "ukai", "arphic",    "simsun"};

static int is_chinese_font(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    for (size_t i = 0; kind == FTW_F && i < sizeof font_names / sizeof font_names[0]; i++)
        if (strstr(path + where->base, font_names[i]))
            return 1;
    return 0;
}

static void check_fonts(struct findings *findings)
{
    bool there = nftw(FONT_FOLDER, is_chinese_font, OPEN_FOLDERS, FTW_PHYS) == 1;
    findings_say(findings, there ? FINDING_OK : FINDING_WARN, "fonts", FONT_FOLDER,
                 there ? "Chinese characters can be drawn into graphs"
                       : "no font with Chinese characters: graphs would show boxes",
                 there ? "图形可显示汉字" : "缺少中文字体：图形中的汉字会显示为方框");
    if (!there)
        findings_remedy(findings, "apt install fonts-wqy-microhei",
                        "apt install fonts-wqy-microhei");
}

/* Whether PATH leads to a program. */
static bool is_on_path(const char *name)
{
    const char *at = getenv("PATH");
    for (; at && *at; at += strcspn(at, ":"), at += *at == ':') {
        char path[512];
        (void)snprintf(path, sizeof path, "%.*s/%s", (int)strcspn(at, ":"), at, name);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static void check_graphs(struct findings *findings)
{
    bool there = is_on_path("rrdtool");
    findings_say(findings, there ? FINDING_OK : FINDING_WARN, "graphs", "rrdtool",
                 there ? "series can be drawn"
                       : "rrdtool is not there: /api/v1/series/{id}/graph draws nothing",
                 there ? "可绘制时间序列图" : "缺少 rrdtool：/api/v1/series/{id}/graph 无法绘图");
    if (!there)
        findings_remedy(findings, "apt install rrdtool", "apt install rrdtool");
}

void collector_examine(const struct collector_settings *settings, struct findings *findings)
{
    check_plan(settings, findings);
    check_folder(settings->data_dir, findings);
    check_registry(settings->data_dir, findings);
    findings_say(findings, clock_is_synchronised() ? FINDING_OK : FINDING_WARN, "clock", "",
                 clock_is_synchronised() ? "disciplined by a time server"
                                         : "no time server disciplines the wall clock",
                 clock_is_synchronised() ? "已由时间服务器校准" : "没有时间服务器校时");
    if (!clock_is_synchronised())
        findings_remedy(findings, "start an NTP client: systemd-timesyncd or chrony",
                        "请启用NTP客户端：systemd-timesyncd或chrony");
    check_broker(&settings->broker, findings);
    check_http(&settings->http, findings);
    check_access(settings, findings);
    check_fonts(findings);
    check_graphs(findings);
}
