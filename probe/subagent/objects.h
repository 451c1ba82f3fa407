/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The instances of LASTMILE-MIB that a status has, in the order of SNMP. Tables in objects.c say
 * which field is which object; mibs/LASTMILE-MIB.txt says what it means, and a test compares the
 * two. Pure but for memory.
 */
#ifndef LASTMILE_PROBE_SUBAGENT_OBJECTS_H
#define LASTMILE_PROBE_SUBAGENT_OBJECTS_H

#include "probe/subagent/status.h"

/* lmObjects: netSnmpPlaypen 2015 1. */
#define OBJECTS_ROOT 1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 2015, 1

#define OBJECT_ARCS_MAX   5
#define OBJECT_BYTES_MAX  STATUS_NAME_BYTES
#define OBJECT_DATE_BYTES 11

enum object_type {
    OBJECT_OCTETS,
    OBJECT_INTEGER,
    OBJECT_UNSIGNED, /* Gauge32, Unsigned32 */
    OBJECT_TICKS,
    OBJECT_COUNTER64,
};

struct object {
    uint32_t arcs[OBJECT_ARCS_MAX]; /* behind OBJECTS_ROOT */
    size_t arc_count;
    enum object_type type;
    uint64_t number;
    const uint8_t *bytes; /* of the status, or of date */
    size_t length;
    uint8_t date[OBJECT_DATE_BYTES];
};

struct objects;

struct objects *objects_new(void);
void objects_free(struct objects *objects);

/* Takes the instances of a status, which is borrowed until the next call. 0, or -ENOMEM. */
int objects_fill(struct objects *objects, const struct probe_status *status);

/* The instance of a name behind OBJECTS_ROOT, or NULL. */
const struct object *objects_find(const struct objects *objects, const uint32_t *arcs,
                                  size_t count);
/* The first instance whose name is greater, or NULL. */
const struct object *objects_after(const struct objects *objects, const uint32_t *arcs,
                                   size_t count);
size_t objects_count(const struct objects *objects);

#endif
