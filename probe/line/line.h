/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The line meter from inside: lines, and what leads to them. line_count.c counts packets,
 * line_identity.c finds the line of a flow, line_learn.c reads what control messages say,
 * line_names.c their names, line_sessions.c RADIUS accounting; line_join.c makes one of two,
 * line_demand.c keeps minutes. Inside probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_LINE_H
#define LASTMILE_PROBE_LINE_LINE_H

#include "probe/flow/flow_hash.h"
#include "probe/line/key_map.h"
#include "probe/line/line_counts.h"
#include "probe/line/line_demand.h"
#include "probe/line/line_sessions.h"
#include "probe/line/perimeter.h"

/* A flow's context: bit 31: a cell, not a line; bits 27 to 30: the class of its destination; then a
 * line's number, or a cell's, with its network in bits 10 to 13, and bits 14 and 15 saying what of
 * its users. LINE_NONE is none of these. */
#define LINE_CONTEXT_CELL        (UINT32_C(1) << 31)
#define LINE_CONTEXT_CLASS_SHIFT 27
#define LINE_CONTEXT_NUMBER      ((UINT32_C(1) << LINE_CONTEXT_CLASS_SHIFT) - 1)
#define LINE_CONTEXT_SSID_SHIFT  10
#define LINE_CONTEXT_WLAN        ((UINT32_C(1) << 14) - 1) /* cell and network */
#define LINE_CONTEXT_BY_MAC      (UINT32_C(1) << 14)       /* WLAN frames: users are MACs */
#define LINE_CONTEXT_NO_USER     (UINT32_C(1) << 15)       /* an access point's own */
#define LINE_CONTEXT_CELL_NUMBER ((UINT32_C(1) << LINE_CONTEXT_SSID_SHIFT) - 1)
_Static_assert(LINE_RULES_MAX <= LINE_CONTEXT_CELL_NUMBER, "a cell for each rule, and the rest");
_Static_assert(LINE_CLASSES_MAX < 16 && LINE_SSIDS_MAX < 16, "four bits each");

#define LINE_SUPPRESSED     (UINT16_MAX) /* the cell of lines that must not be counted */
#define LINE_NO_DAY         (UINT16_MAX) /* later than any: 2149 */
#define LINE_LATELY_BITS    8            /* of places for users of WLANs that were noted lately */
#define LINE_PREFIX_LENGTHS 8            /* of IPv6 prefixes routed to subscribers */

enum line_flag {
    LINE_IN_USE = 1,
    LINE_ACTIVE = 2,    /* in this interval: it has traffic */
    LINE_PENDING = 4,   /* its pseudonym is new today and not yet handed over */
    LINE_DEMANDING = 8, /* in the minute of its `second` */
    LINE_MOVED = 32,    /* it was another line all the time, by a weaker name; never active */
    LINE_SESSION = 16,  /* in this interval: it was granted one, or an address, or accounted for */
    LINE_PLACED = 128,  /* a message under its own tags says where it hangs */
    LINE_GONE = 64,     /* idle for too long; only within line_meter_turn */
};

struct line {
    uint64_t pseudonym;
    uint64_t octets[2]; /* 0 down, 1 up */
    uint64_t second_octets, peak_octets;
    uint64_t seen_unix_ns;
    union {
        uint32_t second;   /* of unix time */
        uint32_t moved_to; /* LINE_MOVED: a line's number */
    };
    union {
        uint32_t next_free;
        uint32_t device; /* in use: the last IPv4 address noted in this interval, or 0 */
    };
    uint16_t city_day; /* on which it was last reported as seen, or LINE_NO_DAY */
    uint16_t reached;  /* bit per class of destination that has its month's octets */
    uint16_t cell;
    uint8_t kind; /* enum line_key_kind */
    uint8_t flags;
};
_Static_assert(sizeof(struct line) == 64, "one cache line");

/* Kinds of names and who says them, best first (line_names.h). */
enum line_name_slot {
    LINE_NAME_CIRCUIT_PPPOE,
    LINE_NAME_CIRCUIT_DHCPV4,
    LINE_NAME_CIRCUIT_DHCPV6,
    LINE_NAME_CIRCUIT_RADIUS,
    LINE_NAME_PORT, /* NAS-Port-Id */
    LINE_NAME_SERIAL_PPPOE,
    LINE_NAME_SERIAL_DHCPV4,
    LINE_NAME_SERIAL_DHCPV6,
    LINE_NAME_SERIAL_RADIUS,
    LINE_NAME_ACCOUNT,
    LINE_NAME_SLOTS,
};

/* What a line has been called, by slot: 16 bits of the pseudonym, enough to tell that a name is
 * another; 0: nothing. */
struct line_names {
    uint16_t said[LINE_NAME_SLOTS];
};

struct line_meter {
    struct access_rule *cells; /* the rules, and a last one for what matches none */
    size_t cell_count;
    struct vlan_range *suppressed;
    size_t suppressed_count;
    struct perimeter perimeter;
    const struct pseudonym *pseudonym;
    struct siphash_seed seed;       /* of devices, and of what is bound to a line */
    struct siphash address_hash[2]; /* as it stands before an address: of IPv4, of IPv6 */
    struct flow_hasher hasher;      /* of MACs that are bound to a line */
    uint64_t line_idle_ns;
    void *(*take_memory)(size_t bytes);
    void (*give_memory)(void *memory, size_t bytes);
    struct line *lines;
    struct line_names *names; /* one a line */
    uint32_t capacity, high_water, first_free;
    struct key_map by_pseudonym, by_binding;
    uint64_t leases_minute;                      /* in which leases that are over were dropped */
    bool addresses_bound;                        /* any, ever: else none needs to be looked for */
    uint8_t prefix_lengths[LINE_PREFIX_LENGTHS]; /* bound ones, longest first */
    size_t prefix_length_count;
    struct line_sessions sessions;
    bool ignore_port_id;
    struct line_demand_options demand;
    struct line_minute *minutes; /* one a line; NULL: demand is not measured */
    char classes[1 + LINE_CLASSES_MAX][REPORT_NAME_BYTES];
    size_t class_count; /* with "other"; 0: not told apart */
    struct prefix_table *destinations;
    uint32_t *month_octets; /* per line and class but "other" */
    uint32_t month_octets_min;
    int32_t month;                                      /* to which they belong */
    char ssids[1 + LINE_SSIDS_MAX][SSID_BYTES_MAX + 1]; /* the first is "": all others */
    size_t ssid_count;
    struct key_map by_bssid;
    uint8_t *ssid_of_cell;                  /* by the rules */
    uint64_t lately[1 << LINE_LATELY_BITS]; /* users in this interval, by line_note_wlan */
    struct line_totals totals;
    uint32_t sampling_interval; /* of the packets that are counted now */
    uint32_t second;            /* of the last packet, and its beginning */
    uint64_t second_from_unix_ns;
    struct line_counts blocks[2], *counts;
};

/* What hashes need beside the seed. */
void line_prepare_hashes(struct line_meter *meter);

/* Puts a line back among the free ones; what names it must be pruned. */
void line_give(struct line_meter *meter, uint32_t number);

/* The line of this name, made when there is none; LINE_NONE when there is no room. */
uint32_t line_named(struct line_meter *meter, uint64_t pseudonym, enum line_key_kind kind,
                    uint16_t cell);
/* The first rule that matches, LINE_SUPPRESSED, or the last cell. */
uint16_t line_cell_of(const struct line_meter *meter, uint16_t svlan, uint16_t cvlan);
/* A line that hangs nowhere yet takes the cell that tags tell. */
static inline void line_settle(const struct line_meter *meter, struct line *line, uint16_t cell)
{
    if (line->cell + 1u != meter->cell_count || line->cell == cell)
        return;
    line->cell = cell;
    line->device = 0; /* there it has to be noted, too */
}

/* That of a WLAN's flow in this cell, without its class. */
uint32_t line_wlan_context(const struct line_meter *meter, const struct packet *first,
                           uint16_t cell);
/* Whose flow has such a context has been there in this interval, with this address. */
void line_note_address(struct line_meter *meter, uint32_t context, uint8_t version,
                       const uint8_t *address);
/* The same of a WLAN frame's user; asked for each packet of a context with LINE_CONTEXT_BY_MAC. */
void line_note_wlan(struct line_meter *meter, uint32_t context, const uint8_t *mac);

/* Whose a number is now. */
static inline uint32_t line_now(const struct line_meter *meter, uint32_t number)
{
    while (number != LINE_NONE && meter->lines[number].flags & LINE_MOVED)
        number = meter->lines[number].moved_to;
    return number;
}

/* The line is active in this interval for its session's sake, whatever its traffic; but not before
 * a rule says where it hangs, where there are rules. */
void line_note_session(struct line_meter *meter, uint32_t number, uint64_t now_unix_ns);

/* A line's second is closed: `over` when it has ended, not only the interval. */
void line_close_second(struct line_meter *meter, struct line *line, bool over);
/* A line's minute, where minutes are kept. */
void line_close_minute(struct line_meter *meter, struct line *line);

/* The line of a client that has no name. */
uint32_t line_unnamed(struct line_meter *meter, const struct line_hint *hint, uint16_t cell);
/* The binding of a pair's own line, without its costly name, or KEY_MAP_NONE. */
uint32_t line_of_pair(const struct line_meter *meter, uint16_t svlan, uint16_t cvlan,
                      uint16_t cell);
void line_learn_accounting(struct line_meter *meter, const struct line_hint *hint,
                           uint64_t now_unix_ns);
/* Ends the sessions that have been silent for too long. */
void line_expire_sessions(struct line_meter *meter, uint64_t now_unix_ns);

#endif
