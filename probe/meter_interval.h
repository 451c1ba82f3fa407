/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An interval from inside: meter.c hands it over, meter_merge.c joins several. Inside these only.
 */
#ifndef LASTMILE_PROBE_METER_INTERVAL_H
#define LASTMILE_PROBE_METER_INTERVAL_H

#include "probe/meter.h"

#include <stdatomic.h>

struct meter_interval {
    struct report_observation observation;
    struct line_counts *lines;
    atomic_bool handed_over;
};

#endif
