/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/bar.h"

#include "collector/http/html.h"

#include <math.h>

/* Heights in pixels, from the top: labels, bar, labels. */
#define LABEL_TOP_Y    13
#define MARK_TOP_Y     17
#define TRACK_Y        22
#define TRACK_HEIGHT   16
#define MARK_BOTTOM_Y  43
#define LABEL_BOTTOM_Y 55
#define HEIGHT         60

/* Labels nearer to an end than this are written inwards, so that none is cut off. */
#define EDGE_PERCENT 14.0

double bar_full_scale(const struct bar *bar, double least)
{
    double most = least;
    const struct optional_double all[] = {bar->value, bar->upper};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].known && all[i].value > most)
            most = all[i].value;
    for (size_t i = 0; i < bar->mark_count; i++)
        if (bar->marks[i].value > most)
            most = bar->marks[i].value;
    if (!(most > 0) || !isfinite(most))
        return 1;
    if (most <= least)
        return least;
    static const double steps[] = {1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
    double power = pow(10, floor(log10(most)));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (most * 1.05 <= steps[i] * power)
            return steps[i] * power;
    return 20 * power;
}

static double percent(const struct bar *bar, double value)
{
    double share = 100 * value / bar->full;
    return share < 0 ? 0 : share > 100 ? 100 : share;
}

static void write_whisker(struct text *out, const struct bar *bar)
{
    double from = percent(bar, bar->lower.value), to = percent(bar, bar->upper.value);
    int middle = TRACK_Y + TRACK_HEIGHT / 2;
    text_printf(out, "<line class=\"whisker\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>",
                from, to, middle, middle);
    const double ends[] = {from, to};
    for (size_t i = 0; i < 2; i++)
        text_printf(out,
                    "<line class=\"whisker\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>",
                    ends[i], ends[i], middle - 5, middle + 5);
}

/* Above and below in turn, so that neighbours do not overlap. */
static void write_mark(struct text *out, const struct bar *bar, size_t i)
{
    double x = percent(bar, bar->marks[i].value);
    const char *anchor = x < EDGE_PERCENT ? "start" : x > 100 - EDGE_PERCENT ? "end" : "middle";
    bool above = i % 2 == 0;
    text_printf(out, "<line class=\"mark\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>", x, x,
                above ? MARK_TOP_Y : TRACK_Y, above ? TRACK_Y + TRACK_HEIGHT : MARK_BOTTOM_Y);
    text_printf(out, "<text x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">", x,
                above ? LABEL_TOP_Y : LABEL_BOTTOM_Y, anchor);
    html_text(out, bar->marks[i].label);
    text_put(out, "</text>");
}

void bar_write(struct text *out, const struct bar *bar)
{
    text_printf(out, "<svg class=\"bar\" role=\"img\" width=\"100%%\" height=\"%d\"", HEIGHT);
    html_attribute(out, "aria-label", bar->title);
    text_printf(out, "><rect class=\"track\" x=\"0\" y=\"%d\" width=\"100%%\" height=\"%d\"/>",
                TRACK_Y, TRACK_HEIGHT);
    if (bar->value.known)
        text_printf(out, "<rect class=\"actual\" x=\"0\" y=\"%d\" width=\"%.2f%%\" height=\"%d\"/>",
                    TRACK_Y, percent(bar, bar->value.value), TRACK_HEIGHT);
    if (bar->lower.known && bar->upper.known)
        write_whisker(out, bar);
    for (size_t i = 0; i < bar->mark_count; i++)
        write_mark(out, bar, i);
    text_put(out, "</svg>");
}
