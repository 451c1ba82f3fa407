/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A synthetic city whose truth is known: access lines, terminals, access points and uplinks of four
 * operators in eight areas, 2015 to 2020, with growth, churn and the move from copper to fibre. It
 * sends what probes would send (encoded reports, in simulated time), and it writes the registers
 * that people would import. Everything follows from the seed; nothing in it is a real figure of any
 * city, and no name in it is anybody's. Only tests, benchmarks and the demo use it.
 *
 * Every choice is a hash of the seed and of what it is about, so that nothing depends on the order
 * in which it is asked. One thread per city.
 */
#ifndef LASTMILE_TESTS_CITY_CITY_H
#define LASTMILE_TESTS_CITY_CITY_H

#include "common/access.h"
#include "common/topic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CITY_AREAS     8
#define CITY_OPERATORS 4
#define CITY_ROLES     4 /* by enum interface_role */
/* Last days of a month on which devices list what they have, with monthly_lists. */
#define CITY_LIST_DAYS 2

/* Which nodes and controllers have a probe. */
enum city_deployment {
    CITY_CENSUS,
    CITY_RANDOM_SAMPLE, /* drawn at random within operator x settlement */
    CITY_CONVENIENCE,   /* where it was easy: urban fibre first */
};

struct city_options {
    uint64_t seed;
    double scale;                /* 1: about 1,000,000 lines at the end of 2020 */
    int64_t first_day, last_day; /* civil days on which probes report; from 2015-01-01 */
    enum city_deployment deployment;
    double probed_share; /* of the nodes; ignored by a census */
    unsigned line_days;  /* days of a month on which a line has traffic, 1 to 28 */
    unsigned intervals;  /* reports a day of each probe: 1 to 24 */
    bool monthly_lists;  /* terminals are listed on the last days of a month only (a full-size city
                            would need a billion rows of them otherwise) */
    double outages;      /* share of the days on which a probe is silent */
    double late, duplicated; /* shares of the reports */
    unsigned late_days_max;
    double households; /* factor on the households: below 0.9 there are more lines than those */
};
/* A census of 1/1000 that reports every day without a fault, 2015-10-01 to 2016-03-31. */
extern const struct city_options city_defaults;

struct city;
/* NULL when memory is out or an option is out of its bounds. */
struct city *city_new(const struct city_options *options);
void city_free(struct city *city);

/* One message, as the broker would bring it. Borrowed until the sink returns. */
struct city_message {
    char topic[TOPIC_BYTES];
    const uint8_t *payload;
    size_t length;
    uint64_t arrives_ns;
};
/* 0 to go on; anything else ends the run and is passed on. */
typedef int (*city_sink)(void *ctx, const struct city_message *message);

/* All that the probes send, in the order of its arrival. 0, -ENOMEM, -EMSGSIZE, or what the sink
 * returned. */
int city_run(struct city *city, city_sink sink, void *ctx);

/* Counts of lines by area, operator, settlement, residence and technology. */
struct city_lines {
    uint64_t count[CITY_AREAS][CITY_OPERATORS][3][3][TECHNOLOGY_COUNT];
};

/* How it really stands at the end of a day. */
struct city_truth {
    int64_t day;
    struct city_lines active; /* had traffic in the 90 days that end with it, since first_day */
    struct city_lines provisioned;                  /* exist at its end */
    struct city_lines at_least[CAPABILITY_CLASSES]; /* of them: can be given this class or more */
    uint64_t access_points[CITY_AREAS][CITY_OPERATORS]; /* public, ran on >= 15 days of the month */
    uint64_t gbit_s[CITY_OPERATORS][CITY_ROLES];        /* capacity of the interfaces that are up */
    uint64_t households[CITY_AREAS];
};
void city_read_truth(const struct city *city, int64_t day, struct city_truth *out_truth);

/* Sums over a truth. An index of CITY_ALL takes all. */
#define CITY_ALL (-1)
struct city_scope {
    int area, operator_index;
    enum settlement settlement; /* unknown: both */
    enum residence residence;   /* unknown: both */
    bool fibre_only;
};
uint64_t city_sum(const struct city_lines *lines, const struct city_scope *scope);
uint64_t city_access_points(const struct city_truth *truth, int area, int operator_index);
uint64_t city_households(const struct city_truth *truth, int area);

/* Keys of the plan's areas and operators, in the order of the indices above. */
extern const char *const city_area_keys[CITY_AREAS];
extern const char *const city_operator_keys[CITY_OPERATORS];

/* The registers as `lastmile import` takes them: state at the year ends of the run, and at its last
 * day. 0 or -EIO. */
int city_write_denominators(const struct city *city, FILE *out);
int city_write_nodes(const struct city *city, FILE *out);
int city_write_declared(const struct city *city, FILE *out);
/* The truth of every month end, one JSON object a line. 0 or -EIO. */
int city_write_truth(const struct city *city, FILE *out);

struct city_size {
    size_t nodes, controllers, probes, probed_nodes, probed_controllers, lines, access_points;
};
void city_read_size(const struct city *city, struct city_size *out_size);

#endif
