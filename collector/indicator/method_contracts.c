/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What operators have under contract: lines by rate where they have handed them in, else the lines
 * that their register gives each access node. A statement, not a measurement.
 */
#include "collector/indicator/method.h"
#include "collector/indicator/node_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KBIT_PER_MBIT 1000.0

static bool has_contracts(const struct imported *imported, const char *operator_name)
{
    for (size_t i = 0; i < imported->contract_count; i++)
        if (strcmp(imported->contracts[i].operator_name, operator_name) == 0)
            return true;
    return false;
}

/* Contracted lines of the population, and those that may be its: the operator has not said. */
struct contracted {
    double of_it, perhaps, all;
};

static void add(const struct figure *figure, enum residence residence, double lines,
                struct contracted *sum)
{
    enum residence wanted = population_residence(figure->definition->population);
    sum->all += lines;
    if (wanted == RESIDENCE_UNKNOWN || residence == wanted)
        sum->of_it += lines;
    else if (residence == RESIDENCE_UNKNOWN)
        sum->perhaps += lines;
}

static struct contracted sum_contracted(const struct method_context *context,
                                        const struct figure *figure)
{
    const struct imported *imported = &context->inputs->imported;
    struct contracted sum = {.all = 0};
    for (size_t i = 0; i < imported->contract_count; i++) {
        const struct contract *contract = &imported->contracts[i];
        if (contract->lines.known &&
            figure_takes(context, figure, contract->operator_name, contract->area))
            add(figure, contract->residence, (double)contract->lines.value, &sum);
    }
    for (size_t i = 0; i < context->evidence->node_count; i++) {
        const struct node_evidence *node = &context->evidence->nodes[i];
        struct optional_double registered = node_lines_registered(node);
        if (registered.known && figure_takes(context, figure, node->operator_name, node->area) &&
            !has_contracts(imported, node->operator_name))
            add(figure, node->residence, registered.value, &sum);
    }
    return sum;
}

static struct optional_double per_hundred(double lines, const struct figure *figure)
{
    return (struct optional_double){.known = figure->denominator.known,
                                    .value = 100 * lines / figure->denominator.value};
}

int method_contracted_lines(const struct method_context *context, struct figure *figure)
{
    struct contracted sum = sum_contracted(context, figure);
    figure->evidence_class = EVIDENCE_DECLARED;
    figure->basis = BASIS_DECLARED;
    if (!(sum.all > 0))
        return 0;
    (void)snprintf(figure->source, sizeof figure->source,
                   "%.0f lines by the operators' contracts and registers", sum.all);
    figure->numerator = optional_double(sum.of_it + sum.perhaps);
    if (!figure->denominator.known)
        return 0;
    figure->value = per_hundred(sum.of_it + sum.perhaps, figure);
    figure->lower = per_hundred(sum.of_it, figure);
    figure->upper = figure->value;
    return 0;
}

/* --- rates --- */

struct rate_lines {
    uint64_t kbit_s;
    double lines;
};

static int compare_rates(const void *a, const void *b)
{
    const struct rate_lines *x = a;
    const struct rate_lines *y = b;
    return (x->kbit_s > y->kbit_s) - (x->kbit_s < y->kbit_s);
}

static bool is_of_population(const struct contract *contract, enum population population)
{
    enum settlement settlement = population_settlement(population);
    enum residence residence = population_residence(population);
    return (settlement == SETTLEMENT_UNKNOWN || contract->settlement == settlement) &&
           (residence == RESIDENCE_UNKNOWN || contract->residence == residence);
}

/* The nearest-rank quantile: the lowest rate that at least so many per cent do not exceed. */
int method_contracted_rate(const struct method_context *context, struct figure *figure)
{
    const struct imported *imported = &context->inputs->imported;
    struct rate_lines *rates = calloc(imported->contract_count + 1, sizeof *rates);
    size_t count = 0;
    double rated = 0;
    double all = 0;
    if (!rates)
        return -ENOMEM;
    for (size_t i = 0; i < imported->contract_count; i++) {
        const struct contract *contract = &imported->contracts[i];
        if (!contract->lines.known || !is_of_population(contract, figure->definition->population) ||
            !figure_takes(context, figure, contract->operator_name, contract->area))
            continue;
        all += (double)contract->lines.value;
        if (!contract->rate_kbit_s.known)
            continue;
        rates[count++] =
            (struct rate_lines){contract->rate_kbit_s.value, (double)contract->lines.value};
        rated += (double)contract->lines.value;
    }
    qsort(rates, count, sizeof *rates, compare_rates);
    figure->evidence_class = EVIDENCE_DECLARED;
    figure->basis = BASIS_DECLARED;
    double below = 0;
    for (size_t i = 0; i < count && !figure->value.known; i++) {
        below += rates[i].lines;
        if (rated > 0 && below >= rated * figure->definition->percent / 100)
            figure->value = optional_double((double)rates[i].kbit_s / KBIT_PER_MBIT);
    }
    free(rates);
    if (!figure->value.known)
        return 0;
    figure->unclassified = optional_double((all - rated) / all);
    (void)snprintf(figure->source, sizeof figure->source, "%.0f contracted lines, %.0f with a rate",
                   all, rated);
    return 0;
}
