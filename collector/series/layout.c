/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/series/series.h"

#define HOUR_S          UINT64_C(3600)
#define DAY_S           UINT64_C(86400)
#define FINEST_ROWS_MAX 2880 /* 48 h of minutes; less of seconds */

const struct series_retention series_retention_default = {48, 60, 400, 6 * 366};

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

size_t series_archives(const struct series_retention *retention, bool stock, uint64_t step_s,
                       struct series_archive out[static SERIES_ARCHIVES_MAX])
{
    const struct {
        uint64_t width_s, span_s;
        double unknown_max;
    } widths[] = {
        {0, retention->fine_hours * HOUR_S, 0.5}, /* the step itself, where finer than the next */
        {300, retention->five_minute_days * DAY_S, 0.5},
        {HOUR_S, retention->hourly_days * DAY_S, 0.25},
        {DAY_S, retention->daily_days * DAY_S, 0.25},
    };
    const size_t width_count = sizeof widths / sizeof widths[0];
    size_t count = 0;
    for (size_t i = 0; i < width_count; i++) {
        uint64_t steps = widths[i].width_s ? (widths[i].width_s + step_s - 1) / step_s : 1;
        uint64_t rows = widths[i].span_s / (steps * step_s);
        if (i + 1 < width_count && (widths[i + 1].width_s + step_s - 1) / step_s <= steps)
            continue; /* a coarser one is the same and longer */
        if (widths[i].span_s == 0)
            continue;
        if (widths[i].width_s == 0 && rows > FINEST_ROWS_MAX)
            rows = FINEST_ROWS_MAX;
        /* Of a single step, mean, maximum and last value are one. */
        int wanted = steps == 1 ? 1 : stock ? 3 : 2;
        for (int f = 0; f < wanted; f++)
            out[count++] = (struct series_archive){(enum series_function)f, widths[i].unknown_max,
                                                   steps, rows ? rows : 1};
    }
    return count;
}

/* rrd_format.h of librrd 1.7: a head, a definition a source and archive, what is being gathered of
 * each, and the rows; in the machine's own words, and doubles begin at a multiple of 8. */
uint64_t series_file_bytes(const struct series_retention *retention,
                           const struct series_layout *layout, uint64_t step_s)
{
    enum {
        WORD = sizeof(long),
        PARAMETERS = 80, /* ten of eight bytes */
        HEAD = 24 + (3 * WORD + 7) / 8 * 8 + PARAMETERS,
        LIVE = 2 * WORD,
        SOURCE = 40 + PARAMETERS + 32 + PARAMETERS,
        ARCHIVE = (20 + 2 * WORD + 7) / 8 * 8 + PARAMETERS + WORD,
        GATHERED = PARAMETERS,
        VALUE = 8
    };
    struct series_archive archives[SERIES_ARCHIVES_MAX];
    size_t count = series_archives(retention, layout->stock, step_s, archives);
    uint64_t sources = layout->source_count;
    uint64_t bytes = HEAD + LIVE + sources * SOURCE + count * (ARCHIVE + sources * GATHERED);
    for (size_t i = 0; i < count; i++)
        bytes += archives[i].rows * sources * VALUE;
    return bytes;
}
