/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Takes the numbers out of figures of areas and operators that may not be shown. A figure adds
 * nothing to what the table of lines shows: it is shown only where the counts that it stands on are
 * shown there. What stands on no lines has its own threshold. Where one of a row of figures is
 * withheld, so is another, since the city's own would give it away. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_FIGURE_MASK_H
#define LASTMILE_COLLECTOR_EXPORT_FIGURE_MASK_H

#include "collector/export/line_cells.h"

/* Copies of the source's figures. 0 or -ENOMEM; the caller frees the array. */
int figure_mask(const struct export_source *source, const struct line_cells *cells,
                struct figures *out_figures, size_t *out_withheld);

#endif
