/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/export_request.h"

#include "collector/export/figure_line.h"

/* Of the area asked for, else of the city; over all operators, by the default definition. */
static const struct figure *find_figure(const struct export_request *request,
                                        const struct figures *figures)
{
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (figure->indicator == request->checked && !figure->operator_of && !figure->alternative &&
            (!request->area || figure->area == request->area))
            return figure;
    }
    return NULL;
}

int export_check(const struct export_request *request, const struct figures *figures)
{
    static const int statuses[] = {
        [VERDICT_NOT_SET] = EXIT_NOT_SET,
        [VERDICT_MET] = EXIT_DONE,
        [VERDICT_NOT_MET] = EXIT_FAILED,
        [VERDICT_INSUFFICIENT_EVIDENCE] = EXIT_INSUFFICIENT,
    };
    const struct figure *figure = find_figure(request, figures);
    if (!figure)
        return command_fail(EXIT_USAGE, "export", "%s has no figure there", request->checked->id);
    figure_line(stdout, figure, request->chinese);
    if (fflush(stdout) != 0 || ferror(stdout))
        return command_fail(EXIT_USAGE, "export", "the answer cannot be written");
    return statuses[figure->verdict];
}
