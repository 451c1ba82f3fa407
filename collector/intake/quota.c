/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/quota.h"

#include "common/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN        256
#define REPORTS_BURST_NS (10 * CLOCK_NS_PER_S)
#define DAY_NS           (86400 * CLOCK_NS_PER_S)
#define STATE_COST_NS    CLOCK_NS_PER_S
#define STATE_BURST_NS   (20 * CLOCK_NS_PER_S)

/* When each account would be even again. Up to a burst ahead of now is granted. */
struct account {
    uint64_t hash;
    char *names; /* "operator/probe"; owned; NULL: a free slot */
    uint64_t reports_ns, bytes_ns, states_ns;
};

struct quota {
    struct quota_limits limits;
    uint64_t seed;
    struct account *slots;
    size_t slot_count, used; /* a power of two; at most three quarters are used */
};

struct quota *quota_new(const struct quota_limits *limits, uint64_t seed)
{
    struct quota *quota = calloc(1, sizeof *quota);
    struct account *slots = calloc(SLOTS_MIN, sizeof *slots);
    if (!quota || !slots) {
        free(quota);
        free(slots);
        return NULL;
    }
    *quota =
        (struct quota){.limits = *limits, .seed = seed, .slots = slots, .slot_count = SLOTS_MIN};
    return quota;
}

void quota_free(struct quota *quota)
{
    if (!quota)
        return;
    for (size_t i = 0; i < quota->slot_count; i++)
        free(quota->slots[i].names);
    free(quota->slots);
    free(quota);
}

size_t quota_probes(const struct quota *quota)
{
    return quota->used;
}

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t hash_of(const struct quota *quota, const char *operator_name,
                        const char *probe_name)
{
    uint64_t hash = mix(mix(mix(quota->seed, operator_name), "/"), probe_name);
    return hash ^ hash >> 32; /* the low bits choose the slot */
}

static bool is_named(const char *names, const char *operator_name, const char *probe_name)
{
    size_t length = strlen(operator_name);
    return strncmp(names, operator_name, length) == 0 && names[length] == '/' &&
           strcmp(names + length + 1, probe_name) == 0;
}

/* The probe's slot, or the free one that would be its. */
static struct account *find(const struct quota *quota, uint64_t hash, const char *operator_name,
                            const char *probe_name)
{
    size_t mask = quota->slot_count - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct account *account = &quota->slots[i];
        if (!account->names ||
            (account->hash == hash && is_named(account->names, operator_name, probe_name)))
            return account;
    }
}

static int grow(struct quota *quota)
{
    size_t count = 2 * quota->slot_count;
    struct account *slots = calloc(count, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < quota->slot_count; i++) {
        size_t at = (size_t)quota->slots[i].hash & (count - 1);
        while (quota->slots[i].names && slots[at].names)
            at = (at + 1) & (count - 1);
        if (quota->slots[i].names)
            slots[at] = quota->slots[i];
    }
    free(quota->slots);
    quota->slots = slots;
    quota->slot_count = count;
    return 0;
}

/* A new account; NULL when memory is out. */
static struct account *open_account(struct quota *quota, uint64_t hash, const char *operator_name,
                                    const char *probe_name)
{
    size_t length = strlen(operator_name);
    size_t size = length + strlen(probe_name) + 2;
    if (4 * (quota->used + 1) > 3 * quota->slot_count && grow(quota) != 0)
        return NULL;
    char *names = malloc(size);
    if (!names)
        return NULL;
    memcpy(names, operator_name, length);
    names[length] = '/';
    memcpy(names + length + 1, probe_name, size - length - 1);
    struct account *account = find(quota, hash, operator_name, probe_name);
    *account = (struct account){.hash = hash, .names = names};
    quota->used++;
    return account;
}

int quota_know(struct quota *quota, const char *operator_name, const char *probe_name)
{
    uint64_t hash = hash_of(quota, operator_name, probe_name);
    if (find(quota, hash, operator_name, probe_name)->names)
        return 0;
    return open_account(quota, hash, operator_name, probe_name) ? 0 : -ENOMEM;
}

/* Whether the account has room for a cost now. */
static bool has_room(uint64_t even_ns, uint64_t cost_ns, uint64_t burst_ns, uint64_t now_ns)
{
    uint64_t from_ns = even_ns > now_ns ? even_ns : now_ns;
    return from_ns + cost_ns <= now_ns + burst_ns;
}

static void charge(uint64_t *even_ns, uint64_t cost_ns, uint64_t now_ns)
{
    *even_ns = (*even_ns > now_ns ? *even_ns : now_ns) + cost_ns;
}

static enum quota_verdict charge_state(struct account *account, uint64_t now_ns)
{
    if (!has_room(account->states_ns, STATE_COST_NS, STATE_BURST_NS, now_ns))
        return QUOTA_TOO_FAST;
    charge(&account->states_ns, STATE_COST_NS, now_ns);
    return QUOTA_OK;
}

static enum quota_verdict charge_report(const struct quota_limits *limits, struct account *account,
                                        size_t length, uint64_t now_ns)
{
    uint64_t report_ns = CLOCK_NS_PER_S / limits->reports_per_s_max;
    uint64_t bytes_ns =
        (uint64_t)((double)length * (double)DAY_NS / (double)limits->bytes_per_day_max);
    if (!has_room(account->reports_ns, report_ns, REPORTS_BURST_NS, now_ns) ||
        !has_room(account->bytes_ns, bytes_ns, DAY_NS, now_ns))
        return QUOTA_TOO_FAST;
    charge(&account->reports_ns, report_ns, now_ns);
    charge(&account->bytes_ns, bytes_ns, now_ns);
    return QUOTA_OK;
}

enum quota_verdict quota_take(struct quota *quota, const struct topic *topic, size_t length,
                              uint64_t now_mono_ns)
{
    uint64_t hash = hash_of(quota, topic->operator_name, topic->probe_name);
    struct account *account = find(quota, hash, topic->operator_name, topic->probe_name);
    if (!account->names) {
        if (quota->used >= quota->limits.probes_max)
            return QUOTA_TOO_MANY_PROBES;
        account = open_account(quota, hash, topic->operator_name, topic->probe_name);
        if (!account)
            return QUOTA_TOO_MANY_PROBES; /* no memory for one more */
    }
    return topic->kind == TOPIC_STATE ? charge_state(account, now_mono_ns)
                                      : charge_report(&quota->limits, account, length, now_mono_ns);
}
