/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/export_request.h"

#include "collector/package/package.h"
#include "collector/registry/ledger.h"

#include <errno.h>
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
    if (status != 0)
        (void)snprintf(error.text, sizeof error.text, "the figures cannot be computed: %s",
                       strerror(-status));
    else
        status = package_export(&order, request->out_path, &error);
    archive_free(archive);
    return status == 0 ? EXIT_DONE : command_fail(EXIT_FAILED, "export", "%s", error.text);
}
