/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands that do little themselves: demo hands over to its script, enrol prints what a broker
 * needs, verify says that it is not there yet.
 */
#include "collector/command/command.h"

#include "common/topic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEMO_ARGUMENTS_MAX 32

static int run_demo(int argc, char *const *argv)
{
    const char *named = getenv("LASTMILE_DEMO");
    char path[1024];
    char *words[DEMO_ARGUMENTS_MAX + 2];
    if (argc > DEMO_ARGUMENTS_MAX)
        return command_fail(EXIT_USAGE, "demo", "more than %d arguments", DEMO_ARGUMENTS_MAX);
    (void)snprintf(path, sizeof path, "%s", named && named[0] ? named : LASTMILE_DEMO_SCRIPT);
    words[0] = path;
    for (int i = 0; i < argc; i++)
        words[i + 1] = argv[i];
    words[argc + 1] = NULL;
    (void)execv(path, words);
    return command_fail(EXIT_FAILED, "demo",
                        "%s: %s (the demo runs from a source tree; LASTMILE_DEMO names its script)",
                        path, strerror(errno));
}

const struct command demo_command = {
    .name = "demo",
    .arguments = "[--once] [--keep DIR]",
    .summary = "the whole chain on loopback, without hardware",
    .help = "Runs broker, collector and probes on loopback; see lastmile demo --help.",
    .run_raw = run_demo,
};

static const struct option_rule verify_rules[] = {
    {"--help", NULL, "print this and stop"},
    {NULL, NULL, NULL},
};

static int run_verify(const struct options *options)
{
    (void)options;
    return command_fail(EXIT_FAILED, "verify",
                        "not there yet: it will recompute an export package; until then compare "
                        "two `lastmile export --format json --as-known DATE`");
}

const struct command verify_command = {
    .name = "verify",
    .arguments = "DIR",
    .summary = "recompute an export package (not there yet)",
    .help = "Will recompute every figure of an export package from its inputs, to the same bytes.\n"
            "It is not there yet, and ends with status 1.",
    .rules = verify_rules,
    .arguments_max = 1,
    .run = run_verify,
};

static const struct option_rule enrol_rules[] = {
    {"--operator", "NAME", "the operator's key, as in the areas file: cu, cm, ct, ..."},
    {"--probe", "NAME", "the probe's name: 1 to 63 of a-z, 0-9, '.', '-'"},
    {"--help", NULL, "print this and stop"},
    {NULL, NULL, NULL},
};

static int run_enrol(const struct options *options)
{
    static const enum topic_kind written[] = {TOPIC_REPORT, TOPIC_BACKLOG, TOPIC_STATE};
    const char *operator_name = options_value(options, "--operator");
    const char *probe_name = options_value(options, "--probe");
    char topic[TOPIC_BYTES];
    if (!operator_name || !probe_name)
        return command_fail(EXIT_USAGE, "enrol", "--operator and --probe are needed");
    if (topic_build(operator_name, probe_name, TOPIC_RECEIPT, topic) != 0)
        return command_fail(EXIT_USAGE, "enrol",
                            "a name is 1 to 63 of a-z, 0-9, '.', '-', and begins with a letter or "
                            "digit");
    (void)printf("# For mosquitto's acl_file: the probe writes under its own name alone.\n"
                 "user %s.%s\n",
                 operator_name, probe_name);
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        char own[TOPIC_BYTES];
        if (topic_build(operator_name, probe_name, written[i], own) == 0)
            (void)printf("topic write %s\n", own);
    }
    (void)printf("topic read %s\n\n"
                 "# For its password_file (it asks for the password):\n"
                 "#   mosquitto_passwd /etc/mosquitto/passwd %s.%s\n"
                 "# Then let mosquitto read both again: systemctl reload mosquitto\n",
                 topic, operator_name, probe_name);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command enrol_command = {
    .name = "enrol",
    .arguments = "",
    .summary = "print what the broker needs to know of a new probe",
    .help = "Prints the lines of mosquitto's ACL for one probe and the command that sets its\n"
            "password. It changes nothing itself: certificates and the enrolment of many probes\n"
            "at once are not there yet.",
    .rules = enrol_rules,
    .run = run_enrol,
};
