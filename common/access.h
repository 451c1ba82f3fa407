/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The field's tables: how a line is built, whose it is, where it lies, how it is known, what an
 * interface is for. Ids stand in stored data and on the wire: they are never renumbered.
 */
#ifndef LASTMILE_COMMON_ACCESS_H
#define LASTMILE_COMMON_ACCESS_H

#include "common/conf.h"

#include <stdbool.h>
#include <stddef.h>

/* Access technology of a fixed line (indicators.md 2.2, 3.1). */
enum access_technology {
    TECHNOLOGY_UNKNOWN = 0,
    TECHNOLOGY_GPON = 1,
    TECHNOLOGY_XGSPON = 2,
    TECHNOLOGY_EPON = 3,
    TECHNOLOGY_ADSL2 = 4, /* ADSL, ADSL2, ADSL2+ */
    TECHNOLOGY_VDSL2 = 5,
    TECHNOLOGY_DOCSIS = 6,
    TECHNOLOGY_ETHERNET = 7, /* FTTB + LAN */
    TECHNOLOGY_COUNT,
};

/* 0 stands for "the operator has not said". */
enum residence { RESIDENCE_UNKNOWN = 0, RESIDENCE_RESIDENTIAL = 1, RESIDENCE_BUSINESS = 2 };
enum settlement { SETTLEMENT_UNKNOWN = 0, SETTLEMENT_URBAN = 1, SETTLEMENT_RURAL = 2 };

/* What a line is known by, best first (indicators.md 3.2). A census stands on the first two. */
enum line_key_kind {
    LINE_KEY_NONE = 0,
    LINE_KEY_CIRCUIT = 1,         /* TR-101 agent circuit id, option 82, NAS-Port-Id */
    LINE_KEY_TERMINAL_SERIAL = 2, /* ONT serial number, cable modem MAC */
    LINE_KEY_ACCOUNT = 3,         /* AAA account */
    LINE_KEY_VLAN_PAIR = 4,       /* S-VLAN and C-VLAN */
    LINE_KEY_MAC = 5,             /* the customer's router */
    LINE_KEY_COUNT,
};

/* What an interface's bandwidth counts for; only a configured role counts. */
enum interface_role {
    INTERFACE_ROLE_NONE = 0,
    INTERFACE_ROLE_EGRESS = 1,
    INTERFACE_ROLE_CORE_NODE = 2,
    INTERFACE_ROLE_CLOUD_CENTRE = 3,
};

/* What a device lists one by one: the ends of lines, and access points. */
enum element_kind { ELEMENT_TERMINAL = 0, ELEMENT_WTP = 1 };

/* Its state as the listing device tells it. */
enum element_state {
    ELEMENT_STATE_UNKNOWN = 0,
    ELEMENT_RUN = 1,     /* a terminal online, a WTP in Run state (RFC 5415 section 2.3) */
    ELEMENT_DOWN = 2,    /* known to the device, and not running */
    ELEMENT_STANDBY = 3, /* served by another controller, which counts it */
};

/* Whom a terminal serves: "MDU" serves several subscribers, so it is no FTTH line. */
enum model_class {
    MODEL_UNKNOWN = 0,
    MODEL_SINGLE = 1,   /* SFU, HGU: one household */
    MODEL_BUSINESS = 2, /* SBU */
    MODEL_MULTIPLE = 3, /* MDU, MxU: a building */
    MODEL_COUNT,
};

/* Whether an access point offers a network that the operator has declared public. */
enum wlan_service { WLAN_SERVICE_UNKNOWN = 0, WLAN_PUBLIC = 1, WLAN_PRIVATE = 2 };

/* How sure the meaning of an SNMP object is (profiles; travels into the data). */
enum confidence { CONFIDENCE_UNCONFIRMED = 0, CONFIDENCE_FROM_MIB = 1, CONFIDENCE_SEEN = 2 };

/* id <-> name, as configuration, JSON and CSV spell them. End with a NULL name. */
extern const struct conf_name access_technology_names[];
extern const struct conf_name residence_names[];
extern const struct conf_name settlement_names[];
extern const struct conf_name line_key_kind_names[];
extern const struct conf_name interface_role_names[];
extern const struct conf_name confidence_names[];
extern const struct conf_name element_kind_names[];
extern const struct conf_name element_state_names[];
extern const struct conf_name model_class_names[];
extern const struct conf_name wlan_service_names[];

/* Fibre to a single subscriber's premises: counts as FTTH in the strict definition. */
bool access_technology_is_ftth(enum access_technology technology);

/* Lower edges in kbit/s of the capability classes, ascending; a line of rate r belongs to the last
 * class whose edge is <= r. Class 0 holds what is below 256 kbit/s (indicators.md 2.4). */
#define CAPABILITY_CLASSES 16
extern const unsigned capability_edges_kbit_s[CAPABILITY_CLASSES];
size_t capability_class(unsigned long long kbit_s);

#endif
