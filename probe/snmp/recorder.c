/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/recorder.h"

#include "probe/snmp/snmprec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECRETS_MAX      4
#define SECRET_BYTES     128
#define SECRET_BYTES_MIN 6
#define MASKED_BYTES     65536

struct recorder {
    struct varbind_set *answered; /* everything, in the order it came */
    struct varbind_set *values;   /* what the poll believed, then what else was answered */
    struct oid subtrees[RECORDER_SUBTREES_MAX];
    struct gather_listener listener;
    char secrets[SECRETS_MAX][SECRET_BYTES];
    size_t secret_count;
    uint8_t masked[MASKED_BYTES];
    bool cut;
};

static void add(struct recorder *recorder, struct varbind_set *set, const struct varbind *varbind)
{
    if (varbind_set_add(set, varbind) != 0)
        recorder->cut = true;
}

static void on_answer(void *ctx, const struct source_answer *answer)
{
    struct recorder *recorder = ctx;
    for (size_t i = 0; i < answer->varbind_count; i++)
        if (answer->varbinds[i].type < VALUE_NO_SUCH_OBJECT)
            add(recorder, recorder->answered, &answer->varbinds[i]);
}

/* Who may ask, and how: SNMP-TARGET, -NOTIFICATION, -USER-BASED-SM, -VIEW-BASED-ACM and -COMMUNITY
 * MIBs, whose rows are named by communities and users. */
static bool is_about_access(const struct oid *name)
{
    static const struct oid modules = {6, {1, 3, 6, 1, 6, 3}};
    uint32_t module = name->length > modules.length ? name->arcs[modules.length] : 0;
    return oid_has_prefix(name, &modules) &&
           (module == 12 || module == 13 || module == 15 || module == 16 || module == 18);
}

static bool name_spells(const struct oid *name, const char *secret)
{
    size_t length = strlen(secret);
    for (size_t i = 0; i + length <= name->length; i++) {
        size_t n = 0;
        while (n < length && name->arcs[i + n] == (unsigned char)secret[n])
            n++;
        if (n == length)
            return true;
    }
    return false;
}

static void mask(struct recorder *recorder, struct varbind *varbind, const char *secret)
{
    size_t length = strlen(secret);
    if (varbind->type != VALUE_OCTETS || varbind->length > sizeof recorder->masked)
        return;
    for (size_t i = 0; i + length <= varbind->length; i++) {
        if (memcmp(varbind->bytes + i, secret, length) != 0)
            continue;
        memmove(recorder->masked, varbind->bytes, varbind->length); /* it may stand there already */
        memset(recorder->masked + i, 'x', length);
        varbind->bytes = recorder->masked;
    }
}

static void add_one(struct recorder *recorder, struct varbind *varbind)
{
    static const struct oid system = {7, {1, 3, 6, 1, 2, 1, 1}};
    bool left_out = is_about_access(&varbind->name);
    for (size_t i = 0; i < recorder->secret_count && !oid_has_prefix(&varbind->name, &system);
         i++) {
        left_out |= name_spells(&varbind->name, recorder->secrets[i]);
        mask(recorder, varbind, recorder->secrets[i]);
    }
    if (!left_out)
        add(recorder, recorder->values, varbind);
}

static void add_all(struct recorder *recorder, struct varbind_set *from)
{
    static const struct oid everything = {.length = 0};
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(from, &everything, &count);
    for (size_t i = 0; i < count; i++) {
        struct varbind varbind = varbind_of_row(&rows[i]);
        add_one(recorder, &varbind);
    }
}

/* Counters grow while they are read, and an answer may reach into the column behind: the value that
 * the poll itself has taken goes first, and stays. */
static void on_values(void *ctx, struct varbind_set *values)
{
    struct recorder *recorder = ctx;
    add_all(recorder, values);
    add_all(recorder, recorder->answered);
    varbind_set_sort(recorder->values);
}

struct recorder *recorder_new(void)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder)
        return NULL;
    recorder->answered = varbind_set_new(SNMPREC_ROWS_MAX, SNMPREC_BYTES_MAX);
    recorder->values = varbind_set_new(SNMPREC_ROWS_MAX, 2 * SNMPREC_BYTES_MAX);
    recorder->listener = (struct gather_listener){.on_answer = on_answer,
                                                  .on_values = on_values,
                                                  .ctx = recorder,
                                                  .subtrees = recorder->subtrees};
    if (recorder->answered && recorder->values)
        return recorder;
    recorder_free(recorder);
    return NULL;
}

void recorder_free(struct recorder *recorder)
{
    if (!recorder)
        return;
    explicit_bzero(recorder->secrets, sizeof recorder->secrets);
    varbind_set_free(recorder->answered);
    varbind_set_free(recorder->values);
    free(recorder);
}

int recorder_add_subtree(struct recorder *recorder, const char *oid)
{
    size_t *count = &recorder->listener.subtree_count;
    if (*count == RECORDER_SUBTREES_MAX)
        return -ENOSPC;
    int status = oid_parse(oid, strlen(oid), &recorder->subtrees[*count]);
    if (status == 0)
        (*count)++;
    return status;
}

void recorder_hide(struct recorder *recorder, const char *secret)
{
    size_t length = strlen(secret);
    if (length < SECRET_BYTES_MIN || length >= SECRET_BYTES || strcmp(secret, "public") == 0 ||
        strcmp(secret, "private") == 0 || recorder->secret_count == SECRETS_MAX)
        return;
    memcpy(recorder->secrets[recorder->secret_count++], secret, length + 1);
}

const struct gather_listener *recorder_listener(const struct recorder *recorder)
{
    return &recorder->listener;
}

struct varbind_set *recorder_values(struct recorder *recorder)
{
    return recorder->values;
}

bool recorder_is_cut(const struct recorder *recorder)
{
    return recorder->cut;
}
