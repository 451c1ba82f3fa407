/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/run.h"

#include "common/log.h"
#include "probe/agent.h"
#include "probe/confine/confine.h"
#include "probe/memory_limit.h"
#include "probe/settings/settings.h"
#include "probe/snmp/profile.h"
#include "probe/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONFIG_DEFAULT  "/etc/lastmile/probe.cfg"
#define STANDS_STILL_MS 300000 /* more than name servers that are silent keep one waiting */

static const char run_help[] =
    "usage: lastmile-probe run [--config FILE] [--dry-run] [--once]\n"
    "\n"
    "Captures, polls and publishes until SIGTERM or SIGINT; then sends the interval that runs and\n"
    "ends. A broker, an agent or an interface that is not there is said once and tried again.\n"
    "SIGHUP: sends the interval that runs, reads the settings again, and goes on with them, or "
    "with\n"
    "the old ones where the new ones cannot be used.\n"
    "\n"
    "  --config FILE   settings (default " CONFIG_DEFAULT ")\n"
    "  --dry-run       print each report as JSON, with its size and that of a day, in the place "
    "of\n"
    "                  sending it: no broker is called, no file is written\n"
    "  --once          end after one interval\n"
    "  --help-config   every setting with its range and default\n"
    "  --help          this text\n"
    "\n"
    "Where it stands still for five minutes it ends, to be started anew (Restart= of its unit, "
    "procd's respawn).\n"
    "Live capture needs CAP_NET_RAW. Nothing but counts, sketches and keyed pseudonyms leaves it.\n"
    "Exit status: 0 stopped by a signal, 1 failed, 2 usage or configuration error.\n";

static const char check_help[] = "usage: lastmile-probe check [--config FILE]\n"
                                 "\n"
                                 "Reads the settings and every file that they name, says what is "
                                 "wrong (file:line and the nearest\n"
                                 "known key), starts nothing.\n"
                                 "\n"
                                 "  --config FILE   settings (default " CONFIG_DEFAULT ")\n"
                                 "  --help          this text\n"
                                 "\n"
                                 "Exit status: 0 all is well, 2 it is not.\n";

static int stop_pipe[2] = {-1, -1};

#define STOP   'x'
#define RELOAD 'h'

/* Async-signal-safe: one byte wakes the loop. */
static void on_signal(int number)
{
    char byte = number == SIGHUP ? RELOAD : STOP;
    int saved = errno;
    (void)!write(stop_pipe[1], &byte, 1); /* a full pipe has woken it already */
    errno = saved;
}

/* Takes what the signals have written. A stop is not forgotten for a reload beside it. */
static bool is_asked_to_stop(void)
{
    char byte;
    bool stop = false;
    while (read(stop_pipe[0], &byte, 1) == 1)
        stop |= byte == STOP;
    return stop;
}

static int catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    if (pipe(stop_pipe) != 0)
        return -errno;
    (void)fcntl(stop_pipe[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(stop_pipe[1], F_SETFL, O_NONBLOCK);
    (void)sigaction(SIGHUP, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    return 0;
}

struct arguments {
    const char *config;
    bool dry_run, once;
};

/* Those of both commands: -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, const char *help, struct arguments *out)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"help-config", no_argument, NULL, 'H'},
        {"help", no_argument, NULL, 'h'},         {"dry-run", no_argument, NULL, 'd'},
        {"once", no_argument, NULL, 'o'},         {NULL, 0, NULL, 0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            out->config = optarg;
            break;
        case 'd':
            out->dry_run = true;
            break;
        case 'o':
            out->once = true;
            break;
        case 'H':
            conf_print_help(stdout, settings_table);
            return 0;
        case 'h':
            (void)fputs(help, stdout);
            return 0;
        default:
            (void)fputs(help, stderr);
            return 2;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "lastmile-probe %s: unexpected '%s'\n", argv[0], argv[optind]);
        return 2;
    }
    return -1;
}

/* The sub-agent is started before; when it dies it is started again. */
static void confine(const struct settings *settings, int capabilities)
{
    int calls = capabilities == -ENOSYS ? -ENOSYS
                                        : confine_system_calls(settings->agentx.socket[0] != '\0');
    if (capabilities == 0 && calls == 0)
        log_info("probe",
                 "confined: CAP_NET_RAW while an interface is opened, %sthe system calls of a "
                 "table, no other right",
                 settings->connections.name[0] ? "CAP_NET_ADMIN while connections are asked for, "
                                               : "");
    else
        log_warn("probe", "not confined: capabilities: %s, system calls: %s",
                 capabilities == 0 ? "given up" : strerror(-capabilities),
                 calls == 0 ? "filtered" : strerror(-calls));
}

static int check_profiles(const struct settings *settings, struct conf_error *out_error)
{
    if (settings->device_count == 0)
        return 0;
    struct profile_set *profiles = profile_set_load(
        profile_directory(settings->profiles_dir[0] ? settings->profiles_dir : NULL), out_error);
    if (!profiles)
        return -EINVAL;
    int status = 0;
    for (size_t i = 0; i < settings->device_count && status == 0; i++) {
        const struct poller_target *target = &settings->devices[i].target;
        if (target->profile[0] && !profile_set_find(profiles, target->profile)) {
            (void)snprintf(out_error->text, sizeof out_error->text,
                           "device '%s': there is no profile '%s'", target->name, target->profile);
            status = -EINVAL;
        }
    }
    profile_set_free(profiles);
    return status;
}

static int check_files(const struct settings *settings, struct conf_error *out_error)
{
    for (size_t i = 0; i < settings->source_count; i++) {
        const struct settings_source *source = &settings->sources[i];
        if (source->file[0] && access(source->file, R_OK) != 0) {
            (void)snprintf(out_error->text, sizeof out_error->text, "source '%s': %s: %s",
                           source->name, source->file, strerror(errno));
            return -EINVAL;
        }
    }
    const struct settings_broker *broker = &settings->broker;
    const char *const files[] = {broker->ca_file, broker->cert_file, broker->key_file};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i][0] && access(files[i], R_OK) != 0) {
            (void)snprintf(out_error->text, sizeof out_error->text,
                           "broker: %s: %s: lastmile-probe setup puts it there out of the bundle",
                           files[i], strerror(errno));
            return -EINVAL;
        }
    }
    return 0;
}

/* What the kernel was asked at the start to withhold for good. */
struct rights {
    bool wanted, with_admin, may_execute;
    bool given_up; /* a kernel or a build may not know how */
};

/* Why settings ask for more than is left; NULL where they do not. */
static const char *beyond(const struct rights *rights, const struct settings *settings)
{
    if (settings->confine != rights->wanted)
        return "`confine` holds from a restart on";
    if (rights->given_up && settings->connections.name[0] && !rights->with_admin)
        return "`connections` takes a right that was given up at the start: restart the probe";
    if (rights->given_up && settings->agentx.socket[0] && !rights->may_execute)
        return "`agentx` starts a program, which was given up at the start: restart the probe";
    return NULL;
}

/* NULL where they cannot be used, which is said. */
static struct settings *read_again(const char *config, const struct rights *rights)
{
    struct conf_error error;
    struct settings *fresh = settings_read(config, &error);
    bool sound = fresh && check_profiles(fresh, &error) == 0 && check_files(fresh, &error) == 0;
    const char *too_much = sound ? beyond(rights, fresh) : NULL;
    if (sound && !too_much) {
        log_info("probe", "the settings have been read again");
        log_set_level((enum log_level)fresh->log_level);
        return fresh;
    }
    log_error("probe", "the settings stay as they were: %s", too_much ? too_much : error.text);
    settings_free(fresh);
    return NULL;
}

/* With the settings in force; where those read again do not start, with the ones before. */
static struct agent *start_agent(struct settings **settings, struct settings **before, FILE *show)
{
    struct agent *agent = agent_new(*settings, show);
    if (!agent && *before) {
        log_error("probe", "the settings that were read again do not start: back to the old ones");
        settings_free(*settings);
        *settings = *before;
        *before = NULL;
        agent = agent_new(*settings, show);
    }
    settings_free(*before);
    *before = NULL;
    return agent;
}

/* SIGHUP: the interval that runs is sent, cut short, and all begins anew with the settings read
 * again. What the broker has not taken goes through the outbox, as at a restart. */
static int run_until_stopped(struct settings **settings, const struct arguments *arguments)
{
    struct rights rights = {.wanted = (*settings)->confine,
                            .with_admin = (*settings)->connections.name[0] != '\0',
                            .may_execute = (*settings)->agentx.socket[0] != '\0'};
    int capabilities = rights.wanted ? confine_capabilities(rights.with_admin) : -ECANCELED;
    bool confined = !rights.wanted;
    rights.given_up = capabilities == 0;
    struct settings *before = NULL;
    if (watchdog_begin(STANDS_STILL_MS) != 0)
        log_warn("probe", "no watchdog: %s", strerror(errno));
    for (;;) {
        struct agent *agent = start_agent(settings, &before, arguments->dry_run ? stdout : NULL);
        if (!agent)
            return -EIO;
        if (!confined)
            confine(*settings, capabilities);
        confined = true;
        if (arguments->once)
            log_info("probe", "counts for one interval of %llu s, and ends with its report",
                     (unsigned long long)((*settings)->interval_ms / 1000));
        int status = agent_run(agent, stop_pipe[0], arguments->once ? 1 : 0);
        agent_free(agent);
        if (status != 0 || arguments->once || is_asked_to_stop())
            return status;
        struct settings *fresh = read_again(arguments->config, &rights);
        if (fresh) {
            before = *settings;
            *settings = fresh;
        }
    }
}

/* Past its limit a probe is ended again and again, when its tables fill. */
static void warn_of_limit(const struct settings *settings)
{
    uint64_t wanted = memory_wanted_bytes(settings);
    uint64_t limit = memory_limit_bytes();
    if (wanted > limit / 4 * 3)
        log_warn(
            "probe",
            "tables and outbox may take %llu MiB of the %llu that it is given: raise MemoryMax= "
            "of the unit (OpenWrt: memory_limit), or lower flow.memory_bytes, "
            "flow.line_memory_bytes or outbox.memory_bytes",
            (unsigned long long)(wanted >> 20), (unsigned long long)(limit >> 20));
}

int run_command(int argc, char **argv)
{
    struct arguments arguments = {.config = CONFIG_DEFAULT};
    int status = read_options(argc, argv, run_help, &arguments);
    if (status >= 0)
        return status;
    struct conf_error error;
    struct settings *settings = settings_read(arguments.config, &error);
    if (!settings) {
        (void)fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    /* A core file would hold addresses and keys. */
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    log_set_level((enum log_level)settings->log_level);
    warn_of_limit(settings);
    status = catch_signals();
    if (status == 0)
        status = run_until_stopped(&settings, &arguments);
    settings_free(settings);
    return status == 0 ? 0 : 1;
}

int check_command(int argc, char **argv)
{
    struct arguments arguments = {.config = CONFIG_DEFAULT};
    int status = read_options(argc, argv, check_help, &arguments);
    if (status >= 0)
        return status;
    if (arguments.dry_run || arguments.once) {
        (void)fputs("lastmile-probe check: --dry-run and --once are options of run\n", stderr);
        return 2;
    }
    const char *config = arguments.config;
    struct conf_error error;
    struct settings *settings = settings_read(config, &error);
    status = settings ? check_profiles(settings, &error) : -EINVAL;
    if (status == 0)
        status = check_files(settings, &error);
    if (status == 0)
        (void)printf(
            "%s: probe %s of %s, %zu sources, %zu access nodes, %zu devices: all is well\n", config,
            settings->probe_name, settings->operator_name, settings->source_count,
            settings->rule_count, settings->device_count);
    else
        (void)fprintf(stderr, "%s\n", error.text);
    settings_free(settings);
    return status == 0 ? 0 : 2;
}
