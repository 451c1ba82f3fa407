/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the programs and files are that make exports and pictures. A plain value.
 */
#ifndef LASTMILE_COLLECTOR_MAKERS_H
#define LASTMILE_COLLECTOR_MAKERS_H

#include <limits.h>

struct collector_settings;
struct site_tools;

struct makers {
    char export_program[PATH_MAX]; /* beside this program, else what PATH has */
    char config_file[PATH_MAX], series_folder[PATH_MAX];
};

/* Looks; out_tools borrows from out. */
void makers_find(const struct collector_settings *settings, struct makers *out,
                 struct site_tools *out_tools);

#endif
