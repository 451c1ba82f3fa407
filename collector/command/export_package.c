/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/export_request.h"

#include "collector/package/package.h"
#include "collector/registry/history.h"
#include "collector/registry/ledger.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The registry's part: everything that the figures and coverage.csv depend on. What arrived when is
 * not told by the ledger, so a package as known on a day has none. */
static int collect(const struct export_request *request, const struct workplace *workplace,
                   uint64_t now_ns, struct archive *archive)
{
    struct inputs *inputs = NULL;
    struct ledger *ledger = NULL;
    const struct ledger_query query = {.from_ns = request->from_ns, .to_ns = request->to_ns};
    int status =
        inputs_load(workplace->registry, &archive->rules, &request->query, now_ns, &inputs);
    if (status != 0)
        return status;
    inputs_free(archive->inputs);
    archive->inputs = inputs;
    status = archive_hide_names(inputs);
    if (status != 0 || request->query.as_known_ns != 0)
        return status;
    status = registry_read_ledger(workplace->registry, &query, &ledger);
    if (status != 0)
        return status;
    ledger_free(archive->ledger);
    archive->ledger = ledger;
    return 0;
}

static int take_revision(const struct history_row *row, struct archive *archive)
{
    struct archive_revision *revision = archive_add_revision(archive);
    int year = 0;
    int month = 0;
    int day = 0;
    if (!revision)
        return -ENOMEM;
    clock_civil_from_days(row->day, &year, &month, &day);
    (void)snprintf(revision->period, sizeof revision->period,
                   row->span == HISTORY_YEAR ? "%04d" : "%04d-%02d", year, month);
    (void)snprintf(revision->indicator, sizeof revision->indicator, "%s", row->indicator);
    (void)snprintf(revision->area, sizeof revision->area, "%s", row->area);
    (void)snprintf(revision->operator_name, sizeof revision->operator_name, "%s",
                   row->operator_name);
    (void)snprintf(revision->reason, sizeof revision->reason, "%s", row->reason);
    (void)snprintf(revision->vintage, sizeof revision->vintage, "%s", row->vintage);
    (void)snprintf(revision->computed_by, sizeof revision->computed_by, "%s", row->computed_by);
    revision->value = row->value;
    revision->old_value = row->old_value;
    revision->revised_ns = row->computed_ns;
    return 0;
}

/* Figures of the year and of its months that were changed after they had been final. */
static int collect_revisions(const struct export_request *request,
                             const struct workplace *workplace, struct archive *archive)
{
    const struct history_query query = {
        .months = true,
        .years = true,
        .first_day = clock_days_from_civil(request->year, 1, 1),
        .last_day = clock_days_from_civil(request->year, 12, 31),
        .as_known_ns = request->query.as_known_ns,
        .every_row = true,
    };
    struct history_row *rows = NULL;
    size_t count = 0;
    int status = registry_list_history(workplace->registry, &query, &rows, &count);
    for (size_t i = 0; i < count && status == 0; i++)
        if (rows[i].status == HISTORY_REVISED)
            status = take_revision(&rows[i], archive);
    free(rows);
    return status;
}

int export_package(const struct export_request *request, const struct workplace *workplace,
                   uint64_t now_ns)
{
    struct archive *archive = archive_new();
    struct conf_error error = {""};
    if (!archive)
        return command_fail(EXIT_FAILED, "export", "out of memory");
    archive->year = (uint64_t)request->year;
    (void)snprintf(archive->made_by, sizeof archive->made_by, "%s", LASTMILE_VERSION);
    archive->byte_order_mark = request->byte_order_mark;
    archive->full = request->full;
    archive->rules = workplace->settings.rules;
    const struct package_order order = {
        .plan_file = workplace->settings.plan_file,
        .indicators_file = plan_indicators_file(workplace->plan),
        .areas_file = workplace->settings.areas_file,
        .archive = archive,
    };
    int status = collect(request, workplace, now_ns, archive);
    if (status == 0)
        status = collect_revisions(request, workplace, archive);
    if (status != 0)
        (void)snprintf(error.text, sizeof error.text, "the figures cannot be computed: %s",
                       strerror(-status));
    else
        status = package_export(&order, request->out_path, &error);
    archive_free(archive);
    return status == 0 ? EXIT_DONE : command_fail(EXIT_FAILED, "export", "%s", error.text);
}
