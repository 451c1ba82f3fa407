/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The trends of the city from the chronicle's rows: each month as it stands, each year as it was
 * frozen in place of its December, and today. What a final figure was before a revision stands
 * beside it; what was only provisional, and has been replaced, is left out.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_REGISTRY_TRENDS_H
#define LASTMILE_COLLECTOR_HTTP_REGISTRY_TRENDS_H

#include "collector/http/site.h"

struct registry;

/* today: the city's figures of now. 0, -ENOMEM or -EIO. */
int registry_read_trends(struct registry *registry, const struct plan *plan,
                         const struct figures *today, struct trends **out_trends);

#endif
