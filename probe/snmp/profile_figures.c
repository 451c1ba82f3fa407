/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The part of a profile that says which objects are which figures.
 */
#include "probe/snmp/profile_rules.h"

#include <errno.h>
#include <stdlib.h>

const struct conf_name quantity_names[] = {
    {"wtp.configured", QUANTITY_WTP_CONFIGURED},
    {"wtp.run", QUANTITY_WTP_RUN},
    {"wtp.with_stations", QUANTITY_WTP_WITH_STATIONS},
    {"radios", QUANTITY_RADIOS},
    {"stations.associated", QUANTITY_STATIONS_ASSOCIATED},
    {"stations.by_ssid", QUANTITY_STATIONS_BY_SSID},
    {"licences", QUANTITY_LICENCES},
    {"pon.ports", QUANTITY_PON_PORTS},
    {"pon.ports_up", QUANTITY_PON_PORTS_UP},
    {"lines.provisioned", QUANTITY_LINES_PROVISIONED},
    {"lines.active", QUANTITY_LINES_ACTIVE},
    {"lines.down_rate", QUANTITY_LINES_DOWN_RATE},
    {"sessions.pppoe", QUANTITY_SESSIONS_PPPOE},
    {"sessions.ipoe", QUANTITY_SESSIONS_IPOE},
    {"sessions.total", QUANTITY_SESSIONS_TOTAL},
    {"modules", QUANTITY_MODULES},
    {"radius.requests", QUANTITY_RADIUS_REQUESTS},
    {NULL, 0},
};

static const struct conf_name method_names[] = {
    {"scalar", METHOD_SCALAR},
    {"sum", METHOD_SUM},
    {"count_rows", METHOD_COUNT_ROWS},
    {"distinct_index", METHOD_DISTINCT_INDEX},
    {"if_rows", METHOD_IF_ROWS},
    {"by_name", METHOD_BY_NAME},
    {"rates", METHOD_RATES},
    {"self", METHOD_SELF},
    {NULL, 0},
};

struct raw_figure {
    struct figure_rule rule;
    char name_object[PROFILE_OID_TEXT_BYTES];
    char states[32];
};
#define IN_RULE(member) offsetof(struct raw_figure, rule.member)
const struct conf_setting profile_figure_settings[] = {
    {.name = "quantity",
     .type = CONF_ENUM,
     .offset = IN_RULE(quantity),
     .names = quantity_names,
     .required = true,
     .help = "What is told."},
    {.name = "from",
     .type = CONF_ENUM,
     .offset = IN_RULE(method),
     .names = method_names,
     .required = true,
     .help = "How it comes out of the objects."},
    {.name = "confidence",
     .type = CONF_ENUM,
     .offset = IN_RULE(confidence),
     .names = confidence_names,
     .required = true,
     .help = "Seen on a device, read in a MIB, or neither."},
    {.name = "label",
     .type = CONF_STRING,
     .offset = IN_RULE(label),
     .size = sizeof(((struct figure_rule *)0)->label),
     .required = true,
     .help = "The object's name in its MIB."},
    {.name = "technology",
     .type = CONF_ENUM,
     .offset = IN_RULE(technology),
     .names = access_technology_names,
     .fallback = "unknown",
     .help = "Of lines and PON ports."},
    {.name = "objects",
     .type = CONF_STRINGS,
     .help = "Object identifiers; an instance for scalar, "
             "columns for all else."},
    {.name = "name_object",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_figure, name_object),
     .size = PROFILE_OID_TEXT_BYTES,
     .help = "The column that holds the row's name or key (key = object)."},
    {.name = "key",
     .type = CONF_ENUM,
     .offset = IN_RULE(key),
     .names = key_place_names,
     .fallback = "none",
     .help = "Where the row's name (by_name) or the access point's key stands."},
    {.name = "states",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_figure, states),
     .size = sizeof(((struct raw_figure *)0)->states),
     .help = "The state map that says which rows count."},
    {.name = "index_skip",
     .type = CONF_UNSIGNED,
     .offset = IN_RULE(index_skip),
     .fallback = "0",
     .max = OID_ARCS_MAX,
     .help = "Arcs of the index in front of the key."},
    {.name = "index_arcs",
     .type = CONF_UNSIGNED,
     .offset = IN_RULE(index_arcs),
     .fallback = "0",
     .max = OID_ARCS_MAX,
     .help = "Arcs of the key; 0 is the rest."},
    {.name = "last_arc",
     .type = CONF_OPTIONAL_DOUBLE,
     .offset = IN_RULE(last_arc),
     .min = 0,
     .max = UINT32_MAX,
     .help = "Only rows whose index ends in this."},
    {.name = "scale",
     .type = CONF_DOUBLE,
     .offset = IN_RULE(scale),
     .fallback = "1",
     .min = 1e-6,
     .max = 1e6,
     .help = "Factor to plain counts or bit/s."},
    {.name = "no_values",
     .type = CONF_STRINGS,
     .help = "Numbers by which the device says that it has no value."},
    {.name = "if_types", .type = CONF_STRINGS, .help = "ifType numbers (if_rows)."},
    {.name = "if_name",
     .type = CONF_STRING,
     .offset = IN_RULE(if_name),
     .size = sizeof(((struct figure_rule *)0)->if_name),
     .help = "Shell pattern for ifName or ifDescr (if_rows)."},
    {.name = "heavy",
     .type = CONF_BOOL,
     .offset = IN_RULE(heavy),
     .fallback = "false",
     .help = "Its tables cost the device much: asked for slowly, and off-peak only."},
    {.name = "if_up",
     .type = CONF_BOOL,
     .offset = IN_RULE(if_up),
     .fallback = "false",
     .help = "Only interfaces whose ifOperStatus is up (if_rows)."},
    {.name = "check",
     .type = CONF_BOOL,
     .offset = IN_RULE(check),
     .fallback = "true",
     .help = "Warn when it differs from the published figure."},
    {.name = NULL},
};

/* A list of whole numbers that stand as strings, since arrays of the file hold strings only. */
static int read_number(const struct conf_group *group, const char *key, size_t i, int64_t *out,
                       struct conf_error *error)
{
    const char *text = conf_list_string(group, key, i);
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return conf_fail(group, key, error, "'%s' is no whole number", text);
    *out = value;
    return 0;
}

static int read_lists(const struct conf_group *group, struct figure_rule *out,
                      struct conf_error *error)
{
    int status =
        profile_read_length(group, "objects", PROFILE_OBJECTS_MAX, &out->object_count, error);
    for (size_t i = 0; i < out->object_count && status == 0; i++)
        status = profile_read_oid(group, "objects", conf_list_string(group, "objects", i),
                                  &out->objects[i], error);
    if (status == 0)
        status = profile_read_length(group, "no_values", PROFILE_VALUES_MAX, &out->no_value_count,
                                     error);
    for (size_t i = 0; i < out->no_value_count && status == 0; i++)
        status = read_number(group, "no_values", i, &out->no_values[i], error);
    if (status == 0)
        status = profile_read_length(group, "if_types", PROFILE_IF_TYPES_MAX, &out->if_type_count,
                                     error);
    for (size_t i = 0; i < out->if_type_count && status == 0; i++) {
        int64_t type = 0;
        status = read_number(group, "if_types", i, &type, error);
        out->if_types[i] = (uint32_t)type;
    }
    return status;
}

static bool is_about_lines(int quantity)
{
    return quantity == QUANTITY_LINES_PROVISIONED || quantity == QUANTITY_LINES_ACTIVE ||
           quantity == QUANTITY_LINES_DOWN_RATE;
}

/* What no table can say: which settings belong together. */
static int check_figure(const struct conf_group *group, const struct figure_rule *rule,
                        struct conf_error *error)
{
    bool needs_objects = rule->method != METHOD_IF_ROWS && rule->method != METHOD_SELF;
    if (needs_objects && rule->object_count == 0)
        return conf_fail(group, "objects", error, "'objects' is missing: which objects?");
    if (rule->method == METHOD_IF_ROWS && rule->if_type_count == 0 && rule->if_name[0] == '\0')
        return conf_fail(group, "from", error, "if_rows needs 'if_types' or 'if_name'");
    if (is_about_lines(rule->quantity) && rule->technology == TECHNOLOGY_UNKNOWN)
        return conf_fail(group, "technology", error, "lines need their 'technology'");
    if ((rule->method == METHOD_BY_NAME) != (rule->quantity == QUANTITY_STATIONS_BY_SSID))
        return conf_fail(group, "from", error, "by_name and stations.by_ssid belong together");
    if ((rule->method == METHOD_RATES) != (rule->quantity == QUANTITY_LINES_DOWN_RATE))
        return conf_fail(group, "from", error, "rates and lines.down_rate belong together");
    if (rule->method == METHOD_BY_NAME && rule->key == KEY_NONE)
        return conf_fail(group, "key", error, "by_name needs a 'key': where is the name?");
    if (rule->key == KEY_OBJECT && rule->name_object.length == 0)
        return conf_fail(group, "name_object", error, "key = object needs a 'name_object'");
    return 0;
}

static int read_figure(const struct conf_group *group, const struct profile *profile,
                       struct figure_rule *out, struct conf_error *error)
{
    struct raw_figure raw = {.rule = {.label = ""}};
    int status = conf_read(group, profile_figure_settings, &raw, error);
    if (status == 0)
        status =
            profile_read_oid(group, "name_object", raw.name_object, &raw.rule.name_object, error);
    if (status == 0)
        status = read_lists(group, &raw.rule, error);
    if (status == 0)
        status = check_figure(group, &raw.rule, error);
    if (status == 0)
        status = profile_read_states(group, profile, raw.states, &raw.rule.states, error);
    *out = raw.rule;
    return status;
}

int profile_read_figures(const struct conf_group *root, struct profile *profile,
                         struct conf_error *out_error)
{
    int status = profile_read_length(root, "figures", PROFILE_FIGURES_MAX, &profile->figure_count,
                                     out_error);
    for (size_t i = 0; i < profile->figure_count && status == 0; i++)
        status = read_figure(conf_list_group(root, "figures", i), profile, &profile->figures[i],
                             out_error);
    return status;
}
