/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/topic.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "lastmile/1/"

static const char *const kind_names[] = {"report", "backlog", "state", "receipt"};

static int is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

int topic_check_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > TOPIC_NAME_MAX || name[0] == '-' || name[0] == '.')
        return -EINVAL;
    for (size_t i = 0; i < length; i++)
        if (!is_name_byte(name[i]))
            return -EINVAL;
    return 0;
}

unsigned topic_shard(const char *probe_name)
{
    uint32_t hash = 2166136261u;
    for (; *probe_name; probe_name++)
        hash = (hash ^ (uint8_t)*probe_name) * 16777619u;
    return hash % TOPIC_SHARDS;
}

int topic_build(const char *operator_name, const char *probe_name, enum topic_kind kind,
                char out[static TOPIC_BYTES])
{
    if (topic_check_name(operator_name) != 0 || topic_check_name(probe_name) != 0)
        return -EINVAL;
    (void)snprintf(out, TOPIC_BYTES, PREFIX "%u/%s/%s/%s", topic_shard(probe_name), operator_name,
                   probe_name, kind_names[kind]);
    return 0;
}

/* Copies the level up to the next '/' or the end; returns what follows, or NULL when too long. */
static const char *take_level(const char *text, char *out, size_t size)
{
    size_t length = strcspn(text, "/");
    if (length >= size)
        return NULL;
    memcpy(out, text, length);
    out[length] = '\0';
    return text[length] == '/' ? text + length + 1 : text + length;
}

int topic_parse(const char *text, struct topic *out_topic)
{
    struct topic topic;
    char shard[4];
    char kind[16];
    char expected[TOPIC_BYTES];
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return -EPROTO;
    const char *rest = take_level(text + strlen(PREFIX), shard, sizeof shard);
    if (rest)
        rest = take_level(rest, topic.operator_name, sizeof topic.operator_name);
    if (rest)
        rest = take_level(rest, topic.probe_name, sizeof topic.probe_name);
    if (rest)
        rest = take_level(rest, kind, sizeof kind);
    if (!rest)
        return -EPROTO;
    for (size_t k = 0; k < sizeof kind_names / sizeof kind_names[0]; k++) {
        /* Building it again is the whole check: any other spelling is another topic. */
        if (strcmp(kind, kind_names[k]) == 0 &&
            topic_build(topic.operator_name, topic.probe_name, (enum topic_kind)k, expected) == 0 &&
            strcmp(expected, text) == 0) {
            topic.kind = (enum topic_kind)k;
            topic.shard = topic_shard(topic.probe_name);
            *out_topic = topic;
            return 0;
        }
    }
    return -EPROTO;
}
