/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stable names of numerators and denominators, "residential-lines.active-90d", out of patterns:
 * what stands in braces is a word of the definition, or a rule in force.
 */
#include "collector/plan/definition.h"

#include <stdio.h>
#include <string.h>

#define LINES_AT_INSTANT "{population}-lines.{instant}"

static const char *const numerator_patterns[QUANTITY_COUNT] = {
    [QUANTITY_DECLARED] = "declared",
    [QUANTITY_INDEX] = "index",
    [QUANTITY_NOT_CARRIED] = "not-carried",
    [QUANTITY_IMPORTED] = "{variable}",
    [QUANTITY_LINES] = LINES_AT_INSTANT,
    [QUANTITY_FTTH_LINES] = "{population-}ftth-lines.{instant}",
    [QUANTITY_FIBRE_LINES] = "{population-}ftth-fttb-lines.{instant}",
    [QUANTITY_CAPABLE_LINES] = "{population}-lines.capable-{rate}-mbit-s",
    [QUANTITY_CAPABILITY] = "{population}-lines.capability",
    [QUANTITY_PROVISIONED_RATE] = "{population}-lines.provisioned-p{percent}",
    [QUANTITY_CONTRACTED_RATE] = "{population}-lines.contracted-p{percent}",
    [QUANTITY_MEAN_RATE] = "{population}-lines.provisioned-mean",
    [QUANTITY_ACHIEVED_RATE] = "{population}-lines.achieved-p{percent}",
    [QUANTITY_FAST_LINES] = "{population}-lines.seen-at-800-mbit-s",
    [QUANTITY_ACCESS_POINTS] = "{population-}wtp.run-{presence}-days",
    [QUANTITY_DEPLOYED_POINTS] = "wtp.configured",
    [QUANTITY_VENUES] = "venues.wtp-run-{presence}-days",
    [QUANTITY_COVERED_VENUES] = "venues.covered-{percent}-percent-of-days",
    [QUANTITY_CAPACITY] = "{role}-interfaces.capacity",
    [QUANTITY_UTILISATION] = "{role}-interfaces.p95-utilisation",
    [QUANTITY_HOURS_ABOVE] = "{role}-interfaces.hours-above-{percent}-percent",
    [QUANTITY_DESTINATION_LINES] = "{population}-lines.reaching:{classes}",
    [QUANTITY_DESTINATION_OCTETS] = "{population-}octets:{classes}",
    [QUANTITY_DESTINATION_RTT] = "{population-}rtt-p{percent}:{classes}",
    [QUANTITY_DESTINATION_LOSS] = "{population-}retransmitted:{classes}",
    [QUANTITY_DESTINATION_SEEN] = "{population-}intervals-answered:{classes}",
    [QUANTITY_WLAN_USERS] = "{population-}wlan-users.daily",
    [QUANTITY_WLAN_OCTETS] = "{population-}wlan-octets.daily",
};

/* Lines stand under a share in the words of their own numerator. */
static const char *lines_pattern(enum quantity numerator)
{
    switch ((int)numerator) {
    case QUANTITY_CAPABILITY:
    case QUANTITY_CAPABLE_LINES:
    case QUANTITY_PROVISIONED_RATE:
    case QUANTITY_MEAN_RATE:
        return "{population}-lines";
    case QUANTITY_DESTINATION_LINES:
        return "{population}-lines.seen-30d";
    default:
        return LINES_AT_INSTANT;
    }
}

/* A text that grows in a buffer of fixed size; what does not fit is cut. */
struct name {
    char *out;
    size_t size, used;
};

static void add(struct name *name, const char *text, size_t length)
{
    size_t room = name->size - name->used - 1;
    size_t take = length < room ? length : room;
    memcpy(name->out + name->used, text, take);
    name->used += take;
    name->out[name->used] = '\0';
}

static void add_text(struct name *name, const char *text)
{
    add(name, text, strlen(text));
}

static void add_number(struct name *name, double number)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.6g", number);
    add_text(name, text);
}

static void add_instant(struct name *name, enum instant instant, uint64_t activity_days)
{
    if (instant != INSTANT_ACTIVE) {
        add_text(name, conf_id_name(instant_names, (int)instant));
        return;
    }
    add_text(name, "active-");
    add_number(name, (double)activity_days);
    add_text(name, "d");
}

static void add_classes(struct name *name, const struct plan_definition *definition)
{
    for (size_t i = 0; i < definition->class_count; i++) {
        add_text(name, i ? "+" : "");
        add_text(name, definition->classes[i]);
    }
}

enum word {
    POPULATION,
    POPULATION_DASH,
    INSTANT,
    VARIABLE,
    RATE,
    PERCENT,
    ROLE,
    CLASSES,
    PRESENCE
};
static const struct conf_name words[] = {
    {"{population}", POPULATION},
    {"{population-}", POPULATION_DASH},
    {"{instant}", INSTANT},
    {"{variable}", VARIABLE},
    {"{rate}", RATE},
    {"{percent}", PERCENT},
    {"{role}", ROLE},
    {"{classes}", CLASSES},
    {"{presence}", PRESENCE},
    {NULL, 0},
};

static void add_word(struct name *name, const struct plan_definition *definition,
                     const struct definition_days *days, enum word word)
{
    const char *population = conf_id_name(population_names, (int)definition->population);
    switch (word) {
    case POPULATION_DASH:
        if (definition->population == POPULATION_ALL ||
            (definition->population == POPULATION_PUBLIC &&
             definition->numerator == QUANTITY_ACCESS_POINTS))
            return; /* what the word alone means */
        add_text(name, population);
        add_text(name, "-");
        return;
    case POPULATION:
        add_text(name, population);
        return;
    case INSTANT:
        add_instant(name, definition->instant, days->activity);
        return;
    case VARIABLE:
        add_text(name, definition->variable);
        return;
    case RATE:
        add_number(name, definition->rate_mbit_s);
        return;
    case PERCENT:
        add_number(name, definition->percent);
        return;
    case ROLE:
        add_text(name, conf_id_name(interface_role_names, (int)definition->role));
        return;
    case CLASSES:
        add_classes(name, definition);
        return;
    case PRESENCE:
        add_number(name, (double)days->presence);
        return;
    }
}

static void expand(const char *pattern, const struct plan_definition *definition,
                   const struct definition_days *days, char *out, size_t size)
{
    struct name name = {.out = out, .size = size};
    out[0] = '\0';
    while (*pattern) {
        const struct conf_name *word = words;
        while (word->name && strncmp(pattern, word->name, strlen(word->name)) != 0)
            word++;
        if (word->name)
            add_word(&name, definition, days, (enum word)word->id);
        else
            add(&name, pattern, 1);
        pattern += word->name ? strlen(word->name) : 1;
    }
}

void definition_numerator_name(const struct plan_definition *definition,
                               const struct definition_days *days, char *out, size_t size)
{
    expand(numerator_patterns[definition->numerator], definition, days, out, size);
}

void definition_denominator_name(const struct plan_definition *definition,
                                 const struct definition_days *days, char *out, size_t size)
{
    const char *pattern = "";
    if (definition->denominator == DENOMINATOR_LINES)
        pattern = lines_pattern(definition->numerator);
    else if (definition->denominator != DENOMINATOR_NONE)
        pattern = conf_id_name(denominator_names, (int)definition->denominator);
    expand(pattern, definition, days, out, size);
}
