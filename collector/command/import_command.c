/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/command.h"

#include "collector/import/import.h"

#include "common/clock.h"

#define KINDS "denominators, declared, nodes, villages, venues, contracts or remarks"

static const struct option_rule rules[] = {
    {"--kind", "NAME", "what it holds; by the header row where left out"},
    {"--encoding", "NAME", "utf-8 or gb18030, which includes GBK (by the bytes)"},
    {"--dry-run", NULL, "print what would be new or revised, and change nothing"},
    {"--print-header", "NAME", "print the header row of a kind, as a template, and stop"},
    COMMAND_COMMON_RULES,
    {NULL, NULL, NULL},
};

static int read_name(const struct options *options, const char *option,
                     const struct conf_name *names, const char *help, int *out_id)
{
    const char *name = options_value(options, option);
    if (name && conf_name_id(names, name, out_id) != 0)
        return command_fail(EXIT_USAGE, "import", "%s %.40s: %s", option, name, help);
    return EXIT_DONE;
}

static int print_header(enum import_kind kind)
{
    import_print_header(stdout, kind);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static void print_result(const struct import_request *request, const struct import_result *result)
{
    (void)printf("%s: %zu rows of %s, %zu %s, %zu revised, %zu known already%s%s\n", request->path,
                 result->rows, conf_id_name(import_kind_names, (int)result->kind),
                 result->changed - result->revised, request->dry_run ? "would be new" : "new",
                 result->revised, result->rows - result->changed,
                 request->dry_run ? " (dry run: nothing was changed)" : "",
                 result->encoding == CSV_ENCODING_GB18030 ? "; read as GB18030" : "");
}

static int import(const struct options *options, struct import_request *request)
{
    struct workplace workplace;
    struct import_result result;
    struct conf_error error;
    int exit_status = workplace_open(options, WORKPLACE_WRITE, &workplace);
    if (exit_status != EXIT_DONE)
        return exit_status;
    if (import_file(workplace.plan, workplace.registry, request, &result, &error) == 0)
        print_result(request, &result);
    else
        exit_status =
            command_fail(EXIT_FAILED, "import", "%s: refused; nothing was imported", request->path);
    workplace_close(&workplace);
    return exit_status;
}

static int run(const struct options *options)
{
    int kind = IMPORT_ANY;
    int header = IMPORT_ANY;
    int encoding = CSV_ENCODING_ANY;
    int status = read_name(options, "--kind", import_kind_names, KINDS, &kind);
    if (status == EXIT_DONE)
        status = read_name(options, "--print-header", import_kind_names, KINDS, &header);
    if (status == EXIT_DONE)
        status = read_name(options, "--encoding", csv_encoding_names, "utf-8, gb18030 or gbk",
                           &encoding);
    if (status != EXIT_DONE)
        return status;
    if (header != IMPORT_ANY)
        return print_header((enum import_kind)header);
    if (options->argument_count != 1)
        return command_fail(EXIT_USAGE, "import", "FILE.csv is missing; see --help");
    struct import_request request = {
        .path = options->arguments[0],
        .kind = (enum import_kind)kind,
        .encoding = (enum csv_encoding)encoding,
        .dry_run = options_value(options, "--dry-run") != NULL,
        .now_ns = clock_unix_ns(),
        .changes = stdout,
        .faults = stderr,
    };
    return import(options, &request);
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
    .summary = "read denominators, declared figures, inventories, ... from a CSV file",
    .help =
        "Reads one CSV file (RFC 4180) into the registry. Its header row tells what it holds;\n"
        "columns come in any order. UTF-8, with or without a byte order mark, or GB18030 (GBK).\n"
        "The file goes in whole, in one transaction, or not at all: up to twenty faults are named\n"
        "at once, with file, line and column. A row that is known already changes nothing. "
        "Nothing\n"
        "is overwritten: another value for the same key is kept as a revision, and a figure can "
        "be\n"
        "computed as it was known before (export --as-known).\n"
        "\n"
        "lastmile ships no households, no population and no inventory: they come from the\n"
        "statistics bureau and the operators, with their source and date.",
    .rules = rules,
    .print_more = print_more,
    .arguments_min = 0,
    .arguments_max = 1,
    .run = run,
};
