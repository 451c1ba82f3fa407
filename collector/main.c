/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lastmile-collector: options and signals. What it does is in collector.c.
 */
#include "collector/collector.h"
#include "collector/command/options.h"
#include "collector/doctor.h"
#include "collector/forecast.h"
#include "collector/settings.h"

#include "common/json_writer.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define COUNT_MAX      1000000
#define DEFAULT_CONFIG "/etc/lastmile/collector.cfg"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const struct option_rule rules[] = {
    {"--config", "FILE", "the settings; " DEFAULT_CONFIG " when not given"},
    {"--probes", "N", "plan: probes; the following are of each"},
    {"--interface", "N", "plan: interfaces polled (0)"},
    {"--node", "N", "plan: access nodes (1)"},
    {"--line", "N", "plan: active lines (1000)"},
    {"--interval", "S", "plan: seconds between reports (300)"},
    {"--json", NULL, "check, doctor: one JSON object instead of lines"},
    {"--help", NULL, "this text"},
    {"--help-config", NULL, "every setting with its unit, range and default"},
    {"--version", NULL, "the version"},
    {NULL, NULL, NULL},
};

static int say(const char *text)
{
    (void)fprintf(stderr, "lastmile-collector: %s\n", text);
    return EXIT_FAILED;
}

static int signal_pipe[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    char byte = (char)number;
    (void)!write(signal_pipe[1], &byte, 1); /* full: there is enough to do */
    errno = saved;
}

static int catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (pipe(signal_pipe) != 0)
        return -errno;
    for (size_t i = 0; i < 2; i++) {
        (void)fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
    }
    (void)sigemptyset(&action.sa_mask);
    bool caught = sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0 &&
                  sigaction(SIGHUP, &action, NULL) == 0 && sigaction(SIGPIPE, &ignore, NULL) == 0;
    return caught ? 0 : -errno;
}

static int run(const struct collector_settings *settings, const struct options *options)
{
    (void)options;
    struct conf_error error;
    int status = catch_signals();
    if (status != 0)
        return say(strerror(-status));
    struct collector *collector = collector_start(settings, &error);
    if (!collector)
        return say(error.text);
    status = collector_serve(collector, signal_pipe[0]);
    collector_stop(collector);
    log_info("collector", "stopped");
    return status == 0 ? EXIT_DONE : say(strerror(-status));
}

/* {"valid", "faults": [...]}, of a line each. */
static int print_check(const char *lines)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return say("out of memory");
    json_writer_put_bool(json, "valid", !*lines);
    json_writer_begin_array(json, "faults");
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        json_writer_put_bytes(json, NULL, lines, length);
        lines += length + (lines[length] == '\n');
    }
    json_writer_end(json);
    char *text = json_writer_text(json, true);
    json_writer_free(json);
    int status = text && puts(text) >= 0 ? EXIT_DONE : say("the answer could not be written");
    free(text);
    return status;
}

static int check(const struct collector_settings *settings, const struct options *options)
{
    bool json = options_value(options, "--json") != NULL;
    char *lines = NULL;
    size_t size = 0;
    FILE *out = json ? open_memstream(&lines, &size) : stderr;
    if (!out)
        return say("out of memory");
    int faults = collector_check(settings, out);
    int printed = EXIT_DONE;
    if (json)
        printed = fclose(out) == 0 ? print_check(lines) : say("out of memory");
    else if (faults == 0)
        (void)printf("the settings, the plan and the areas are in order\n");
    free(lines);
    return printed != EXIT_DONE ? printed : faults == 0 ? EXIT_DONE : EXIT_USAGE;
}

static int rebuild(const struct collector_settings *settings, const struct options *options)
{
    (void)options;
    struct conf_error error;
    return collector_rebuild(settings, stderr, &error) == 0 ? EXIT_DONE : say(error.text);
}

/* A count of the command line; the fallback where it is not given. False, and said, if wrong. */
static bool read_count(const struct options *options, const char *name, uint64_t fallback,
                       uint64_t *out_count)
{
    const char *text = options_value(options, name);
    char *end = NULL;
    *out_count = fallback;
    if (!text)
        return true;
    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && text[0] != '-' && count <= COUNT_MAX) {
        *out_count = count;
        return true;
    }
    (void)fprintf(stderr, "lastmile-collector: %s %.20s: a number up to %d\n", name, text,
                  COUNT_MAX);
    return false;
}

/* Whether it fits is said where the folder, or the one above it, is there. */
static int compare_with_disk(const char *data_dir, uint64_t wanted)
{
    char folder[SETTINGS_PATH_BYTES];
    struct statvfs disk;
    (void)snprintf(folder, sizeof folder, "%s", data_dir);
    char *slash = strrchr(folder, '/');
    if (statvfs(folder, &disk) != 0) {
        if (slash)
            *slash = '\0';
        if (!slash || statvfs(folder[0] ? folder : "/", &disk) != 0)
            return EXIT_DONE;
    }
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    uint64_t kept = (uint64_t)disk.f_blocks * disk.f_frsize / 20;
    bool fits = left > kept && wanted < left - kept;
    (void)printf("%s has %.1f GiB free: %s\n", data_dir, (double)left / (1 << 30),
                 fits ? "enough" : "not enough");
    return fits ? EXIT_DONE : EXIT_FAILED;
}

static int plan(const struct collector_settings *settings, const struct options *options)
{
    struct forecast_question question;
    struct forecast forecast;
    if (!read_count(options, "--probes", 0, &question.probes) ||
        !read_count(options, "--interface", 0, &question.interfaces) ||
        !read_count(options, "--node", 1, &question.nodes) ||
        !read_count(options, "--line", 1000, &question.lines) ||
        !read_count(options, "--interval", 300, &question.interval_s))
        return EXIT_USAGE;
    if (question.probes == 0 || question.interval_s == 0 || question.interval_s > 86400) {
        (void)say("plan needs --probes N, and takes [--interface N] [--node N] [--line N] "
                  "[--interval S], of up to 86400 s");
        return EXIT_USAGE;
    }
    int status = forecast_make(settings, &question, &forecast);
    if (status != 0)
        return say(status == -EMSGSIZE ? "a report of that shape is larger than any may be"
                                       : strerror(-status));
    forecast_print(stdout, &forecast);
    return compare_with_disk(settings->data_dir, forecast.series_bytes + forecast.registry_bytes);
}

static int doctor(const struct collector_settings *settings, const struct options *options)
{
    struct findings *findings = findings_new();
    if (!findings)
        return say("out of memory");
    log_set_level(LOG_LEVEL_ERROR); /* what is logged besides is said here */
    collector_examine(settings, findings);
    if (options_value(options, "--json"))
        (void)findings_print_json(findings, stdout);
    else
        findings_print_table(findings, stdout);
    bool fails = findings_worst(findings) == FINDING_FAIL;
    findings_free(findings);
    return fails ? EXIT_FAILED : EXIT_DONE;
}

static const struct command {
    const char *name;
    int (*run)(const struct collector_settings *settings, const struct options *options);
    const char *help;
} commands[] = {
    {"run", run, "collect reports, keep the registry and the series, serve the pages"},
    {"check", check, "read the settings and everything they name, say what is wrong, exit"},
    {"rebuild", rebuild, "make every round-robin database anew from the journal, exit"},
    {"doctor", doctor, "try all that run needs, and say what to do where it is not there, exit"},
    {"plan", plan, "tell the disk, memory and writes that --probes N will need, exit"},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static int help(void)
{
    (void)printf("usage: lastmile-collector COMMAND [--config FILE]\n\n"
                 "Takes the reports of a city's probes from an MQTT broker, stores each once, and "
                 "answers\nhow far the city's plan is met: on pages, as an API, for `lastmile "
                 "export`.\n\nCommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        (void)printf("  %-20s  %s\n", commands[i].name, commands[i].help);
    (void)printf("\nOptions:\n");
    options_print(stdout, rules);
    (void)printf(
        "\n`run` stays in the foreground and writes one line an event to stderr; the line "
        "\"ready\"\n"
        "tells the address of the pages. SIGTERM or SIGINT stop it: what came in is committed "
        "first.\nA broker that is down, a full disk or a damaged series stop nothing else: each is "
        "said once,\nwith its remedy, and counted under /metrics.\n\n"
        "Files (in data_dir): registry.db, what is known; rrd/N.rrd, series N over time, which\n"
        "`rebuild` makes anew from the registry; intake.hand, what was being read; "
        "collector.lock.\n\n"
        "Exit: 0 done, 1 failed, 2 usage or configuration (with file and line).\n");
    return EXIT_DONE;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int fail_command(const char *name)
{
    const char *known[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        known[i] = commands[i].name;
    const char *nearest = conf_nearest(name, known, COMMANDS);
    (void)fprintf(stderr, "lastmile-collector: unknown command '%s'%s%s%s; see --help\n", name,
                  nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return EXIT_USAGE;
}

static int run_command(const struct command *command, const struct options *options)
{
    const char *config = options_value(options, "--config");
    static struct collector_settings settings;
    struct conf_error error;
    if (collector_settings_read(config ? config : DEFAULT_CONFIG, &settings, &error) != 0) {
        (void)fprintf(stderr, "lastmile-collector: %s%s\n", error.text,
                      config ? "" : "; --config FILE names another");
        return EXIT_USAGE;
    }
    log_set_level((enum log_level)settings.log_level);
    return command->run(&settings, options);
}

int main(int argc, char **argv)
{
    struct options options;
    struct conf_error error;
    if (options_read(rules, argc - 1, argv + 1, &options, &error) != 0) {
        (void)say(error.text);
        return EXIT_USAGE;
    }
    if (options_value(&options, "--help"))
        return help();
    if (options_value(&options, "--version")) {
        (void)printf("lastmile-collector %s\n", LASTMILE_VERSION);
        return EXIT_DONE;
    }
    if (options_value(&options, "--help-config")) {
        conf_print_help(stdout, collector_settings_table);
        return EXIT_DONE;
    }
    if (options.argument_count != 1) {
        (void)say("give one command: run, check, rebuild, doctor or plan (see --help)");
        return EXIT_USAGE;
    }
    const struct command *command = find_command(options.arguments[0]);
    return command ? run_command(command, &options) : fail_command(options.arguments[0]);
}
