/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The collector: builds the rooms (collector_open.c) and joins them (collector.c); nobody else
 * knows them all. The thread of the network (bus), the storekeeper's (intake, registry, feed,
 * alerts), the site's own, and the series processes.
 */
#ifndef LASTMILE_COLLECTOR_COLLECTOR_H
#define LASTMILE_COLLECTOR_COLLECTOR_H

#include "common/conf.h"

#include <stdbool.h>
#include <stdio.h>

struct collector;
struct collector_settings;

/* Starts everything, in the order that forking before threads asks for; a broker that is down is
 * said and waited for. Borrows the settings until collector_stop. NULL with out_error set. */
struct collector *collector_start(const struct collector_settings *settings,
                                  struct conf_error *out_error);

/* Serves until signal_fd, which does not block, gives the number of a signal that stops, a byte
 * each; SIGHUP has the pages' certificate read anew. 0, or a negated errno when polling itself
 * fails. */
int collector_serve(struct collector *collector, int signal_fd);

/* Commits what is pending, lets the series finish for a second, stops. NULL is fine. */
void collector_stop(struct collector *collector);

/* Looks through everything that `run` would need, and starts nothing: plan, areas, data folder,
 * registry, password file. Says what is wrong on out, one line each; the number of faults. */
int collector_check(const struct collector_settings *settings, FILE *out);

/* Makes every round-robin database anew from the journal, telling its progress on progress_out. 0,
 * or -1 with out_error set. No collector may run on the same data. */
int collector_rebuild(const struct collector_settings *settings, FILE *progress_out,
                      struct conf_error *out_error);

/* The first line of a secret's file, which nobody else may read. 0, or -EINVAL with out_error set.
 */
int collector_read_password(const char *path, char *out, size_t size, struct conf_error *out_error);

/* What a person can do when the registry cannot be opened: by errno. Static text. */
const char *collector_registry_remedy(int error);

#endif
