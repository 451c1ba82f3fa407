/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The numbered migrations of schema/, embedded at build time as single statements in their order.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_SCHEMA_H
#define LASTMILE_COLLECTOR_REGISTRY_SCHEMA_H

/* A statement that belongs to the step from version - 1 to version. Ends with a NULL sql. */
struct schema_step {
    int version;
    const char *sql;
};
extern const struct schema_step registry_schema[];

#endif
