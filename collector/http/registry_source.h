/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The site's data from the registry and the indicators: a read-only handle of its own, so that the
 * pages never wait for the intake's writes (SQLite WAL) and never make one. The one file of this
 * room that knows the registry.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_REGISTRY_SOURCE_H
#define LASTMILE_COLLECTOR_HTTP_REGISTRY_SOURCE_H

#include "collector/http/site.h"

struct rule_settings;

/* Opens the registry's file. Borrows plan and rules until the source is closed. 0 or a negated
 * errno. series, which may be NULL, is borrowed as well: it has the points. */
int registry_source_open(const char *registry_file, const struct plan *plan,
                         const struct rule_settings *rules, struct series *series,
                         struct site_source *out_source);

#endif
