/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/sample.h"

#include "collector/indicator/node_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stratum {
    const char *operator_name;
    enum settlement settlement;
    size_t population, sampled;
    size_t index; /* that the estimator sees, after collapsing */
};

struct sample_frame {
    const struct node_evidence **nodes;
    size_t *stratum_of;
    struct stratum *strata;
    struct ratio_cluster *clusters;
    double *population;
    size_t node_count, stratum_count;
};

struct sample_frame *sample_frame_new(size_t node_max)
{
    struct sample_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        return NULL;
    size_t count = node_max ? node_max : 1;
    frame->nodes = calloc(count, sizeof(const struct node_evidence *));
    frame->stratum_of = calloc(count, sizeof *frame->stratum_of);
    frame->strata = calloc(count, sizeof *frame->strata);
    frame->clusters = calloc(count, sizeof *frame->clusters);
    frame->population = calloc(count, sizeof *frame->population);
    if (!frame->nodes || !frame->stratum_of || !frame->strata || !frame->clusters ||
        !frame->population) {
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
    free(frame->stratum_of);
    free(frame->strata);
    free(frame->clusters);
    free(frame->population);
    free(frame);
}

static size_t find_stratum(struct sample_frame *frame, const struct node_evidence *node)
{
    for (size_t h = 0; h < frame->stratum_count; h++)
        if (frame->strata[h].settlement == node->settlement &&
            strcmp(frame->strata[h].operator_name, node->operator_name) == 0)
            return h;
    frame->strata[frame->stratum_count] =
        (struct stratum){.operator_name = node->operator_name, .settlement = node->settlement};
    return frame->stratum_count++;
}

void sample_frame_add(struct sample_frame *frame, const struct node_evidence *node)
{
    size_t h = find_stratum(frame, node);
    frame->strata[h].population++;
    frame->strata[h].sampled += node_lines_counted(node);
    frame->stratum_of[frame->node_count] = h;
    frame->nodes[frame->node_count++] = node;
}

static bool too_thin(const struct stratum *stratum)
{
    return stratum->sampled < 2 && stratum->sampled < stratum->population;
}

/* Numbers the strata for the estimator: 0 holds the thin ones together, or everything where they
 * are too thin even together. Returns how many there are. */
static size_t collapse(struct sample_frame *frame)
{
    struct stratum thin = {.population = 0};
    for (size_t h = 0; h < frame->stratum_count; h++) {
        if (too_thin(&frame->strata[h])) {
            thin.population += frame->strata[h].population;
            thin.sampled += frame->strata[h].sampled;
        }
    }
    bool together = thin.population > 0 && too_thin(&thin);
    size_t next = thin.population > 0 ? 1 : 0;
    for (size_t h = 0; h < frame->stratum_count; h++) {
        bool apart = !together && !too_thin(&frame->strata[h]);
        frame->strata[h].index = apart ? next++ : 0;
    }
    return next;
}

int sample_frame_ratio(struct sample_frame *frame, sample_measure_fn measure, const void *ctx,
                       struct ratio *out_ratio)
{
    for (size_t h = 0; h < frame->stratum_count; h++)
        if (frame->strata[h].sampled == 0)
            return -ENODATA;
    size_t strata = collapse(frame);
    for (size_t h = 0; h < strata; h++)
        frame->population[h] = 0;
    size_t sampled = 0;
    for (size_t i = 0; i < frame->node_count; i++) {
        size_t index = frame->strata[frame->stratum_of[i]].index;
        frame->population[index] += 1;
        if (!node_lines_counted(frame->nodes[i]))
            continue;
        frame->clusters[sampled] = measure(ctx, frame->nodes[i]);
        frame->clusters[sampled++].stratum = index;
    }
    return ratio_estimate(frame->clusters, sampled, frame->population, strata, out_ratio);
}
