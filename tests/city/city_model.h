/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the city share.
 */
#ifndef LASTMILE_TESTS_CITY_CITY_MODEL_H
#define LASTMILE_TESTS_CITY_CITY_MODEL_H

#include "tests/city/city.h"

#include "common/report.h"

/* Days count from here; the first lines are older. */
#define CITY_EPOCH_YEAR 2015
#define CITY_FOREVER    2400 /* past the end of 2020 */
#define CITY_WINDOW     90
#define CITY_PRESENCE   15

enum node_kind { NODE_OLT, NODE_LAN, NODE_DSLAM, NODE_CMTS, NODE_KINDS };

struct city_node {
    char name[REPORT_NAME_BYTES];
    uint8_t area, operator_index;
    uint8_t settlement, residence, technology, kind;
    bool probed;
    uint32_t probe;
    uint32_t first_line, line_count; /* lines of a node lie together */
};

struct city_line {
    int16_t birth, death; /* days since the epoch; it is there from birth to before death */
    uint16_t node;
};

struct city_controller {
    char name[REPORT_NAME_BYTES];
    uint8_t area, operator_index;
    bool probed;
    uint32_t probe;
    uint32_t first, count; /* its access points lie together */
};

/* An access point, and where a second controller knows it, too. */
struct city_access_point {
    int16_t birth, death;
    uint16_t controller;
    bool is_private, flaps; /* flaps: up on few days */
    bool has_standby;
};

/* A router with uplinks that have a role. */
struct city_uplink {
    char name[REPORT_NAME_BYTES];
    uint8_t operator_index, role;
    uint16_t router; /* number within its operator */
    uint32_t probe;
};

struct city_probe {
    char name[TOPIC_NAME_MAX + 1];
    uint8_t operator_index;
};

struct city {
    struct city_options options;
    int64_t epoch_day;
    struct city_node *nodes;
    struct city_line *lines;
    struct city_controller *controllers;
    struct city_access_point *access_points;
    struct city_uplink *uplinks;
    struct city_probe *probes;
    size_t node_count, line_count, controller_count, access_point_count, uplink_count, probe_count;
    size_t line_room;
};

/* What a choice is about: the first number of its hash. */
enum city_choice {
    CHOICE_LINE_KEY = 1,
    CHOICE_TERMINAL_KEY,
    CHOICE_WTP_KEY,
    CHOICE_SLOT,
    CHOICE_LIFE,
    CHOICE_VACANCY,
    CHOICE_TRAFFIC,
    CHOICE_ONLINE,
    CHOICE_RATE,
    CHOICE_AP,
    CHOICE_AP_DAY,
    CHOICE_SAMPLE,
    CHOICE_OUTAGE,
    CHOICE_LATE,
    CHOICE_DUPLICATE,
    CHOICE_LOAD,
    CHOICE_INTERVAL,
    CHOICE_CLOUD,
};
/* 64 uniform bits, and a number in [0, 1). */
uint64_t city_hash(const struct city *city, enum city_choice choice, uint64_t a, uint64_t b);
double city_chance(const struct city *city, enum city_choice choice, uint64_t a, uint64_t b);

/* A value that grows from year end to year end: years[i] holds at the end of 2015 + i. */
#define CITY_YEARS 6
double city_curve(const double years[static CITY_YEARS], int64_t day_since_epoch);
/* Days since the epoch. */
int64_t city_age(const struct city *city, int64_t day);

/* The city's civil month that holds a day. */
struct city_month {
    int64_t first_day;
    unsigned days;
    uint64_t number; /* year * 12 + month - 1 */
};
struct city_month city_month_of(int64_t day);

/* Lines: index into city->lines. */
bool city_line_exists(const struct city *city, size_t line, int64_t day);
bool city_line_has_traffic(const struct city *city, size_t line, const struct city_month *month,
                           int64_t day);
/* Its last day with traffic in from..to; INT64_MIN when there is none. */
int64_t city_line_last_traffic(const struct city *city, size_t line, int64_t from, int64_t to);
bool city_line_is_online(const struct city *city, size_t line, int64_t day);
size_t city_line_class(const struct city *city, size_t line, int64_t day);

bool city_ap_exists(const struct city *city, size_t ap, int64_t day);
bool city_ap_runs(const struct city *city, size_t ap, int64_t day);

uint64_t city_uplink_gbit_s(const struct city *city, size_t uplink, int64_t day);

/* Whether a probe says nothing on a day, and whether it declares that as lost afterwards (else it
 * was off, and begins anew). */
bool city_probe_is_silent(const struct city *city, size_t probe, int64_t day);
bool city_silence_is_declared(const struct city *city, size_t probe, int64_t day);

#endif
