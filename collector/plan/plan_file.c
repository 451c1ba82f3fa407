/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/plan/plan_file.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDICATORS_MAX 256
#define AREAS_MAX      512
#define OPERATORS_MAX  64

/* As they stand in the file, with dates still to be parsed. */
struct target_text {
    struct plan_target target;
    char date[CLOCK_DATE_BYTES];
};

struct area_text {
    struct plan_area area;
    char valid_from[CLOCK_DATE_BYTES];
};

#define STRING(owner, field)                                                                       \
    .type = CONF_STRING, .offset = offsetof(owner, field), .size = sizeof(((owner *)0)->field)

static const struct conf_setting target_table[] = {
    {.name = "date",
     STRING(struct target_text, date),
     .help = "The last day by whose end it must hold; absent when the plan gives no year."},
    {.name = "value",
     .type = CONF_OPTIONAL_DOUBLE,
     .offset = offsetof(struct target_text, target.value),
     .help = "In the indicator's unit; absent when the plan sets none."},
    {.name = "operator",
     .type = CONF_ENUM,
     .offset = offsetof(struct target_text, target.operator_),
     .fallback = ">=",
     .names = target_operator_names,
     .help = "How a value is compared with the target's."},
    {.name = "status",
     .type = CONF_ENUM,
     .offset = offsetof(struct target_text, target.status),
     .fallback = "stated",
     .names = target_status_names,
     .help = "Whether the plan itself says so."},
    {.name = "clause",
     STRING(struct target_text, target.clause),
     .required = true,
     .help = "The section of the plan and its own words."},
    {.name = NULL},
};

/* What a plan says of an indicator; what it is stands in the table of indicators. */
struct indicator_text {
    char id[PLAN_ID_BYTES];
    char responsible_zh[PLAN_TEXT_BYTES], responsible_en[PLAN_TEXT_BYTES];
    bool responsible_inferred;
    char remark_zh[PLAN_TEXT_BYTES], remark_en[PLAN_TEXT_BYTES];
    char clause[PLAN_LABEL_BYTES];
};

static const struct conf_setting indicator_table[] = {
    {.name = "id",
     STRING(struct indicator_text, id),
     .required = true,
     .help = "An id of the table of indicators."},
    {.name = "responsible_zh",
     STRING(struct indicator_text, responsible_zh),
     .help = "Responsible parties, in Chinese."},
    {.name = "responsible_en",
     STRING(struct indicator_text, responsible_en),
     .help = "Responsible parties, in English."},
    {.name = "responsible_inferred",
     .type = CONF_BOOL,
     .offset = offsetof(struct indicator_text, responsible_inferred),
     .fallback = "false",
     .help = "The plan names the parties for another paragraph; the mapping is ours."},
    {.name = "remark_zh",
     STRING(struct indicator_text, remark_zh),
     .help = "How the plan's wording is read, in Chinese."},
    {.name = "remark_en",
     STRING(struct indicator_text, remark_en),
     .help = "How the plan's wording is read, in English."},
    {.name = "clause",
     STRING(struct indicator_text, clause),
     .help = "Of a task without a target: the section of the plan and its own words."},
    {.name = "targets",
     .type = CONF_LIST,
     .children = target_table,
     .help = "By date, an undated one last."},
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
    {.name = "predecessor",
     STRING(struct area_text, area.predecessor),
     .help = "The code that it had before valid_from."},
    {.name = "valid_from",
     STRING(struct area_text, valid_from),
     .help = "First day of its present code."},
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

const struct conf_setting plan_file_table[] = {
    {.name = "id",
     STRING(struct plan_heading, id),
     .required = true,
     .help = "The plan's identifier."},
    {.name = "title_zh",
     STRING(struct plan_heading, title_zh),
     .required = true,
     .help = "Chinese title."},
    {.name = "title_en",
     STRING(struct plan_heading, title_en),
     .required = true,
     .help = "English title."},
    {.name = "document",
     STRING(struct plan_heading, document),
     .required = true,
     .help = "The document's own number."},
    {.name = "indicators_file",
     STRING(struct plan_heading, indicators_file),
     .required = true,
     .help = "The table of indicators, relative to this file's folder."},
    {.name = "indicators",
     .type = CONF_LIST,
     .required = true,
     .children = indicator_table,
     .help = "What the plan sets a target for, and its tasks, in the plan's order."},
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

static int read_target(const struct conf_group *group, struct plan_target *out_target,
                       struct conf_error *out_error)
{
    struct target_text text = {.date = ""};
    if (conf_read(group, target_table, &text, out_error) != 0)
        return -EINVAL;
    bool undated = text.target.status == TARGET_UNDATED;
    bool valued = text.target.status != TARGET_NOT_STATED;
    if (undated != (text.date[0] == '\0'))
        return conf_fail(group, "date", out_error,
                         "a target has a date, or it has status = \"undated\" and none");
    if (valued != text.target.value.known)
        return conf_fail(group, "value", out_error,
                         "a target has a value, or it has status = \"not-stated\" and none");
    if (!undated && clock_parse_date(text.date, &text.target.day) != 0)
        return conf_fail(group, "date", out_error, "'%s' is no date; write \"2017-12-31\"",
                         text.date);
    *out_target = text.target;
    return 0;
}

static bool target_follows(const struct plan_target *earlier, const struct plan_target *later)
{
    if (earlier->status == TARGET_UNDATED)
        return false;
    return later->status == TARGET_UNDATED || later->day > earlier->day;
}

static void put_together(const char *definition, const char *remark, char out[PLAN_NOTE_BYTES])
{
    char note[PLAN_NOTE_BYTES];
    (void)snprintf(note, sizeof note, "%s", definition);
    (void)snprintf(out, PLAN_NOTE_BYTES, "%.*s%s%.*s", PLAN_NOTE_BYTES - PLAN_TEXT_BYTES - 1, note,
                   note[0] && remark[0] ? " " : "", PLAN_TEXT_BYTES, remark);
}

static int find_row(const struct conf_group *group, const struct plan *plan,
                    const struct indicator_text *text, struct plan_indicator *out,
                    struct conf_error *out_error)
{
    const char *nearest = NULL;
    const struct plan_indicator *row = indicator_table_find(&plan->table, text->id, &nearest);
    if (!row)
        return conf_fail(group, "id", out_error, "no indicator '%s' in %s%s%s%s", text->id,
                         plan->heading.indicators_file, nearest ? "; did you mean '" : "",
                         nearest ? nearest : "", nearest ? "'?" : "");
    *out = *row;
    put_together(row->note_zh, text->remark_zh, out->note_zh);
    put_together(row->note_en, text->remark_en, out->note_en);
    memcpy(out->responsible_zh, text->responsible_zh, sizeof out->responsible_zh);
    memcpy(out->responsible_en, text->responsible_en, sizeof out->responsible_en);
    memcpy(out->clause, text->clause, sizeof out->clause);
    out->responsible_inferred = text->responsible_inferred;
    return 0;
}

static int read_indicator(const struct conf_group *group, const struct plan *plan,
                          struct plan_indicator *out, struct conf_error *out_error)
{
    struct indicator_text text;
    memset(&text, 0, sizeof text);
    if (conf_read(group, indicator_table, &text, out_error) != 0 ||
        find_row(group, plan, &text, out, out_error) != 0)
        return -EINVAL;
    size_t count = conf_list_length(group, "targets");
    if (count > PLAN_TARGETS_MAX)
        return conf_fail(group, "targets", out_error, "more than %d targets", PLAN_TARGETS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct conf_group *child = conf_list_group(group, "targets", i);
        if (read_target(child, &out->targets[i], out_error) != 0)
            return -EINVAL;
        if (i > 0 && !target_follows(&out->targets[i - 1], &out->targets[i]))
            return conf_fail(child, "date", out_error,
                             "targets stand by date, one for each, an undated one last");
    }
    out->target_count = count;
    if (count == 0 && text.clause[0] == '\0')
        return conf_fail(group, "targets", out_error,
                         "'%s' has no target, so a clause has to say which task it is", text.id);
    return 0;
}

static int read_area(const struct conf_group *group, struct plan_area *out,
                     struct conf_error *out_error)
{
    struct area_text text = {.valid_from = ""};
    if (conf_read(group, area_table, &text, out_error) != 0)
        return -EINVAL;
    bool dated = text.valid_from[0] != '\0';
    if (dated != (text.area.predecessor[0] != '\0'))
        return conf_fail(group, "valid_from", out_error,
                         "predecessor and valid_from come together or not at all");
    if (dated && clock_parse_date(text.valid_from, &text.area.valid_from_day) != 0)
        return conf_fail(group, "valid_from", out_error, "'%s' is no date; write \"2014-01-01\"",
                         text.valid_from);
    *out = text.area;
    return 0;
}

/* An array of `count` elements of a list, zeroed; NULL with out_error set. */
static void *new_elements(const struct conf_group *root, const char *name, size_t max, size_t size,
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

static int read_indicators(const struct conf_group *root, struct plan *plan,
                           struct conf_error *out_error)
{
    plan->indicators =
        new_elements(root, "indicators", INDICATORS_MAX, sizeof *plan->indicators, out_error);
    if (!plan->indicators)
        return -EINVAL;
    size_t count = conf_list_length(root, "indicators");
    for (size_t i = 0; i < count; i++) {
        const struct conf_group *group = conf_list_group(root, "indicators", i);
        struct plan_indicator *indicator = &plan->indicators[i];
        if (read_indicator(group, plan, indicator, out_error) != 0)
            return -EINVAL;
        if (plan_find_indicator(plan, indicator->id))
            return conf_fail(group, "id", out_error, "'%s' stands twice", indicator->id);
        plan->indicator_count++;
    }
    return 0;
}

static int read_areas(const struct conf_group *root, struct plan *plan,
                      struct conf_error *out_error)
{
    plan->areas = new_elements(root, "areas", AREAS_MAX, sizeof *plan->areas, out_error);
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
        new_elements(root, "operators", OPERATORS_MAX, sizeof *plan->operators, out_error);
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

/* The path of a file that another names, relative to that one's folder. */
static void beside_plan(const char *path, char name[static PLAN_TEXT_BYTES])
{
    char given[PLAN_TEXT_BYTES];
    const char *slash = strrchr(path, '/');
    if (name[0] == '/' || !slash)
        return;
    memcpy(given, name, sizeof given);
    (void)snprintf(name, PLAN_TEXT_BYTES, "%.*s%s", (int)(slash - path + 1), path, given);
}

int plan_file_read(const char *path, const char *indicators_file, struct plan *plan,
                   struct conf_error *out_error)
{
    struct conf *conf = conf_open(path, out_error);
    if (!conf)
        return -EINVAL;
    int status = conf_read(conf_root(conf), plan_file_table, &plan->heading, out_error);
    if (indicators_file)
        (void)snprintf(plan->heading.indicators_file, sizeof plan->heading.indicators_file, "%s",
                       indicators_file);
    else
        beside_plan(path, plan->heading.indicators_file);
    if (status == 0)
        status = indicator_table_read(plan->heading.indicators_file, &plan->table, out_error);
    if (status == 0)
        status = read_indicators(conf_root(conf), plan, out_error);
    conf_close(conf);
    return status;
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
        status = read_operators(conf_root(conf), plan, out_error);
    conf_close(conf);
    return status;
}
