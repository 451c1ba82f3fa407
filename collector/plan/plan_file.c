/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/plan/plan_file.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDICATORS_MAX 256

/* As they stand in the file, with dates still to be parsed. */
struct target_text {
    struct plan_target target;
    char date[CLOCK_DATE_BYTES];
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
     .max = 1e12,
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

static int read_indicators(const struct conf_group *root, struct plan *plan,
                           struct conf_error *out_error)
{
    plan->indicators =
        plan_new_elements(root, "indicators", INDICATORS_MAX, sizeof *plan->indicators, out_error);
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
