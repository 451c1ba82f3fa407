/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/definitions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX  256
#define SEPARATORS ", "

static int refuse(struct conf_error *out_error, const char *what, const char *word,
                  const char *const *names, size_t count)
{
    const char *nearest = conf_nearest(word, names, count);
    (void)snprintf(out_error->text, sizeof out_error->text, "no %s '%.64s'%s%s%s", what, word,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return -EINVAL;
}

static int find_indicator(const struct plan *plan, const char *id,
                          const struct plan_indicator **out, struct conf_error *out_error)
{
    const char *names[NAMES_MAX];
    size_t count = plan_indicator_count(plan);
    *out = plan_find_indicator(plan, id);
    for (size_t i = 0; i < count && i < NAMES_MAX; i++)
        names[i] = plan_indicator_at(plan, i)->id;
    return *out ? 0
                : refuse(out_error, "indicator", id, names, count < NAMES_MAX ? count : NAMES_MAX);
}

static int find_definition(const struct plan_indicator *indicator, const char *name,
                           const struct plan_definition **out, struct conf_error *out_error)
{
    const char *names[NAMES_MAX];
    *out = plan_find_definition(indicator, name);
    for (size_t i = 0; i < indicator->definition_count && i < NAMES_MAX; i++)
        names[i] = indicator->definitions[i].name;
    return *out ? 0 : refuse(out_error, "definition", name, names, indicator->definition_count);
}

static int add_choice(struct definition_choices *choices, const struct plan *plan, char *choice,
                      struct conf_error *out_error)
{
    const struct plan_indicator *indicator = NULL;
    const struct plan_definition *definition = NULL;
    char *equals = strchr(choice, '=');
    if (!equals) {
        (void)snprintf(out_error->text, sizeof out_error->text,
                       "'%.64s': write INDICATOR=DEFINITION", choice);
        return -EINVAL;
    }
    *equals = '\0';
    int status = find_indicator(plan, choice, &indicator, out_error);
    if (status == 0)
        status = find_definition(indicator, equals + 1, &definition, out_error);
    if (status != 0)
        return status;
    if (choices->count == DEFINITION_CHOICES_MAX) {
        (void)snprintf(out_error->text, sizeof out_error->text, "more than %d definitions",
                       DEFINITION_CHOICES_MAX);
        return -EINVAL;
    }
    choices->definitions[choices->count++] = definition;
    return 0;
}

int definition_choices_add(struct definition_choices *choices, const struct plan *plan,
                           const char *text, struct conf_error *out_error)
{
    char copy[1024];
    char *rest = NULL;
    int status = 0;
    if (text && strlen(text) >= sizeof copy) {
        (void)snprintf(out_error->text, sizeof out_error->text, "too many definitions at once");
        return -EINVAL;
    }
    (void)snprintf(copy, sizeof copy, "%s", text ? text : "");
    for (char *choice = strtok_r(copy, SEPARATORS, &rest); choice && status == 0;
         choice = strtok_r(NULL, SEPARATORS, &rest))
        status = add_choice(choices, plan, choice, out_error);
    return status;
}
