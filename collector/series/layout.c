/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/series/series.h"

static const struct series_layout layouts[SERIES_KINDS] = {
    [SERIES_TRAFFIC] = {3,
                        {{"lines_seen", "lines"}, {"down_bit_s", "bit/s"}, {"up_bit_s", "bit/s"}},
                        false},
    [SERIES_LINES] = {2, {{"provisioned", "lines"}, {"active", "lines"}}, true},
    [SERIES_WLAN] = {3,
                     {{"wtp_run", "WTPs"}, {"wtp_configured", "WTPs"}, {"stations", "stations"}},
                     true},
    [SERIES_INTERFACE] = {2, {{"in_bit_s", "bit/s"}, {"out_bit_s", "bit/s"}}, false},
    [SERIES_PROBE] = {3,
                      {{"packets_s", "packets/s"}, {"dropped_s", "packets/s"}, {"coverage", ""}},
                      false},
};

const struct series_layout *series_layout(enum series_kind kind)
{
    bool known = kind > 0 && kind < SERIES_KINDS && layouts[kind].source_count > 0;
    return known ? &layouts[kind] : NULL;
}
