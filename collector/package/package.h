/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A year's compliance package: one folder with the public files of bundle.h, a README, archive/
 * with all that the figures depend on (collector/archive, and the plan's own files), and
 * SHA256SUMS, which sha256sum -c checks. Whoever has the folder recomputes every public file from
 * archive/ to the same bytes: no settings, no registry, no clock.
 *
 * A package is made in exactly that way: archive/ is written first, and all others from what is
 * read back from it. One thread.
 */
#ifndef LASTMILE_COLLECTOR_PACKAGE_PACKAGE_H
#define LASTMILE_COLLECTOR_PACKAGE_PACKAGE_H

#include "collector/archive/archive.h"
#include "collector/package/digest.h"
#include "collector/package/folder.h"

#include "common/conf.h"

#define PACKAGE_MANIFEST "SHA256SUMS"
#define PACKAGE_README   "README.md"
#define PACKAGE_ARCHIVE  "archive"

/* What goes into a package. */
struct package_order {
    const char *plan_file, *indicators_file, *areas_file; /* copied as they are */
    const struct archive *archive;                        /* its names are hidden already */
};

/* Writes a package. path must not exist, or be an empty folder; the package is there whole or not
 * at all. 0, or a negated errno with out_error set. */
int package_export(const struct package_order *order, const char *path,
                   struct conf_error *out_error);

/* Whether a folder is a package: no file missing, too many or other than SHA256SUMS says, and every
 * file what archive/ makes of it. 0; -EINVAL with the first difference in out_error (file, line,
 * what it is and what it should be); -ENOMEM. */
int package_verify(const char *path, struct conf_error *out_error);

/* Files in memory, by name. */
struct package_file {
    char name[FOLDER_NAME_BYTES];
    char *bytes;
    size_t length;
    char sha256[DIGEST_BYTES];
};
struct package {
    struct package_file *files; /* sorted by name */
    size_t count;
    char made_by[ARCHIVE_NAME_BYTES]; /* version of the program, as the archive says */
};

/* Makes every file of a package but those of archive/ from those. As package_verify. */
int package_build(const char *path, struct package *out_package, struct conf_error *out_error);
void package_clear(struct package *package);

#endif
