/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MQTT topics, built and parsed in one place (design, section 5):
 *   lastmile/1/<shard>/<operator>/<probe>/{report,backlog,state,receipt}
 * The identity in a topic is what the broker's ACL vouches for. Pure.
 */
#ifndef LASTMILE_COMMON_TOPIC_H
#define LASTMILE_COMMON_TOPIC_H

#include <stddef.h>

#define TOPIC_NAME_MAX 63 /* bytes of an operator's or a probe's name */
#define TOPIC_BYTES    192
#define TOPIC_SHARDS   64

enum topic_kind { TOPIC_REPORT, TOPIC_BACKLOG, TOPIC_STATE, TOPIC_RECEIPT };

struct topic {
    unsigned shard; /* 0..TOPIC_SHARDS-1, always that of the probe's name */
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    enum topic_kind kind;
};

/* 0, or -EINVAL: a name is 1 to 63 of [a-z0-9.-], and begins with a letter or digit. Such a name
 * can be neither a wildcard nor a path. */
int topic_check_name(const char *name);

/* FNV-1a of the probe's name, modulo TOPIC_SHARDS. */
unsigned topic_shard(const char *probe_name);

/* Writes the topic of a probe; 0, or -EINVAL for a name that is none. */
int topic_build(const char *operator_name, const char *probe_name, enum topic_kind kind,
                char out[static TOPIC_BYTES]);

/* 0, or -EPROTO: another version, a wrong shard, a wrong name, a level too many. */
int topic_parse(const char *text, struct topic *out_topic);

#endif
