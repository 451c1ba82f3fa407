/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A registry that holds what a test wrote into it: evidence by hand, denominators, declared
 * figures. Link it instead of the real one.
 */
#ifndef LASTMILE_TESTS_SUPPORT_FAKE_REGISTRY_H
#define LASTMILE_TESTS_SUPPORT_FAKE_REGISTRY_H

#include "collector/registry/imported.h"

#define FAKE_ROWS_MAX  16
#define FAKE_LINES_MAX 4

/* A plain value. As a registry, its address is cast: nobody looks inside but the fake. */
struct fake_registry {
    struct node_evidence nodes[FAKE_ROWS_MAX];
    struct node_lines lines[FAKE_ROWS_MAX][FAKE_LINES_MAX];
    struct controller_evidence controllers[FAKE_ROWS_MAX];
    struct interface_evidence interfaces[FAKE_ROWS_MAX];
    struct probe_evidence probes[FAKE_ROWS_MAX];
    size_t node_count, controller_count, interface_count, probe_count;
    struct denominator denominators[FAKE_ROWS_MAX];
    struct declared_figure declared[FAKE_ROWS_MAX];
    size_t denominator_count, declared_count;
};

struct registry *fake_registry_as_registry(struct fake_registry *fake);

/* A reported, registered node without lines yet. */
struct node_evidence *fake_registry_add_node(struct fake_registry *fake, const char *operator_name,
                                             const char *name, const char *area);
/* Lines of it as its device counts them; the register gives as many as are provisioned. */
struct node_lines *fake_registry_add_lines(struct fake_registry *fake, struct node_evidence *node,
                                           enum access_technology technology, uint64_t active,
                                           uint64_t provisioned);
struct controller_evidence *fake_registry_add_controller(struct fake_registry *fake,
                                                         const char *name, uint64_t present);
void fake_registry_add_probe(struct fake_registry *fake, const char *operator_name,
                             uint64_t expected, uint64_t arrived);
void fake_registry_add_households(struct fake_registry *fake, const char *area, double households);
void fake_registry_add_declared(struct fake_registry *fake, const char *indicator,
                                const char *operator_name, double value, int64_t day);

#endif
