/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * README.md of a package, Chinese and English. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_PACKAGE_README_H
#define LASTMILE_COLLECTOR_PACKAGE_README_H

#include "collector/export/bundle.h"

#include <stdio.h>

/* made_by: version of the program; sha256: of archive/. Faults stay in the stream. */
void readme_write(FILE *out, const struct export_source *source, const char *made_by,
                  const char *sha256);

#endif
