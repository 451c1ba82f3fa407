/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The areas as a dated hierarchy, and the operators. On every day each place has exactly one
 * reporting area: that is checked here, at every day on which something changes.
 */
#include "collector/plan/plan_file.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AREAS_MAX     512
#define OPERATORS_MAX 64
#define CODE_DIGITS   6

/* As they stand in the file, with dates still to be parsed. */
struct area_text {
    struct plan_area area;
    char valid_from[CLOCK_DATE_BYTES], valid_to[CLOCK_DATE_BYTES];
};

struct former_text {
    struct plan_former former;
    char valid_from[CLOCK_DATE_BYTES], valid_to[CLOCK_DATE_BYTES];
};

#define STRING(owner, field)                                                                       \
    .type = CONF_STRING, .offset = offsetof(owner, field), .size = sizeof(((owner *)0)->field)

static const struct conf_setting former_table[] = {
    {.name = "code",
     STRING(struct former_text, former.code),
     .required = true,
     .help = "The key that data of its time use."},
    {.name = "label_zh",
     STRING(struct former_text, former.label_zh),
     .required = true,
     .help = "Chinese name."},
    {.name = "label_en",
     STRING(struct former_text, former.label_en),
     .required = true,
     .help = "English name."},
    {.name = "type", STRING(struct former_text, former.type), .required = true, .help = "Kind."},
    {.name = "valid_from",
     STRING(struct former_text, valid_from),
     .help = "Its first day; absent: before all data."},
    {.name = "valid_to",
     STRING(struct former_text, valid_to),
     .required = true,
     .help = "Its last day."},
    {.name = NULL},
};

static const struct conf_setting area_table[] = {
    {.name = "key",
     STRING(struct area_text, area.key),
     .required = true,
     .help = "Stable key that reports and imports use."},
    {.name = "label_zh",
     STRING(struct area_text, area.label_zh),
     .required = true,
     .help = "Chinese name."},
    {.name = "label_en",
     STRING(struct area_text, area.label_en),
     .required = true,
     .help = "English name."},
    {.name = "type", STRING(struct area_text, area.type), .required = true, .help = "Kind."},
    {.name = "gb2260",
     STRING(struct area_text, area.gb2260),
     .help = "GB/T 2260 code of the territory it lies in."},
    {.name = "stat_code",
     STRING(struct area_text, area.stat_code),
     .help = "Code of the statistics bureau."},
    {.name = "parent", STRING(struct area_text, area.parent), .help = "Key of the area above."},
    {.name = "reporting",
     .type = CONF_BOOL,
     .offset = offsetof(struct area_text, area.reporting),
     .fallback = "false",
     .help = "One of those that partition the city."},
    {.name = "valid_from",
     STRING(struct area_text, valid_from),
     .help = "Its first day; absent: before all data."},
    {.name = "valid_to",
     STRING(struct area_text, valid_to),
     .help = "Its last day; absent: it stands."},
    {.name = "former",
     .type = CONF_LIST,
     .children = former_table,
     .help = "What it was before, under another code; data of that time are its own."},
    {.name = NULL},
};

static const struct conf_setting operator_table[] = {
    {.name = "key",
     STRING(struct plan_operator, key),
     .required = true,
     .help = "Stable key; the operator's level in a topic."},
    {.name = "label_zh",
     STRING(struct plan_operator, label_zh),
     .required = true,
     .help = "Chinese name."},
    {.name = "label_en",
     STRING(struct plan_operator, label_en),
     .required = true,
     .help = "English name."},
    {.name = "has_lines",
     .type = CONF_BOOL,
     .offset = offsetof(struct plan_operator, has_lines),
     .fallback = "true",
     .help = "false for a tower company: it has no subscribers."},
    {.name = NULL},
};

const struct conf_setting areas_file_table[] = {
    {.name = "areas",
     .type = CONF_LIST,
     .required = true,
     .children = area_table,
     .help = "The city first, then its parts."},
    {.name = "operators",
     .type = CONF_LIST,
     .required = true,
     .children = operator_table,
     .help = "Who runs lines, access points or towers."},
    {.name = NULL},
};

void *plan_new_elements(const struct conf_group *root, const char *name, size_t max, size_t size,
                        struct conf_error *out_error)
{
    size_t count = conf_list_length(root, name);
    if (count == 0 || count > max) {
        (void)conf_fail(root, name, out_error, "'%s' needs 1 to %zu elements", name, max);
        return NULL;
    }
    void *elements = calloc(count, size);
    if (!elements)
        (void)conf_fail(root, name, out_error, "out of memory");
    return elements;
}

/* Reads a day, where there is one. */
static int read_day(const struct conf_group *group, const char *name, const char *text,
                    int64_t *out_day, struct conf_error *out_error)
{
    if (text[0] == '\0' || clock_parse_date(text, out_day) == 0)
        return 0;
    return conf_fail(group, name, out_error, "'%s' is no date; write \"2014-12-31\"", text);
}

static int read_span(const struct conf_group *group, const char *from, const char *to,
                     int64_t *out_from, int64_t *out_to, struct conf_error *out_error)
{
    *out_from = INT64_MIN;
    *out_to = INT64_MAX;
    if (read_day(group, "valid_from", from, out_from, out_error) != 0 ||
        read_day(group, "valid_to", to, out_to, out_error) != 0)
        return -EINVAL;
    return *out_from <= *out_to
               ? 0
               : conf_fail(group, "valid_to", out_error, "it ends before it begins");
}

static int read_former(const struct conf_group *group, struct plan_former *out,
                       struct conf_error *out_error)
{
    struct former_text text = {.valid_from = ""};
    if (conf_read(group, former_table, &text, out_error) != 0)
        return -EINVAL;
    *out = text.former;
    return read_span(group, text.valid_from, text.valid_to, &out->valid_from_day,
                     &out->valid_to_day, out_error);
}

/* Six digits, or none: a code is not invented. */
static int check_code(const struct conf_group *group, const char *name, const char *code,
                      struct conf_error *out_error)
{
    if (code[0] == '\0' || (strspn(code, "0123456789") == CODE_DIGITS && !code[CODE_DIGITS]))
        return 0;
    return conf_fail(group, name, out_error, "'%s' is no code of six digits", code);
}

static int read_area(const struct conf_group *group, struct plan_area *out,
                     struct conf_error *out_error)
{
    struct area_text text = {.valid_from = ""};
    if (conf_read(group, area_table, &text, out_error) != 0)
        return -EINVAL;
    *out = text.area;
    if (read_span(group, text.valid_from, text.valid_to, &out->valid_from_day, &out->valid_to_day,
                  out_error) != 0 ||
        check_code(group, "gb2260", out->gb2260, out_error) != 0 ||
        check_code(group, "stat_code", out->stat_code, out_error) != 0)
        return -EINVAL;
    size_t count = conf_list_length(group, "former");
    if (count > PLAN_FORMER_MAX)
        return conf_fail(group, "former", out_error, "more than %d", PLAN_FORMER_MAX);
    for (size_t i = 0; i < count; i++)
        if (read_former(conf_list_group(group, "former", i), &out->former[i], out_error) != 0)
            return -EINVAL;
    out->former_count = count;
    return 0;
}

static size_t reporting_above(const struct plan *plan, const struct plan_area *area, int64_t day)
{
    size_t count = 0;
    while (area) {
        count += plan_area_reports_on(area, day);
        area = area->parent[0] ? plan_find_area(plan, area->parent) : NULL;
    }
    return count;
}

static bool has_part(const struct plan *plan, const struct plan_area *area, int64_t day)
{
    for (size_t i = 0; i < plan->area_count; i++)
        if (strcmp(plan->areas[i].parent, area->key) == 0 &&
            plan_area_is_valid_on(&plan->areas[i], day))
            return true;
    return false;
}

/* Each part that has no parts lies in one reporting area: itself, or one above it. */
static int check_partition_on(const struct conf_group *root, const struct plan *plan, int64_t day,
                              struct conf_error *out_error)
{
    char date[CLOCK_DATE_BYTES] = "all days";
    if (day > INT64_MIN && day < INT64_MAX)
        clock_format_date(day, date);
    for (size_t i = 0; i < plan->area_count; i++) {
        const struct plan_area *area = &plan->areas[i];
        if (!plan_area_is_valid_on(area, day) || has_part(plan, area, day))
            continue;
        size_t count = reporting_above(plan, area, day);
        if (count != 1)
            return conf_fail(root, "areas", out_error,
                             "'%s' lies in %zu reporting areas on %s; every place has exactly one",
                             area->key, count, date);
    }
    return 0;
}

static int check_partition(const struct conf_group *root, const struct plan *plan,
                           struct conf_error *out_error)
{
    int status = check_partition_on(root, plan, INT64_MIN, out_error);
    for (size_t i = 0; i < plan->area_count && status == 0; i++) {
        const struct plan_area *area = &plan->areas[i];
        status = check_partition_on(root, plan, area->valid_from_day, out_error);
        if (status == 0 && area->valid_to_day < INT64_MAX)
            status = check_partition_on(root, plan, area->valid_to_day + 1, out_error);
    }
    return status;
}

/* A code means one area on one day. */
static int check_former(const struct conf_group *root, const struct plan *plan,
                        struct conf_error *out_error)
{
    for (size_t i = 0; i < plan->area_count; i++)
        for (size_t f = 0; f < plan->areas[i].former_count; f++) {
            const struct plan_former *former = &plan->areas[i].former[f];
            const struct plan_area *first =
                plan_find_area_on(plan, former->code, former->valid_from_day);
            const struct plan_area *last =
                plan_find_area_on(plan, former->code, former->valid_to_day);
            if (first != &plan->areas[i] || last != first)
                return conf_fail(root, "areas", out_error, "the code '%s' means two areas",
                                 former->code);
        }
    return 0;
}

static int read_areas(const struct conf_group *root, struct plan *plan,
                      struct conf_error *out_error)
{
    plan->areas = plan_new_elements(root, "areas", AREAS_MAX, sizeof *plan->areas, out_error);
    if (!plan->areas)
        return -EINVAL;
    size_t count = conf_list_length(root, "areas");
    for (size_t i = 0; i < count; i++) {
        const struct conf_group *group = conf_list_group(root, "areas", i);
        struct plan_area *area = &plan->areas[i];
        if (read_area(group, area, out_error) != 0)
            return -EINVAL;
        if (plan_find_area(plan, area->key))
            return conf_fail(group, "key", out_error, "'%s' stands twice", area->key);
        if ((i == 0) != (area->parent[0] == '\0'))
            return conf_fail(group, "parent", out_error,
                             "the city comes first and alone has no parent");
        if (i > 0 && !plan_find_area(plan, area->parent))
            return conf_fail(group, "parent", out_error, "no area '%s' stands before this one",
                             area->parent);
        plan->area_count++;
    }
    return 0;
}

static int read_operators(const struct conf_group *root, struct plan *plan,
                          struct conf_error *out_error)
{
    plan->operators =
        plan_new_elements(root, "operators", OPERATORS_MAX, sizeof *plan->operators, out_error);
    if (!plan->operators)
        return -EINVAL;
    size_t count = conf_list_length(root, "operators");
    for (size_t i = 0; i < count; i++) {
        const struct conf_group *group = conf_list_group(root, "operators", i);
        struct plan_operator *operator_ = &plan->operators[i];
        if (conf_read(group, operator_table, operator_, out_error) != 0)
            return -EINVAL;
        if (plan_find_operator(plan, operator_->key))
            return conf_fail(group, "key", out_error, "'%s' stands twice", operator_->key);
        plan->operator_count++;
    }
    return 0;
}

/* Of a code with several reporting areas, at the first of them. */
static void add_rollup(struct plan *plan, size_t first)
{
    const struct plan_area *area = &plan->areas[first];
    const struct plan_area *owner = plan_find_area(plan, area->gb2260);
    size_t members = 0;
    if (!area->reporting || area->gb2260[0] == '\0')
        return;
    for (size_t i = 0; i < plan->area_count; i++) {
        bool member = plan->areas[i].reporting && strcmp(plan->areas[i].gb2260, area->gb2260) == 0;
        if (member && i < first)
            return; /* was added there */
        members += member;
    }
    if (members < 2)
        return;
    struct plan_area *rollup = &plan->rollups[plan->rollup_count++];
    *rollup = (struct plan_area){.valid_from_day = INT64_MIN, .valid_to_day = INT64_MAX};
    (void)snprintf(rollup->key, sizeof rollup->key, "gb2260-%s", area->gb2260);
    (void)snprintf(rollup->label_zh, sizeof rollup->label_zh, "%.60s（行政区划口径）",
                   owner ? owner->label_zh : area->gb2260);
    (void)snprintf(rollup->label_en, sizeof rollup->label_en, "%.60s (GB/T 2260)",
                   owner ? owner->label_en : area->gb2260);
    (void)snprintf(rollup->type, sizeof rollup->type, "%s", PLAN_ROLLUP_TYPE);
    memcpy(rollup->gb2260, area->gb2260, sizeof rollup->gb2260);
    memcpy(rollup->parent, plan->areas[0].key, sizeof rollup->parent);
}

static int add_rollups(struct plan *plan)
{
    plan->rollups = calloc(plan->area_count, sizeof *plan->rollups);
    for (size_t i = 0; plan->rollups && i < plan->area_count; i++)
        add_rollup(plan, i);
    return plan->rollups ? 0 : -ENOMEM;
}

int plan_file_read_areas(const char *path, struct plan *plan, struct conf_error *out_error)
{
    struct conf *conf = conf_open(path, out_error);
    if (!conf)
        return -EINVAL;
    char nothing = 0; /* the table holds lists only */
    int status = conf_read(conf_root(conf), areas_file_table, &nothing, out_error);
    if (status == 0)
        status = read_areas(conf_root(conf), plan, out_error);
    if (status == 0)
        status = check_partition(conf_root(conf), plan, out_error);
    if (status == 0)
        status = check_former(conf_root(conf), plan, out_error);
    if (status == 0 && add_rollups(plan) != 0)
        status = conf_fail(conf_root(conf), "areas", out_error, "out of memory");
    if (status == 0)
        status = read_operators(conf_root(conf), plan, out_error);
    conf_close(conf);
    return status;
}
