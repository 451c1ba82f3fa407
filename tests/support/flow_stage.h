/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A flow table on a stage: packets between numbered ends go in, records of ended flows are kept.
 * One at a time, for cmocka.
 */
#ifndef LASTMILE_TESTS_SUPPORT_FLOW_STAGE_H
#define LASTMILE_TESTS_SUPPORT_FLOW_STAGE_H

#include "probe/flow/flow_table.h"

#define S  UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define T0 (1700000000 * S)

#define TCP 6
#define UDP 17

#define FLOW_STAGE_RECORDS 64

struct flow_stage {
    struct flow_record ended[FLOW_STAGE_RECORDS]; /* in turn */
    size_t ended_count;
    enum direction next_direction; /* of the flows that begin */
};
extern struct flow_stage flow_stage;

/* A table of 1 MiB with a seed that is known, as on a router. */
struct flow_options router_options(void);
/* Begins a stage; the table is the caller's. Its flows have the context 42. */
struct flow_table *new_table(const struct flow_options *options);

/* Endpoints are numbers: the address 10.0.0.a and the port a (or more). 100 octets. */
struct packet make_packet(uint32_t from, uint32_t to, uint8_t protocol, uint64_t time_ns);
struct packet make_tcp(uint32_t from, uint32_t to, unsigned flags, uint64_t time_ns);

struct flow_verdict give(struct flow_table *table, struct packet packet);

#endif
