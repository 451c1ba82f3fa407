/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The completeness ledger: of each probe's intervals in a window, how many its schedule promised,
 * how many arrived, and for each that is missing, why. expected = arrived + all that is missing,
 * always. A probe is expected from its first report on; an interval is late a minute after its end.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_LEDGER_H
#define LASTMILE_COLLECTOR_REGISTRY_LEDGER_H

#include "common/topic.h"

#include <stddef.h>
#include <stdint.h>

struct registry;

enum ledger_reason {
    LEDGER_DECLARED, /* the probe said so: its outbox was full, or was lost */
    LEDGER_REFUSED,  /* it came, and could not be taken: see the quarantine */
    LEDGER_CLOCK,    /* no sequence is missing: the probe's clock jumped over that time */
    LEDGER_SILENT,   /* nothing was heard: off, cut off, or its backlog is still to come */
    LEDGER_REASONS
};
/* "declared", ... */
extern const char *const ledger_reason_names[LEDGER_REASONS];

/* Missing intervals in a row. Where several reasons share one hole, their order in it is not known:
 * they stand in the order of the enum. */
struct ledger_gap {
    uint64_t from_ns, to_ns, intervals;
    enum ledger_reason reason;
};

struct ledger_probe {
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    uint64_t expected, arrived;
    uint64_t untrusted; /* of arrived: placed by the collector, since the probe's clock was bad */
    uint64_t missing[LEDGER_REASONS];
    uint64_t gaps_found;     /* of which the latest are listed */
    struct ledger_gap *gaps; /* by time */
    size_t gap_count;
};

struct ledger {
    uint64_t from_ns, to_ns;
    struct ledger_probe *probes; /* by operator and name; those that are expected in the window */
    size_t probe_count;
};

struct ledger_query {
    uint64_t from_ns, to_ns; /* to_ns: now, or before it */
    size_t gaps_max;         /* listed a probe */
};

/* 0, -ENOMEM or -EIO. Days of which everything arrived cost one look each. */
int registry_read_ledger(struct registry *registry, const struct ledger_query *query,
                         struct ledger **out_ledger);
void ledger_free(struct ledger *ledger);

#endif
