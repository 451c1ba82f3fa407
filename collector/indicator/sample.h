/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The registered access nodes of a scope as a sampling frame: the reported nodes are the sample,
 * strata are operator x settlement x size band (indicators.md 3.6). A band with fewer than two
 * sampled nodes joins its neighbour in the same operator and settlement; an operator and settlement
 * of which nothing was sampled leave the whole without an estimate. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_SAMPLE_H
#define LASTMILE_COLLECTOR_INDICATOR_SAMPLE_H

#include "collector/estimate/ratio.h"
#include "collector/registry/evidence.h"

#include <stdbool.h>

struct sample_frame;

/* Room for as many nodes; NULL when memory is out. */
struct sample_frame *sample_frame_new(size_t node_max);
void sample_frame_free(struct sample_frame *frame);

/* Takes a registered node into the frame; it must outlive it. */
void sample_frame_add(struct sample_frame *frame, const struct node_evidence *node);

/* Hits and units of one sampled node. */
typedef struct ratio_cluster (*sample_measure_fn)(const void *ctx,
                                                  const struct node_evidence *node);

/* As ratio_estimate; -ENODATA also when an operator was not sampled at all in a
 * settlement. */
int sample_frame_ratio(struct sample_frame *frame, sample_measure_fn measure, const void *ctx,
                       struct ratio *out_ratio);

#endif
