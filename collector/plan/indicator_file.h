/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of indicators (config/indicators.cfg): what each is, by which definitions it may be
 * counted, and when they changed. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_PLAN_INDICATOR_FILE_H
#define LASTMILE_COLLECTOR_PLAN_INDICATOR_FILE_H

#include "collector/plan/plan.h"

struct indicator_table {
    struct plan_indicator *rows; /* without targets and parties: those are a plan's */
    size_t count;
};

extern const struct conf_setting indicator_file_table[];

/* 0, or -EINVAL with out_error set; free the table in either case. */
int indicator_table_read(const char *path, struct indicator_table *table,
                         struct conf_error *out_error);
void indicator_table_free(struct indicator_table *table);

/* NULL for an id that does not stand in it; *out_nearest is then the nearest that does, or NULL. */
const struct plan_indicator *indicator_table_find(const struct indicator_table *table,
                                                  const char *id, const char **out_nearest);

#endif
