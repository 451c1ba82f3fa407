/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lastmile-probe: a table of commands, and nothing else.
 */
#include "common/conf.h"
#include "probe/bench.h"
#include "probe/doctor.h"
#include "probe/memory.h"
#include "probe/poll.h"
#include "probe/replay.h"
#include "probe/run.h"
#include "probe/setup.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    {"setup", setup_command, "make settings out of what lastmile enrol gave this probe"},
    {"run", run_command, "capture, poll and publish until stopped"},
    {"check", check_command, "read the settings through, start nothing"},
    {"replay", replay_command, "say what is in a capture file"},
    {"poll", poll_command, "poll one SNMP device, or a recording, once and say what was found"},
    {"doctor", doctor_command, "try all that run needs, and say what to do where it is not there"},
    {"bench", bench_command, "say how many packets a second this machine counts"},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    (void)fputs(
        "usage: lastmile-probe COMMAND [OPTIONS]\n\n"
        "Measures lines, flows, access points and bandwidth where it stands, and reports counts,\n"
        "sketches and keyed pseudonyms to the collector. No address leaves it.\n\n",
        out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    (void)fputs("\n  lastmile-probe COMMAND --help says more; --version says which this is.\n"
                "Exit status: 0 done, 1 failed, 2 usage or configuration error.\n",
                out);
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *nearest = conf_nearest(name, names, COMMAND_COUNT);
    (void)fprintf(stderr, "lastmile-probe: unknown command '%s'%s%s%s; --help lists them\n", name,
                  nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return 2;
}

int main(int argc, char **argv)
{
    memory_be_frugal();
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("lastmile-probe %s\n", LASTMILE_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown_command(argv[1]);
}
