/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stations associated with the access point that the probe runs on: by hostapd's control
 * sockets, or by nl80211. How many a network, and how many in all; a station that is on two radios
 * (MLO, or just roaming) is one. MAC addresses are in memory only while they are counted, and leave
 * in no form. One thread; a reading takes at most a second or so.
 */
#ifndef LASTMILE_PROBE_STATION_STATION_H
#define LASTMILE_PROBE_STATION_STATION_H

#include "common/report.h"

#define STATION_NETWORKS_MAX 64
#define STATIONS_MAX         8192
#define STATION_SSID_BYTES   32

/* One BSS: a network on a radio. */
struct station_network {
    char interface[16];
    uint32_t interface_number;        /* of nl80211; 0: not known */
    uint8_t ssid[STATION_SSID_BYTES]; /* any octets (IEEE 802.11) */
    size_t ssid_length;
    struct optional_u64 stations;
};

struct station_list {
    struct station_network networks[STATION_NETWORKS_MAX];
    size_t network_count;
    uint64_t macs[STATIONS_MAX]; /* as numbers; wiped by station_list_free */
    size_t mac_count;
    enum report_poll_outcome outcome;
    uint64_t malformed; /* answers that were none; each makes the reading a partial one */
    int status;         /* why it failed: a negated errno */
};

struct station_list *station_list_new(void); /* NULL when memory is out */
void station_list_free(struct station_list *list);

/* A network that is not full, cleared; NULL beyond STATION_NETWORKS_MAX. */
struct station_network *station_add_network(struct station_list *list);
/* Counts a station of a network. What does not fit makes the reading a partial one. */
void station_add(struct station_list *list, struct station_network *network, uint64_t mac);

/* Each adds what it finds. A source that is not there at all fails; one that does not answer in
 * part is partial. */
void station_ask_hostapd(struct station_list *list, const char *folder);
void station_ask_nl80211(struct station_list *list);

/* Into the inventory of a device: the networks (named where they are public) and the number of
 * distinct stations; null where it was not to be learned. is_public may be NULL. 0 or -ENOMEM. */
int station_fill(struct station_list *list,
                 bool (*is_public)(const void *ctx, const uint8_t *ssid, size_t length),
                 const void *ctx, struct report_inventory *out);

#endif
