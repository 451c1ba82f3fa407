/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The readers of what hostapd and nl80211 answer. Pure: bytes in, values out; strangers' names are
 * in both (an SSID is anything), and a station says some of what stands there of it.
 */
#ifndef LASTMILE_PROBE_STATION_ANSWERS_H
#define LASTMILE_PROBE_STATION_ANSWERS_H

#include "common/cursor.h"
#include "probe/station/station.h"

#define MAC_TEXT_BYTES 18

enum hostapd_station { HOSTAPD_STATION, HOSTAPD_NOT_ASSOCIATED, HOSTAPD_END, HOSTAPD_MALFORMED };

/* The answer to STA-FIRST and STA-NEXT: a line with the MAC, then KEY=VALUE lines; empty, or FAIL,
 * at the end. text: the MAC again, for the next question. */
enum hostapd_station hostapd_read_station(const char *answer, size_t length, uint64_t *out_mac,
                                          char text[static MAC_TEXT_BYTES]);

/* The answer to STATUS: ssid[i] where bss[i] is the network's interface. False where it does not
 * say so, or says it in a way that is none. */
bool hostapd_read_status(const char *answer, size_t length, struct station_network *network);

/* An NL80211_CMD_NEW_INTERFACE behind its generic head. False: malformed. is_ap: whether it is an
 * access point's, else nothing else is said. */
bool nl80211_read_interface(struct cursor attributes, struct station_network *network,
                            bool *out_is_ap);
/* An NL80211_CMD_NEW_STATION likewise: one that is associated, or not yet. False: malformed. */
bool nl80211_read_station(struct cursor attributes, uint64_t *out_mac, bool *out_associated);
/* A CTRL_CMD_NEWFAMILY likewise; 0: malformed, or without a number. */
uint16_t genetlink_read_family(struct cursor attributes);

#endif
