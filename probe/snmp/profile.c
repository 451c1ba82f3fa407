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

const struct conf_name key_place_names[] = {
    {"none", KEY_NONE},   {"index-mac", KEY_INDEX_MAC}, {"index-string", KEY_INDEX_STRING},
    {"index", KEY_INDEX}, {"object", KEY_OBJECT},       {NULL, 0},
};

/* The files' keys, read as text first and then decoded. */
struct raw_rule {
    char object_id[PROFILE_OID_TEXT_BYTES], probe[PROFILE_OID_TEXT_BYTES], description[64];
};
static const struct conf_setting rule_settings[] = {
    {.name = "object_id",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_rule, object_id),
     .size = PROFILE_OID_TEXT_BYTES,
     .help = "sysObjectID lies in this subtree; the longest wins."},
    {.name = "description",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_rule, description),
     .size = sizeof(((struct raw_rule *)0)->description),
     .help = "sysDescr contains this text."},
    {.name = "probe",
     .type = CONF_STRING,
     .offset = offsetof(struct raw_rule, probe),
     .size = PROFILE_OID_TEXT_BYTES,
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
     .children = profile_figure_settings,
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

int profile_read_length(const struct conf_group *group, const char *key, size_t max,
                        size_t *out_count, struct conf_error *error)
{
    *out_count = conf_list_length(group, key);
    if (*out_count > max)
        return conf_fail(group, key, error, "'%s' holds more than %zu", key, max);
    return 0;
}

int profile_read_states(const struct conf_group *group, const struct profile *profile,
                        const char *name, const struct state_map **out_map,
                        struct conf_error *error)
{
    *out_map = NULL;
    for (size_t i = 0; i < profile->map_count; i++)
        if (strcmp(profile->maps[i].name, name) == 0)
            *out_map = &profile->maps[i];
    if (name[0] != '\0' && !*out_map)
        return conf_fail(group, "states", error, "no state map is called '%s'", name);
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

static int read_technologies(const struct conf_group *root, struct profile *profile,
                             struct conf_error *error)
{
    int status = profile_read_length(root, "technologies", SNAPSHOT_LINES_MAX,
                                     &profile->technology_count, error);
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
        status = profile_read_length(root, "match", PROFILE_RULES_MAX, &profile->rule_count, error);
    for (size_t i = 0; i < profile->rule_count && status == 0; i++)
        status = read_rule(conf_list_group(root, "match", i), &profile->rules[i], error);
    if (status == 0)
        status =
            profile_read_length(root, "state_maps", PROFILE_MAPS_MAX, &profile->map_count, error);
    for (size_t i = 0; i < profile->map_count && status == 0; i++)
        status = read_map(conf_list_group(root, "state_maps", i), &profile->maps[i], error);
    if (status == 0)
        status = profile_read_figures(root, profile, error);
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
