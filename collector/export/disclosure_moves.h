/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The search for moves that leave every shown cell as it is and a hidden one not (disclosure.h says
 * what for): boxes, as in the hypercube method of Repsilber's that tau-ARGUS calls GHMITER, with
 * the corners that differ in fewer axes as smaller boxes. Internal to the room; pure.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_DISCLOSURE_MOVES_H
#define LASTMILE_COLLECTOR_EXPORT_DISCLOSURE_MOVES_H

#include "collector/export/disclosure.h"

struct moves;

/* Parts sorted by nothing in particular; cells measured. All borrowed. NULL when memory is out. */
struct moves *moves_new(const struct disclosure_rules *rules, const struct disclosure_part *parts,
                        size_t part_count, struct disclosure_cell *cells, size_t cell_count);
void moves_free(struct moves *moves);

/* Gives a hidden cell its width, hiding others for it. False when no moves can: given away. */
bool moves_protect(struct moves *moves, size_t cell);

/* The cells that a place belongs to, by their index; returns how many, at most 1 << AXES. */
size_t moves_cells_of(const struct moves *moves, const struct disclosure_place *place,
                      size_t out_cells[static 1 << DISCLOSURE_AXES]);

#endif
