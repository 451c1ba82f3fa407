/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The interfaces of a device, put together from the columns of IF-MIB (RFC 2863) that a poll has
 * found. The octet counter is chosen per interface: 64 bits where it is there. Pure; owns its rows.
 */
#ifndef LASTMILE_PROBE_SNMP_INTERFACES_H
#define LASTMILE_PROBE_SNMP_INTERFACES_H

#include "probe/snmp/varbind_set.h"

#define INTERFACE_NAME_BYTES    64
#define INTERFACE_ADDRESS_BYTES 8

enum interface_column {
    IF_DESCR,
    IF_TYPE,
    IF_OPER_STATUS,
    IF_NAME,
    IF_ALIAS,
    IF_HIGH_SPEED,
    IF_HC_IN_OCTETS,
    IF_HC_OUT_OCTETS,
    IF_DISCONTINUITY,
    IF_IN_OCTETS, /* these two are read only where 64-bit counters are missing */
    IF_OUT_OCTETS,
    IF_COLUMNS_PLAIN,
    /* Those below are read of devices whose interfaces have roles. */
    IF_PHYS_ADDRESS = IF_COLUMNS_PLAIN,
    IF_AGGREGATOR, /* dot3adAggPortAttachedAggID (IEEE8023-LAG-MIB): ifIndex of its aggregate */
    IF_COLUMNS,
};
/* The column's object identifier. */
struct oid interface_column_oid(enum interface_column column);

struct interface {
    uint32_t index;
    bool in_if_table; /* else only in ifXTable */
    struct optional_u64 type, oper_status, high_speed_mbit_s, in_octets, out_octets, discontinuity;
    bool counter64;
    char name[INTERFACE_NAME_BYTES]; /* ifName, else ifDescr; printable */
    char alias[INTERFACE_NAME_BYTES];
    uint8_t address[INTERFACE_ADDRESS_BYTES]; /* of hardware; never leaves the room */
    size_t address_length;                    /* 0: none, or only zeros */
    uint32_t aggregator;                      /* 0: none */
};

struct interface_table {
    struct interface *rows; /* by ascending index */
    size_t count;
};

/* ifStackStatus (RFC 2863): rows are named by the higher and the lower interface. */
struct oid interface_stack_oid(void);

/* 0, or -ENOMEM. */
int interface_table_build(struct varbind_set *set, struct interface_table *out_table);
void interface_table_fini(struct interface_table *table);

#endif
