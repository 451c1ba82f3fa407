/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lastmile: what people and scripts use, wherever they are. Options before the command's name are
 * the command's own.
 */
#include "collector/command/command.h"

#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 128

static void print_help(FILE *out)
{
    (void)fprintf(out,
                  "usage: lastmile [--config FILE] COMMAND [OPTION]...\n"
                  "\n"
                  "Measures where a city's broadband and WLAN stand against its plan, and says how "
                  "sure it is.\n"
                  "\n"
                  "Commands\n");
    for (const struct command *const *c = command_list; *c; c++)
        (void)fprintf(out, "  %-8s  %s\n", (*c)->name, (*c)->summary);
    (void)fprintf(out, "\n"
                       "  --config FILE  the collector's settings (" COMMAND_CONFIG_DEFAULT ")\n"
                       "  --help         of the program, or after a command of the command\n"
                       "  --version      print the version and stop\n"
                       "\n"
                       "Exit status: 0 done, 1 failed, 2 wrong usage or settings (with file and "
                       "line).\n"
                       "Settings are explained by lastmile-collector run --help-config.\n");
}

static const struct command *find_command(const char *name)
{
    for (const struct command *const *c = command_list; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

static int fail_unknown(const char *name)
{
    const char *known[16];
    size_t count = 0;
    for (const struct command *const *c = command_list; *c && count < 16; c++)
        known[count++] = (*c)->name;
    const char *nearest = conf_nearest(name, known, count);
    (void)fprintf(stderr, "lastmile: unknown command '%.60s'%s%s%s\n", name,
                  nearest ? "; did you mean '" : "", nearest ? nearest : " (lastmile --help)",
                  nearest ? "'?" : "");
    return EXIT_USAGE;
}

/* The command takes --config itself, so what stands before its name is put behind it. */
static int run_command(const char *name, int argc, char **argv, char *config)
{
    const struct command *command = find_command(name);
    char *words[WORDS_MAX];
    static char config_option[] = "--config";
    int count = 0;
    if (!command)
        return fail_unknown(name);
    if (argc > WORDS_MAX - 2)
        return command_fail(EXIT_USAGE, name, "too many arguments");
    bool takes_config = false;
    for (const struct option_rule *r = command->rules; r && r->name; r++)
        takes_config = takes_config || strcmp(r->name, config_option) == 0;
    if (config && takes_config) {
        words[count++] = config_option;
        words[count++] = config;
    }
    for (int i = 0; i < argc; i++)
        words[count++] = argv[i];
    return command_run(command, count, words);
}

int main(int argc, char **argv)
{
    char *config = NULL;
    int i = 1;
    log_set_level(LOG_LEVEL_WARN);
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(stdout);
            return EXIT_DONE;
        }
        if (strcmp(argv[i], "--version") == 0) {
            (void)puts("lastmile " LASTMILE_VERSION);
            return EXIT_DONE;
        }
        if (strncmp(argv[i], "--config=", 9) == 0) {
            config = argv[i] + 9;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            config = argv[++i];
        } else if (strcmp(argv[i], "--config") == 0) {
            (void)fprintf(stderr, "lastmile: --config needs a value: FILE (lastmile --help)\n");
            return EXIT_USAGE;
        } else {
            (void)fprintf(stderr, "lastmile: unknown option '%.60s' (lastmile --help)\n", argv[i]);
            return EXIT_USAGE;
        }
    }
    if (i == argc) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    return run_command(argv[i], argc - i - 1, argv + i + 1, config);
}
