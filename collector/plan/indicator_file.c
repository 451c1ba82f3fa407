/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/plan/indicator_file.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INDICATORS_MAX  256
#define DEFINITIONS_MAX 16
#define CHANGES_MAX     32

#define STRING(owner, field)                                                                       \
    .type = CONF_STRING, .offset = offsetof(owner, field), .size = sizeof(((owner *)0)->field)
#define CHOICE(owner, field, table)                                                                \
    .type = CONF_ENUM, .offset = offsetof(owner, field), .names = (table)

/* A definition as it stands in the file: what it leaves out is its indicator's. */
struct definition_text {
    struct plan_definition definition;
    int evidence; /* enum evidence_class, or EVIDENCE_OF_INDICATOR */
    struct optional_double decimals;
};

#define EVIDENCE_OF_INDICATOR 3
static const struct conf_name definition_evidence_names[] = {
    {"measured", EVIDENCE_MEASURED},
    {"derived", EVIDENCE_DERIVED},
    {"declared", EVIDENCE_DECLARED},
    {"of-indicator", EVIDENCE_OF_INDICATOR},
    {NULL, 0},
};

#define DEFINITION(field) offsetof(struct definition_text, definition.field)

static const struct conf_setting definition_table[] = {
    {.name = "name",
     STRING(struct definition_text, definition.name),
     .required = true,
     .help = "Its name, by which it may be asked for."},
    {.name = "label_zh",
     STRING(struct definition_text, definition.label_zh),
     .required = true,
     .help = "What it counts, in Chinese."},
    {.name = "label_en",
     STRING(struct definition_text, definition.label_en),
     .required = true,
     .help = "What it counts, in English."},
    {.name = "numerator",
     CHOICE(struct definition_text, definition.numerator, quantity_names),
     .required = true,
     .help = "What is counted, or measured."},
    {.name = "population",
     CHOICE(struct definition_text, definition.population, population_names),
     .fallback = "all",
     .help = "Of whom."},
    {.name = "instant",
     CHOICE(struct definition_text, definition.instant, instant_names),
     .required = true,
     .help = "When."},
    {.name = "denominator",
     CHOICE(struct definition_text, definition.denominator, denominator_names),
     .fallback = "none",
     .help = "Against what."},
    {.name = "variable",
     STRING(struct definition_text, definition.variable),
     .help = "The imported variable that is the numerator."},
    {.name = "rate_mbit_s",
     .type = CONF_DOUBLE,
     .offset = DEFINITION(rate_mbit_s),
     .fallback = "0",
     .max = 1e6,
     .unit = "Mbit/s",
     .help = "From which rate on a line counts."},
    {.name = "percent",
     .type = CONF_DOUBLE,
     .offset = DEFINITION(percent),
     .fallback = "0",
     .max = 100,
     .unit = "%",
     .help = "The quantile, or the utilisation."},
    {.name = "role",
     CHOICE(struct definition_text, definition.role, interface_role_names),
     .fallback = "none",
     .help = "Which interfaces."},
    {.name = "classes",
     .type = CONF_STRINGS,
     .help = "Classes of destinations; one that ends in * stands for all that begin so."},
    {.name = "evidence",
     CHOICE(struct definition_text, evidence, definition_evidence_names),
     .fallback = "of-indicator",
     .help = "How the figure is come by, where it differs."},
    {.name = "unit",
     STRING(struct definition_text, definition.unit),
     .help = "Unit, where it differs."},
    {.name = "unit_zh",
     STRING(struct definition_text, definition.unit_zh),
     .help = "The unit in Chinese."},
    {.name = "decimals",
     .type = CONF_OPTIONAL_DOUBLE,
     .offset = offsetof(struct definition_text, decimals),
     .min = 0,
     .max = 6,
     .help = "Digits shown after the point, where they differ."},
    {.name = "beside",
     .type = CONF_BOOL,
     .offset = DEFINITION(beside),
     .fallback = "false",
     .help = "Exported beside the default without being asked for."},
    {.name = "note_zh",
     STRING(struct definition_text, definition.note_zh),
     .help = "Remark, in Chinese."},
    {.name = "note_en",
     STRING(struct definition_text, definition.note_en),
     .help = "Remark, in English."},
    {.name = NULL},
};

struct change_text {
    struct plan_change change;
    char date[CLOCK_DATE_BYTES];
};

static const struct conf_setting change_table[] = {
    {.name = "date",
     STRING(struct change_text, date),
     .required = true,
     .help = "The first day of this version."},
    {.name = "version",
     .type = CONF_UNSIGNED,
     .offset = offsetof(struct change_text, change.version),
     .required = true,
     .min = 1,
     .max = 9999,
     .help = "The version that begins."},
    {.name = "text_zh",
     STRING(struct change_text, change.text_zh),
     .required = true,
     .help = "What changed, in Chinese."},
    {.name = "text_en",
     STRING(struct change_text, change.text_en),
     .required = true,
     .help = "What changed, in English."},
    {.name = NULL},
};

struct indicator_text {
    struct plan_indicator indicator;
    char default_name[DEFINITION_NAME_BYTES];
};

static const struct conf_setting row_table[] = {
    {.name = "id",
     STRING(struct indicator_text, indicator.id),
     .required = true,
     .help = "Stable English identifier."},
    {.name = "label_zh",
     STRING(struct indicator_text, indicator.label_zh),
     .required = true,
     .help = "Chinese name."},
    {.name = "label_en",
     STRING(struct indicator_text, indicator.label_en),
     .required = true,
     .help = "English name."},
    {.name = "unit",
     STRING(struct indicator_text, indicator.unit),
     .required = true,
     .help = "Unit of value and target."},
    {.name = "unit_zh",
     STRING(struct indicator_text, indicator.unit_zh),
     .required = true,
     .help = "The unit in Chinese."},
    {.name = "decimals",
     .type = CONF_UNSIGNED,
     .offset = offsetof(struct indicator_text, indicator.decimals),
     .fallback = "0",
     .max = 6,
     .help = "Digits shown after the point; verdicts use the unrounded value."},
    {.name = "evidence",
     CHOICE(struct indicator_text, indicator.evidence_class, evidence_class_names),
     .required = true,
     .help = "How the figure is come by."},
    {.name = "note_zh",
     STRING(struct indicator_text, indicator.note_zh),
     .help = "Remark, in Chinese."},
    {.name = "note_en",
     STRING(struct indicator_text, indicator.note_en),
     .help = "Remark, in English."},
    {.name = "definition_version",
     .type = CONF_UNSIGNED,
     .offset = offsetof(struct indicator_text, indicator.definition_version),
     .fallback = "1",
     .min = 1,
     .max = 9999,
     .help = "Raised when a definition changes; the series breaks there."},
    {.name = "default",
     STRING(struct indicator_text, default_name),
     .help = "The definition that verdicts go by; absent: the first."},
    {.name = "definitions",
     .type = CONF_LIST,
     .children = definition_table,
     .help = "How it may be counted; absent: declared, and nothing else."},
    {.name = "changes",
     .type = CONF_LIST,
     .children = change_table,
     .help = "When the definition changed, by date."},
    {.name = NULL},
};

const struct conf_setting indicator_file_table[] = {
    {.name = "indicators",
     .type = CONF_LIST,
     .required = true,
     .children = row_table,
     .help = "What a plan may set targets for."},
    {.name = NULL},
};

static int read_classes(const struct conf_group *group, struct plan_definition *definition,
                        struct conf_error *out_error)
{
    size_t count = conf_list_length(group, "classes");
    if (count > DEFINITION_CLASSES_MAX)
        return conf_fail(group, "classes", out_error, "more than %d classes",
                         DEFINITION_CLASSES_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *name = conf_list_string(group, "classes", i);
        if (!name || !name[0] || strlen(name) >= DEFINITION_NAME_BYTES)
            return conf_fail(group, "classes", out_error, "a class is a short name");
        (void)snprintf(definition->classes[i], sizeof definition->classes[i], "%s", name);
    }
    definition->class_count = count;
    return 0;
}

static void inherit(const struct plan_indicator *indicator, const struct definition_text *text,
                    struct plan_definition *out)
{
    *out = text->definition;
    out->evidence_class = text->evidence == EVIDENCE_OF_INDICATOR
                              ? indicator->evidence_class
                              : (enum evidence_class)text->evidence;
    out->decimals = text->decimals.known ? (uint64_t)text->decimals.value : indicator->decimals;
    if (!out->unit[0]) {
        memcpy(out->unit, indicator->unit, sizeof out->unit);
        memcpy(out->unit_zh, indicator->unit_zh, sizeof out->unit_zh);
    }
}

static int read_definition(const struct conf_group *group, const struct plan_indicator *indicator,
                           struct plan_definition *out, struct conf_error *out_error)
{
    struct definition_text text;
    memset(&text, 0, sizeof text);
    if (conf_read(group, definition_table, &text, out_error) != 0 ||
        read_classes(group, &text.definition, out_error) != 0)
        return -EINVAL;
    if ((text.definition.unit[0] == '\0') != (text.definition.unit_zh[0] == '\0'))
        return conf_fail(group, "unit", out_error, "unit and unit_zh come together or not at all");
    const char *key = NULL;
    const char *fault = definition_fault(&text.definition, &key);
    if (fault)
        return conf_fail(group, key, out_error, "'%s' of definition '%s' %s", key,
                         text.definition.name, fault);
    if (plan_find_definition(indicator, text.definition.name))
        return conf_fail(group, "name", out_error, "'%s' stands twice", text.definition.name);
    inherit(indicator, &text, out);
    bool declared = out->numerator == QUANTITY_DECLARED;
    if (declared && out->evidence_class != EVIDENCE_DECLARED)
        return conf_fail(group, "evidence", out_error,
                         "'%s' counts nothing, so its evidence can only be \"declared\"",
                         out->name);
    return 0;
}

/* The default comes first. */
static int put_default_first(const struct conf_group *group, struct plan_definition *definitions,
                             const struct indicator_text *text, struct conf_error *out_error)
{
    const char *names[DEFINITIONS_MAX];
    const char *wanted = text->default_name;
    if (!wanted[0])
        return 0;
    for (size_t i = 0; i < text->indicator.definition_count; i++) {
        names[i] = definitions[i].name;
        if (strcmp(definitions[i].name, wanted) != 0)
            continue;
        struct plan_definition first = definitions[i];
        memmove(&definitions[1], &definitions[0], i * sizeof definitions[0]);
        definitions[0] = first;
        return 0;
    }
    const char *nearest = conf_nearest(wanted, names, text->indicator.definition_count);
    return conf_fail(group, "default", out_error, "no definition '%s'%s%s%s", wanted,
                     nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

static const struct plan_definition declared_definition = {
    .name = "declared",
    .label_zh = "申报值",
    .label_en = "as declared",
    .numerator = QUANTITY_DECLARED,
    .instant = INSTANT_DECLARED,
};

static int read_definitions(const struct conf_group *group, struct indicator_text *text,
                            struct conf_error *out_error)
{
    struct plan_indicator *indicator = &text->indicator;
    size_t count = conf_list_length(group, "definitions");
    if (count > DEFINITIONS_MAX)
        return conf_fail(group, "definitions", out_error, "more than %d", DEFINITIONS_MAX);
    struct plan_definition *definitions = calloc(count ? count : 1, sizeof *definitions);
    if (!definitions)
        return conf_fail(group, "definitions", out_error, "out of memory");
    indicator->definitions = definitions; /* the table's from here on */
    if (count == 0 && indicator->evidence_class != EVIDENCE_DECLARED)
        return conf_fail(group, "evidence", out_error,
                         "'%s' has no definition, so its evidence can only be \"declared\"",
                         indicator->id);
    if (count == 0) {
        inherit(indicator,
                &(struct definition_text){.definition = declared_definition,
                                          .evidence = EVIDENCE_OF_INDICATOR},
                definitions);
        indicator->definition_count = 1;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (read_definition(conf_list_group(group, "definitions", i), indicator, &definitions[i],
                            out_error) != 0)
            return -EINVAL;
        indicator->definition_count++;
    }
    return put_default_first(group, definitions, text, out_error);
}

static int read_changes(const struct conf_group *group, struct plan_indicator *indicator,
                        struct conf_error *out_error)
{
    size_t count = conf_list_length(group, "changes");
    if (count > CHANGES_MAX)
        return conf_fail(group, "changes", out_error, "more than %d", CHANGES_MAX);
    struct plan_change *changes = calloc(count ? count : 1, sizeof *changes);
    if (!changes)
        return conf_fail(group, "changes", out_error, "out of memory");
    indicator->changes = changes;
    for (size_t i = 0; i < count; i++) {
        const struct conf_group *child = conf_list_group(group, "changes", i);
        struct change_text text = {.date = ""};
        if (conf_read(child, change_table, &text, out_error) != 0)
            return -EINVAL;
        if (clock_parse_date(text.date, &text.change.day) != 0)
            return conf_fail(child, "date", out_error, "'%s' is no date; write \"2017-12-31\"",
                             text.date);
        if (i > 0 && (text.change.day <= changes[i - 1].day ||
                      text.change.version <= changes[i - 1].version))
            return conf_fail(child, "date", out_error, "changes stand by date and version");
        changes[indicator->change_count++] = text.change;
    }
    if (count > 0 && changes[count - 1].version != indicator->definition_version)
        return conf_fail(group, "definition_version", out_error,
                         "the last change is to another version");
    return 0;
}

static int read_row(const struct conf_group *group, struct plan_indicator *out,
                    struct conf_error *out_error)
{
    struct indicator_text text;
    memset(&text, 0, sizeof text);
    int status = conf_read(group, row_table, &text, out_error);
    if (status == 0)
        status = read_definitions(group, &text, out_error);
    if (status == 0)
        status = read_changes(group, &text.indicator, out_error);
    *out = text.indicator;
    return status;
}

static int read_rows(const struct conf_group *root, struct indicator_table *table,
                     struct conf_error *out_error)
{
    size_t count = conf_list_length(root, "indicators");
    if (count == 0 || count > INDICATORS_MAX)
        return conf_fail(root, "indicators", out_error, "'indicators' needs 1 to %d elements",
                         INDICATORS_MAX);
    table->rows = calloc(count, sizeof *table->rows);
    if (!table->rows)
        return conf_fail(root, "indicators", out_error, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct conf_group *group = conf_list_group(root, "indicators", i);
        struct plan_indicator *row = &table->rows[table->count++];
        if (read_row(group, row, out_error) != 0)
            return -EINVAL;
        for (size_t k = 0; k < i; k++)
            if (strcmp(table->rows[k].id, row->id) == 0)
                return conf_fail(group, "id", out_error, "'%s' stands twice", row->id);
    }
    return 0;
}

int indicator_table_read(const char *path, struct indicator_table *table,
                         struct conf_error *out_error)
{
    char nothing = 0; /* the file holds a list only */
    memset(table, 0, sizeof *table);
    struct conf *conf = conf_open(path, out_error);
    if (!conf)
        return -EINVAL;
    int status = conf_read(conf_root(conf), indicator_file_table, &nothing, out_error);
    if (status == 0)
        status = read_rows(conf_root(conf), table, out_error);
    conf_close(conf);
    return status;
}

void indicator_table_free(struct indicator_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->rows[i].definitions);
        free(table->rows[i].changes);
    }
    free(table->rows);
    memset(table, 0, sizeof *table);
}

const struct plan_indicator *indicator_table_find(const struct indicator_table *table,
                                                  const char *id, const char **out_nearest)
{
    const char *names[INDICATORS_MAX];
    *out_nearest = NULL;
    for (size_t i = 0; i < table->count; i++) {
        names[i] = table->rows[i].id;
        if (strcmp(names[i], id) == 0)
            return &table->rows[i];
    }
    *out_nearest = conf_nearest(id, names, table->count);
    return NULL;
}
