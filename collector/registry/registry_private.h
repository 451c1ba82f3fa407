/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the registry share, and nobody else includes.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_REGISTRY_PRIVATE_H
#define LASTMILE_COLLECTOR_REGISTRY_REGISTRY_PRIVATE_H

#include "collector/registry/database.h"
#include "collector/registry/journal.h"
#include "collector/registry/registry.h"

#include "common/array.h"

#define REGISTRY_SLOT_NS (UINT64_C(300) * 1000000000)

struct known;
struct senders;
struct traffic;

struct registry {
    struct database *database;
    struct known *known; /* of a handle that writes; else NULL */
    struct senders *senders;
    struct traffic *traffic;
    uint64_t import_ns; /* of the import transaction that is open; 0: none */
};

/* Reports of a stretch of time, as known at a time, in the order of arrival. */
struct journal_window {
    uint64_t from_ns, to_ns, arrived_until_ns;
};
int journal_visit_window(struct database *database, const struct journal_window *window,
                         journal_visit_fn visit, void *ctx);

/* A report while it is taken in: where it stands, and what may still be opened. */
struct intake_place {
    int64_t operator_id, probe_id, boot_id, report_id;
    size_t probe, boot; /* their rows in memory (senders.h) */
    uint64_t start_ns, end_ns, arrived_ns;
    int64_t day;
    uint64_t schedule_ms, known_schedule_ms; /* length of the probe's intervals; as it was before */
    struct journal_caps caps;
    uint64_t opened_series, opened_lines, over_cap; /* of the probe, with what this report adds */
};

/* The counts of one accepted report into the tables of the inventory (inventory.c, lines.c,
 * elements.c). */
int inventory_take_report(struct registry *registry, struct intake_place *place,
                          const struct report *report);
/* The id of a class of destinations; 0 where the probe's cap is reached. */
int inventory_ensure_class(struct registry *registry, struct intake_place *place, const char *name,
                           int64_t *out_id);
int lines_take_cell(struct registry *registry, struct intake_place *place,
                    const struct report_cell *cell, int64_t branch_id);
/* What a poll lists one by one (elements.c). */
struct element_poll {
    int64_t node_id, day;
    uint64_t polled_ns;
};
int elements_take_inventory(struct registry *registry, struct intake_place *place,
                            const struct report_inventory *inventory,
                            const struct element_poll *poll);
int interfaces_take(struct registry *registry, struct intake_place *place,
                    const struct report_inventory *inventory, int64_t node_id, uint64_t polled_ns);

/* The grid of the probe's series: its schedule in whole seconds, at least one. */
uint64_t schedule_step_s(const struct intake_place *place);

/* The series of an element, opened where the probe's cap allows it; *out_id is 0 where not. */
struct series_place {
    int kind; /* enum series_kind */
    int64_t node_id, interface_id;
    int technology;
};
int series_open(struct registry *registry, struct intake_place *place,
                const struct series_place *series, uint64_t step_s, int64_t *out_id);

/* year * 12 + month - 1, and the bit of the day in its month. */
int64_t month_of_day(int64_t day, uint32_t *out_bit);

#endif
