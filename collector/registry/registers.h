/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Imported registers, one way in and one way out for all kinds. Append-only: a row whose key is
 * known with other words is a revision, and the older row stays for "as known on DATE". The key of
 * a kind is its columns without value, source, vintage and status (registers.c).
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_REGISTERS_H
#define LASTMILE_COLLECTOR_REGISTRY_REGISTERS_H

#include "collector/registry/evidence.h"

#define VILLAGE_CODE_BYTES 16 /* 12 digits */
#define PSEUDONYM_BYTES    20 /* 16 hex digits */
#define PERIOD_BYTES       16 /* "2017", "2017-11" */
#define REMARK_TEXT_BYTES  800

enum register_kind {
    REGISTER_DENOMINATORS, /* struct denominator */
    REGISTER_DECLARED,     /* struct declared_figure */
    REGISTER_NODES,        /* struct registered_node */
    REGISTER_VILLAGES,     /* struct village */
    REGISTER_VENUES,       /* struct venue */
    REGISTER_CONTRACTS,    /* struct contract */
    REGISTER_REMARKS,      /* struct remark */
    REGISTER_KINDS
};

/* A village or community and its 城乡分类代码 (NBS): 111 main town, 112 its edge, 121 town, 122 its
 * edge, 123 special, 210 township seat, 220 village. 1xx is urban, 2xx rural. */
struct village {
    char village[VILLAGE_CODE_BYTES]; /* the bureau's 12-digit code */
    char label[REPORT_TEXT_BYTES];
    char area[REPORT_NAME_BYTES];
    int class_code;
    int64_t reference_day, published_day;
    char source[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char status[REPORT_NAME_BYTES];
    uint64_t imported_ns;
};
/* SETTLEMENT_UNKNOWN when it is no such code. */
enum settlement settlement_of_class(int class_code);

enum venue_category { VENUE_UNKNOWN = 0, VENUE_PUBLIC_SERVICE = 1, VENUE_COMMERCIAL = 2 };
extern const struct conf_name venue_category_names[];

/* A place that is to have WLAN, and one thing that serves it: a whole controller (access_node), one
 * access point of it, or nothing yet (operator_name ""). A venue has as many rows as it has of
 * these. */
struct venue {
    char venue[REPORT_NAME_BYTES]; /* a neutral id */
    char label[REPORT_TEXT_BYTES];
    enum venue_category category;
    char class_name[REPORT_NAME_BYTES]; /* "hospital", "library", ...; "" = not said */
    char area[REPORT_NAME_BYTES];
    char operator_name[TOPIC_NAME_MAX + 1];
    char access_node[REPORT_NAME_BYTES];        /* as its probe reports it */
    char access_point[PSEUDONYM_BYTES];         /* keyed, as probes report it: 16 hex digits */
    struct optional_u64 opened_day, closed_day; /* days since 1970; an earlier one is 0 */
    int64_t reference_day, published_day;
    char source[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char status[REPORT_NAME_BYTES];
    uint64_t imported_ns;
};

/* Contracted lines of one rate. An operator's latest reference day is its whole statement. */
struct contract {
    char operator_name[TOPIC_NAME_MAX + 1];
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    enum access_technology technology;
    struct optional_u64 rate_kbit_s; /* provisioned downstream; capability_class() */
    struct optional_u64 lines;
    int64_t reference_day, published_day;
    char source[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char status[REPORT_NAME_BYTES];
    uint64_t imported_ns;
};

/* Words that travel with the figure of an indicator, area, operator ("" = of all) and period. */
struct remark {
    char indicator[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    char operator_name[TOPIC_NAME_MAX + 1];
    char period[PERIOD_BYTES];
    char text_zh[REMARK_TEXT_BYTES], text_en[REMARK_TEXT_BYTES];
    int64_t reference_day, published_day;
    char source[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char status[REPORT_NAME_BYTES];
    uint64_t imported_ns;
};

enum register_change { REGISTER_UNCHANGED = 0, REGISTER_NEW = 1, REGISTER_REVISED = 2 };

/* Adds a row within registry_import_begin and _end; its imported_ns is not read. What it was, or a
 * negated errno. out_old, the kind's struct or NULL, is what stood there where it is revised. */
int registry_import_row(struct registry *registry, enum register_kind kind, const void *row,
                        void *out_old);

/* The rows in force on a day as known at a time (0 = everything): of each key the latest reference
 * day until then, then the latest publication, then the latest import; of contracts, the latest
 * reference day of each operator. *out_rows is an array of the kind's struct, sorted by key; the
 * caller frees it. 0, -ENOMEM or -EIO. */
int registry_list_register(struct registry *registry, enum register_kind kind, int64_t last_day,
                           uint64_t as_known_ns, void **out_rows, size_t *out_count);

/* Every row of every vintage that was known at a time (0 = everything), in the order of import. */
int registry_list_vintages(struct registry *registry, enum register_kind kind, uint64_t as_known_ns,
                           void **out_rows, size_t *out_count);

#endif
