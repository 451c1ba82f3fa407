/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `lastmile enrol` gave a probe: the folder DIR/probes/OPERATOR/PROBE, as it was carried here.
 */
#ifndef LASTMILE_PROBE_SETUP_IDENTITY_H
#define LASTMILE_PROBE_SETUP_IDENTITY_H

#include "common/conf.h"
#include "probe/settings/settings.h"

/* The files that go with the settings, by the names that they get here. */
#define SETUP_CA        "ca.pem"
#define SETUP_CERT      "probe.pem"
#define SETUP_KEY       "probe.key"
#define SETUP_PASSWORD  "broker.password"
#define SETUP_PSEUDONYM "pseudonym.key"

struct setup_identity {
    char operator_name[TOPIC_NAME_MAX + 1], probe_name[TOPIC_NAME_MAX + 1];
    uint64_t port;
    char username[TOPIC_NAME_MAX + 1];
    bool by_password;
    char *ca, *cert, *key, *password; /* the files' texts; NULL: not of this identity */
    char *pseudonym;                  /* NULL where the bundle brings none */
};

/* Reads and checks the folder. 0, or -EINVAL with a sentence that says what to do. Free it with
 * setup_identity_clear in either case. */
int setup_identity_read(const char *bundle, struct setup_identity *out,
                        struct conf_error *out_error);
/* Secrets are wiped. */
void setup_identity_clear(struct setup_identity *identity);

/* 64 hexadecimal digits and a line's end, at random. 0 or a negated errno. */
int setup_new_pseudonym_key(char **out_text);

#endif
