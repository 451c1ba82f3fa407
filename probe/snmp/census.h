/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What of the elements of one device has been told the collector: all of it once in a city's day,
 * in parts where it is much, and in between what is new or has changed. So a poll of ten thousand
 * terminals that say the same as before takes no octet of a report. It knows pseudonyms only. Pure
 * but for memory; 24 octets an element; one thread.
 */
#ifndef LASTMILE_PROBE_SNMP_CENSUS_H
#define LASTMILE_PROBE_SNMP_CENSUS_H

#include "common/report.h"

#define CENSUS_ELEMENTS_MAX 131072 /* of one device; what is beyond is left out */

struct census;

struct census *census_new(void);
void census_free(struct census *census);

/* One element as a poll has found it. */
struct census_element {
    uint64_t pseudonym;
    enum element_kind kind;
    enum element_state state;
    enum model_class model_class;
    enum access_technology technology;
    enum wlan_service service;
};

/* Takes the elements of a poll in any order, each once; the array may be reordered. complete: what
 * is not among them is no longer listed (else it may have been missed). A day other than the one
 * before makes all of them news. 0, or -ENOMEM with nothing changed. */
int census_take(struct census *census, struct census_element *elements, size_t count, bool complete,
                int64_t day);

/* Tells up to budget elements that are news, in groups of the inventory, and the access points in
 * Run state among them in its wtp_pseudonyms. Returns how many, or -ENOMEM: they stay news. */
int census_tell(struct census *census, size_t budget, struct report_inventory *inventory);

/* How many are news still. */
size_t census_pending(const struct census *census);

/* True when sources with this fingerprint were not told on this day yet; they then were. */
bool census_sources_due(struct census *census, uint64_t fingerprint, int64_t day);

#endif
