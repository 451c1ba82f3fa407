/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The static files of the site, compiled in by dashboards/embed.sh: there is no serving from disk,
 * hence no path to escape from.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_ASSETS_H
#define LASTMILE_COLLECTOR_HTTP_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *path;         /* the address, "/assets/site.css" */
    const char *content_type; /* static text */
    const unsigned char *bytes;
    size_t length;
    const unsigned char *gzip; /* the same, compressed */
    size_t gzip_length;
    bool immutable; /* its address names its contents */
};

extern const struct asset assets[]; /* ends with a NULL path */

#endif
