/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a decoded report must hold before it may be stored: the identity that the broker's ACL
 * vouched for, a time that can be, counts that can be. Pure.
 */
#ifndef LASTMILE_COLLECTOR_INTAKE_VALIDATE_H
#define LASTMILE_COLLECTOR_INTAKE_VALIDATE_H

#include "common/report.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a message is refused, besides enum report_fault. Stored by name. */
enum intake_fault {
    INTAKE_OK = 0,
    INTAKE_WRONG_TOPIC,    /* not one of ours, or another shard */
    INTAKE_WRONG_IDENTITY, /* the payload names another probe than its topic */
    INTAKE_WRONG_CLOCK,    /* trusted, but before 2015 or more than 10 min ahead of us */
    INTAKE_WRONG_SEQUENCE, /* a number that no probe comes to */
    INTAKE_ABSURD_VALUE,   /* a count that no network has */
    INTAKE_TOO_LONG,       /* longer than the settings allow */
    INTAKE_OVER_RATE,      /* more than the settings allow: has to be sent again */
    INTAKE_TOO_MANY_PROBES,
    INTAKE_NOT_STORABLE, /* the registry's own rules refuse it */
    INTAKE_DEADLY,       /* this process has died over it several times */
    INTAKE_FAULTS,
};
const char *intake_fault_name(enum intake_fault fault);

/* True when the report's identity and sequence are good all the same: the sequence is accounted for
 * as refused, so that one bad report does not hold up its own probe for good. */
bool intake_fault_is_accounted(enum intake_fault fault);

/* The same of a report that cannot be decoded, but whose head can be read: it is of another major
 * version, or breaks a rule of ours. Bytes that are no CBOR at all prove nothing. */
bool report_fault_is_accounted(enum report_fault fault);

/* Whether the head of a report is that of the topic's probe, and its sequence one that a probe
 * comes to. */
enum intake_fault validate_head(const struct report *report, const struct topic *topic);

/* Identity and sequence are looked at first: nothing must be accounted for under a name that a
 * report only claims. */
enum intake_fault validate_report(const struct report *report, const struct topic *topic,
                                  uint64_t now_ns);

#endif
