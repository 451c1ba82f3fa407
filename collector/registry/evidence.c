/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An evidence from its parts. "As known on a date" is not kept beside each count: the journal has
 * the time of every arrival, so the reports of the window that had arrived by then are taken once
 * more, into a registry in memory, and the same questions are put to that. It reaches back as far
 * as the journal is kept (journal_days), and takes as long as taking those reports took.
 */
#include "collector/registry/evidence_private.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t month_first_day(int64_t month)
{
    return clock_days_from_civil((int)(month / 12), (int)(month % 12) + 1, 1);
}

uint32_t month_mask(int64_t month, int64_t first_day, int64_t last_day)
{
    int64_t begin = month_first_day(month);
    uint32_t mask = 0;
    for (int64_t day = 0; day < 31; day++)
        if (begin + day >= first_day && begin + day <= last_day)
            mask |= UINT32_C(1) << day;
    return mask; /* days past the month's end are set in no row */
}

static int collect_parts(struct collecting *collecting)
{
    int status = collect_nodes(collecting);
    if (status == 0)
        status = collect_terminals(collecting);
    if (status == 0)
        status = collect_controllers(collecting);
    if (status == 0)
        status = collect_interfaces(collecting);
    if (status == 0)
        status = collect_venues(collecting);
    if (status == 0)
        status = collect_traffic(collecting);
    if (status == 0)
        status = collect_probes(collecting);
    if (status == 0)
        status = collect_registered(collecting);
    if (status == 0)
        evidence_sort(collecting->out); /* registers add rows at the end */
    return status;
}

/* One report into the registry in memory; a payload that no longer decodes is not evidence. */
static int take_again(void *ctx, const struct journal_row *row)
{
    static const struct journal_caps no_caps = {.series_max = UINT64_MAX, .lines_max = UINT64_MAX};
    struct report *report = NULL;
    if (report_decode(row->payload, row->length, &report) != REPORT_OK)
        return 0;
    struct journal_entry entry = {.report = report,
                                  .payload = row->payload,
                                  .length = row->length,
                                  .arrived_ns = row->arrived_ns};
    int status = registry_commit_reports(ctx, &entry, 1, &no_caps);
    report_free(report);
    return status;
}

/* The registry as it was at as_known_ns, as far as the window needs it. */
static int replay(struct collecting *collecting, struct registry **out_past)
{
    struct registry *past = registry_open(":memory:");
    if (!past)
        return -errno;
    int64_t first = collecting->first_day < collecting->month_first_day
                        ? collecting->first_day
                        : collecting->month_first_day;
    struct journal_window window = {
        .from_ns = clock_city_day_start_ns(first),
        .to_ns = clock_city_day_start_ns(collecting->last_day + 1),
        .arrived_until_ns = collecting->query->as_known_ns,
    };
    int status = journal_visit_window(collecting->imports, &window, take_again, past);
    if (status != 0) {
        registry_close(past);
        return status;
    }
    *out_past = past;
    return 0;
}

static int collect(struct collecting *collecting)
{
    struct registry *past = NULL;
    if (collecting->query->as_known_ns != 0) {
        int status = replay(collecting, &past);
        if (status != 0)
            return status;
        collecting->reports = past->database;
    }
    int status = collect_parts(collecting);
    registry_close(past);
    return status;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

int registry_collect_evidence(struct registry *registry, const struct evidence_query *query,
                              uint64_t now_ns, struct evidence **out_evidence)
{
    uint32_t bit = 0;
    int64_t month = month_of_day(query->last_day, &bit);
    uint64_t end_ns = earliest(clock_city_day_start_ns(query->last_day + 1), now_ns);
    struct collecting collecting = {
        .reports = registry->database,
        .imports = registry->database,
        .query = query,
        .first_day = query->last_day - (int64_t)query->activity_days + 1,
        .last_day = query->last_day,
        .month_first_day = month_first_day(month),
        .recent_after = query->last_day - EVIDENCE_RECENT_DAYS,
        .end_ns = query->as_known_ns ? earliest(end_ns, query->as_known_ns) : end_ns,
        .out = calloc(1, sizeof *collecting.out),
    };
    if (!collecting.out)
        return -ENOMEM;
    int status = database_begin_read(registry->database);
    if (status == 0) {
        status = collect(&collecting);
        database_rollback(registry->database);
    }
    if (status != 0) {
        evidence_free(collecting.out);
        return status == -ENOMEM ? -ENOMEM : -EIO;
    }
    *out_evidence = collecting.out;
    return 0;
}
