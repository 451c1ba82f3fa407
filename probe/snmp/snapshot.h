/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one poll has learned of one device, in the field's terms. Unknown stays unknown. The raw
 * keys of terminals and access points live in here, in memory, and leave only through the pseudonym
 * callback of device_snapshot_fill. A snapshot owns all it holds; one thread.
 */
#ifndef LASTMILE_PROBE_SNMP_SNAPSHOT_H
#define LASTMILE_PROBE_SNMP_SNAPSHOT_H

#include "common/report.h"

#define SNAPSHOT_TEXT_BYTES   256
#define SNAPSHOT_SSID_BYTES   32
#define SNAPSHOT_KEY_BYTES    32
#define SNAPSHOT_LINES_MAX    8
#define SNAPSHOT_WARNINGS_MAX 32
#define SNAPSHOT_FIGURES_MAX  64
#define SNAPSHOT_OFFERED_MAX  64

/* What a device is for. Lines count only on access nodes: a customer's modem has a line, too, and
 * it is counted at the other end. */
enum device_kind {
    DEVICE_UNKNOWN,
    DEVICE_ACCESS_NODE,
    DEVICE_CONTROLLER, /* WLAN controller, or an access point that stands alone */
    DEVICE_ROUTER,
    DEVICE_CUSTOMER, /* modem or router on the customer's premises */
};
extern const struct conf_name device_kind_names[];

struct snapshot_ssid {
    uint8_t
        ssid[SNAPSHOT_SSID_BYTES]; /* any octets (IEEE 802.11), to be decoded for display only */
    size_t ssid_length;
    uint64_t stations;
};

/* A MAC address or serial number of an access point in Run state. */
struct snapshot_key {
    uint8_t bytes[SNAPSHOT_KEY_BYTES];
    size_t length;
};

/* A terminal or access point that the device lists. */
struct snapshot_element {
    enum element_kind kind;
    enum element_state state;
    enum model_class model_class;
    enum access_technology technology; /* of terminals */
    uint64_t offered;        /* bit i: an access point offers offered[i] of the snapshot */
    struct snapshot_key key; /* in its normal form (row_key.h) */
};

/* One figure from one source, published or not: what disagrees is kept beside what is said. */
struct snapshot_figure {
    char quantity[32];                 /* "wtp.run" */
    char source[64];                   /* the object's name in its MIB */
    enum access_technology technology; /* of lines */
    struct optional_u64 value;
    enum confidence confidence;
    bool published;
};

struct device_snapshot {
    char name[REPORT_NAME_BYTES]; /* the target's configured name */
    enum report_poll_outcome outcome;
    char reason[SNAPSHOT_TEXT_BYTES]; /* why partial or failed; "" when complete */
    uint64_t polled_unix_ns;
    uint64_t duration_ns, varbinds, requests;
    uint64_t timeouts;    /* requests without an answer, retries not counted */
    uint64_t lateness_ns; /* from when it was due to when it began */

    char sys_object_id[SNAPSHOT_TEXT_BYTES]; /* "" when not answered */
    bool sys_name_known;
    char sys_name[SNAPSHOT_TEXT_BYTES];
    struct optional_u64 uptime_s;
    char sys_descr[SNAPSHOT_TEXT_BYTES]; /* cut; "" when not answered */
    char profile[REPORT_NAME_BYTES];     /* "" when not even IF-MIB was answered */
    char profile_title[128];
    char recognised_by[SNAPSHOT_TEXT_BYTES]; /* why this profile */
    enum device_kind kind;
    enum confidence confidence; /* the weakest among the published figures */

    struct optional_u64 wtp_configured, wtp_run;
    struct optional_u64 stations_associated;
    struct snapshot_ssid *ssids; /* owned */
    size_t ssid_count;
    struct snapshot_key *wtp_keys; /* owned; of WTPs in Run state, where the device names them */
    size_t wtp_key_count;
    struct snapshot_element *elements; /* owned; by kind and key, each once */
    size_t element_count;
    bool elements_partial; /* heavy tables were left out: what is not listed may still be there */
    struct snapshot_ssid *offered; /* owned; SSIDs of element.offered, at most 64 */
    size_t offered_count;
    struct report_lines lines[SNAPSHOT_LINES_MAX]; /* capability by attainable rates, where known */
    size_t line_count;
    struct optional_u64 sessions_pppoe, sessions_ipoe, sessions_total;

    struct optional_u64 interface_count, interfaces_up;
    struct optional_u64 in_octets, out_octets; /* sums over all interfaces, as they stand */
    uint64_t interfaces_counter64;             /* interfaces with 64-bit octet counters */
    struct report_interface *interfaces;       /* those with a role; owned */
    size_t interface_count_with_role;

    struct snapshot_figure figures[SNAPSHOT_FIGURES_MAX];
    size_t figure_count;
    char warnings[SNAPSHOT_WARNINGS_MAX][SNAPSHOT_TEXT_BYTES];
    size_t warning_count;
};

/* An empty snapshot; NULL when memory is out. */
struct device_snapshot *device_snapshot_new(void);
void device_snapshot_free(struct device_snapshot *snapshot);

/* Adds a sentence; beyond SNAPSHOT_WARNINGS_MAX they are dropped. */
void device_snapshot_warn(struct device_snapshot *snapshot, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A keyed pseudonym of a raw key. */
typedef uint64_t (*snapshot_pseudonym_fn)(void *ctx, const void *key, size_t length);

struct census;

/* What a report may hold of a snapshot, and how raw keys leave: as pseudonyms (the line room's). */
struct snapshot_export {
    uint64_t (*pseudonym)(void *ctx, enum element_kind kind, const void *key, size_t length);
    /* Whether the operator has declared the network public; NULL: nothing is declared. */
    bool (*is_public)(void *ctx, const uint8_t *ssid, size_t length);
    void *ctx;
    struct census *census; /* what of this device was said before (census.h) */
    int64_t day;           /* of the city */
    size_t budget;         /* pseudonyms that may be said now; what is left comes later */
};

/* Fills an inventory that report_add_inventory has just given: everything the snapshot knows but
 * area, settlement, residence (the caller's configuration), and the capability of PON lines. Lines
 * and terminals are left out unless the device is an access node. 0, or -ENOMEM. */
int device_snapshot_fill(const struct device_snapshot *snapshot,
                         const struct snapshot_export *export,
                         struct report_inventory *out_inventory);

#endif
