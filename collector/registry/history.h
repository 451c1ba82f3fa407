/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rows of the chronicle: what a figure of a month or a year was said to be, and when. Rows are
 * added, never changed or removed; what was known at a time is the last row that was added by then.
 * What is added, and why, is for collector/chronicle to say.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_HISTORY_H
#define LASTMILE_COLLECTOR_REGISTRY_HISTORY_H

#include "common/conf.h"
#include "common/optional.h"
#include "common/report.h"
#include "common/topic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;

enum history_span { HISTORY_MONTH = 0, HISTORY_YEAR = 1 };
/* REVISED: changed after it had been final. Ids stand in stored data. */
enum history_status { HISTORY_PROVISIONAL = 0, HISTORY_FINAL = 1, HISTORY_REVISED = 2 };
extern const struct conf_name history_status_names[];

#define HISTORY_DIGEST_BYTES  68 /* SHA-256 in hex */
#define HISTORY_VERSION_BYTES 32

struct history_row {
    char indicator[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    char operator_name[TOPIC_NAME_MAX + 1]; /* "" = all */
    enum history_span span;
    int64_t day; /* as at the end of this one, the last of its month or year */
    enum history_status status;
    uint64_t revision; /* of a final figure: 0, then 1, 2, ... */
    struct optional_double value, lower, upper;
    struct optional_double old_value; /* of the row before; unknown also where there is none */
    int verdict, basis;               /* enum verdict, enum basis (estimate/verdict.h) */
    char grade;                       /* '-' = none */
    uint64_t definition_version;
    char vintage[REPORT_NAME_BYTES]; /* of the denominator; "" = none */
    char reason[REPORT_TEXT_BYTES];  /* why the row was added, one line of English */
    char computed_by[HISTORY_VERSION_BYTES];
    uint64_t computed_ns;
    char digest[HISTORY_DIGEST_BYTES]; /* of the inputs that the figure was computed from */
};

/* NULL is any. Days and times are inclusive. */
struct history_query {
    const char *indicator, *area, *operator_name;
    bool months, years;
    int64_t first_day, last_day;
    uint64_t as_known_ns; /* 0 = everything */
    bool every_row;       /* else only the last one of each figure */
};
/* Sorted by span, indicator, area, operator, day, then in the order of their addition. The caller
 * frees the array. 0, -ENOMEM or -EIO. */
int registry_list_history(struct registry *registry, const struct history_query *query,
                          struct history_row **out_rows, size_t *out_count);

/* A month that has ended, by its last day. */
struct history_period {
    int64_t day;
    uint64_t computed_ns; /* 0: never */
    unsigned dirty;       /* bits of the chronicle's: why it must be computed again */
};
int registry_list_history_periods(struct registry *registry, struct history_period **out_periods,
                                  size_t *out_count);

/* Adds rows and notes that their month is computed, all or nothing. 0 or a negated errno. */
int registry_add_history(struct registry *registry, const struct history_row *rows, size_t count,
                         const struct history_period *computed);

struct history_mark {
    int64_t report_id;
    uint64_t imported_ns;
    char rules[HISTORY_DIGEST_BYTES];
    char computed_by[HISTORY_VERSION_BYTES];
    char city[REPORT_NAME_BYTES]; /* the area that holds all others */
};
/* 0, -ENOENT before the first, or -EIO. */
int registry_read_history_mark(struct registry *registry, struct history_mark *out_mark);
/* The mark and the periods as they are given, all or nothing. */
int registry_write_history_mark(struct registry *registry, const struct history_mark *mark,
                                const struct history_period *periods, size_t count);

/* What has come since a mark. */
struct history_news {
    int64_t last_report_id;
    uint64_t last_imported_ns;
    bool data_known;
    int64_t first_day; /* of all reports and declared figures; meaningless unless data_known */
    int64_t
        *late_days; /* civil days before before_ns that newer reports speak of; the caller frees */
    size_t late_count;
};
int registry_read_history_news(struct registry *registry, int64_t after_report_id,
                               uint64_t before_ns, struct history_news *out_news);

#endif
