/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/command.h"

#include "collector/registry/registry.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

const struct command *const command_list[] = {
    &demo_command,   &export_command, &verify_command, &import_command, &method_command,
    &decode_command, &status_command, &enrol_command,  &user_command,   NULL,
};

int command_fail(int status, const char *name, const char *format, ...)
{
    va_list args;
    (void)fprintf(stderr, "lastmile %s: ", name);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return status;
}

void command_print_help(FILE *out, const struct command *command)
{
    (void)fprintf(out, "usage: lastmile %s [OPTION]...%s%s\n\n%s\n", command->name,
                  command->arguments[0] ? " " : "", command->arguments, command->help);
    if (command->rules) {
        (void)fprintf(out, "\nOptions\n");
        options_print(out, command->rules);
    }
    if (command->print_more)
        command->print_more(out);
    (void)fprintf(out, "\nExit status: 0 done, 1 failed, 2 wrong usage or settings.\n");
}

int command_run(const struct command *command, int argc, char *const *argv)
{
    if (command->run_raw)
        return command->run_raw(argc, argv);
    struct options options;
    struct conf_error error;
    if (argc == 1 && strcmp(argv[0], "--version") == 0) {
        (void)puts("lastmile " LASTMILE_VERSION);
        return EXIT_DONE;
    }
    if (options_read(command->rules, argc, argv, &options, &error) != 0)
        return command_fail(EXIT_USAGE, command->name, "%s (lastmile %s --help)", error.text,
                            command->name);
    if (options_value(&options, "--help")) {
        command_print_help(stdout, command);
        return EXIT_DONE;
    }
    if (options.argument_count < command->arguments_min)
        return command_fail(EXIT_USAGE, command->name, "%s is missing (lastmile %s --help)",
                            command->arguments, command->name);
    if (options.argument_count > command->arguments_max)
        return command_fail(EXIT_USAGE, command->name, "'%.60s' is one argument too many",
                            options.arguments[command->arguments_max]);
    return command->run(&options);
}

static int open_registry(struct workplace *workplace, enum workplace_registry mode,
                         const char *config)
{
    char path[SETTINGS_PATH_BYTES + sizeof "/registry.db"];
    (void)snprintf(path, sizeof path, "%s/registry.db", workplace->settings.data_dir);
    if (mode == WORKPLACE_READ)
        workplace->registry = registry_open_read(path);
    else if (mode == WORKPLACE_WRITE)
        workplace->registry = registry_open(path);
    if (workplace->registry || mode == WORKPLACE_NO_REGISTRY)
        return EXIT_DONE;
    const char *hint = errno == ENOENT ? "; has lastmile-collector run with this --config?" : "";
    (void)fprintf(stderr, "lastmile: %s: %s (data_dir of %s)%s\n", path, strerror(errno), config,
                  hint);
    return EXIT_FAILED;
}

int workplace_open(const struct options *options, enum workplace_registry mode,
                   struct workplace *out_workplace)
{
    const char *config = options_value(options, "--config");
    struct conf_error error;
    const char *hint = config ? "" : "; --config FILE names another";
    config = config ? config : COMMAND_CONFIG_DEFAULT;
    memset(out_workplace, 0, sizeof *out_workplace);
    if (collector_settings_read(config, &out_workplace->settings, &error) != 0) {
        (void)fprintf(stderr, "lastmile: %s%s\n", error.text, hint);
        return EXIT_USAGE;
    }
    out_workplace->plan =
        plan_open(out_workplace->settings.plan_file, out_workplace->settings.areas_file, &error);
    if (!out_workplace->plan) {
        (void)fprintf(stderr, "lastmile: %s\n", error.text);
        return EXIT_USAGE;
    }
    int status = open_registry(out_workplace, mode, config);
    if (status != EXIT_DONE)
        workplace_close(out_workplace);
    return status;
}

void workplace_close(struct workplace *workplace)
{
    registry_close(workplace->registry);
    plan_close(workplace->plan);
    workplace->registry = NULL;
    workplace->plan = NULL;
}
