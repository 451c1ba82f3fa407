/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A city's plan as data: every quantitative target with its operator, date and responsible parties,
 * in Chinese and English; what each indicator counts (definition.h); the areas that partition the
 * city; the operators. Read from config/plans/, the table of indicators that the plan names, and
 * config/areas/ by tables; another city is another file. Immutable once read.
 */
#ifndef LASTMILE_COLLECTOR_PLAN_PLAN_H
#define LASTMILE_COLLECTOR_PLAN_PLAN_H

#include "collector/plan/definition.h"

#include "common/conf.h"
#include "common/optional.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_ID_BYTES    64
#define PLAN_LABEL_BYTES 160
#define PLAN_TEXT_BYTES  400
#define PLAN_NOTE_BYTES  1000
#define PLAN_TARGETS_MAX 8

struct plan;

/* 达到, 以上, 至少: GE; 超过: GT. */
enum target_operator { TARGET_GE, TARGET_GT, TARGET_EQ };
extern const struct conf_name target_operator_names[]; /* ">=", ">", "=" */

/* TARGET_NOT_STATED: the plan judges the indicator by periods and passes over this one: a row
 * without a value. What it asks for only once has one row, which stays in force after its date. */
enum target_status { TARGET_STATED, TARGET_CARRIED_FORWARD, TARGET_NOT_STATED, TARGET_UNDATED };
extern const struct conf_name target_status_names[];

struct plan_target {
    int64_t day; /* civil day by whose end it must hold; meaningless when undated */
    struct optional_double value; /* unknown = null: the plan sets none */
    enum target_operator operator_;
    enum target_status status;
    char clause[PLAN_LABEL_BYTES]; /* the plan's own section and words */
};

/* From a day on, an indicator is counted by another version of its definition. */
struct plan_change {
    int64_t day;
    uint64_t version;
    char text_zh[PLAN_TEXT_BYTES], text_en[PLAN_TEXT_BYTES];
};

struct plan_indicator {
    char id[PLAN_ID_BYTES]; /* "ftth-share" */
    char label_zh[PLAN_LABEL_BYTES], label_en[PLAN_LABEL_BYTES];
    char unit[PLAN_ID_BYTES], unit_zh[PLAN_ID_BYTES]; /* "%", "Mbit/s", "count" */
    uint64_t decimals;                                /* shown after the point */
    enum evidence_class evidence_class;
    char responsible_zh[PLAN_TEXT_BYTES], responsible_en[PLAN_TEXT_BYTES];
    bool responsible_inferred;                               /* our mapping, not the plan's words */
    char note_zh[PLAN_NOTE_BYTES], note_en[PLAN_NOTE_BYTES]; /* of the table, then of the plan */
    char clause[PLAN_LABEL_BYTES]; /* of a task without a target: the plan's section and words */
    uint64_t definition_version;
    struct plan_definition *definitions; /* the default comes first; at least one */
    size_t definition_count;
    struct plan_change *changes; /* of the definition, by day */
    size_t change_count;
    struct plan_target targets[PLAN_TARGETS_MAX]; /* by day, undated last */
    size_t target_count;
};

/* What an area was before: its code, name and kind until it changed. */
#define PLAN_FORMER_MAX 3
struct plan_former {
    char code[PLAN_ID_BYTES];
    char label_zh[PLAN_LABEL_BYTES], label_en[PLAN_LABEL_BYTES];
    char type[PLAN_ID_BYTES];
    int64_t valid_from_day, valid_to_day;
};

struct plan_area {
    char key[PLAN_ID_BYTES]; /* "371002"; the city's own row comes first */
    char label_zh[PLAN_LABEL_BYTES], label_en[PLAN_LABEL_BYTES];
    char type[PLAN_ID_BYTES];
    char gb2260[16], stat_code[16];       /* "" where there is none */
    char parent[PLAN_ID_BYTES];           /* "" for the city */
    bool reporting;                       /* one of those that partition the city */
    int64_t valid_from_day, valid_to_day; /* INT64_MIN, INT64_MAX: without end */
    struct plan_former former[PLAN_FORMER_MAX];
    size_t former_count;
};

struct plan_operator {
    char key[PLAN_ID_BYTES]; /* "cu" */
    char label_zh[PLAN_LABEL_BYTES], label_en[PLAN_LABEL_BYTES];
    bool has_lines; /* false for tower companies: no subscribers */
};

/* The keys of the files, for --help and for the test that reads the shipped ones. */
extern const struct conf_setting plan_file_table[];
extern const struct conf_setting indicator_file_table[];
extern const struct conf_setting areas_file_table[];

/* Reads the plan, the table of indicators that it names, and the areas. NULL with out_error set. */
struct plan *plan_open(const char *plan_file, const char *areas_file, struct conf_error *out_error);
/* The same with another table of indicators than the plan names; NULL: the one that it names. */
struct plan *plan_open_with(const char *plan_file, const char *indicators_file,
                            const char *areas_file, struct conf_error *out_error);
void plan_close(struct plan *plan);

const char *plan_id(const struct plan *plan);
const char *plan_title_zh(const struct plan *plan);
const char *plan_title_en(const struct plan *plan);
const char *plan_document(const struct plan *plan); /* 威政办发〔2015〕15号 */

size_t plan_indicator_count(const struct plan *plan);
const struct plan_indicator *plan_indicator_at(const struct plan *plan, size_t i);
const struct plan_indicator *plan_find_indicator(const struct plan *plan, const char *id);
/* Of an indicator, by name; NULL when it has none such. */
const struct plan_definition *plan_find_definition(const struct plan_indicator *indicator,
                                                   const char *name);
/* Where the table of indicators was read. */
const char *plan_indicators_file(const struct plan *plan);
/* Area 0 is the city itself. */
size_t plan_area_count(const struct plan *plan);
const struct plan_area *plan_area_at(const struct plan *plan, size_t i);
const struct plan_area *plan_find_area(const struct plan *plan, const char *key);
/* The same, for data of a day: an area's former code is taken for the days it was in force, its key
 * for the days of the area. */
const struct plan_area *plan_find_area_on(const struct plan *plan, const char *key, int64_t day);
bool plan_area_is_valid_on(const struct plan_area *area, int64_t day);
/* One of those that partition the city on a day. */
bool plan_area_reports_on(const struct plan_area *area, int64_t day);
/* Whether data of the area's key belong to a wider one: the city, itself, or a roll-up of its code.
 */
bool plan_area_holds(const struct plan *plan, const struct plan_area *wide,
                     const struct plan_area *area);
/* The reporting areas that lie wholly in one territory of GB/T 2260, taken together, for codes of
 * several areas: key "gb2260-371002", type "gb2260". Not among the areas above. */
size_t plan_rollup_count(const struct plan *plan);
const struct plan_area *plan_rollup_at(const struct plan *plan, size_t i);
const struct plan_area *plan_find_rollup(const struct plan *plan, const char *key);
size_t plan_operator_count(const struct plan *plan);
const struct plan_operator *plan_operator_at(const struct plan *plan, size_t i);
const struct plan_operator *plan_find_operator(const struct plan *plan, const char *key);

#endif
