/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/figure_mask.h"

#include "collector/export/bundle.h"
#include "collector/export/publication.h"
#include "collector/settings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char publication_withheld_en[] = "Withheld: too few are counted here, or it would give away "
                                       "where too few are.";
const char publication_withheld_zh[] = "不予公布：此处计数过少，或公布后可推知他处的过少计数。";

/* What a quantity counts, and so what may not be shown of it. */
enum privacy {
    PRIVACY_NONE,   /* nobody's lines: interfaces, venues, what is declared or imported */
    PRIVACY_LINES,  /* counts of lines, or values of few lines */
    PRIVACY_POINTS, /* access points: devices */
    PRIVACY_USERS,  /* of a WLAN */
};

static enum privacy privacy_of(const struct figure *figure)
{
    if (figure->basis == BASIS_DECLARED)
        return PRIVACY_NONE;
    switch (figure->definition->numerator) {
    case QUANTITY_DECLARED:
    case QUANTITY_INDEX:
    case QUANTITY_NOT_CARRIED:
    case QUANTITY_IMPORTED:
    case QUANTITY_VENUES:
    case QUANTITY_COVERED_VENUES:
    case QUANTITY_CAPACITY:
    case QUANTITY_UTILISATION:
    case QUANTITY_HOURS_ABOVE:
    case QUANTITY_COUNT:
        return PRIVACY_NONE;
    case QUANTITY_ACCESS_POINTS:
    case QUANTITY_DEPLOYED_POINTS:
        return PRIVACY_POINTS;
    case QUANTITY_WLAN_USERS:
    case QUANTITY_WLAN_OCTETS:
        return PRIVACY_USERS;
    default: /* whatever is new counts lines until somebody says otherwise */
        return PRIVACY_LINES;
    }
}

static struct disclosure_place scope_of(const struct plan *plan, const struct figure *figure)
{
    struct disclosure_place scope;
    for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
        scope.at[axis] = DISCLOSURE_ANY;
    for (uint16_t i = 1; i < plan_area_count(plan); i++)
        if (plan_area_at(plan, i) == figure->area)
            scope.at[LINE_AREA] = i;
    for (uint16_t i = 0; i < plan_operator_count(plan); i++)
        if (plan_operator_at(plan, i) == figure->operator_of)
            scope.at[LINE_OPERATOR] = i;
    return scope;
}

static bool is_city(const struct disclosure_place *scope)
{
    return scope->at[LINE_AREA] == DISCLOSURE_ANY && scope->at[LINE_OPERATOR] == DISCLOSURE_ANY;
}

/* The axis along which a population is a part of all lines; LINE_GROUP for all of them. */
static enum line_axis axis_of(enum population population)
{
    switch (population) {
    case POPULATION_RESIDENTIAL:
    case POPULATION_BUSINESS:
        return LINE_RESIDENCE;
    case POPULATION_URBAN:
    case POPULATION_RURAL:
        return LINE_SETTLEMENT;
    case POPULATION_ALL:
    case POPULATION_PUBLIC:
        break;
    }
    return LINE_GROUP;
}

/* The counts that a figure of lines lets one read off, or work out against the scope's total. */
static bool stands_on_shown(const struct line_cells *cells, const struct disclosure_place *scope,
                            const struct plan_definition *definition)
{
    enum line_axis axis = axis_of(definition->population);
    const struct disclosure_cell *total = line_cells_find(cells, scope);
    if (!total || total->count == 0)
        return true;
    if (!total->shown || !line_cells_shown(cells, scope, LINE_GROUP) ||
        !line_cells_shown(cells, scope, axis))
        return false;
    if (definition->numerator == QUANTITY_FIBRE_LINES &&
        !line_cells_shown(cells, scope, LINE_TECHNOLOGY))
        return false;
    for (uint16_t group = 0; axis != LINE_GROUP && group < LINE_GROUPS; group++) {
        struct disclosure_place part = *scope;
        part.at[LINE_GROUP] = group;
        if (!line_cells_shown(cells, &part, axis))
            return false;
    }
    return true;
}

static bool is_few(struct optional_double count, uint64_t least)
{
    return count.known && count.value > 0 && count.value < (double)least;
}

/* The least of what a figure counts that may be shown. */
static uint64_t least_of(const struct rule_settings *rules, enum privacy privacy)
{
    switch (privacy) {
    case PRIVACY_LINES:
        return rules->publish_lines_min;
    case PRIVACY_POINTS:
        return rules->publish_access_points_min;
    case PRIVACY_USERS:
        return rules->publish_clients_min;
    case PRIVACY_NONE:
        break;
    }
    return 0;
}

/* Few with the property, or few without it. */
static bool counts_few(const struct figure *figure, uint64_t least)
{
    bool of_lines = figure->definition->denominator == DENOMINATOR_LINES;
    struct optional_double rest = {.known = false, .value = 0};
    if (of_lines && figure->numerator.known && figure->denominator.known)
        rest = optional_double(figure->denominator.value - figure->numerator.value);
    return is_few(figure->numerator, least) || (of_lines && is_few(figure->denominator, least)) ||
           is_few(rest, least) || (!figure->numerator.known && is_few(figure->value, least));
}

static bool is_same_scope(const struct figure *a, const struct figure *b)
{
    return a->indicator == b->indicator && a->area == b->area && a->operator_of == b->operator_of;
}

/* Another definition's count beside the default's: their difference is a count too. */
static bool differs_by_few(const struct figures *figures, size_t i, uint64_t least)
{
    const struct figure *figure = &figures->figures[i];
    for (size_t k = i; figure->alternative && k-- > 0;) {
        const struct figure *other = &figures->figures[k];
        if (!is_same_scope(figure, other))
            break;
        if (other->alternative || !figure->numerator.known || !other->numerator.known)
            continue;
        double difference = fabs(figure->numerator.value - other->numerator.value);
        if (is_few(optional_double(difference), least))
            return true;
    }
    return false;
}

/* A count may stand there without a value: what it is divided by has not been imported. */
static bool shows_anything(const struct figure *figure)
{
    return figure->value.known || figure->numerator.known || figure->estimate.known;
}

static bool must_withhold(const struct export_source *source, const struct line_cells *cells,
                          size_t i)
{
    const struct figure *figure = &source->figures->figures[i];
    enum privacy privacy = privacy_of(figure);
    struct disclosure_place scope = scope_of(source->plan, figure);
    uint64_t least = least_of(source->rules, privacy);
    if (source->full || privacy == PRIVACY_NONE || is_city(&scope) || !shows_anything(figure))
        return false;
    if (privacy == PRIVACY_LINES && !stands_on_shown(cells, &scope, figure->definition))
        return true;
    return counts_few(figure, least) || differs_by_few(source->figures, i, least);
}

/* The figures that add up to the same one of the city: of all areas, or of all operators. */
static bool is_sibling(const struct figure *a, const struct figure *b)
{
    return a->indicator == b->indicator && a->definition == b->definition &&
           !a->operator_of == !b->operator_of && (a->operator_of || a->area != b->area || a == b) &&
           shows_anything(a) && shows_anything(b);
}

static double size_of(const struct figure *figure)
{
    return figure->numerator.known ? figure->numerator.value : figure->value.value;
}

/* While those withheld beside one count too few to hide it, the smallest that is shown goes too. */
static void withhold_more(const struct export_source *source, bool *withheld, size_t i)
{
    const struct figures *figures = source->figures;
    const struct figure *figure = &figures->figures[i];
    double least = (double)least_of(source->rules, privacy_of(figure));
    for (;;) {
        double others = 0;
        size_t count = 0;
        size_t smallest = SIZE_MAX;
        for (size_t k = 0; k < figures->count; k++) {
            const struct figure *other = &figures->figures[k];
            struct disclosure_place scope = scope_of(source->plan, other);
            if (k == i || is_city(&scope) || !is_sibling(figure, other))
                continue;
            others += withheld[k] ? size_of(other) : 0;
            count += withheld[k];
            if (!withheld[k] && size_of(other) > 0 &&
                (smallest == SIZE_MAX || size_of(other) < size_of(&figures->figures[smallest])))
                smallest = k;
        }
        if ((count > 0 && others >= least) || smallest == SIZE_MAX)
            return;
        withheld[smallest] = true;
    }
}

/* What is left is named here, so that what a figure learns to say later is withheld by itself. */
static struct figure without_numbers(const struct figure *figure)
{
    struct figure left = {
        .indicator = figure->indicator,
        .target = figure->target,
        .area = figure->area,
        .operator_of = figure->operator_of,
        .instant_day = figure->instant_day,
        .provisional = figure->provisional,
        .due = figure->due,
        .evidence_class = figure->evidence_class,
        .basis = figure->basis,
        .completeness = figure->completeness, /* of probes */
        .declared_value = figure->declared_value,
        .grade = '-',
        .verdict = figure->verdict,
        .reason_en = publication_withheld_en,
        .reason_zh = publication_withheld_zh,
        .definition_version = figure->definition_version,
        .definition = figure->definition,
        .alternative = figure->alternative,
        .withheld = true,
        .pace = PACE_NOT_ASSESSABLE,
        .pace_reason_en = publication_withheld_en,
        .pace_reason_zh = publication_withheld_zh,
    };
    memcpy(left.declared_source, figure->declared_source, sizeof left.declared_source);
    memcpy(left.numerator_name, figure->numerator_name, sizeof left.numerator_name);
    memcpy(left.denominator_name, figure->denominator_name, sizeof left.denominator_name);
    if (figure->definition->denominator == DENOMINATOR_LINES)
        return left;
    left.denominator = figure->denominator; /* stands in denominators.csv */
    memcpy(left.denominator_date, figure->denominator_date, sizeof left.denominator_date);
    memcpy(left.denominator_vintage, figure->denominator_vintage, sizeof left.denominator_vintage);
    return left;
}

int figure_mask(const struct export_source *source, const struct line_cells *cells,
                struct figures *out_figures, size_t *out_withheld)
{
    const struct figures *all = source->figures;
    struct figure *copies = malloc((all->count + 1) * sizeof *copies);
    bool *withheld = calloc(all->count + 1, sizeof *withheld);
    if (!copies || !withheld) {
        free(copies);
        free(withheld);
        return -ENOMEM;
    }
    for (size_t i = 0; i < all->count; i++)
        withheld[i] = must_withhold(source, cells, i);
    for (size_t i = 0; i < all->count; i++)
        if (withheld[i])
            withhold_more(source, withheld, i);
    *out_withheld = 0;
    for (size_t i = 0; i < all->count; i++) {
        copies[i] = withheld[i] ? without_numbers(&all->figures[i]) : all->figures[i];
        *out_withheld += withheld[i];
    }
    free(withheld);
    *out_figures = *all;
    out_figures->figures = copies;
    return 0;
}
