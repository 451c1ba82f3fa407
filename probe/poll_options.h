/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the command `poll` was asked to do. Secrets come from files and from the environment, so
 * that they need to stand in no process list.
 */
#ifndef LASTMILE_PROBE_POLL_OPTIONS_H
#define LASTMILE_PROBE_POLL_OPTIONS_H

#include "probe/snmp/poller.h"
#include "probe/snmp/recorder.h"

#include <stdio.h>

struct poll_options {
    struct poller_target target;
    const char *replay, *record, *profiles, *key_file;
    const char *subtrees[RECORDER_SUBTREES_MAX]; /* of --walk */
    size_t subtree_count;
    bool anonymize, json, help;
};

/* Reads the command line; strings are borrowed from it. 0, or the exit status, and then the reason
 * has been said on stderr. */
int poll_options_read(int argc, char **argv, struct poll_options *out);

/* The first line of a file. 0, or the exit status, and then the reason has been said. */
int poll_read_secret(const char *path, char *out, size_t size);

/* "lastmile-probe poll: ...; see --help" on stderr. Returns the exit status of wrong usage. */
int poll_fail_usage(const char *format, const char *what);

/* The text of --help. Returns the exit status. */
int poll_print_usage(FILE *out);

#endif
