/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A command that does little itself: demo hands over to its script.
 */
#include "collector/command/command.h"

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
