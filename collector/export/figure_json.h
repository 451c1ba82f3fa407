/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Figures as JSON: the one spelling that the file, the API and the page share. Unknown is null.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_FIGURE_JSON_H
#define LASTMILE_COLLECTOR_EXPORT_FIGURE_JSON_H

#include "common/json_writer.h"

#include "collector/indicator/figure.h"

/* One figure as an object under key (NULL inside an array). */
void figure_json(struct json_writer *writer, const char *key, const struct figure *figure);

/* {"plan":..., "document":..., "year":..., "instant":..., "provisional":..., "method_version":...,
 *  "figures":[...]} into an object that is open already. Areas and operators as evaluated. */
void figures_json(struct json_writer *writer, const struct plan *plan,
                  const struct figures *figures);

/* "2017-12-31T24:00:00+08:00": the end of a civil day of the city. */
#define FIGURE_INSTANT_BYTES 32
void figure_instant_text(int64_t day, char out[static FIGURE_INSTANT_BYTES]);

#endif
