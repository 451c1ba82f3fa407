/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many SNMP agents one core can poll, how punctually, in how much memory; and the same agents
 * walked by snmpbulkwalk and by collectd's snmp plugin, where they are installed, as ratios.
 *
 *   bench_poll FARM [--agents 200] [--interfaces 50] [--interval 5] [--cycles 3]
 *
 * FARM is tests/support/snmp_farm. As large as it is promised: --agents 10000 --interval 60.
 */
#define _GNU_SOURCE /* sched_setaffinity */
#include "tests/bench/bench_poll.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/snmp/poller.h"

#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIG_INTERFACES 10000 /* rows that one column may have */
#define FLAT_OUT_S     8
#define FLAT_AGENTS    1000
#define WALKS          200

struct options {
    unsigned agents, interfaces, interval_s, cycles;
    const char *farm;
};

static void pin(unsigned core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    (void)sched_setaffinity(0, sizeof set, &set); /* with one core there is nothing to choose */
}

int farm_start(struct farm *farm, const char *program, unsigned agents, unsigned interfaces)
{
    int pipe_fds[2];
    char counts[2][16];
    char line[128] = "";
    (void)snprintf(counts[0], sizeof counts[0], "%u", agents);
    (void)snprintf(counts[1], sizeof counts[1], "%u", interfaces);
    *farm = (struct farm){.agents = agents, .interfaces = interfaces};
    if (pipe(pipe_fds) != 0)
        return -1;
    farm->pid = fork();
    if (farm->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        pin(1);
        (void)dup2(pipe_fds[1], STDOUT_FILENO);
        (void)execl(program, program, "--agents", counts[0], "--interfaces", counts[1],
                    "--message-max", "32768", (char *)NULL);
        _exit(127);
    }
    (void)close(pipe_fds[1]);
    farm->said = fdopen(pipe_fds[0], "r");
    const char *colon =
        farm->said && fgets(line, sizeof line, farm->said) ? strchr(line, ':') : NULL;
    farm->port = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
    return farm->port > 0 ? 0 : -1;
}

struct farm_served farm_served(const struct farm *farm)
{
    char line[128] = "";
    uint64_t numbers[4] = {0};
    (void)kill(farm->pid, SIGUSR1);
    char *at = fgets(line, sizeof line, farm->said) ? line + strlen("served") : line;
    for (size_t i = 0; i < 4; i++)
        numbers[i] = strtoull(at, &at, 10);
    return (struct farm_served){numbers[0], numbers[1], numbers[2], numbers[3]};
}

void farm_stop(struct farm *farm)
{
    (void)kill(farm->pid, SIGTERM);
    (void)waitpid(farm->pid, NULL, 0);
    (void)fclose(farm->said);
}

void farm_address(const struct farm *farm, unsigned i, char *out, size_t size)
{
    uint32_t host = UINT32_C(0x7f010001) + i;
    (void)snprintf(out, size, "127.%u.%u.%u:%u", host >> 16 & 255, host >> 8 & 255, host & 255,
                   farm->port);
}

double cost_per_s(const struct cost *cost)
{
    return cost->seconds > 0 ? cost->varbinds / cost->seconds : 0;
}

double cost_per_cpu_s(const struct cost *cost)
{
    return cost->cpu_s > 0 ? cost->varbinds / cost->cpu_s : 0;
}

struct seen {
    uint64_t polls, whole; /* those with all interfaces */
    unsigned interfaces;
};

static void take(void *ctx, struct device_snapshot *snapshot)
{
    struct seen *seen = ctx;
    seen->polls++;
    seen->whole += snapshot->outcome == POLL_COMPLETE &&
                   snapshot->interface_count.value == seen->interfaces &&
                   snapshot->interfaces_counter64 == seen->interfaces &&
                   snapshot->interface_count_with_role == 1;
    device_snapshot_free(snapshot);
}

static struct poller *start_poller(const struct profile_set *profiles, const struct farm *farm,
                                   unsigned agents, uint64_t interval_ms, struct seen *seen)
{
    struct poller *poller = poller_new(profiles, take, seen);
    struct poller_target target = {.version = POLLER_V2C,
                                   .community = "public",
                                   .interval_ms = interval_ms,
                                   .retries = 2,
                                   .rule_count = 1};
    target.rules[0].role = INTERFACE_ROLE_EGRESS;
    (void)snprintf(target.rules[0].pattern, sizeof target.rules[0].pattern, "GigabitEthernet0/0/1");
    for (unsigned i = 0; i < agents && poller; i++) {
        (void)snprintf(target.name, sizeof target.name, "device-%u", i);
        farm_address(farm, i, target.address, sizeof target.address);
        if (poller_add(poller, &target, clock_mono_ns()) != 0)
            return NULL;
    }
    return poller;
}

/* As the agent's loop does it. */
static void run_for(struct poller *poller, uint64_t duration_ns)
{
    uint64_t end_ns = clock_mono_ns() + duration_ns;
    for (uint64_t now_ns = clock_mono_ns(); now_ns < end_ns; now_ns = clock_mono_ns()) {
        struct pollfd fd;
        uint64_t timeout_ns = 0;
        size_t count = poller_prepare(poller, &fd, 1, now_ns, &timeout_ns);
        uint64_t left_ns = end_ns - now_ns;
        uint64_t wait_ns = timeout_ns < left_ns ? timeout_ns : left_ns;
        (void)poll(&fd, (nfds_t)count, (int)((wait_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS));
        poller_service(poller, &fd, count, clock_mono_ns());
    }
}

static struct cost measure(struct poller *poller, uint64_t duration_ns)
{
    struct poller_totals before;
    struct poller_totals after;
    poller_totals(poller, &before);
    uint64_t start_ns = clock_mono_ns();
    uint64_t cpu_ns = clock_thread_cpu_ns();
    run_for(poller, duration_ns);
    poller_totals(poller, &after);
    return (struct cost){.seconds = (double)(clock_mono_ns() - start_ns) / 1e9,
                         .cpu_s = (double)(clock_thread_cpu_ns() - cpu_ns) / 1e9,
                         .varbinds = (double)(after.varbinds - before.varbinds)};
}

static double peak_mib(void)
{
    char line[256];
    double kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtod(line + 6, NULL);
    if (status)
        (void)fclose(status);
    return kib / 1024;
}

/* The promise: punctual, on half a core, in little memory. */
static void bench_paced(const struct options *options, const struct profile_set *profiles,
                        const struct farm *farm)
{
    struct seen seen = {.interfaces = options->interfaces};
    struct poller_totals totals;
    struct poller *poller =
        start_poller(profiles, farm, options->agents, (uint64_t)options->interval_s * 1000, &seen);
    if (!poller)
        return;
    struct cost cost =
        measure(poller, (uint64_t)options->interval_s * options->cycles * CLOCK_NS_PER_S);
    poller_totals(poller, &totals);
    (void)printf("%u agents of %u interfaces every %u s, %u cycles on one core\n", options->agents,
                 options->interfaces, options->interval_s, options->cycles);
    (void)printf("  polls %llu, whole %llu, partial %llu, failed %llu, slots missed %llu, "
                 "timeouts %llu\n",
                 (unsigned long long)totals.polls, (unsigned long long)seen.whole,
                 (unsigned long long)totals.partial, (unsigned long long)totals.failed,
                 (unsigned long long)totals.missed, (unsigned long long)totals.timeouts);
    (void)printf("  CPU %.1f %%, lateness p50 %.1f ms p99 %.1f ms max %.1f ms, peak memory "
                 "%.0f MiB\n",
                 100 * cost.cpu_s / cost.seconds, (double)totals.lateness_p50_ns / 1e6,
                 (double)totals.lateness_p99_ns / 1e6, (double)totals.lateness_max_ns / 1e6,
                 peak_mib());
    (void)printf("  %.0f varbinds/s, %.0f per CPU second, %.1f requests a poll\n\n",
                 cost_per_s(&cost), cost_per_cpu_s(&cost),
                 (double)totals.requests / (double)(totals.polls ? totals.polls : 1));
    poller_free(poller);
}

static struct cost bench_flat_out(const struct profile_set *profiles, const struct farm *farm,
                                  unsigned agents, uint64_t interval_ms)
{
    struct seen seen = {.interfaces = farm->interfaces};
    struct poller *poller = start_poller(profiles, farm, agents, interval_ms, &seen);
    struct cost cost = {.seconds = -1};
    if (!poller)
        return cost;
    run_for(poller, CLOCK_NS_PER_S); /* each knows its device */
    cost = measure(poller, FLAT_OUT_S * CLOCK_NS_PER_S);
    poller_free(poller);
    return cost;
}

static void print_row(const char *who, const struct cost *cost, const struct cost *ours)
{
    if (cost->seconds < 0) {
        (void)printf("  %-34s not installed\n", who);
        return;
    }
    (void)printf("  %-34s %10.0f %12.0f %11.2f %11.2f\n", who, cost_per_s(cost),
                 cost_per_cpu_s(cost), cost_per_s(ours) / cost_per_s(cost),
                 cost_per_cpu_s(ours) / cost_per_cpu_s(cost));
}

static void print_head(const char *what)
{
    (void)printf("%s\n  %-34s %10s %12s %11s %11s\n", what, "", "varbinds/s", "per CPU s",
                 "ours : it", "CPU");
}

static void compare(const struct options *options, const struct profile_set *profiles,
                    const struct farm *farm)
{
    unsigned agents = options->agents < FLAT_AGENTS ? options->agents : FLAT_AGENTS;
    struct cost ours = bench_flat_out(profiles, farm, agents, 100);
    struct cost walk = others_snmpbulkwalk(farm, WALKS);
    struct cost collectd = others_collectd(farm, agents, FLAT_OUT_S);
    print_head("As fast as it goes, the same agents");
    print_row("lastmile, stored and evaluated", &ours, &ours);
    print_row("snmpbulkwalk, a process an agent", &walk, &ours);
    print_row("collectd snmp, GETBULK, 4 threads", &collectd, &ours);
    struct farm big;
    if (farm_start(&big, options->farm, 1, BIG_INTERFACES) != 0)
        return;
    ours = bench_flat_out(profiles, &big, 1, 100);
    walk = others_snmpbulkwalk(&big, 5);
    print_head("\nOne agent of 10,000 interfaces, so that starting costs nothing");
    print_row("lastmile, stored and evaluated", &ours, &ours);
    print_row("snmpbulkwalk", &walk, &ours);
    farm_stop(&big);
}

static int parse_options(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {{"agents", required_argument, NULL, 'a'},
                                          {"interfaces", required_argument, NULL, 'i'},
                                          {"interval", required_argument, NULL, 's'},
                                          {"cycles", required_argument, NULL, 'c'},
                                          {NULL, 0, NULL, 0}};
    *out = (struct options){.agents = 200, .interfaces = 50, .interval_s = 5, .cycles = 3};
    for (int id = getopt_long(argc, argv, "", known, NULL); id != -1;
         id = getopt_long(argc, argv, "", known, NULL)) {
        unsigned value = (unsigned)strtoul(optarg ? optarg : "0", NULL, 10);
        unsigned *place = id == 'a'   ? &out->agents
                          : id == 'i' ? &out->interfaces
                          : id == 's' ? &out->interval_s
                                      : &out->cycles;
        if (id == '?' || value == 0)
            return -1;
        *place = value;
    }
    out->farm = optind < argc ? argv[optind] : NULL;
    return out->farm ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct options options;
    struct conf_error error;
    struct farm farm;
    if (parse_options(argc, argv, &options) != 0) {
        (void)fprintf(stderr, "usage: bench_poll FARM [--agents N] [--interfaces N] "
                              "[--interval S] [--cycles N]\n");
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    log_set_level(LOG_LEVEL_ERROR);
    struct profile_set *profiles = profile_set_load(profile_directory(NULL), &error);
    if (!profiles || farm_start(&farm, options.farm, options.agents, options.interfaces) != 0) {
        (void)fprintf(stderr, "bench_poll: %s\n", profiles ? "no farm" : error.text);
        return 1;
    }
    pin(0);
    bench_paced(&options, profiles, &farm);
    compare(&options, profiles, &farm);
    farm_stop(&farm);
    profile_set_free(profiles);
    return 0;
}
