/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/broker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_BY "# Made by lastmile enrol; what is changed here by hand is lost at its next run.\n"

int broker_user(const char *operator_name, const char *probe_name,
                char out[static BROKER_USER_BYTES])
{
    if (topic_check_name(operator_name) != 0 || topic_check_name(probe_name) != 0)
        return -EINVAL;
    int length = snprintf(out, BROKER_USER_BYTES, "%s/%s", operator_name, probe_name);
    return length < BROKER_USER_BYTES ? 0 : -EINVAL;
}

int broker_user_parse(const char *user, char operator_name[static TOPIC_NAME_MAX + 1],
                      char probe_name[static TOPIC_NAME_MAX + 1])
{
    size_t length = strcspn(user, "/");
    if (user[length] != '/' || length > TOPIC_NAME_MAX ||
        strlen(user + length + 1) > TOPIC_NAME_MAX)
        return -EINVAL;
    memcpy(operator_name, user, length);
    operator_name[length] = '\0';
    memcpy(probe_name, user + length + 1, strlen(user + length + 1) + 1);
    return topic_check_name(operator_name) == 0 ? topic_check_name(probe_name) : -EINVAL;
}

static int put_probe(FILE *out, const char *user)
{
    static const struct {
        const char *access;
        enum topic_kind kind;
    } rows[] = {{"write", TOPIC_REPORT},
                {"write", TOPIC_BACKLOG},
                {"write", TOPIC_STATE},
                {"read", TOPIC_RECEIPT}};
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    char topic[TOPIC_BYTES];
    int status = broker_user_parse(user, operator_name, probe_name);
    if (status == 0)
        (void)fprintf(out, "user %s\n", user);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == 0; i++) {
        status = topic_build(operator_name, probe_name, rows[i].kind, topic);
        if (status == 0)
            (void)fprintf(out, "topic %s %s\n", rows[i].access, topic);
    }
    return status;
}

/* Faults of the stream are asked for here. */
static int close_text(FILE *out, char **text, int status)
{
    if (fclose(out) != 0 && status == 0)
        status = -ENOMEM;
    if (status != 0) {
        free(*text);
        *text = NULL;
    }
    return status;
}

int broker_acl_of(const char *user, char **out_text)
{
    size_t size = 0;
    FILE *out = open_memstream(out_text, &size);
    return out ? close_text(out, out_text, put_probe(out, user)) : -ENOMEM;
}

/* The last that holds among those of one name: a name is written once. */
static bool is_last(const struct roll *roll, size_t index)
{
    const struct roll_entry *entry = &roll->entries[index];
    if (entry->revoked_s != 0)
        return false;
    for (size_t i = index + 1; i < roll->count; i++)
        if (roll->entries[i].kind == entry->kind && roll->entries[i].revoked_s == 0 &&
            strcmp(roll->entries[i].name, entry->name) == 0)
            return false;
    return true;
}

int broker_acl(const struct roll *roll, char **out_text)
{
    size_t size = 0;
    int status = 0;
    FILE *out = open_memstream(out_text, &size);
    if (!out)
        return -ENOMEM;
    (void)fputs(MADE_BY "user " BROKER_COLLECTOR_USER "\n"
                        "topic read lastmile/1/+/+/+/report\n"
                        "topic read lastmile/1/+/+/+/backlog\n"
                        "topic read lastmile/1/+/+/+/state\n"
                        "topic write lastmile/1/+/+/+/receipt\n"
                        "topic write lastmile/1/alert/+/+/+\n",
                out);
    for (size_t i = 0; i < roll->count && status == 0; i++) {
        if (roll->entries[i].kind != ROLL_PROBE || !is_last(roll, i))
            continue;
        (void)fputc('\n', out);
        status = put_probe(out, roll->entries[i].name);
    }
    return close_text(out, out_text, status);
}

int broker_passwords(const struct roll *roll, char **out_text)
{
    size_t size = 0;
    FILE *out = open_memstream(out_text, &size);
    if (!out)
        return -ENOMEM;
    /* mosquitto 2.0 takes no comment here */
    for (size_t i = 0; i < roll->count; i++)
        if (roll->entries[i].hash[0] && is_last(roll, i))
            (void)fprintf(out, "%s:%s\n", roll->entries[i].name, roll->entries[i].hash);
    return close_text(out, out_text, 0);
}
