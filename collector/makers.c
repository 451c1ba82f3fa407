/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/makers.h"

#include "collector/http/site.h"
#include "collector/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "lastmile"

/* Children work in folders of their own: every path is absolute. NULL when there is no such file.
 */
static const char *resolve(const char *path, char out[static PATH_MAX])
{
    return realpath(path, out);
}

static void find_program(char out[static PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - sizeof PROGRAM);
    out[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        memcpy(slash + 1, PROGRAM, sizeof PROGRAM);
    if (!slash || access(out, X_OK) != 0)
        memcpy(out, PROGRAM, sizeof PROGRAM);
}

void makers_find(const struct collector_settings *settings, struct makers *out,
                 struct site_tools *out_tools)
{
    char folder[SETTINGS_PATH_BYTES + 8];
    (void)snprintf(folder, sizeof folder, "%s/rrd", settings->data_dir);
    find_program(out->export_program);
    *out_tools = (struct site_tools){.export_program = out->export_program,
                                     .config_file = resolve(settings->file, out->config_file),
                                     .series_folder = resolve(folder, out->series_folder)};
}
