/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What of a source may be shown.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_PUBLICATION_H
#define LASTMILE_COLLECTOR_EXPORT_PUBLICATION_H

#include "collector/indicator/figure.h"

struct publication {
    struct figures figures; /* copies; a figure that may not be shown is withheld */
};

#endif
