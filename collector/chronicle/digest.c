/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/chronicle/digest.h"

#include "collector/archive/archive.h"

#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SUM_BYTES 32

static int add(void *ctx, const char *name, const char *bytes, size_t length)
{
    EVP_MD_CTX *hash = ctx;
    bool done = EVP_DigestUpdate(hash, name, strlen(name) + 1) == 1 &&
                EVP_DigestUpdate(hash, &length, sizeof length) == 1 &&
                EVP_DigestUpdate(hash, bytes, length) == 1;
    return done ? 0 : -EIO;
}

static EVP_MD_CTX *begin(void)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1)
        return hash;
    EVP_MD_CTX_free(hash);
    return NULL;
}

static int finish(EVP_MD_CTX *hash, int status, char out[static HISTORY_DIGEST_BYTES])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    if (status == 0 && EVP_DigestFinal_ex(hash, sum, NULL) != 1)
        status = -EIO;
    EVP_MD_CTX_free(hash);
    for (size_t i = 0; status == 0 && i < SUM_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", sum[i]);
    return status;
}

int digest_inputs(struct inputs *inputs, const struct rule_settings *rules,
                  char out[static HISTORY_DIGEST_BYTES])
{
    struct ledger ledger = {.probes = NULL};
    const struct archive archive = {
        .year = 1, .made_by = "chronicle", .rules = *rules, .inputs = inputs, .ledger = &ledger};
    uint64_t computed_ns = inputs->computed_ns;
    EVP_MD_CTX *hash = begin();
    if (!hash)
        return -ENOMEM;
    size_t past_count = inputs->past_count;
    inputs->computed_ns = 0;
    inputs->past_count = 0; /* what was said before is no evidence for what is */
    int status = archive_write(&archive, add, hash);
    inputs->computed_ns = computed_ns;
    inputs->past_count = past_count;
    return finish(hash, status, out);
}

/* A table of indicators is known by the version of each definition, and by what it counts. */
int digest_rules(const struct plan *plan, const struct rule_settings *rules,
                 char out[static HISTORY_DIGEST_BYTES])
{
    char text[400];
    EVP_MD_CTX *hash = begin();
    if (!hash)
        return -ENOMEM;
    (void)snprintf(text, sizeof text, "%llu %llu %.17g %.17g %.17g %.17g %d %d",
                   (unsigned long long)rules->activity_days,
                   (unsigned long long)rules->presence_days, rules->census_coverage,
                   rules->sample_coverage, rules->completeness_gate, rules->capability_share,
                   rules->probability_sample, rules->exact_interval);
    int status = add(hash, "rules", text, strlen(text));
    for (size_t i = 0; i < plan_indicator_count(plan) && status == 0; i++) {
        const struct plan_indicator *indicator = plan_indicator_at(plan, i);
        (void)snprintf(text, sizeof text, "%llu %s %s",
                       (unsigned long long)indicator->definition_version,
                       indicator->definitions[0].name, indicator->unit);
        status = add(hash, indicator->id, text, strlen(text));
    }
    return finish(hash, status, out);
}
