/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The folder of identities, and what may be done with it. All of it is safe to do twice: what is
 * there already stays as it is, and what a run that died left undone is done by the next.
 *
 *   ca.pem ca.key roll.tsv           the authority; the roll, which says who has what
 *   broker/                          for the broker's machine: acl passwords ca.pem ca.crl
 *                                    server.pem server.key
 *   collector/                       ca.pem collector.pem collector.key
 *   probes/OPERATOR/PROBE/           a bundle to carry to the probe: probe.cfg, README, ca.pem and
 *                                    probe.pem + probe.key, or broker.password
 *
 * A key is written after the roll has it, so that nothing exists that cannot be taken back. One
 * process at a time (it waits for the other). Times are seconds since 1970 UTC.
 */
#ifndef LASTMILE_COLLECTOR_ENROL_ENROLMENT_H
#define LASTMILE_COLLECTOR_ENROL_ENROLMENT_H

#include "collector/enrol/roll.h"

#include "common/conf.h"

#include <stdbool.h>
#include <stdint.h>

struct enrolment;

/* Opens a folder; makes the authority when init_name is not NULL and there is none yet. NULL with
 * out_error set. */
struct enrolment *enrolment_open(const char *folder, const char *init_name, int64_t now_s,
                                 struct conf_error *out_error);
void enrolment_close(struct enrolment *enrolment);

struct enrolment_span {
    int64_t now_s;
    int64_t from_s, until_s; /* of what is made; the authority's own end, where that is sooner */
};

enum enrolment_result {
    ENROLMENT_MADE = 1,    /* a new key, certificate or password */
    ENROLMENT_THERE = 0,   /* was there; its files are as they should be */
    ENROLMENT_CARRIED = 2, /* is on the roll, and its bundle is no longer here */
};

/* The broker's certificate for its hosts (names and addresses, by commas), and the collector's.
 * A result, or a negative number with out_error set, as all of these. */
int enrolment_prepare(struct enrolment *enrolment, const char *hosts,
                      const struct enrolment_span *span, struct conf_error *out_error);

/* Identity of a probe, by certificate or by password. renew: a new one in any case; the old one is
 * good until its end, so that no probe is cut off while the new one is on its way. */
int enrolment_add(struct enrolment *enrolment, const char *user, bool by_password, bool renew,
                  const struct enrolment_span *span, struct conf_error *out_error);

/* Many probes, each named once, as enrolment_add does without renew; the results by probe. The roll
 * is written for some dozens of them together, the broker's files once. Nothing is made when one
 * has an identity of the other kind. 0, or a negative number with out_error set; what was made
 * until then is THERE the next time, or CARRIED where a bundle could not be written. */
int enrolment_add_all(struct enrolment *enrolment, const char *const *users, size_t count,
                      bool by_password, const struct enrolment_span *span, int *out_results,
                      struct conf_error *out_error);

/* Everything that was given to a probe is taken back; how many. */
int enrolment_revoke(struct enrolment *enrolment, const char *user, int64_t now_s,
                     struct conf_error *out_error);

/* Every certificate that ends within_s from now anew; how many. */
int enrolment_renew_due(struct enrolment *enrolment, int64_t within_s,
                        const struct enrolment_span *span, struct conf_error *out_error);

/* Borrowed. */
const struct roll *enrolment_roll(const struct enrolment *enrolment);
/* The bundle's folder, relative names included; valid until close. */
const char *enrolment_bundle(struct enrolment *enrolment, const char *user);

#endif
