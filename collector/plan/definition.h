/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an indicator counts, as data: a numerator of a population at an instant, against a
 * denominator, each by a name out of the tables below. config/indicators.cfg holds the definitions;
 * collector/indicator computes what the names stand for. An indicator has one default definition
 * and named alternatives: a figure always says by which it was made.
 */
#ifndef LASTMILE_COLLECTOR_PLAN_DEFINITION_H
#define LASTMILE_COLLECTOR_PLAN_DEFINITION_H

#include "common/access.h"
#include "common/conf.h"
#include "common/optional.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEFINITION_NAME_BYTES  64
#define DEFINITION_LABEL_BYTES 160
#define DEFINITION_NOTE_BYTES  600
#define DEFINITION_CLASSES_MAX 4

/* indicators.md, "Evidence class used below". */
enum evidence_class { EVIDENCE_MEASURED, EVIDENCE_DERIVED, EVIDENCE_DECLARED };
extern const struct conf_name evidence_class_names[];

/* What is counted, or measured. */
enum quantity {
    QUANTITY_DECLARED,    /* whatever statistics declare for the indicator */
    QUANTITY_INDEX,       /* nothing: a page that collects other indicators */
    QUANTITY_NOT_CARRIED, /* what no report carries: an honest gap, with its reason in the note */
    QUANTITY_IMPORTED,    /* an imported variable */
    QUANTITY_LINES,
    QUANTITY_FTTH_LINES,         /* fibre to a single subscriber's premises */
    QUANTITY_FIBRE_LINES,        /* and the lines of FTTB + LAN */
    QUANTITY_CAPABLE_LINES,      /* that can be given rate_mbit_s or more */
    QUANTITY_CAPABILITY,         /* the rate class that enough of the lines can be given */
    QUANTITY_PROVISIONED_RATE,   /* the same of the configured product alone, at a quantile */
    QUANTITY_CONTRACTED_RATE,    /* quantile of the contracted rates */
    QUANTITY_MEAN_RATE,          /* mean of the configured rates, by the edges of their classes */
    QUANTITY_ACHIEVED_RATE,      /* quantile over demanding line-minutes of the busy hours */
    QUANTITY_FAST_LINES,         /* most in one interval whose busiest second was from 800 Mbit/s */
    QUANTITY_ACCESS_POINTS,      /* in Run state on enough days */
    QUANTITY_DEPLOYED_POINTS,    /* configured at the controllers, whatever their state */
    QUANTITY_VENUES,             /* of the register, with an access point that runs */
    QUANTITY_COVERED_VENUES,     /* of the register, with one on almost all days */
    QUANTITY_CAPACITY,           /* of interfaces with a role */
    QUANTITY_UTILISATION,        /* of the busiest: 95th percentile of the 5-minute means */
    QUANTITY_HOURS_ABOVE,        /* of the busiest: hours of the month above a utilisation */
    QUANTITY_DESTINATION_LINES,  /* that exchanged enough octets with classes of destinations */
    QUANTITY_DESTINATION_OCTETS, /* exchanged with them in the month */
    QUANTITY_DESTINATION_RTT,    /* quantile of the handshakes' external half */
    QUANTITY_DESTINATION_LOSS,   /* retransmitted of all TCP segments */
    QUANTITY_DESTINATION_SEEN,   /* share of the intervals in which they answered */
    QUANTITY_WLAN_USERS,         /* distinct ones a day, mean over the days */
    QUANTITY_WLAN_OCTETS,        /* a day, mean over the days */
    QUANTITY_COUNT,
};
extern const struct conf_name quantity_names[];

/* Of whom or what. */
enum population {
    POPULATION_ALL,
    POPULATION_RESIDENTIAL,
    POPULATION_BUSINESS,
    POPULATION_URBAN,
    POPULATION_RURAL,
    POPULATION_PUBLIC, /* networks that their operator has declared public */
};
extern const struct conf_name population_names[];

/* When. The window of "active" and the days of "present" are rules of collector.cfg. */
enum instant {
    INSTANT_DECLARED,   /* the reference date of what is declared or imported */
    INSTANT_ACTIVE,     /* with traffic or online within the window that ends the period */
    INSTANT_ACTIVE_30D, /* the same, within 30 days */
    INSTANT_CONTRACTED, /* as the operator's register says, whether used or not */
    INSTANT_LAST_POLL,  /* as the devices said last */
    INSTANT_PRESENT,    /* on enough days of the month that ends the period */
    INSTANT_MONTH,      /* over the month that ends the period */
};
extern const struct conf_name instant_names[];

/* Against what. */
enum denominator_kind {
    DENOMINATOR_NONE,
    DENOMINATOR_LINES, /* all lines of the population at the instant */
    DENOMINATOR_VENUES,
    DENOMINATOR_RESIDENT_HOUSEHOLDS, /* from here on: imported, under these very names */
    DENOMINATOR_REGISTERED_HOUSEHOLDS,
    DENOMINATOR_POPULATION,
    DENOMINATOR_DWELLINGS,
    DENOMINATOR_ACCESS_PORTS,
};
extern const struct conf_name denominator_names[];
bool denominator_is_imported(enum denominator_kind denominator);

struct plan_definition {
    char name[DEFINITION_NAME_BYTES]; /* "strict"; unique within its indicator */
    char label_zh[DEFINITION_LABEL_BYTES], label_en[DEFINITION_LABEL_BYTES];
    enum quantity numerator;
    enum population population;
    enum instant instant;
    enum denominator_kind denominator;
    char variable[DEFINITION_NAME_BYTES]; /* QUANTITY_IMPORTED: what is imported */
    double rate_mbit_s;                   /* QUANTITY_CAPABLE_LINES */
    double percent;                       /* of a quantile, or of a utilisation */
    enum interface_role role;
    /* Classes of destinations by the names that operators give them; one that ends in '*' stands
     * for all that begin so. */
    char classes[DEFINITION_CLASSES_MAX][DEFINITION_NAME_BYTES];
    size_t class_count;
    enum evidence_class evidence_class;
    char unit[DEFINITION_NAME_BYTES], unit_zh[DEFINITION_NAME_BYTES];
    uint64_t decimals;
    bool beside; /* shown beside the default wherever all figures are exported */
    char note_zh[DEFINITION_NOTE_BYTES], note_en[DEFINITION_NOTE_BYTES];
};

/* Whether a class of destinations is one of a definition's. */
bool definition_takes_class(const struct plan_definition *definition, const char *class_name);

/* Rules in force that stand in names. */
struct definition_days {
    uint64_t activity, presence;
};

/* The stable names that figures show: "residential-lines.active-90d"; "" for no denominator. Cut to
 * size. */
void definition_numerator_name(const struct plan_definition *definition,
                               const struct definition_days *days, char *out, size_t size);
void definition_denominator_name(const struct plan_definition *definition,
                                 const struct definition_days *days, char *out, size_t size);

/* Why a definition contradicts itself, in words for the reader of its file, with the key to blame
 * in *out_key; NULL when it does not. */
const char *definition_fault(const struct plan_definition *definition, const char **out_key);

#endif
