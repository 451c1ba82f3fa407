/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files of a plan, read into a struct plan. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_PLAN_PLAN_FILE_H
#define LASTMILE_COLLECTOR_PLAN_PLAN_FILE_H

#include "collector/plan/indicator_file.h"

#define PLAN_ROLLUP_TYPE "gb2260"

struct plan_heading {
    char id[PLAN_ID_BYTES];
    char title_zh[PLAN_LABEL_BYTES], title_en[PLAN_LABEL_BYTES];
    char document[PLAN_LABEL_BYTES];
    char indicators_file[PLAN_TEXT_BYTES]; /* relative to the plan's own folder */
};

struct plan {
    struct plan_heading heading;
    struct indicator_table table; /* owns the definitions of the indicators */
    struct plan_indicator *indicators;
    size_t indicator_count;
    struct plan_area *areas;
    size_t area_count;
    struct plan_area *rollups; /* room for as many as there are areas */
    size_t rollup_count;
    struct plan_operator *operators;
    size_t operator_count;
};

/* Fill their part of a zeroed plan, which owns the arrays also after a failure. 0, or -EINVAL with
 * out_error set. */
int plan_file_read(const char *path, const char *indicators_file, struct plan *plan,
                   struct conf_error *out_error);
int plan_file_read_areas(const char *path, struct plan *plan, struct conf_error *out_error);

/* An array of as many zeroed elements as a list has; NULL with out_error set. */
void *plan_new_elements(const struct conf_group *root, const char *name, size_t max, size_t size,
                        struct conf_error *out_error);

#endif
