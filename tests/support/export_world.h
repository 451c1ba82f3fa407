/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A deployment in memory, from which figures are computed and published: access nodes of three
 * operators in four areas with random lines, denominators, a ledger and a revision whose words come
 * from hostile hands. Deterministic by its seed.
 */
#ifndef LASTMILE_TESTS_SUPPORT_EXPORT_WORLD_H
#define LASTMILE_TESTS_SUPPORT_EXPORT_WORLD_H

#include "collector/export/bundle.h"
#include "collector/export/publication.h"
#include "collector/indicator/inputs.h"
#include "collector/registry/ledger.h"
#include "collector/settings.h"

#define WORLD_NODES     300
#define WORLD_KINDS     3
#define WORLD_LINES_MIN 10

struct world {
    struct plan *plan;
    struct node_evidence nodes[WORLD_NODES];
    struct node_lines lines[WORLD_NODES][WORLD_KINDS];
    struct probe_evidence probe;
    struct evidence evidence;
    struct denominator denominators[8];
    struct inputs inputs;
    struct ledger_probe ledger_probes[3];
    struct ledger ledger;
    struct export_revision revision;
    struct rule_settings rules;
    struct figures *figures;
    struct export_source source;
    struct publication *publication;
};

/* The plan of LASTMILE_SOURCE, no lines yet; as at the end of a year. Fails the test. */
struct world *world_new(int year);
void world_free(struct world *world);

/* Random lines on every node. */
void world_fill(struct world *world, uint64_t seed);
/* Three nodes in each of three areas; in the first nine lines that are no fibre. */
void world_fill_small(struct world *world);

/* Computes and publishes; 0 or a negated errno. */
int world_publish(struct world *world);
void world_unpublish(struct world *world);

#endif
