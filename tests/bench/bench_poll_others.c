/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_poll.h"

#include "common/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPETITIONS "25"

static const struct cost not_there = {.seconds = -1};

static double children_cpu_s(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A process that says nothing. */
static pid_t spawn(const char *const argv[])
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int null = open("/dev/null", O_WRONLY);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct cost others_snmpbulkwalk(const struct farm *farm, unsigned walks)
{
    uint64_t before = farm_served(farm).varbinds;
    uint64_t start_ns = clock_mono_ns();
    double cpu_s = children_cpu_s();
    for (unsigned i = 0; i < walks; i++) {
        char address[64];
        farm_address(farm, i % farm->agents, address, sizeof address);
        const char *const argv[] = {
            "snmpbulkwalk",    "-m",  "",      "-v2c",        "-c", "public",
            "-Cr" REPETITIONS, "-On", address, "1.3.6.1.2.1", NULL};
        pid_t pid = spawn(argv);
        if (pid < 0 || wait_for(pid) != 0)
            return not_there;
    }
    return (struct cost){.seconds = (double)(clock_mono_ns() - start_ns) / 1e9,
                         .cpu_s = children_cpu_s() - cpu_s,
                         .varbinds = (double)(farm_served(farm).varbinds - before)};
}

/* Seven of the eight columns, since a text cannot be a value there: all in one table, by GETBULK.
 */
static int write_configuration(const struct farm *farm, unsigned agents, const char *folder)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/types.db", folder);
    FILE *types = fopen(path, "w");
    if (!types)
        return -1;
    (void)fprintf(types, "lm type:GAUGE:0:U, up:GAUGE:0:U, in:DERIVE:0:U, out:DERIVE:0:U, "
                         "speed:GAUGE:0:U, gap:GAUGE:0:U\n");
    (void)fclose(types);
    (void)snprintf(path, sizeof path, "%s/collectd.conf", folder);
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    (void)fprintf(out,
                  "BaseDir \"%s\"\nPIDFile \"%s/pid\"\nTypesDB \"%s/types.db\"\nInterval 0.1\n"
                  "ReadThreads 4\nLoadPlugin snmp\n<Plugin snmp>\n<Data d>\nType lm\nTable true\n"
                  "Instance \"1.3.6.1.2.1.31.1.1.1.1\"\nValues \"1.3.6.1.2.1.2.2.1.3\" "
                  "\"1.3.6.1.2.1.2.2.1.8\" \"1.3.6.1.2.1.31.1.1.1.6\" "
                  "\"1.3.6.1.2.1.31.1.1.1.10\" \"1.3.6.1.2.1.31.1.1.1.15\" "
                  "\"1.3.6.1.2.1.31.1.1.1.19\"\n</Data>\n",
                  folder, folder, folder);
    for (unsigned i = 0; i < agents; i++) {
        char address[64];
        farm_address(farm, i, address, sizeof address);
        (void)fprintf(out,
                      "<Host h%u>\nAddress \"%s\"\nVersion 2\nCommunity public\nCollect d\n"
                      "BulkSize " REPETITIONS "\n</Host>\n",
                      i, address);
    }
    (void)fprintf(out, "</Plugin>\n");
    return fclose(out);
}

static void sleep_s(unsigned seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    while (nanosleep(&left, &left) != 0) {
    }
}

static void remove_folder(const char *folder)
{
    static const char *const files[] = {"types.db", "collectd.conf", "pid"};
    char path[128];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

struct cost others_collectd(const struct farm *farm, unsigned agents, unsigned seconds)
{
    char folder[] = "/tmp/lastmile-collectd-XXXXXX";
    char path[128];
    if (!mkdtemp(folder) || write_configuration(farm, agents, folder) != 0)
        return not_there;
    (void)snprintf(path, sizeof path, "%s/collectd.conf", folder);
    const char *const argv[] = {"collectd", "-f", "-C", path, NULL};
    double cpu_s = children_cpu_s();
    uint64_t before = farm_served(farm).varbinds;
    uint64_t start_ns = clock_mono_ns();
    pid_t pid = spawn(argv);
    sleep_s(seconds);
    struct cost cost = {.seconds = (double)(clock_mono_ns() - start_ns) / 1e9,
                        .varbinds = (double)(farm_served(farm).varbinds - before)};
    (void)kill(pid, SIGTERM);
    int status = pid > 0 ? wait_for(pid) : -1;
    cost.cpu_s = children_cpu_s() - cpu_s;
    remove_folder(folder);
    return status == 127 || cost.varbinds == 0 ? not_there : cost;
}
