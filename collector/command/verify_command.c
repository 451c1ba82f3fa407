/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/command.h"

#include "collector/package/package.h"

#include "common/json_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option_rule rules[] = {
    {"--json", NULL, "the outcome as a JSON object on stdout"},
    {"--help", NULL, "print this and stop"},
    {NULL, NULL, NULL},
};

/* {"package", "same_bytes", "difference"}: the first one, null where there is none. */
static int print_json(const char *path, const char *difference)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return -ENOMEM;
    json_writer_put_string(json, "package", path);
    json_writer_put_bool(json, "same_bytes", !difference);
    json_writer_put_string(json, "difference", difference);
    char *text = json_writer_text(json, true);
    json_writer_free(json);
    int status = !text ? -ENOMEM : puts(text) < 0 || fflush(stdout) != 0 ? -EIO : 0;
    free(text);
    return status;
}

static int run(const struct options *options)
{
    const char *path = options->arguments[0];
    struct conf_error error = {""};
    int status = package_verify(path, &error);
    const char *difference = status == 0 ? NULL : error.text[0] ? error.text : strerror(-status);
    int printed = options_value(options, "--json") ? print_json(path, difference) : 0;
    if (printed != 0)
        return command_fail(EXIT_FAILED, "verify", "stdout: %s", strerror(-printed));
    if (options_value(options, "--json"))
        return difference ? EXIT_FAILED : EXIT_DONE;
    if (difference)
        return command_fail(EXIT_FAILED, "verify", "%s", difference);
    (void)printf("%s: every file is what its archive makes of it\n", path);
    return EXIT_DONE;
}

const struct command verify_command = {
    .name = "verify",
    .arguments = "DIR",
    .summary = "recompute an export package from its archive, to the same bytes",
    .help =
        "Checks a package of `lastmile export --format package`: first that no file is missing,\n"
        "too many or other than SHA256SUMS says; then, from archive/ alone, every figure and\n"
        "every file is made again and compared byte by byte. It needs no settings and no "
        "registry,\n"
        "and gives the same answer on every machine. The first difference is told with file and\n"
        "line, what stands there and what should.\n"
        "\n"
        "What it cannot tell is whether the inputs were true: for that, the digest of SHA256SUMS\n"
        "has to be published or signed by whoever vouches for them.",
    .rules = rules,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
