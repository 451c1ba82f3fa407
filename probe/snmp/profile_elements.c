/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The part of a profile that says which tables list terminals and access points.
 */
#include "probe/snmp/profile_rules.h"

const struct conf_setting profile_model_settings[] = {
    {.name = "match",
     .type = CONF_STRING,
     .offset = offsetof(struct model_rule, match),
     .size = sizeof(((struct model_rule *)0)->match),
     .required = true,
     .help = "Shell pattern for the model, e.g. \"MA56*\"."},
    {.name = "class",
     .type = CONF_ENUM,
     .offset = offsetof(struct model_rule, class),
     .names = model_class_names,
     .required = true,
     .help = "Whom it serves; \"mdu\" is no FTTH line."},
    {.name = NULL},
};

struct raw_element {
    struct element_rule rule;
    char rows[PROFILE_OID_TEXT_BYTES], state_object[PROFILE_OID_TEXT_BYTES],
        key_object[PROFILE_OID_TEXT_BYTES];
    char model_object[PROFILE_OID_TEXT_BYTES], ssid_object[PROFILE_OID_TEXT_BYTES];
    char states[32];
};
#define IN_RULE(member) offsetof(struct raw_element, rule.member)
#define OBJECT(member, text)                                                                       \
    .name = #member, .type = CONF_STRING, .offset = offsetof(struct raw_element, member),          \
    .size = PROFILE_OID_TEXT_BYTES, .help = (text)

const struct conf_setting profile_element_settings[] = {
    {.name = "kind",
     .type = CONF_ENUM,
     .offset = IN_RULE(kind),
     .names = element_kind_names,
     .required = true,
     .help = "What the rows are."},
    {.name = "label",
     .type = CONF_STRING,
     .offset = IN_RULE(label),
     .size = sizeof(((struct element_rule *)0)->label),
     .required = true,
     .help = "The object's name in its MIB."},
    {.name = "confidence",
     .type = CONF_ENUM,
     .offset = IN_RULE(confidence),
     .names = confidence_names,
     .required = true,
     .help = "Seen on a device, read in a MIB, or neither."},
    {.name = "technology",
     .type = CONF_ENUM,
     .offset = IN_RULE(technology),
     .names = access_technology_names,
     .fallback = "unknown",
     .help = "Of terminals."},
    {OBJECT(rows, "The column whose rows they are."), .required = true},
    {.name = "states",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_element, states),
     .size = sizeof(((struct raw_element *)0)->states),
     .help = "The state map for state_object; none: the state is unknown."},
    {OBJECT(state_object, "The column of states; none: that of rows.")},
    {.name = "default_state",
     .type = CONF_ENUM,
     .offset = IN_RULE(default_state),
     .names = element_state_names,
     .fallback = "unknown",
     .help = "Of rows whose state is not answered."},
    {.name = "key",
     .type = CONF_ENUM,
     .offset = IN_RULE(key),
     .names = key_place_names,
     .required = true,
     .help = "Where the serial number or base MAC stands."},
    {OBJECT(key_object, "The column that holds it (key = object).")},
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
    {.name = "heavy",
     .type = CONF_BOOL,
     .offset = IN_RULE(heavy),
     .fallback = "false",
     .help = "Answering it costs the device much: read seldom, off-peak, with pauses."},
    {OBJECT(model_object, "The column of models, for 'models'.")},
    {OBJECT(ssid_object, "A column of SSIDs; its index begins with that of the access point.")},
    {.name = NULL},
};

static int read_objects(const struct conf_group *group, const struct raw_element *raw,
                        struct element_rule *out, struct conf_error *error)
{
    const struct {
        const char *key, *text;
        struct oid *out;
    } objects[] = {
        {"rows", raw->rows, &out->rows},
        {"state_object", raw->state_object, &out->state_object},
        {"key_object", raw->key_object, &out->key_object},
        {"model_object", raw->model_object, &out->model_object},
        {"ssid_object", raw->ssid_object, &out->ssid_object},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof objects / sizeof objects[0] && status == 0; i++)
        status = profile_read_oid(group, objects[i].key, objects[i].text, objects[i].out, error);
    return status;
}

/* What no table can say: which settings belong together. */
static int check_element(const struct conf_group *group, const struct element_rule *rule,
                         struct conf_error *error)
{
    if (rule->rows.length == 0)
        return conf_fail(group, "rows", error, "'rows' names no column");
    if (rule->key == KEY_NONE)
        return conf_fail(group, "key", error, "an element needs a 'key' to be known again");
    if (rule->key == KEY_OBJECT && rule->key_object.length == 0)
        return conf_fail(group, "key", error, "key = object needs a 'key_object'");
    if (rule->kind == ELEMENT_TERMINAL && rule->technology == TECHNOLOGY_UNKNOWN)
        return conf_fail(group, "technology", error, "terminals need their 'technology'");
    return 0;
}

static int read_element(const struct conf_group *group, const struct profile *profile,
                        struct element_rule *out, struct conf_error *error)
{
    struct raw_element raw = {.rule = {.label = ""}};
    int status = conf_read(group, profile_element_settings, &raw, error);
    if (status == 0)
        status = read_objects(group, &raw, &raw.rule, error);
    if (status == 0)
        status = check_element(group, &raw.rule, error);
    if (status == 0)
        status = profile_read_states(group, profile, raw.states, &raw.rule.states, error);
    *out = raw.rule;
    return status;
}

int profile_read_elements(const struct conf_group *root, struct profile *profile,
                          struct conf_error *out_error)
{
    int status =
        profile_read_length(root, "models", PROFILE_MODELS_MAX, &profile->model_count, out_error);
    if (status == 0)
        status = profile_read_length(root, "elements", PROFILE_ELEMENTS_MAX,
                                     &profile->element_rule_count, out_error);
    for (size_t i = 0; i < profile->model_count && status == 0; i++)
        status = conf_read(conf_list_group(root, "models", i), profile_model_settings,
                           &profile->models[i], out_error);
    for (size_t i = 0; i < profile->element_rule_count && status == 0; i++)
        status = read_element(conf_list_group(root, "elements", i), profile, &profile->elements[i],
                              out_error);
    return status;
}

void element_rule_columns(const struct element_rule *rule,
                          const struct oid *out_columns[static ELEMENT_COLUMNS])
{
    out_columns[0] = &rule->rows;
    out_columns[1] = &rule->state_object;
    out_columns[2] = &rule->key_object;
    out_columns[3] = &rule->model_object;
    out_columns[4] = &rule->ssid_object;
}
