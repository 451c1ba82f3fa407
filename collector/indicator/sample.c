/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/sample.h"

#include "collector/indicator/node_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* By registered lines: a cabinet, an access node, a large one. A register that names no number
 * leaves its nodes in the first. */
#define SIZE_BANDS 3
static const double size_band_from[SIZE_BANDS] = {0, 256, 2048};

/* A band of fewer sampled nodes joins another: their variance would be guesswork. */
#define BAND_SAMPLED_MIN 5

struct cell {
    size_t population, sampled;
    size_t unsized; /* of population: the register names no number of lines */
    double known, known_squares;
    size_t stratum; /* that the estimator sees */
    bool sized;     /* by whose lines that stratum counts */
};

/* One operator in one settlement. */
struct domain {
    const char *operator_name;
    enum settlement settlement;
    struct cell bands[SIZE_BANDS];
};

struct place {
    size_t domain, band;
};

struct sample_frame {
    const struct node_evidence **nodes;
    struct place *places;
    struct domain *domains;
    struct ratio_cluster *clusters;
    struct ratio_stratum *strata;
    size_t node_count, domain_count;
};

struct sample_frame *sample_frame_new(size_t node_max)
{
    struct sample_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        return NULL;
    size_t count = node_max ? node_max : 1;
    frame->nodes = calloc(count, sizeof(const struct node_evidence *));
    frame->places = calloc(count, sizeof *frame->places);
    frame->domains = calloc(count, sizeof *frame->domains);
    frame->clusters = calloc(count, sizeof *frame->clusters);
    frame->strata = calloc(count, sizeof *frame->strata);
    if (!frame->nodes || !frame->places || !frame->domains || !frame->clusters || !frame->strata) {
        sample_frame_free(frame);
        return NULL;
    }
    return frame;
}

void sample_frame_free(struct sample_frame *frame)
{
    if (!frame)
        return;
    free(frame->nodes);
    free(frame->places);
    free(frame->domains);
    free(frame->clusters);
    free(frame->strata);
    free(frame);
}

static size_t find_domain(struct sample_frame *frame, const struct node_evidence *node)
{
    for (size_t d = 0; d < frame->domain_count; d++)
        if (frame->domains[d].settlement == node->settlement &&
            strcmp(frame->domains[d].operator_name, node->operator_name) == 0)
            return d;
    frame->domains[frame->domain_count] =
        (struct domain){.operator_name = node->operator_name, .settlement = node->settlement};
    return frame->domain_count++;
}

static size_t find_band(const struct node_evidence *node)
{
    struct optional_double lines = node_lines_registered(node);
    size_t band = 0;
    while (lines.known && band + 1 < SIZE_BANDS && lines.value >= size_band_from[band + 1])
        band++;
    return band;
}

void sample_frame_add(struct sample_frame *frame, const struct node_evidence *node)
{
    struct place place = {find_domain(frame, node), find_band(node)};
    struct cell *cell = &frame->domains[place.domain].bands[place.band];
    struct optional_double lines = node_lines_registered(node);
    double known = lines.known ? lines.value : 0;
    cell->population++;
    cell->sampled += node_lines_counted(node);
    cell->unsized += !(known > 0);
    cell->known += known;
    cell->known_squares += known * known;
    frame->places[frame->node_count] = place;
    frame->nodes[frame->node_count++] = node;
}

static bool is_whole(const struct cell *cell)
{
    return cell->sampled >= cell->population;
}

static bool too_thin(const struct cell *cell)
{
    return cell->sampled < BAND_SAMPLED_MIN && !is_whole(cell);
}

/* Which band a thin one joins: the nearest with nodes, the smaller first; not one that was sampled
 * whole, unless nothing at all was sampled here. Itself where there is none. */
static size_t find_partner(const struct cell merged[static SIZE_BANDS], size_t band)
{
    size_t partner = band;
    for (size_t away = SIZE_BANDS - 1; away > 0; away--) {
        const size_t both[] = {band + away, band - away}; /* the latter may wrap: out of range */
        for (size_t i = 0; i < 2; i++)
            if (both[i] < SIZE_BANDS && merged[both[i]].population > 0 &&
                (merged[band].sampled == 0 || !is_whole(&merged[both[i]])))
                partner = both[i];
    }
    return partner;
}

static void join(struct cell *into, const struct cell *cell)
{
    into->population += cell->population;
    into->sampled += cell->sampled;
    into->unsized += cell->unsized;
    into->known += cell->known;
    into->known_squares += cell->known_squares;
}

/* One node without a number leaves its stratum without a register: there all count alike. */
static struct ratio_stratum stratum_of(const struct cell *cell)
{
    double clusters = (double)cell->population;
    if (cell->unsized > 0)
        return (struct ratio_stratum){clusters, clusters, clusters};
    return (struct ratio_stratum){clusters, cell->known, cell->known_squares};
}

/* Puts thin bands of a domain to others; what remains are strata, numbered from next on. The next
 * number. */
static size_t number_strata(struct domain *domain, struct ratio_stratum *strata, size_t next)
{
    struct cell merged[SIZE_BANDS];
    size_t home[SIZE_BANDS];
    for (size_t band = 0; band < SIZE_BANDS; band++) {
        merged[band] = domain->bands[band];
        home[band] = band;
    }
    for (size_t band = 0; band < SIZE_BANDS; band++) {
        size_t partner = too_thin(&merged[band]) ? find_partner(merged, band) : band;
        if (partner == band)
            continue;
        join(&merged[partner], &merged[band]);
        merged[band] = (struct cell){.population = 0};
        for (size_t other = 0; other < SIZE_BANDS; other++)
            home[other] = home[other] == band ? partner : home[other];
    }
    for (size_t band = 0; band < SIZE_BANDS; band++) {
        if (merged[band].population == 0)
            continue;
        merged[band].stratum = next;
        merged[band].sized = merged[band].unsized == 0;
        strata[next++] = stratum_of(&merged[band]);
    }
    for (size_t band = 0; band < SIZE_BANDS; band++) {
        domain->bands[band].stratum = merged[home[band]].stratum;
        domain->bands[band].sized = merged[home[band]].sized;
    }
    return next;
}

static bool was_sampled(const struct domain *domain)
{
    for (size_t band = 0; band < SIZE_BANDS; band++)
        if (domain->bands[band].sampled > 0)
            return true;
    return false;
}

int sample_frame_ratio(struct sample_frame *frame, sample_measure_fn measure, const void *ctx,
                       struct ratio *out_ratio)
{
    size_t strata = 0;
    for (size_t d = 0; d < frame->domain_count; d++) {
        if (!was_sampled(&frame->domains[d]))
            return -ENODATA;
        strata = number_strata(&frame->domains[d], frame->strata, strata);
    }
    size_t sampled = 0;
    for (size_t i = 0; i < frame->node_count; i++) {
        const struct node_evidence *node = frame->nodes[i];
        const struct place *place = &frame->places[i];
        const struct cell *cell = &frame->domains[place->domain].bands[place->band];
        if (!node_lines_counted(node))
            continue;
        struct ratio_cluster cluster = measure(ctx, node);
        cluster.stratum = cell->stratum;
        cluster.known = cell->sized ? node_lines_registered(node).value : 1;
        frame->clusters[sampled++] = cluster;
    }
    return ratio_estimate(frame->clusters, sampled, frame->strata, strata, out_ratio);
}
