/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which interface a new probe captures: the one named; else, after a question where there is
 * somebody to answer it, the one by which this machine reaches the rest of the world; else the only
 * one.
 */
#ifndef LASTMILE_PROBE_SETUP_INTERFACE_H
#define LASTMILE_PROBE_SETUP_INTERFACE_H

#include <net/if.h>
#include <stdio.h>

/* wanted: NULL, or a name. answers: a stream to ask on (the question goes to stderr), or NULL. 0,
 * or -ENODEV after a line on stderr that says why and what to do. */
int setup_choose_interface(const char *wanted, FILE *answers, char out[static IF_NAMESIZE]);

#endif
