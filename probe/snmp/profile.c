/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/profile.h"

#include "probe/snmp/profile_rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef LASTMILE_PROFILES_INSTALLED
#define LASTMILE_PROFILES_INSTALLED "/usr/share/lastmile/profiles"
#endif
#ifndef LASTMILE_PROFILES_SOURCE
#define LASTMILE_PROFILES_SOURCE "config/profiles"
#endif

#define PROFILES_MAX 256

struct profile_set {
    struct profile *profiles[PROFILES_MAX];
    size_t count;
};

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

const struct conf_name key_place_names[] = {
    {"none", KEY_NONE},   {"index-mac", KEY_INDEX_MAC}, {"index-string", KEY_INDEX_STRING},
    {"index", KEY_INDEX}, {"object", KEY_OBJECT},       {NULL, 0},
};

#define OID_STRING_BYTES 256

/* The files' keys, read as text first and then decoded. */
struct raw_rule {
    char object_id[OID_STRING_BYTES], probe[OID_STRING_BYTES], description[64];
};
static const struct conf_setting rule_settings[] = {
    {.name = "object_id",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_rule, object_id),
     .size = OID_STRING_BYTES,
     .help = "sysObjectID lies in this subtree; the longest wins."},
    {.name = "description",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_rule, description),
     .size = sizeof(((struct raw_rule *)0)->description),
     .help = "sysDescr contains this text."},
    {.name = "probe",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_rule, probe),
     .size = OID_STRING_BYTES,
     .help = "The agent has something in this subtree."},
    {.name = NULL},
};

static const struct conf_setting state_settings[] = {
    {.name = "value",
     .type = CONF_STRING,
     .offset = offsetof(struct state, value),
     .size = sizeof(((struct state *)0)->value),
     .required = true,
     .help = "The object's value, a number or a text."},
    {.name = "name",
     .type = CONF_STRING,
     .offset = offsetof(struct state, name),
     .size = sizeof(((struct state *)0)->name),
     .required = true,
     .help = "Its name in the MIB."},
    {.name = "counts",
     .type = CONF_BOOL,
     .offset = offsetof(struct state, counts),
     .fallback = "false",
     .help = "Rows in this state are counted."},
    {.name = "element",
     .type = CONF_ENUM,
     .offset = offsetof(struct state, element),
     .names = element_state_names,
     .fallback = "unknown",
     .help = "Of elements; none: run when the state counts, else down."},
    {.name = NULL},
};

static const struct conf_setting map_settings[] = {
    {.name = "name",
     .type = CONF_STRING,
     .offset = offsetof(struct state_map, name),
     .size = sizeof(((struct state_map *)0)->name),
     .required = true,
     .help = "What figures call this map."},
    {.name = "states",
     .type = CONF_LIST,
     .required = true,
     .children = state_settings,
     .help = "Every state that the MIB names."},
    {.name = NULL},
};

struct raw_figure {
    struct figure_rule rule;
    char name_object[OID_STRING_BYTES];
    char states[32];
};
#define IN_RULE(member) offsetof(struct raw_figure, rule.member)
static const struct conf_setting figure_settings[] = {
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
     .size = OID_STRING_BYTES,
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

static const struct conf_setting profile_settings[] = {
    {.name = "profile",
     .type = CONF_STRING,
     .offset = offsetof(struct profile, name),
     .size = sizeof(((struct profile *)0)->name),
     .required = true,
     .help = "The profile's name in reports."},
    {.name = "title",
     .type = CONF_STRING,
     .offset = offsetof(struct profile, title),
     .size = sizeof(((struct profile *)0)->title),
     .required = true,
     .help = "The devices, as people call them."},
    {.name = "kind",
     .type = CONF_ENUM,
     .offset = offsetof(struct profile, kind),
     .names = device_kind_names,
     .required = true,
     .help = "What the device is for; lines count only on access nodes."},
    {.name = "match",
     .type = CONF_LIST,
     .children = rule_settings,
     .help = "One of these must hold; within one, all that is given."},
    {.name = "technologies",
     .type = CONF_STRINGS,
     .help = "Shown even when nothing is known of their lines."},
    {.name = "state_maps", .type = CONF_LIST, .children = map_settings, .help = "States by value."},
    {.name = "figures",
     .type = CONF_LIST,
     .children = figure_settings,
     .help = "In order of precedence: the first that is known is published."},
    {.name = "models",
     .type = CONF_LIST,
     .children = profile_model_settings,
     .help = "Whom a terminal of a model serves; the first that matches holds."},
    {.name = "elements",
     .type = CONF_LIST,
     .children = profile_element_settings,
     .help = "Tables whose rows are terminals or access points."},
    {.name = NULL},
};

int profile_read_oid(const struct conf_group *group, const char *key, const char *text,
                     struct oid *out, struct conf_error *error)
{
    if (text[0] == '\0')
        return 0;
    if (oid_parse(text, strlen(text), out) != 0)
        return conf_fail(group, key, error, "'%s' is no object identifier", text);
    return 0;
}

static int read_rule(const struct conf_group *group, struct match_rule *out,
                     struct conf_error *error)
{
    struct raw_rule raw;
    int status = conf_read(group, rule_settings, &raw, error);
    if (status == 0)
        status = profile_read_oid(group, "object_id", raw.object_id, &out->object_id, error);
    if (status == 0)
        status = profile_read_oid(group, "probe", raw.probe, &out->probe, error);
    if (status != 0)
        return status;
    memcpy(out->description, raw.description, sizeof out->description);
    if (out->object_id.length == 0 && out->probe.length == 0 && out->description[0] == '\0')
        return conf_fail(group, NULL, error, "a match without conditions would hold for all");
    return 0;
}

static int read_map(const struct conf_group *group, struct state_map *out, struct conf_error *error)
{
    int status = conf_read(group, map_settings, out, error);
    size_t count = conf_list_length(group, "states");
    if (status == 0 && count > PROFILE_STATES_MAX)
        return conf_fail(group, "states", error, "more than %d states", PROFILE_STATES_MAX);
    for (size_t i = 0; i < count && status == 0; i++) {
        struct state *state = &out->states[i];
        status = conf_read(conf_list_group(group, "states", i), state_settings, state, error);
        if (status == 0 && state->element == ELEMENT_STATE_UNKNOWN)
            state->element = state->counts ? ELEMENT_RUN : ELEMENT_DOWN;
    }
    out->state_count = count;
    return status;
}

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

static int check_length(const struct conf_group *group, const char *key, size_t max,
                        size_t *out_count, struct conf_error *error)
{
    *out_count = conf_list_length(group, key);
    if (*out_count > max)
        return conf_fail(group, key, error, "'%s' holds more than %zu", key, max);
    return 0;
}

static int read_lists(const struct conf_group *group, struct figure_rule *out,
                      struct conf_error *error)
{
    int status = check_length(group, "objects", PROFILE_OBJECTS_MAX, &out->object_count, error);
    for (size_t i = 0; i < out->object_count && status == 0; i++)
        status = profile_read_oid(group, "objects", conf_list_string(group, "objects", i),
                                  &out->objects[i], error);
    if (status == 0)
        status = check_length(group, "no_values", PROFILE_VALUES_MAX, &out->no_value_count, error);
    for (size_t i = 0; i < out->no_value_count && status == 0; i++)
        status = read_number(group, "no_values", i, &out->no_values[i], error);
    if (status == 0)
        status = check_length(group, "if_types", PROFILE_IF_TYPES_MAX, &out->if_type_count, error);
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
    int status = conf_read(group, figure_settings, &raw, error);
    if (status == 0)
        status =
            profile_read_oid(group, "name_object", raw.name_object, &raw.rule.name_object, error);
    if (status == 0)
        status = read_lists(group, &raw.rule, error);
    if (status == 0)
        status = check_figure(group, &raw.rule, error);
    for (size_t i = 0; i < profile->map_count; i++)
        if (strcmp(profile->maps[i].name, raw.states) == 0)
            raw.rule.states = &profile->maps[i];
    if (status == 0 && raw.states[0] != '\0' && !raw.rule.states)
        status = conf_fail(group, "states", error, "no state map is called '%s'", raw.states);
    *out = raw.rule;
    return status;
}

static int read_technologies(const struct conf_group *root, struct profile *profile,
                             struct conf_error *error)
{
    int status =
        check_length(root, "technologies", SNAPSHOT_LINES_MAX, &profile->technology_count, error);
    for (size_t i = 0; i < profile->technology_count && status == 0; i++) {
        const char *name = conf_list_string(root, "technologies", i);
        if (conf_name_id(access_technology_names, name, &profile->technologies[i]) != 0)
            status = conf_fail(root, "technologies", error, "'%s' is no technology", name);
    }
    return status;
}

static int read_profile(const struct conf_group *root, struct profile *profile,
                        struct conf_error *error)
{
    int status = conf_read(root, profile_settings, profile, error);
    if (status == 0)
        status = read_technologies(root, profile, error);
    if (status == 0)
        status = check_length(root, "match", PROFILE_RULES_MAX, &profile->rule_count, error);
    for (size_t i = 0; i < profile->rule_count && status == 0; i++)
        status = read_rule(conf_list_group(root, "match", i), &profile->rules[i], error);
    if (status == 0)
        status = check_length(root, "state_maps", PROFILE_MAPS_MAX, &profile->map_count, error);
    for (size_t i = 0; i < profile->map_count && status == 0; i++)
        status = read_map(conf_list_group(root, "state_maps", i), &profile->maps[i], error);
    if (status == 0)
        status = check_length(root, "figures", PROFILE_FIGURES_MAX, &profile->figure_count, error);
    for (size_t i = 0; i < profile->figure_count && status == 0; i++)
        status =
            read_figure(conf_list_group(root, "figures", i), profile, &profile->figures[i], error);
    return status == 0 ? profile_read_elements(root, profile, error) : status;
}

static int load_file(struct profile_set *profiles, const char *path, struct conf_error *error)
{
    struct conf *conf = conf_open(path, error);
    if (!conf)
        return -EINVAL;
    struct profile *profile = calloc(1, sizeof *profile);
    int status = profile ? read_profile(conf_root(conf), profile, error) : -ENOMEM;
    if (status == 0 && profile_set_find(profiles, profile->name))
        status = conf_fail(conf_root(conf), "profile", error, "there are two profiles '%s'",
                           profile->name);
    conf_close(conf);
    if (status != 0) {
        free(profile);
        return status;
    }
    profiles->profiles[profiles->count++] = profile;
    return 0;
}

static int is_profile_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 4, ".cfg") == 0;
}

struct profile_set *profile_set_load(const char *directory, struct conf_error *out_error)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_profile_file, alphasort);
    if (count < 0) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s: %s", directory,
                       strerror(errno));
        return NULL;
    }
    struct profile_set *profiles = calloc(1, sizeof *profiles);
    (void)snprintf(out_error->text, sizeof out_error->text, "%s: %s", directory,
                   count == 0 ? "no profile (*.cfg) lies there" : "more profiles than fit");
    int status = profiles && count > 0 && count <= PROFILES_MAX ? 0 : -EINVAL;
    for (int i = 0; i < count; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (status == 0)
            status = load_file(profiles, path, out_error);
        free(entries[i]);
    }
    free(entries);
    if (status != 0) {
        profile_set_free(profiles);
        return NULL;
    }
    return profiles;
}

void profile_set_free(struct profile_set *profiles)
{
    if (!profiles)
        return;
    for (size_t i = 0; i < profiles->count; i++)
        free(profiles->profiles[i]);
    free(profiles);
}

size_t profile_set_count(const struct profile_set *profiles)
{
    return profiles->count;
}

const struct profile *profile_set_at(const struct profile_set *profiles, size_t i)
{
    return profiles->profiles[i];
}

const struct profile *profile_set_find(const struct profile_set *profiles, const char *name)
{
    for (size_t i = 0; i < profiles->count; i++)
        if (strcmp(profiles->profiles[i]->name, name) == 0)
            return profiles->profiles[i];
    return NULL;
}

unsigned match_rule_rank(const struct match_rule *rule, const struct oid *sys_object_id,
                         const char *sys_descr)
{
    if (rule->object_id.length > 0 && !oid_has_prefix(sys_object_id, &rule->object_id))
        return 0;
    if (rule->description[0] != '\0' && !strstr(sys_descr, rule->description))
        return 0;
    return rule->object_id.length * 4 + (rule->description[0] != '\0' ? 2U : 0U) +
           (rule->probe.length > 0 ? 1U : 0U);
}

const char *profile_directory(const char *given)
{
    struct stat status;
    const char *from_environment = getenv("LASTMILE_PROFILES");
    if (given)
        return given;
    if (from_environment && from_environment[0] != '\0')
        return from_environment;
    bool installed = stat(LASTMILE_PROFILES_INSTALLED, &status) == 0 && S_ISDIR(status.st_mode);
    return installed ? LASTMILE_PROFILES_INSTALLED : LASTMILE_PROFILES_SOURCE;
}
