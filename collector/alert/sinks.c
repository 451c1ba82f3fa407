/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create */
#include "collector/alert/sinks.h"

#include "collector/alert/alert_text.h"
#include "collector/alert/webhook.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAITING_MAX 1000
#define PATIENCE_NS (600 * CLOCK_NS_PER_S)
#define RETRY_NS    (10 * CLOCK_NS_PER_S)
#define HOOK_NS     (30 * CLOCK_NS_PER_S)

enum sink { SINK_MQTT, SINK_HOOK, SINK_WEBHOOK, SINKS };
static const char *const sink_names[SINKS] = {"mqtt", "hook", "webhook"};

/* An event on its way to one sink. */
struct errand {
    struct errand *next;
    struct alert_event event;
    uint64_t told_ns;
};

struct line {
    struct errand *first, *last;
    size_t count;
    uint64_t not_before_ns;
    bool failing; /* said once */
};

struct sinks {
    struct line lines[SINKS];
    char *hook;
    struct webhook *webhook;
    bool posting;
    pid_t hook_pid; /* 0: none runs */
    uint64_t hook_since_ns;
    bool (*publish)(void *ctx, const char *topic, const char *payload, size_t length);
    void *ctx;
    struct sinks_stats stats;
};

struct sinks *sinks_new(const struct sink_options *options)
{
    struct sinks *sinks = calloc(1, sizeof *sinks);
    if (!sinks)
        return NULL;
    sinks->publish = options->publish;
    sinks->ctx = options->ctx;
    bool ready = true;
    if (options->hook[0])
        ready = (sinks->hook = strdup(options->hook)) != NULL;
    if (ready && options->webhook_url[0])
        ready = (sinks->webhook = webhook_new(options->webhook_url)) != NULL;
    if (ready)
        return sinks;
    int error = errno;
    sinks_free(sinks);
    errno = error;
    return NULL;
}

static void drop_first(struct line *line)
{
    struct errand *errand = line->first;
    line->first = errand->next;
    if (!line->first)
        line->last = NULL;
    line->count--;
    free(errand);
}

/* The first may be under way. */
static void drop_second(struct line *line)
{
    struct errand *errand = line->first->next;
    line->first->next = errand->next;
    if (line->last == errand)
        line->last = line->first;
    line->count--;
    free(errand);
}

void sinks_free(struct sinks *sinks)
{
    if (!sinks)
        return;
    for (int sink = 0; sink < SINKS; sink++)
        while (sinks->lines[sink].first)
            drop_first(&sinks->lines[sink]);
    if (sinks->hook_pid > 0) {
        (void)kill(sinks->hook_pid, SIGKILL);
        (void)waitpid(sinks->hook_pid, NULL, 0);
    }
    webhook_free(sinks->webhook);
    free(sinks->hook);
    free(sinks);
}

static bool has_sink(const struct sinks *sinks, enum sink sink)
{
    return sink == SINK_MQTT   ? sinks->publish != NULL
           : sink == SINK_HOOK ? sinks->hook != NULL
                               : sinks->webhook != NULL;
}

void sinks_tell(struct sinks *sinks, const struct alert_event *event, uint64_t now_mono_ns)
{
    for (int sink = 0; sink < SINKS; sink++) {
        struct line *line = &sinks->lines[sink];
        if (!has_sink(sinks, (enum sink)sink))
            continue;
        struct errand *errand = malloc(sizeof *errand);
        if (!errand) {
            sinks->stats.failed++;
            continue;
        }
        *errand = (struct errand){.event = *event, .told_ns = now_mono_ns};
        if (line->count == WAITING_MAX) {
            drop_second(line);
            sinks->stats.failed++;
        }
        if (line->last)
            line->last->next = errand;
        else
            line->first = errand;
        line->last = errand;
        line->count++;
    }
}

/* The first errand of a line came to an end: 0 done, -EAGAIN to be tried again, else refused. */
static void conclude(struct sinks *sinks, enum sink sink, int status, uint64_t now_ns)
{
    struct line *line = &sinks->lines[sink];
    if (status == 0) {
        line->failing = false;
        sinks->stats.delivered++;
        drop_first(line);
        return;
    }
    if (!line->failing)
        log_warn("alert", "an alert cannot be delivered sink=%s: %s", sink_names[sink],
                 status == -EAGAIN ? "it is tried again"
                                   : "it was refused; look at the other side's log");
    line->failing = true;
    line->not_before_ns = now_ns + RETRY_NS;
    bool patient = sink == SINK_MQTT || now_ns < line->first->told_ns + PATIENCE_NS;
    if (status == -EAGAIN && patient)
        return;
    sinks->stats.failed++;
    drop_first(line);
}

static void serve_mqtt(struct sinks *sinks, uint64_t now_ns)
{
    struct line *line = &sinks->lines[SINK_MQTT];
    while (line->first && now_ns >= line->not_before_ns) {
        char topic[ALERT_TOPIC_BYTES];
        alert_topic(&line->first->event, topic);
        char *json = alert_json(&line->first->event);
        bool sent = json && sinks->publish(sinks->ctx, topic, json, strlen(json));
        free(json);
        conclude(sinks, SINK_MQTT, sent ? 0 : -EAGAIN, now_ns);
    }
}

/* A file without a name, holding the text, to be a standard input. */
static int make_input(const char *text)
{
    int fd = memfd_create("alert", MFD_CLOEXEC);
    ssize_t length = (ssize_t)strlen(text);
    if (fd >= 0 && (write(fd, text, (size_t)length) != length || lseek(fd, 0, SEEK_SET) != 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Nothing of the collector's environment: it may hold what is nobody's business. */
static int spawn_with(struct sinks *sinks, const struct alert_event *event, int input)
{
    char words[7][160];
    (void)snprintf(words[0], sizeof words[0], "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    (void)snprintf(words[1], sizeof words[1], "LASTMILE_ALERT=%s", alert_kinds[event->rule].name);
    (void)snprintf(words[2], sizeof words[2], "LASTMILE_STATE=%s",
                   event->raised ? "firing" : "resolved");
    (void)snprintf(words[3], sizeof words[3], "LASTMILE_OPERATOR=%s", event->operator_name);
    (void)snprintf(words[4], sizeof words[4], "LASTMILE_PROBE=%s", event->probe_name);
    (void)snprintf(words[5], sizeof words[5], "LASTMILE_VALUE=%.6g", event->value);
    (void)snprintf(words[6], sizeof words[6], "LASTMILE_INDICATOR=%s", event->indicator);
    char *const environment[] = {words[0], words[1], words[2], words[3],
                                 words[4], words[5], words[6], NULL};
    char *const arguments[] = {sinks->hook, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    pid_t pid = 0;
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE); /* which the collector ignores */
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -EAGAIN;
    int status = -posix_spawnattr_init(&attributes);
    if (status == 0) {
        (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
        (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        status = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        if (status == 0) /* no socket of the collector's is the hook's */
            status = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        if (status == 0)
            status = posix_spawn(&pid, sinks->hook, &actions, &attributes, arguments, environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    if (status == 0)
        sinks->hook_pid = pid;
    return status == 0 ? 0 : status == EAGAIN || status == ENOMEM ? -EAGAIN : -status;
}

static int start_hook(struct sinks *sinks, const struct alert_event *event)
{
    char *json = alert_json(event);
    int input = json ? make_input(json) : -1;
    int status = input >= 0 ? spawn_with(sinks, event, input) : -EAGAIN;
    if (input >= 0)
        (void)close(input);
    free(json);
    return status;
}

/* 1 while it runs; 0 when it ended well; -EAGAIN when it did not. */
static int look_at_hook(struct sinks *sinks, uint64_t now_ns)
{
    int status = 0;
    pid_t ended = waitpid(sinks->hook_pid, &status, WNOHANG);
    if (ended == 0 && now_ns < sinks->hook_since_ns + HOOK_NS)
        return 1;
    if (ended == 0) {
        (void)kill(sinks->hook_pid, SIGKILL);
        (void)waitpid(sinks->hook_pid, &status, 0);
    }
    sinks->hook_pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EAGAIN;
}

static void serve_hook(struct sinks *sinks, uint64_t now_ns)
{
    struct line *line = &sinks->lines[SINK_HOOK];
    if (sinks->hook_pid > 0) {
        int status = look_at_hook(sinks, now_ns);
        if (status != 1)
            conclude(sinks, SINK_HOOK, status, now_ns);
    }
    if (sinks->hook_pid == 0 && line->first && now_ns >= line->not_before_ns) {
        sinks->hook_since_ns = now_ns;
        int status = start_hook(sinks, &line->first->event);
        if (status != 0)
            conclude(sinks, SINK_HOOK, status, now_ns);
    }
}

static void serve_webhook(struct sinks *sinks, uint64_t now_ns)
{
    struct line *line = &sinks->lines[SINK_WEBHOOK];
    if (sinks->posting) {
        int status = webhook_service(sinks->webhook);
        sinks->posting = status == 1;
        if (status != 1)
            conclude(sinks, SINK_WEBHOOK, status, now_ns);
    }
    if (!sinks->posting && line->first && now_ns >= line->not_before_ns) {
        char *json = alert_webhook_json(&line->first->event);
        sinks->posting = json && webhook_post(sinks->webhook, json) == 0;
        if (!sinks->posting)
            conclude(sinks, SINK_WEBHOOK, -EAGAIN, now_ns);
    }
}

bool sinks_service(struct sinks *sinks, uint64_t now_mono_ns)
{
    serve_mqtt(sinks, now_mono_ns);
    serve_hook(sinks, now_mono_ns);
    serve_webhook(sinks, now_mono_ns);
    return sinks->posting || sinks->hook_pid > 0;
}

void sinks_read_stats(const struct sinks *sinks, struct sinks_stats *out_stats)
{
    *out_stats = sinks->stats;
    for (int sink = 0; sink < SINKS; sink++)
        out_stats->waiting += sinks->lines[sink].count;
}
