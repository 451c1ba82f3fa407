/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/options.h"

#include <errno.h>
#include <string.h>

static size_t rule_count(const struct option_rule *rules)
{
    size_t count = 0;
    while (rules[count].name)
        count++;
    return count;
}

static int fail_unknown(const struct option_rule *rules, const char *word,
                        struct conf_error *out_error)
{
    const char *known[OPTIONS_MAX];
    size_t count = rule_count(rules);
    for (size_t i = 0; i < count; i++)
        known[i] = rules[i].name;
    const char *nearest = conf_nearest(word, known, count);
    (void)snprintf(out_error->text, sizeof out_error->text, "unknown option '%.60s'%s%s%s", word,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return -EINVAL;
}

static size_t find_rule(const struct option_rule *rules, const char *word, size_t length)
{
    size_t i = 0;
    while (rules[i].name &&
           (strlen(rules[i].name) != length || strncmp(rules[i].name, word, length) != 0))
        i++;
    return i;
}

static int read_option(struct options *options, const char *word, const char *next,
                       bool *out_took_next, struct conf_error *out_error)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    size_t i = find_rule(options->rules, word, length);
    const struct option_rule *rule = &options->rules[i];
    *out_took_next = false;
    if (!rule->name)
        return fail_unknown(options->rules, word, out_error);
    if (!rule->value && equals) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s takes no value", rule->name);
        return -EINVAL;
    }
    *out_took_next = rule->value && !equals;
    const char *value = !rule->value ? "" : equals ? equals + 1 : next;
    if (rule->value && options->values[i]) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s is given twice", rule->name);
        return -EINVAL;
    }
    if (!value) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s needs a value: %s", rule->name,
                       rule->value);
        return -EINVAL;
    }
    options->values[i] = value;
    return 0;
}

int options_read(const struct option_rule *rules, int argc, char *const *argv,
                 struct options *out_options, struct conf_error *out_error)
{
    struct options options = {.rules = rules};
    bool ended = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        bool took_next = false;
        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
        } else if (!ended && strncmp(word, "--", 2) == 0) {
            const char *next = i + 1 < argc ? argv[i + 1] : NULL;
            if (read_option(&options, word, next, &took_next, out_error) != 0)
                return -EINVAL;
        } else if (!ended && word[0] == '-' && word[1] != '\0') {
            return fail_unknown(rules, word, out_error);
        } else if (options.argument_count == OPTIONS_ARGUMENTS_MAX) {
            (void)snprintf(out_error->text, sizeof out_error->text, "more than %d arguments",
                           OPTIONS_ARGUMENTS_MAX);
            return -EINVAL;
        } else {
            options.arguments[options.argument_count++] = word;
        }
        i += took_next;
    }
    *out_options = options;
    return 0;
}

const char *options_value(const struct options *options, const char *name)
{
    return options->values[find_rule(options->rules, name, strlen(name))];
}

void options_print(FILE *out, const struct option_rule *rules)
{
    for (const struct option_rule *rule = rules; rule->name; rule++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s", rule->name, rule->value ? " " : "",
                       rule->value ? rule->value : "");
        (void)fprintf(out, "  %-20s  %s\n", left, rule->help);
    }
}
