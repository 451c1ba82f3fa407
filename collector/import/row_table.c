/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/row_table.h"

#include <stdint.h>
#include <string.h>

const struct conf_name import_kind_names[] = {
    {"denominators", IMPORT_DENOMINATORS},
    {"declared", IMPORT_DECLARED},
    {"nodes", IMPORT_NODES},
    {"villages", IMPORT_VILLAGES},
    {"venues", IMPORT_VENUES},
    {"contracts", IMPORT_CONTRACTS},
    {"remarks", IMPORT_REMARKS},
    {NULL, 0},
};

static const struct conf_name class_words[] = {{"all", 0}, {"urban", 0}, {"rural", 0}, {NULL, 0}};
static const struct conf_name status_words[] = {
    {"final", 0}, {"preliminary", 0}, {"estimate", 0}, {NULL, 0}};
static const struct conf_name class_codes[] = {{"111", 111}, {"112", 112}, {"121", 121},
                                               {"122", 122}, {"123", 123}, {"210", 210},
                                               {"220", 220}, {NULL, 0}};

#define AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* What every row says of itself: when it describes, when it appeared, where it stands, how final.
 */
#define IMPRINT(type)                                                                              \
    {.name = "reference_date",                                                                     \
     .kind = CELL_DATE,                                                                            \
     .required = true,                                                                             \
     .of_key = true,                                                                               \
     AT(type, reference_day),                                                                      \
     .help = "the day that the row describes, 2017-12-31"},                                        \
        IMPRINT_AFTER_DATE(type)
#define IMPRINT_AFTER_DATE(type)                                                                   \
    {.name = "published_date",                                                                     \
     .kind = CELL_DATE,                                                                            \
     AT(type, published_day),                                                                      \
     .help = "the day it was published; empty: the reference date"},                               \
        {.name = "source",                                                                         \
         .kind = CELL_TEXT,                                                                        \
         .required = true,                                                                         \
         AT(type, source),                                                                         \
         .help = "the document it stands in"},                                                     \
        {.name = "vintage",                                                                        \
         .kind = CELL_TEXT,                                                                        \
         .of_key = true,                                                                           \
         AT(type, vintage),                                                                        \
         .help = "name of the edition; empty: the date of publication"},                           \
    {                                                                                              \
        .name = "status", .kind = CELL_WORD, .fallback = "final", AT(type, status),                \
        .names = status_words, .help = "final, preliminary or estimate; empty: final"              \
    }

#define SETTLEMENT(type)                                                                           \
    {                                                                                              \
        .name = "settlement", .kind = CELL_ENUM, .fallback = "unknown", AT(type, settlement),      \
        .names = settlement_names, .help = "urban or rural; empty: unknown"                        \
    }
#define RESIDENCE(type)                                                                            \
    {                                                                                              \
        .name = "residence", .kind = CELL_ENUM, .of_key = true, .fallback = "unknown",             \
        AT(type, residence), .names = residence_names,                                             \
        .help = "residential or business; empty: unknown"                                          \
    }

static const struct cell_rule denominator_rules[] = {
    {.name = "area",
     .kind = CELL_AREA,
     .required = true,
     .of_key = true,
     AT(struct denominator, area),
     .help = "key of an area of the plan; 371000 is the whole city"},
    {.name = "class",
     .kind = CELL_WORD,
     .of_key = true,
     .fallback = "all",
     AT(struct denominator, class_name),
     .names = class_words,
     .help = "all, urban or rural; empty: all"},
    {.name = "variable",
     .kind = CELL_NAME,
     .required = true,
     .of_key = true,
     AT(struct denominator, variable),
     .help = "what is counted: resident-households, population, ..."},
    {.name = "value",
     .kind = CELL_NUMBER,
     .required = true,
     AT(struct denominator, value),
     .help = "the number, decimal point, no thousands separator"},
    {.name = "unit",
     .kind = CELL_TEXT,
     .required = true,
     AT(struct denominator, unit),
     .help = "households, persons, ..."},
    IMPRINT(struct denominator),
    END,
};

static const struct cell_rule declared_rules[] = {
    {.name = "indicator",
     .kind = CELL_INDICATOR,
     .required = true,
     .of_key = true,
     AT(struct declared_figure, indicator),
     .help = "id of an indicator of the plan"},
    {.name = "area",
     .kind = CELL_AREA,
     .required = true,
     .of_key = true,
     AT(struct declared_figure, area),
     .help = "key of an area of the plan; 371000 is the whole city"},
    {.name = "operator",
     .kind = CELL_OPERATOR,
     .of_key = true,
     AT(struct declared_figure, operator_name),
     .help = "who declares it for itself; empty: a figure of the whole area"},
    {.name = "value",
     .kind = CELL_NUMBER,
     .required = true,
     AT(struct declared_figure, value),
     .help = "in the plan's unit, decimal point"},
    {.name = "unit",
     .kind = CELL_TEXT,
     .required = true,
     AT(struct declared_figure, unit),
     .help = "the plan's unit, as a check"},
    IMPRINT(struct declared_figure),
    END,
};

static const struct cell_rule node_rules[] = {
    {.name = "operator",
     .kind = CELL_OPERATOR,
     .required = true,
     .of_key = true,
     AT(struct registered_node, operator_name),
     .help = "key of an operator of the plan"},
    {.name = "access_node",
     .kind = CELL_TEXT,
     .required = true,
     .of_key = true,
     AT(struct registered_node, access_node),
     .help = "the node's name, as its probe reports it"},
    {.name = "area",
     .kind = CELL_AREA,
     .required = true,
     AT(struct registered_node, area),
     .help = "key of the reporting area it serves"},
    SETTLEMENT(struct registered_node),
    RESIDENCE(struct registered_node),
    {.name = "technology",
     .kind = CELL_ENUM,
     .of_key = true,
     .fallback = "unknown",
     AT(struct registered_node, technology),
     .names = access_technology_names,
     .help = "gpon, xgspon, epon, adsl2, vdsl2, docsis or ethernet; empty for a WLAN controller"},
    {.name = "lines",
     .kind = CELL_COUNT,
     AT(struct registered_node, lines),
     .help = "lines of that technology; empty: not said"},
    {.name = "wtps",
     .kind = CELL_COUNT,
     AT(struct registered_node, wtps),
     .help = "access points of a WLAN controller; empty: not said"},
    {.name = "village",
     .kind = CELL_DIGITS,
     AT(struct registered_node, village),
     .help = "12-digit code of its village, whose class says urban or rural where the node does "
             "not"},
    IMPRINT(struct registered_node),
    END,
};

static const struct cell_rule village_rules[] = {
    {.name = "village",
     .kind = CELL_DIGITS,
     .required = true,
     .of_key = true,
     AT(struct village, village),
     .help = "12-digit code of the statistics bureau"},
    {.name = "label", .kind = CELL_TEXT, AT(struct village, label), .help = "its name"},
    {.name = "area",
     .kind = CELL_AREA,
     .required = true,
     AT(struct village, area),
     .help = "key of the reporting area it lies in"},
    {.name = "urban_rural_class",
     .kind = CELL_ENUM,
     .required = true,
     AT(struct village, class_code),
     .names = class_codes,
     .help = "the bureau's class: 111, 112, 121, 122, 123 (urban), 210, 220 (rural)"},
    IMPRINT(struct village),
    END,
};

static const struct cell_rule venue_rules[] = {
    {.name = "venue",
     .kind = CELL_NAME,
     .required = true,
     .of_key = true,
     AT(struct venue, venue),
     .help = "a neutral id of the place; a row for each controller or access point there"},
    {.name = "label", .kind = CELL_TEXT, AT(struct venue, label), .help = "its name"},
    {.name = "category",
     .kind = CELL_ENUM,
     .required = true,
     AT(struct venue, category),
     .names = venue_category_names,
     .help = "public-service or commercial"},
    {.name = "class",
     .kind = CELL_NAME,
     AT(struct venue, class_name),
     .help = "hospital, library, station, mall, ...; empty: not said"},
    {.name = "area",
     .kind = CELL_AREA,
     .required = true,
     AT(struct venue, area),
     .help = "key of the reporting area it lies in"},
    {.name = "operator",
     .kind = CELL_OPERATOR,
     .of_key = true,
     AT(struct venue, operator_name),
     .help = "who serves it; empty: nobody yet"},
    {.name = "access_node",
     .kind = CELL_TEXT,
     .of_key = true,
     AT(struct venue, access_node),
     .help = "the WLAN controller, as its probe reports it; alone: all its access points"},
    {.name = "access_point",
     .kind = CELL_PSEUDONYM,
     .of_key = true,
     AT(struct venue, access_point),
     .help = "an access point's pseudonym as its probe makes it, 16 hex digits; never a MAC"},
    {.name = "opened_date",
     .kind = CELL_ANY_DAY,
     AT(struct venue, opened_day),
     .help = "the first day that it is to be served; empty: not said"},
    {.name = "closed_date",
     .kind = CELL_ANY_DAY,
     AT(struct venue, closed_day),
     .help = "the first day that it is no longer; empty: open"},
    IMPRINT(struct venue),
    END,
};

static const struct cell_rule contract_rules[] = {
    {.name = "operator",
     .kind = CELL_OPERATOR,
     .required = true,
     .of_key = true,
     AT(struct contract, operator_name),
     .help = "key of an operator of the plan"},
    {.name = "area",
     .kind = CELL_AREA,
     .required = true,
     .of_key = true,
     AT(struct contract, area),
     .help = "key of the reporting area"},
    {.name = "settlement",
     .kind = CELL_ENUM,
     .of_key = true,
     .fallback = "unknown",
     AT(struct contract, settlement),
     .names = settlement_names,
     .help = "urban or rural; empty: unknown"},
    RESIDENCE(struct contract),
    {.name = "technology",
     .kind = CELL_ENUM,
     .of_key = true,
     .fallback = "unknown",
     AT(struct contract, technology),
     .names = access_technology_names,
     .help = "gpon, xgspon, epon, adsl2, vdsl2, docsis or ethernet; empty: unknown"},
    {.name = "rate_mbit_s",
     .kind = CELL_RATE,
     .of_key = true,
     AT(struct contract, rate_kbit_s),
     .help = "provisioned downstream rate in Mbit/s; empty: not said"},
    {.name = "contracted_lines",
     .kind = CELL_COUNT,
     .required = true,
     AT(struct contract, lines),
     .help = "lines under contract on the reference date"},
    IMPRINT(struct contract),
    END,
};

static const struct cell_rule remark_rules[] = {
    {.name = "indicator",
     .kind = CELL_INDICATOR,
     .required = true,
     .of_key = true,
     AT(struct remark, indicator),
     .help = "id of an indicator of the plan"},
    {.name = "area",
     .kind = CELL_AREA,
     .required = true,
     .of_key = true,
     AT(struct remark, area),
     .help = "key of an area of the plan; 371000 is the whole city"},
    {.name = "operator",
     .kind = CELL_OPERATOR,
     .of_key = true,
     AT(struct remark, operator_name),
     .help = "whose remark it is; empty: on the figure of all"},
    {.name = "period",
     .kind = CELL_PERIOD,
     .required = true,
     .of_key = true,
     AT(struct remark, period),
     .help = "2017, or 2017-11"},
    {.name = "text_zh", .kind = CELL_TEXT, AT(struct remark, text_zh), .help = "in Chinese"},
    {.name = "text_en",
     .kind = CELL_TEXT,
     AT(struct remark, text_en),
     .help = "in English; one of the two must be there"},
    {.name = "reference_date",
     .kind = CELL_DATE,
     AT(struct remark, reference_day),
     .help = "the day of the figure it is on; empty: the period's last day"},
    IMPRINT_AFTER_DATE(struct remark),
    END,
};

static const char *check_denominator(const struct plan *plan, const union import_row *row)
{
    (void)plan;
    return row->denominator.value > 0 ? NULL : "a denominator is above 0";
}

static const char *check_declared(const struct plan *plan, const union import_row *row)
{
    const struct plan_indicator *indicator = plan_find_indicator(plan, row->declared.indicator);
    bool same = indicator && (strcmp(indicator->unit, row->declared.unit) == 0 ||
                              strcmp(indicator->unit_zh, row->declared.unit) == 0);
    return same ? NULL : "the unit is not the plan's: convert the value, and write the plan's unit";
}

static const char *check_node(const struct plan *plan, const union import_row *row)
{
    (void)plan;
    const struct registered_node *node = &row->node;
    if (node->lines.known && node->technology == TECHNOLOGY_UNKNOWN)
        return "lines need their technology; name it, or leave the lines empty";
    return NULL;
}

static const char *check_venue(const struct plan *plan, const union import_row *row)
{
    (void)plan;
    const struct venue *venue = &row->venue;
    if (venue->category == VENUE_UNKNOWN)
        return "the category is public-service or commercial";
    if (venue->operator_name[0] == '\0' && venue->access_node[0] != '\0')
        return "an access node needs its operator";
    if (venue->access_node[0] == '\0' && venue->access_point[0] != '\0')
        return "an access point needs the access node that lists it";
    if (venue->opened_day.known && venue->closed_day.known &&
        venue->closed_day.value < venue->opened_day.value)
        return "it is closed before it opens";
    return NULL;
}

static const char *check_contract(const struct plan *plan, const union import_row *row)
{
    const struct plan_operator *operator_ = plan_find_operator(plan, row->contract.operator_name);
    return operator_ && operator_->has_lines ? NULL : "this operator has no lines of its own";
}

static const char *check_remark(const struct plan *plan, const union import_row *row)
{
    (void)plan;
    bool said = row->remark.text_zh[0] || row->remark.text_en[0];
    return said ? NULL : "a remark has a text_zh, a text_en, or both";
}

#define IMPRINT_OF(type)                                                                           \
    offsetof(type, reference_day), offsetof(type, published_day), offsetof(type, vintage)

const struct row_table row_tables[ROW_TABLES] = {
    {IMPORT_REMARKS, REGISTER_REMARKS, "text_zh", remark_rules, IMPRINT_OF(struct remark),
     offsetof(struct remark, period), check_remark},
    {IMPORT_VENUES, REGISTER_VENUES, "venue", venue_rules, IMPRINT_OF(struct venue), SIZE_MAX,
     check_venue},
    {IMPORT_CONTRACTS, REGISTER_CONTRACTS, "contracted_lines", contract_rules,
     IMPRINT_OF(struct contract), SIZE_MAX, check_contract},
    {IMPORT_VILLAGES, REGISTER_VILLAGES, "urban_rural_class", village_rules,
     IMPRINT_OF(struct village), SIZE_MAX, NULL},
    {IMPORT_DENOMINATORS, REGISTER_DENOMINATORS, "variable", denominator_rules,
     IMPRINT_OF(struct denominator), SIZE_MAX, check_denominator},
    {IMPORT_DECLARED, REGISTER_DECLARED, "indicator", declared_rules,
     IMPRINT_OF(struct declared_figure), SIZE_MAX, check_declared},
    {IMPORT_NODES, REGISTER_NODES, "access_node", node_rules, IMPRINT_OF(struct registered_node),
     SIZE_MAX, check_node},
};
