/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many lines an access node has, and of what kind: one answer out of what its device says, what
 * traffic showed and what the operator's register holds, without counting a line twice. Internal to
 * the room; pure.
 *
 * Per technology: best estimate = active by the device, else provisioned by it, else seen in
 * traffic; at least the larger of active and seen; at most the largest of the three. Lines that
 * were seen without a technology are first taken to be those that the device counts and traffic
 * under their technology does not show. A node that stands in the register and did not report may
 * have none of its registered lines, or all of them, of whatever kind.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_NODE_LINES_H
#define LASTMILE_COLLECTOR_INDICATOR_NODE_LINES_H

#include "collector/estimate/interval.h"
#include "collector/registry/evidence.h"

#include <stdbool.h>

/* yes: FTTH (with fttb_counts also FTTB + LAN, and buildings' terminals); no: every other
 * technology; unknown: technology unknown, or not reported. */
struct count_split node_lines_by_fibre(const struct node_evidence *node, bool fttb_counts);

/* The best estimate for each technology; a building's terminals stand for lines of ETHERNET. The
 * sums over fibre, over the others and of the unknown are the points of node_lines_by_fibre. */
void node_lines_by_technology(const struct node_evidence *node,
                              double out_lines[static TECHNOLOGY_COUNT]);

/* All lines of the node. */
struct count_range node_lines_total(const struct node_evidence *node);

/* yes: provisioned lines that can be given edge_kbit_s or more; no: less; unknown: not said, or
 * with configured_only: measured by the device. */
struct count_split node_lines_by_capability(const struct node_evidence *node, unsigned edge_kbit_s,
                                            bool configured_only);

/* The node with what its lines were within the shorter window (EVIDENCE_RECENT_DAYS) in place of
 * the longer; its lines stand in the buffer. */
struct node_evidence node_lines_recent(const struct node_evidence *node,
                                       struct node_lines buffer[static TECHNOLOGY_COUNT]);

/* What the register gives the node; unknown when it names no number. */
struct optional_double node_lines_registered(const struct node_evidence *node);

/* Whether anyone says something of its lines: a device that counts them, traffic, the register. A
 * WLAN controller's uplink has none. */
bool node_lines_known(const struct node_evidence *node);

/* Reported by its device, or by traffic whose lines are known well enough for a census
 * (indicators.md 3.2: circuit or terminal serial). */
bool node_lines_counted(const struct node_evidence *node);

#endif
