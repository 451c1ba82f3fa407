/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/command.h"

#include "collector/import/import.h"

#include "common/clock.h"

static const struct option_rule rules[] = {
    {"--kind", "NAME", "denominators, declared or nodes (by the header row)"},
    {"--dry-run", NULL, "print what would change, and change nothing"},
    COMMAND_COMMON_RULES,
    {NULL, NULL, NULL},
};

static int run(const struct options *options)
{
    struct workplace workplace;
    const char *kind_name = options_value(options, "--kind");
    int kind = IMPORT_ANY;
    if (kind_name && conf_name_id(import_kind_names, kind_name, &kind) != 0)
        return command_fail(EXIT_USAGE, "import", "--kind %.40s: denominators, declared or nodes",
                            kind_name);
    int exit_status = workplace_open(options, WORKPLACE_WRITE, &workplace);
    if (exit_status != EXIT_DONE)
        return exit_status;
    const struct import_request request = {
        .path = options->arguments[0],
        .kind = (enum import_kind)kind,
        .dry_run = options_value(options, "--dry-run") != NULL,
        .now_ns = clock_unix_ns(),
        .changes = stdout,
    };
    struct import_result result;
    struct conf_error error;
    if (import_file(workplace.plan, workplace.registry, &request, &result, &error) == 0)
        (void)printf("%s: %zu rows of %s, %zu %s\n", request.path, result.rows,
                     conf_id_name(import_kind_names, (int)result.kind), result.changed,
                     request.dry_run ? "would be new (dry run: nothing was changed)"
                                     : "new, the others known already");
    else
        exit_status = command_fail(EXIT_FAILED, "import", "%s (nothing was imported)", error.text);
    workplace_close(&workplace);
    return exit_status;
}

static void print_more(FILE *out)
{
    (void)fprintf(out, "\nColumns (* = must be filled)\n");
    import_print_columns(out);
    (void)fprintf(out, "\nTemplates with these columns are in config/examples/.\n");
}

const struct command import_command = {
    .name = "import",
    .arguments = "FILE.csv",
    .summary = "read denominators, declared figures or inventories from a CSV file",
    .help =
        "Reads one CSV file (RFC 4180, UTF-8) into the registry. Its header row tells what it\n"
        "holds; columns come in any order. The file goes in whole, in one transaction, or not at\n"
        "all: the first fault is named with file, line and column. A row that is known already\n"
        "changes nothing. Nothing is overwritten: another value for the same key is kept as a\n"
        "revision, and a figure can be computed as it was known before (export --as-known).\n"
        "\n"
        "lastmile ships no households, no population and no inventory: they come from the\n"
        "statistics bureau and the operators, with their source and date.",
    .rules = rules,
    .print_more = print_more,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
