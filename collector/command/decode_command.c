/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/command.h"

#include "common/report.h"
#include "common/report_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option_rule rules[] = {
    {"--json", NULL, "as it is printed anyhow"},
    {"--help", NULL, "print this and stop"},
    {NULL, NULL, NULL},
};

/* One byte more than a report may have, so that a larger one is seen to be larger. */
static int read_input(const char *path, uint8_t *bytes, size_t *out_length)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *in = standard ? stdin : fopen(path, "rb");
    if (!in)
        return -errno;
    size_t length = fread(bytes, 1, REPORT_BYTES_MAX + 1, in);
    int status = ferror(in) ? -EIO : 0;
    if (!standard)
        (void)fclose(in); /* only read */
    *out_length = length;
    return status;
}

static int print_report(const struct report *report)
{
    struct json_writer *writer = json_writer_new();
    if (!writer)
        return -ENOMEM;
    report_put_json(report, writer);
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    if (!text)
        return -ENOMEM;
    int status = puts(text) < 0 || fflush(stdout) != 0 ? -EIO : 0;
    free(text);
    return status;
}

static int run(const struct options *options)
{
    const char *path = options->argument_count > 0 ? options->arguments[0] : "-";
    uint8_t *bytes = malloc(REPORT_BYTES_MAX + 1);
    struct report *report = NULL;
    size_t length = 0;
    int exit_status = EXIT_DONE;
    int status = bytes ? read_input(path, bytes, &length) : -ENOMEM;
    if (status != 0) {
        exit_status = command_fail(EXIT_FAILED, "decode", "%s: %s", path, strerror(-status));
        goto out;
    }
    enum report_fault fault = report_decode(bytes, length, &report);
    if (fault != REPORT_OK) {
        exit_status = command_fail(EXIT_FAILED, "decode", "%s: no report: %s", path,
                                   report_fault_name(fault));
        goto out;
    }
    status = print_report(report);
    if (status != 0)
        exit_status = command_fail(EXIT_FAILED, "decode", "stdout: %s", strerror(-status));
out:
    report_free(report);
    free(bytes);
    return exit_status;
}

const struct command decode_command = {
    .name = "decode",
    .arguments = "[FILE]",
    .summary = "print a probe's report (CBOR) as JSON",
    .help = "Reads one report, the payload of a message under lastmile/1/.../report, from FILE or\n"
            "from stdin (-), checks it as the collector does, and prints it as JSON. What is no\n"
            "report is named by its fault. common/report.cddl describes the bytes.\n"
            "\n"
            "  mosquitto_sub -t 'lastmile/1/+/+/+/report' -C 1 -N ... | lastmile decode",
    .rules = rules,
    .arguments_max = 1,
    .run = run,
};
