/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A meter on a stage: packets built by hand go in at times of the city, a report comes out. One at
 * a time, for cmocka.
 */
#ifndef LASTMILE_TESTS_SUPPORT_METER_STAGE_H
#define LASTMILE_TESTS_SUPPORT_METER_STAGE_H

#include "probe/meter.h"
#include "tests/support/control_builder.h"
#include "tests/support/packet_builder.h"

#define NS_PER_S  UINT64_C(1000000000)
#define MORNING_S UINT64_C(1699999980)          /* 06:13:00 in the city, a whole minute */
#define EVENING_S (MORNING_S - 780 + 13 * 3600) /* 19:00:00 */
#define ROUTER    0x02000000aa01
#define CORE      0x02000000aa02
#define CLIENT    0x64400002 /* 100.64.0.2 */
#define CLOUD     0xc6336401
#define ELSEWHERE 0x08080808
#define UDP_BYTES 28 /* IPv4 and UDP headers */

struct meter_stage {
    struct pseudonym *pseudonym;
    struct packet_builder packet; /* the one that is being built */
    struct meter *meter;          /* between stage_begin and stage_end */
};
extern struct meter_stage stage;

/* For cmocka: the pseudonym, of a key that is always the same. */
int stage_open(void **state);
int stage_close(void **state);

/* A small meter that takes RADIUS accounting. */
struct meter_options stage_options(void);
void stage_begin(const struct meter_options *options);
/* Frees the meter, and the report. */
void stage_end(struct report *report);

/* The packet that was built. */
void stage_send_as(enum link_type link, uint64_t time_unix_ns);
void stage_send(uint64_t time_s);
/* An accounting record, from one NAS of the city to its server. */
void stage_record(const struct packet_radius *radius, uint64_t time_s);
/* `bytes` of IP to a client, or from him. */
void stage_traffic(uint32_t client, uint32_t server, bool up, unsigned bytes, uint64_t time_s);

/* What was counted until then; report_free. */
struct report *stage_collect(uint64_t end_s);
/* NULL where there is none. */
const struct report_cell *stage_find_cell(const struct report *report, const char *node);
uint64_t stage_unattributed(void);

#endif
