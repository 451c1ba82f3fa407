/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Venues: places that the operators' register says are to have WLAN. Coverage is theirs and is
 * never inferred from how many access points there are.
 */
#include "collector/indicator/method.h"

#include "collector/estimate/interval.h"

#include <stdio.h>

/* A venue of which fewer days are known is unclassified (indicators.md 3.7: 20 valid days). */
#define KNOWN_DAYS_MIN 20

struct venue_sum {
    double venues, known, unserved;
    struct count_split covered; /* on enough of its known days */
    double present;             /* on the days that make an access point count */
};

static void add_one(struct count_range *range)
{
    *range = count_range_add(*range, (struct count_range){1, 1, 1});
}

static void add_venue(const struct method_context *context, const struct figure *figure,
                      const struct venue_evidence *venue, struct venue_sum *sum)
{
    double wanted = figure->definition->percent / 100 * (double)venue->known_days;
    bool unserved = venue->operator_name[0] == '\0';
    bool known = unserved || venue->known_days >= KNOWN_DAYS_MIN;
    sum->venues++;
    sum->known += known;
    sum->unserved += unserved;
    sum->present += venue->run_days >= context->rules->presence_days;
    if (!known)
        add_one(&sum->covered.unknown);
    else if (!unserved && (double)venue->run_days >= wanted)
        add_one(&sum->covered.yes);
    else
        add_one(&sum->covered.no);
}

static struct venue_sum sum_venues(const struct method_context *context, struct figure *figure)
{
    struct venue_sum sum = {.venues = 0};
    for (size_t i = 0; i < context->evidence->venue_count; i++) {
        const struct venue_evidence *venue = &context->evidence->venues[i];
        if (figure_takes(context, figure, venue->operator_name, venue->area))
            add_venue(context, figure, venue, &sum);
    }
    if (sum.venues > 0)
        (void)snprintf(figure->source, sizeof figure->source,
                       "%.0f venues registered, %.0f of them served by nothing, %.0f not known on "
                       "%d days",
                       sum.venues, sum.unserved, sum.venues - sum.known, KNOWN_DAYS_MIN);
    return sum;
}

static struct optional_double per_cent(struct optional_double share)
{
    return (struct optional_double){.known = share.known, .value = 100 * share.value};
}

int method_covered_venues(const struct method_context *context, struct figure *figure)
{
    struct venue_sum sum = sum_venues(context, figure);
    if (!(sum.venues > 0))
        return 0;
    method_set_coverage(context, sum.known, sum.venues, figure);
    if (figure->basis == BASIS_PROBABILITY_SAMPLE)
        figure->basis = BASIS_CONVENIENCE; /* nobody drew the venues */
    figure->unclassified = count_split_unclassified(&sum.covered);
    figure->value = per_cent(count_split_share(&sum.covered));
    figure->lower = figure->lower_one_sided = per_cent(count_split_share_lower(&sum.covered));
    figure->upper = figure->upper_one_sided = per_cent(count_split_share_upper(&sum.covered));
    figure->numerator = optional_double(sum.covered.yes.point);
    figure->denominator = optional_double(sum.covered.yes.point + sum.covered.no.point);
    return 0;
}

int method_venues(const struct method_context *context, struct figure *figure)
{
    struct venue_sum sum = sum_venues(context, figure);
    if (!(sum.venues > 0))
        return 0;
    method_set_coverage(context, sum.known, sum.venues, figure);
    if (figure->basis == BASIS_PROBABILITY_SAMPLE)
        figure->basis = BASIS_CONVENIENCE;
    figure->value = figure->numerator = optional_double(sum.present);
    figure->lower = figure->lower_one_sided = figure->value;
    return 0;
}
