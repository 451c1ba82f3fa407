/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command `poll` of a probe that is built without SNMP.
 */
#include "probe/poll.h"

#include <stdio.h>

int poll_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)fputs("lastmile-probe poll: this lastmile-probe is built without SNMP; it captures and "
                "replays only\n",
                stderr);
    return 2;
}
