/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/plan/definition.h"

#include <string.h>

const struct conf_name evidence_class_names[] = {
    {"measured", EVIDENCE_MEASURED},
    {"derived", EVIDENCE_DERIVED},
    {"declared", EVIDENCE_DECLARED},
    {NULL, 0},
};

const struct conf_name quantity_names[] = {
    {"declared", QUANTITY_DECLARED},
    {"index", QUANTITY_INDEX},
    {"not-carried", QUANTITY_NOT_CARRIED},
    {"imported", QUANTITY_IMPORTED},
    {"lines", QUANTITY_LINES},
    {"ftth-lines", QUANTITY_FTTH_LINES},
    {"fibre-lines", QUANTITY_FIBRE_LINES},
    {"capable-lines", QUANTITY_CAPABLE_LINES},
    {"capability", QUANTITY_CAPABILITY},
    {"provisioned-rate", QUANTITY_PROVISIONED_RATE},
    {"contracted-rate", QUANTITY_CONTRACTED_RATE},
    {"mean-rate", QUANTITY_MEAN_RATE},
    {"achieved-rate", QUANTITY_ACHIEVED_RATE},
    {"fast-lines", QUANTITY_FAST_LINES},
    {"access-points", QUANTITY_ACCESS_POINTS},
    {"deployed-points", QUANTITY_DEPLOYED_POINTS},
    {"venues", QUANTITY_VENUES},
    {"covered-venues", QUANTITY_COVERED_VENUES},
    {"capacity", QUANTITY_CAPACITY},
    {"utilisation", QUANTITY_UTILISATION},
    {"hours-above", QUANTITY_HOURS_ABOVE},
    {"destination-lines", QUANTITY_DESTINATION_LINES},
    {"destination-octets", QUANTITY_DESTINATION_OCTETS},
    {"destination-rtt", QUANTITY_DESTINATION_RTT},
    {"destination-loss", QUANTITY_DESTINATION_LOSS},
    {"destination-seen", QUANTITY_DESTINATION_SEEN},
    {"wlan-users", QUANTITY_WLAN_USERS},
    {"wlan-octets", QUANTITY_WLAN_OCTETS},
    {NULL, 0},
};

const struct conf_name population_names[] = {
    {"all", POPULATION_ALL},
    {"residential", POPULATION_RESIDENTIAL},
    {"business", POPULATION_BUSINESS},
    {"urban", POPULATION_URBAN},
    {"rural", POPULATION_RURAL},
    {"public", POPULATION_PUBLIC},
    {NULL, 0},
};

const struct conf_name instant_names[] = {
    {"declared", INSTANT_DECLARED},     {"active", INSTANT_ACTIVE},
    {"active-30d", INSTANT_ACTIVE_30D}, {"contracted", INSTANT_CONTRACTED},
    {"last-poll", INSTANT_LAST_POLL},   {"present", INSTANT_PRESENT},
    {"month", INSTANT_MONTH},           {NULL, 0},
};

const struct conf_name denominator_names[] = {
    {"none", DENOMINATOR_NONE},
    {"lines", DENOMINATOR_LINES},
    {"venues", DENOMINATOR_VENUES},
    {"resident-households", DENOMINATOR_RESIDENT_HOUSEHOLDS},
    {"registered-households", DENOMINATOR_REGISTERED_HOUSEHOLDS},
    {"population", DENOMINATOR_POPULATION},
    {"dwellings", DENOMINATOR_DWELLINGS},
    {"access-ports", DENOMINATOR_ACCESS_PORTS},
    {NULL, 0},
};

bool denominator_is_imported(enum denominator_kind denominator)
{
    return denominator >= DENOMINATOR_RESIDENT_HOUSEHOLDS;
}

#define BIT(value)   (1U << (unsigned)(value))
#define ANY_LINES    (BIT(INSTANT_ACTIVE) | BIT(INSTANT_ACTIVE_30D) | BIT(INSTANT_CONTRACTED))
#define ACTIVE_LINES (BIT(INSTANT_ACTIVE) | BIT(INSTANT_ACTIVE_30D))
#define LINE_POPULATIONS                                                                           \
    (BIT(POPULATION_ALL) | BIT(POPULATION_RESIDENTIAL) | BIT(POPULATION_BUSINESS) |                \
     BIT(POPULATION_URBAN) | BIT(POPULATION_RURAL))
#define ALL        BIT(POPULATION_ALL)
#define PUBLIC_TOO (BIT(POPULATION_ALL) | BIT(POPULATION_PUBLIC))
#define NO_DIVISOR BIT(DENOMINATOR_NONE)
#define LINES      BIT(DENOMINATOR_LINES)
#define IMPORTED                                                                                   \
    (BIT(DENOMINATOR_RESIDENT_HOUSEHOLDS) | BIT(DENOMINATOR_REGISTERED_HOUSEHOLDS) |               \
     BIT(DENOMINATOR_POPULATION) | BIT(DENOMINATOR_DWELLINGS) | BIT(DENOMINATOR_ACCESS_PORTS))

/* What a quantity can be put together with, and what it needs besides. */
static const struct quantity_rule {
    unsigned populations, instants, denominators;
    bool needs_rate, needs_percent, needs_role, needs_classes, needs_variable;
} quantity_rules[QUANTITY_COUNT] = {
    [QUANTITY_DECLARED] = {ALL, BIT(INSTANT_DECLARED), NO_DIVISOR | IMPORTED, .needs_rate = false},
    [QUANTITY_INDEX] = {ALL, BIT(INSTANT_DECLARED), NO_DIVISOR, .needs_rate = false},
    [QUANTITY_NOT_CARRIED] = {~0U, ~0U, ~0U, .needs_rate = false},
    [QUANTITY_IMPORTED] = {ALL, BIT(INSTANT_DECLARED), IMPORTED, .needs_variable = true},
    [QUANTITY_LINES] = {BIT(POPULATION_ALL) | BIT(POPULATION_RESIDENTIAL) |
                            BIT(POPULATION_BUSINESS),
                        ANY_LINES, NO_DIVISOR | IMPORTED, .needs_rate = false},
    [QUANTITY_FTTH_LINES] = {LINE_POPULATIONS, ACTIVE_LINES, LINES, .needs_rate = false},
    [QUANTITY_FIBRE_LINES] = {LINE_POPULATIONS, ACTIVE_LINES, LINES, .needs_rate = false},
    [QUANTITY_CAPABLE_LINES] = {LINE_POPULATIONS, BIT(INSTANT_LAST_POLL), LINES,
                                .needs_rate = true},
    [QUANTITY_CAPABILITY] = {LINE_POPULATIONS, BIT(INSTANT_LAST_POLL), LINES, .needs_rate = false},
    [QUANTITY_PROVISIONED_RATE] = {LINE_POPULATIONS, BIT(INSTANT_LAST_POLL), LINES,
                                   .needs_percent = true},
    [QUANTITY_CONTRACTED_RATE] = {LINE_POPULATIONS, BIT(INSTANT_CONTRACTED), NO_DIVISOR,
                                  .needs_percent = true},
    [QUANTITY_MEAN_RATE] = {LINE_POPULATIONS, BIT(INSTANT_LAST_POLL), LINES, .needs_rate = false},
    [QUANTITY_ACHIEVED_RATE] = {LINE_POPULATIONS, BIT(INSTANT_MONTH), NO_DIVISOR,
                                .needs_percent = true},
    [QUANTITY_FAST_LINES] = {LINE_POPULATIONS, BIT(INSTANT_MONTH), NO_DIVISOR, .needs_rate = false},
    [QUANTITY_ACCESS_POINTS] = {PUBLIC_TOO, BIT(INSTANT_PRESENT), NO_DIVISOR, .needs_rate = false},
    [QUANTITY_DEPLOYED_POINTS] = {ALL, BIT(INSTANT_LAST_POLL), NO_DIVISOR, .needs_rate = false},
    [QUANTITY_VENUES] = {ALL, BIT(INSTANT_PRESENT), NO_DIVISOR, .needs_rate = false},
    [QUANTITY_COVERED_VENUES] = {ALL, BIT(INSTANT_MONTH), BIT(DENOMINATOR_VENUES),
                                 .needs_percent = true},
    [QUANTITY_CAPACITY] = {ALL, BIT(INSTANT_LAST_POLL), NO_DIVISOR, .needs_role = true},
    [QUANTITY_UTILISATION] = {ALL, BIT(INSTANT_MONTH), NO_DIVISOR, .needs_role = true},
    [QUANTITY_HOURS_ABOVE] = {ALL, BIT(INSTANT_MONTH), NO_DIVISOR, .needs_percent = true,
                              .needs_role = true},
    [QUANTITY_DESTINATION_LINES] = {LINE_POPULATIONS, BIT(INSTANT_MONTH), LINES,
                                    .needs_classes = true},
    [QUANTITY_DESTINATION_OCTETS] = {LINE_POPULATIONS, BIT(INSTANT_MONTH), NO_DIVISOR,
                                     .needs_classes = true},
    [QUANTITY_DESTINATION_RTT] = {LINE_POPULATIONS, BIT(INSTANT_MONTH), NO_DIVISOR,
                                  .needs_percent = true, .needs_classes = true},
    [QUANTITY_DESTINATION_LOSS] = {LINE_POPULATIONS, BIT(INSTANT_MONTH), NO_DIVISOR,
                                   .needs_classes = true},
    [QUANTITY_DESTINATION_SEEN] = {LINE_POPULATIONS, BIT(INSTANT_MONTH), NO_DIVISOR,
                                   .needs_classes = true},
    [QUANTITY_WLAN_USERS] = {PUBLIC_TOO, BIT(INSTANT_MONTH), NO_DIVISOR, .needs_rate = false},
    [QUANTITY_WLAN_OCTETS] = {PUBLIC_TOO, BIT(INSTANT_MONTH), NO_DIVISOR, .needs_rate = false},
};

bool definition_takes_class(const struct plan_definition *definition, const char *class_name)
{
    for (size_t i = 0; i < definition->class_count; i++) {
        const char *wanted = definition->classes[i];
        size_t length = strlen(wanted);
        bool prefix = length > 0 && wanted[length - 1] == '*';
        if (prefix ? strncmp(wanted, class_name, length - 1) == 0 : strcmp(wanted, class_name) == 0)
            return true;
    }
    return false;
}

static const char *missing(const struct plan_definition *definition,
                           const struct quantity_rule *rule, const char **out_key)
{
    const struct {
        bool needed, given;
        const char *key;
    } needs[] = {
        {rule->needs_rate, definition->rate_mbit_s > 0, "rate_mbit_s"},
        {rule->needs_percent, definition->percent > 0, "percent"},
        {rule->needs_role, definition->role != INTERFACE_ROLE_NONE, "role"},
        {rule->needs_classes, definition->class_count > 0, "classes"},
        {rule->needs_variable, definition->variable[0] != '\0', "variable"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        *out_key = needs[i].key;
        if (needs[i].needed && !needs[i].given)
            return "is needed by this numerator";
        if (!needs[i].needed && needs[i].given && definition->numerator != QUANTITY_NOT_CARRIED)
            return "says nothing for this numerator";
    }
    return NULL;
}

const char *definition_fault(const struct plan_definition *definition, const char **out_key)
{
    const struct quantity_rule *rule = &quantity_rules[definition->numerator];
    *out_key = "population";
    if (!(rule->populations & BIT(definition->population)))
        return "cannot be that of this numerator";
    *out_key = "instant";
    if (!(rule->instants & BIT(definition->instant)))
        return "cannot be that of this numerator";
    *out_key = "denominator";
    if (!(rule->denominators & BIT(definition->denominator)))
        return "cannot stand under this numerator";
    *out_key = "note_en";
    if (definition->numerator == QUANTITY_NOT_CARRIED && definition->note_en[0] == '\0')
        return "has to say why no report carries it";
    *out_key = "percent";
    bool level =
        definition->percent == 70 || definition->percent == 80 || definition->percent == 95;
    if (definition->numerator == QUANTITY_HOURS_ABOVE && !level)
        return "is none of the levels that are kept: 70, 80, 95";
    return missing(definition, rule, out_key);
}
