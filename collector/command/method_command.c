/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/command.h"

#include "collector/method/method.h"

#include <errno.h>
#include <string.h>

static const struct option_rule rules[] = {
    {"--lang", "LANGUAGE", "zh (the default) or en"},
    {"--format", "NAME", "markdown (the default) or html"},
    COMMAND_COMMON_RULES,
    {NULL, NULL, NULL},
};

static int read_choice(const struct options *options, const char *option,
                       const struct conf_name *names, int *out)
{
    const char *word = options_value(options, option);
    if (!word || conf_name_id(names, word, out) == 0)
        return EXIT_DONE;
    return command_fail(EXIT_USAGE, "method", "%s %.20s: %s or %s", option, word, names[0].name,
                        names[1].name);
}

static int run(const struct options *options)
{
    struct workplace workplace;
    int language = METHOD_ZH;
    int format = DOCUMENT_MARKDOWN;
    int exit_status = read_choice(options, "--lang", method_language_names, &language);
    if (exit_status == EXIT_DONE)
        exit_status = read_choice(options, "--format", document_format_names, &format);
    if (exit_status == EXIT_DONE)
        exit_status = workplace_open(options, WORKPLACE_NO_REGISTRY, &workplace);
    if (exit_status != EXIT_DONE)
        return exit_status;
    const struct method_request request = {.plan = workplace.plan,
                                           .rules = &workplace.settings.rules,
                                           .language = (enum method_language)language,
                                           .format = (enum document_format)format};
    int status = method_write(stdout, &request);
    if (status == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        status = errno ? -errno : -EIO;
    workplace_close(&workplace);
    if (status != 0)
        return command_fail(EXIT_FAILED, "method", "stdout: %s", strerror(-status));
    return EXIT_DONE;
}

const struct command method_command = {
    .name = "method",
    .arguments = "",
    .summary = "how every figure is made, as a document in Chinese or English",
    .help =
        "Prints the method document of the plan in force: what each indicator counts and by which\n"
        "alternatives it may be counted, the statistics, completeness, verdicts and grades, what "
        "is\n"
        "withheld from the public, worked examples, and where it differs from the reference\n"
        "definitions. It is generated from the tables by which figures are made.",
    .rules = rules,
    .run = run,
};
