/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The registered access nodes of a scope as a sampling frame: strata are operator x settlement, the
 * reported nodes are the sample (indicators.md 3.6). A stratum with fewer than two sampled nodes is
 * put together with its likes, and all into one when even that is too few. Internal to the room.
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

/* As ratio_estimate; -ENODATA also when a stratum was not sampled at all. */
int sample_frame_ratio(struct sample_frame *frame, sample_measure_fn measure, const void *ctx,
                       struct ratio *out_ratio);

#endif
