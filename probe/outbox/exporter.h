/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the spool to the bus: live reports first, backlog behind them at a bounded rate, a bounded
 * number in flight, again what was acknowledged but never receipted. The collector's receipts free
 * the spool; a PUBACK only paces. Announces itself on the state topic, retained and as its will.
 * It must not know what is in a report. One thread, the one that polls. Time is an argument.
 */
#ifndef LASTMILE_PROBE_OUTBOX_EXPORTER_H
#define LASTMILE_PROBE_OUTBOX_EXPORTER_H

#include "common/bus.h"
#include "probe/outbox/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exporter;

#define EXPORTER_IN_FLIGHT_MAX 64

struct exporter_options {
    const char *operator_name, *probe_name;
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    const struct bus_options *bus; /* without its will, which the exporter sets; copied */
    unsigned in_flight_max;        /* reports without a PUBACK, 1..64; 0: 16 */
    unsigned unanswered_max;       /* backlog reports without a receipt; 0: 256 */
    unsigned backlog_per_s;        /* drain rate; 0: 50 */
    uint64_t retry_ms;             /* acknowledged, not receipted: sent again after; 0: 60,000 */
};

struct exporter_stats {
    enum bus_state state;
    uint64_t sent_live, sent_backlog;
    uint64_t accepted, refused; /* by the broker */
    uint64_t receipts, bad_receipts;
    uint64_t receipted; /* reports freed by receipts */
    uint64_t resent;    /* after no receipt came */
    uint64_t connections;
    uint64_t unsendable; /* larger than the broker takes; given up */
    size_t in_flight;
    uint64_t heard_unix_ns; /* the collector's clock by its last receipt that was not retained */
    uint64_t heard_mono_ns; /* when that came; 0: never */
};

/* The spool is borrowed, and outlives the exporter. NULL with errno: EINVAL for a name that is no
 * name of a topic, else of bus_new. */
struct exporter *exporter_new(const struct exporter_options *options, struct spool *spool);
/* Says "offline" where connected. What was not receipted stays in the spool. NULL is fine. */
void exporter_free(struct exporter *exporter);

/* Hands a report over; spool_append's answer. It is sent by exporter_service. */
int exporter_enqueue(struct exporter *exporter, uint64_t sequence, const uint8_t *bytes,
                     size_t length, uint64_t now_mono_ns);

/* For poll(2), as of the bus. */
int exporter_fd(const struct exporter *exporter);
bool exporter_wants_write(const struct exporter *exporter);
/* All that is due: bus, spool, sending, retrying. Call at least once a second, and after an
 * enqueue. */
void exporter_service(struct exporter *exporter, uint64_t now_mono_ns, bool readable,
                      bool writable);

struct exporter_stats exporter_stats(const struct exporter *exporter);

#endif
