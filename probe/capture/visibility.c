/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/visibility.h"

#define TELLING_OCTETS  1000000
#define OFFLOADED_BELOW 0.80
#define FULL_ABOVE      0.90
#define ERRORS_ALLOWED  3

static double seen_octets(const struct visibility_sample *sample)
{
    double octets = (double)sample->octets;
    if (sample->packets == 0)
        return octets;
    return octets * (1 + (double)sample->dropped_packets / (double)sample->packets);
}

struct optional_double visibility_coverage(const struct visibility_sample *sample)
{
    if (!sample->interface_octets.known || sample->interface_octets.value == 0)
        return (struct optional_double){0};
    return optional_double(seen_octets(sample) / (double)sample->interface_octets.value);
}

/* What one interval says by itself. */
static enum report_visibility verdict(const struct visibility_sample *sample)
{
    struct optional_double coverage = visibility_coverage(sample);
    if (!coverage.known || sample->interface_octets.value < TELLING_OCTETS)
        return REPORT_VISIBILITY_UNKNOWN;
    /* Everything was dropped: that says nothing of offload. */
    if (sample->packets == 0 && sample->dropped_packets > 0)
        return REPORT_VISIBILITY_UNKNOWN;
    double allowed =
        ERRORS_ALLOWED * (double)sample->octets_error / (double)sample->interface_octets.value;
    if (coverage.value + allowed < OFFLOADED_BELOW)
        return REPORT_VISIBILITY_OFFLOADED;
    return coverage.value > FULL_ABOVE ? REPORT_VISIBILITY_FULL : REPORT_VISIBILITY_UNKNOWN;
}

bool visibility_update(struct visibility *visibility, const struct visibility_sample *sample)
{
    enum report_visibility said = verdict(sample);
    if (said == REPORT_VISIBILITY_UNKNOWN)
        return false;
    if (said == visibility->state) {
        visibility->against = 0;
        return false;
    }
    visibility->against++;
    bool first = visibility->state == REPORT_VISIBILITY_UNKNOWN && said == REPORT_VISIBILITY_FULL;
    if (!first && visibility->against < VISIBILITY_INTERVALS)
        return false;
    visibility->state = said;
    visibility->against = 0;
    return true;
}
