/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The commands of the program `lastmile`, as a table. A command reads its own options, prints to
 * stdout, complains in one line on stderr and returns the program's exit status. One thread.
 */
#ifndef LASTMILE_COLLECTOR_COMMAND_COMMAND_H
#define LASTMILE_COLLECTOR_COMMAND_COMMAND_H

#include "collector/command/options.h"
#include "collector/plan/plan.h"
#include "collector/settings.h"

struct registry;

enum command_exit { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *arguments; /* "FILE.csv"; "" for none */
    const char *summary;   /* half a sentence */
    const char *help;      /* what a manual would say */
    const struct option_rule *rules;
    void (*print_more)(FILE *out); /* a table at the end of the help, or NULL */
    size_t arguments_min, arguments_max;
    int (*run)(const struct options *options);
    int (*run_raw)(int argc, char *const *argv); /* instead of run: the words as they are */
};

extern const struct command demo_command, export_command, verify_command, import_command,
    method_command, decode_command, status_command, enrol_command, user_command;
/* In the order of --help; ends with NULL. */
extern const struct command *const command_list[];

#define COMMAND_CONFIG_DEFAULT "/etc/lastmile/collector.cfg"
#define COMMAND_COMMON_RULES                                                                       \
    {"--config", "FILE", "the collector's settings (" COMMAND_CONFIG_DEFAULT ")"},                 \
    {                                                                                              \
        "--help", NULL, "print this and stop"                                                      \
    }

/* Runs one: reads its options, or prints its help. */
int command_run(const struct command *command, int argc, char *const *argv);
void command_print_help(FILE *out, const struct command *command);

/* What most commands begin with. */
struct workplace {
    struct collector_settings settings;
    struct plan *plan;
    struct registry *registry; /* NULL when not asked for */
};
enum workplace_registry { WORKPLACE_NO_REGISTRY, WORKPLACE_READ, WORKPLACE_WRITE };

/* EXIT_DONE, or EXIT_USAGE (settings) or EXIT_FAILED (registry) with a line on stderr. */
int workplace_open(const struct options *options, enum workplace_registry mode,
                   struct workplace *out_workplace);
void workplace_close(struct workplace *workplace);

/* "lastmile NAME: ..." on stderr; returns the status. */
int command_fail(int status, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
