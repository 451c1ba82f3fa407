/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lastmile-probe: finds the command and hands over to it.
 */
#include "probe/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"replay", replay_command, "say what is in a capture file"},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    (void)fputs("usage: lastmile-probe COMMAND [OPTIONS]\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        (void)fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    (void)fputs("\n  --help, --version; lastmile-probe COMMAND --help says more.\n", out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0)
        return puts("lastmile-probe " LASTMILE_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    (void)fprintf(stderr, "lastmile-probe: unknown command %s\n", argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
