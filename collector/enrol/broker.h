/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What mosquitto must know of those on the roll: its acl_file and password_file, as text. No line
 * has a pattern for probes: each may write its own report, backlog and state, and read its own
 * receipt, and nothing else. Pure.
 */
#ifndef LASTMILE_COLLECTOR_ENROL_BROKER_H
#define LASTMILE_COLLECTOR_ENROL_BROKER_H

#include "collector/enrol/roll.h"

#include "common/topic.h"

#define BROKER_COLLECTOR_USER "collector"
/* "operator/probe": no name of ours holds a slash, so two probes never share one. It is the common
 * name of a certificate and the user of a password. */
#define BROKER_USER_BYTES 64

/* 0, or -EINVAL: a name that is none, or both together are longer than 62. */
int broker_user(const char *operator_name, const char *probe_name,
                char out[static BROKER_USER_BYTES]);
/* And back. 0 or -EINVAL. */
int broker_user_parse(const char *user, char operator_name[static TOPIC_NAME_MAX + 1],
                      char probe_name[static TOPIC_NAME_MAX + 1]);

/* The lines of one probe; the caller frees the text. 0, -EINVAL or -ENOMEM. */
int broker_acl_of(const char *user, char **out_text);

/* The whole files: whoever holds something that was not taken back. 0, -ENOMEM. */
int broker_acl(const struct roll *roll, char **out_text);
int broker_passwords(const struct roll *roll, char **out_text);

#endif
