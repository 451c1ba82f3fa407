/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a profile says, as the room's other files read it: filled by profile.c from configuration,
 * constant after. Not for callers outside the room.
 */
#ifndef LASTMILE_PROBE_SNMP_PROFILE_RULES_H
#define LASTMILE_PROBE_SNMP_PROFILE_RULES_H

#include "probe/snmp/oid.h"
#include "probe/snmp/profile.h"
#include "probe/snmp/row_key.h"
#include "probe/snmp/snapshot.h"

#define PROFILE_RULES_MAX    24
#define PROFILE_FIGURES_MAX  48
#define PROFILE_OBJECTS_MAX  6
#define PROFILE_STATES_MAX   24
#define PROFILE_MAPS_MAX     8
#define PROFILE_VALUES_MAX   8
#define PROFILE_IF_TYPES_MAX 12
#define PROFILE_ELEMENTS_MAX 8
#define PROFILE_MODELS_MAX   64

#define PROFILE_OID_TEXT_BYTES 256 /* an identifier as the file has it */

/* What a figure is about. */
enum quantity {
    QUANTITY_WTP_CONFIGURED,
    QUANTITY_WTP_RUN,
    QUANTITY_WTP_WITH_STATIONS,
    QUANTITY_RADIOS,
    QUANTITY_STATIONS_ASSOCIATED,
    QUANTITY_STATIONS_BY_SSID,
    QUANTITY_LICENCES,
    QUANTITY_PON_PORTS,
    QUANTITY_PON_PORTS_UP,
    QUANTITY_LINES_PROVISIONED,
    QUANTITY_LINES_ACTIVE,
    QUANTITY_LINES_DOWN_RATE,
    QUANTITY_SESSIONS_PPPOE,
    QUANTITY_SESSIONS_IPOE,
    QUANTITY_SESSIONS_TOTAL,
    QUANTITY_MODULES,
    QUANTITY_RADIUS_REQUESTS,
    QUANTITIES,
};
extern const struct conf_name quantity_names[];

/* How a figure comes out of the objects. */
enum method {
    METHOD_SCALAR,         /* the value of one instance */
    METHOD_SUM,            /* the sum of the values below the objects */
    METHOD_COUNT_ROWS,     /* rows of a column, of those states that count */
    METHOD_DISTINCT_INDEX, /* different beginnings of the index */
    METHOD_IF_ROWS,        /* interfaces of a type or name */
    METHOD_BY_NAME,        /* sums by SSID */
    METHOD_RATES,          /* a rate a line, in bit/s */
    METHOD_SELF,           /* the device itself: 1 */
};

struct match_rule {
    struct oid object_id; /* length 0: any */
    struct oid probe;     /* length 0: none */
    char description[64]; /* part of sysDescr; "" is any */
};

struct state {
    char value[32]; /* as a number or a text */
    char name[32];
    bool counts;
    int element; /* enum element_state, of a row that is one */
};

struct state_map {
    char name[32];
    struct state states[PROFILE_STATES_MAX];
    size_t state_count;
};

struct figure_rule {
    char label[64]; /* the object's name in its MIB */
    int quantity, method, confidence, technology, key;
    struct oid objects[PROFILE_OBJECTS_MAX];
    size_t object_count;
    struct oid name_object;
    const struct state_map *states;  /* or NULL: every row counts */
    uint64_t index_skip;             /* arcs in front of the key */
    uint64_t index_arcs;             /* arcs of the key; 0: the rest */
    struct optional_double last_arc; /* only rows whose index ends in it */
    double scale;
    int64_t no_values[PROFILE_VALUES_MAX];
    size_t no_value_count;
    uint32_t if_types[PROFILE_IF_TYPES_MAX];
    size_t if_type_count;
    char if_name[64];
    bool if_up;
    bool check; /* compared with the published figure */
    bool heavy; /* its tables cost the device much: asked for slowly, and off-peak only */
};

/* The class of models that a shell pattern (fnmatch(3)) holds for; the first that does counts. */
struct model_rule {
    char match[64];
    int class;
};

/* A table whose rows are terminals or access points. */
struct element_rule {
    char label[64]; /* the object's name in its MIB */
    int kind, confidence, technology, key;
    struct oid rows;         /* the column whose rows they are */
    struct oid state_object; /* length 0: rows */
    struct oid key_object, model_object;
    struct oid ssid_object;         /* rows whose index begins with that of the access point */
    const struct state_map *states; /* or NULL: the state is unknown */
    uint64_t index_skip, index_arcs;
    int default_state; /* enum element_state, of rows whose state is not answered */
    bool heavy;        /* its table is to be asked for gently and seldom */
};

struct profile {
    char name[REPORT_NAME_BYTES];
    char title[128];
    int kind;
    struct match_rule rules[PROFILE_RULES_MAX];
    size_t rule_count;
    int technologies[SNAPSHOT_LINES_MAX]; /* always shown, even when nothing is known of them */
    size_t technology_count;
    struct state_map maps[PROFILE_MAPS_MAX];
    size_t map_count;
    struct figure_rule figures[PROFILE_FIGURES_MAX];
    size_t figure_count;
    struct model_rule models[PROFILE_MODELS_MAX];
    size_t model_count;
    struct element_rule elements[PROFILE_ELEMENTS_MAX];
    size_t element_rule_count;
};

/* The state of a value, a number or a text; NULL when the map does not name it. */
const struct state *state_map_find(const struct state_map *map, const struct varbind_row *row);

/* Whom a model serves, by the profile's patterns; row may be NULL. */
enum model_class profile_model_class(const struct profile *profile, const struct varbind_row *row);

/* The columns that a rule reads, those that it leaves out as identifiers of length 0. */
#define ELEMENT_COLUMNS 5
void element_rule_columns(const struct element_rule *rule,
                          const struct oid *out_columns[static ELEMENT_COLUMNS]);

/* Reading configuration (profile.c), for the files that read figures and elements: an identifier
 * (an empty text is none), the length of a list, the state map of a name ("" is none). 0, or
 * -EINVAL with the error set. */
int profile_read_oid(const struct conf_group *group, const char *key, const char *text,
                     struct oid *out_oid, struct conf_error *out_error);
int profile_read_length(const struct conf_group *group, const char *key, size_t max,
                        size_t *out_count, struct conf_error *out_error);
int profile_read_states(const struct conf_group *group, const struct profile *profile,
                        const char *name, const struct state_map **out_map,
                        struct conf_error *out_error);
extern const struct conf_name key_place_names[];

/* Their settings, and what fills them in a profile whose state maps have been read. */
extern const struct conf_setting profile_figure_settings[], profile_model_settings[],
    profile_element_settings[];
int profile_read_figures(const struct conf_group *root, struct profile *profile,
                         struct conf_error *out_error);
int profile_read_elements(const struct conf_group *root, struct profile *profile,
                          struct conf_error *out_error);

const struct profile *profile_set_at(const struct profile_set *profiles, size_t i);

/* How well a rule fits what is known of a device: the longer prefix first, then a description, then
 * a probe. 0 when it does not fit. A probe's outcome is the caller's to know. */
unsigned match_rule_rank(const struct match_rule *rule, const struct oid *sys_object_id,
                         const char *sys_descr);

#endif
