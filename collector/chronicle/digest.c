/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/chronicle/digest.h"

#include "collector/archive/archive.h"
#include "collector/package/digest.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static_assert(HISTORY_DIGEST_BYTES >= DIGEST_BYTES, "a digest fits into a row");

static int list_file(void *ctx, const char *name, const char *bytes, size_t length)
{
    FILE *list = ctx;
    char sum[DIGEST_BYTES];
    int status = digest_sha256(bytes, length, sum);
    if (status == 0)
        (void)fprintf(list, "%s  %s\n", sum, name); /* fclose tells */
    return status;
}

/* The digest of what was written to a stream in memory. */
static int close_and_sum(FILE *list, char **bytes, const size_t *length, int status,
                         char out[static HISTORY_DIGEST_BYTES])
{
    if (fclose(list) != 0 && status == 0)
        status = -ENOMEM;
    if (status == 0)
        status = digest_sha256(*bytes, *length, out);
    free(*bytes);
    return status;
}

int digest_inputs(struct inputs *inputs, const struct rule_settings *rules,
                  char out[static HISTORY_DIGEST_BYTES])
{
    struct ledger ledger = {.probes = NULL};
    const struct archive archive = {
        .year = 1, .made_by = "chronicle", .rules = *rules, .inputs = inputs, .ledger = &ledger};
    char *bytes = NULL;
    size_t length = 0;
    uint64_t computed_ns = inputs->computed_ns;
    size_t past_count = inputs->past_count;
    FILE *list = open_memstream(&bytes, &length);
    if (!list)
        return -ENOMEM;
    inputs->computed_ns = 0;
    inputs->past_count = 0; /* what was said before is no evidence for what is */
    int status = archive_write(&archive, list_file, list);
    inputs->computed_ns = computed_ns;
    inputs->past_count = past_count;
    return close_and_sum(list, &bytes, &length, status, out);
}

int digest_rules(const struct plan *plan, const struct rule_settings *rules,
                 char out[static HISTORY_DIGEST_BYTES])
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *list = open_memstream(&bytes, &length);
    if (!list)
        return -ENOMEM;
    (void)fprintf(list, "%llu %llu %.17g %.17g %.17g %.17g %d %d\n",
                  (unsigned long long)rules->activity_days,
                  (unsigned long long)rules->presence_days, rules->census_coverage,
                  rules->sample_coverage, rules->completeness_gate, rules->capability_share,
                  rules->probability_sample, rules->exact_interval);
    for (size_t i = 0; i < plan_indicator_count(plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(plan, i);
        (void)fprintf(list, "%s %llu %s %s\n", indicator->id,
                      (unsigned long long)indicator->definition_version,
                      indicator->definitions[0].name, indicator->unit);
    }
    return close_and_sum(list, &bytes, &length, 0, out);
}
