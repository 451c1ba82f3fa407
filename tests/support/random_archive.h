/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An archive of random rows with awkward texts and numbers, the same for the same seed.
 */
#ifndef LASTMILE_TESTS_SUPPORT_RANDOM_ARCHIVE_H
#define LASTMILE_TESTS_SUPPORT_RANDOM_ARCHIVE_H

#include "collector/archive/archive.h"

/* At most so many rows a table; the caller frees it. NULL when memory is out. */
struct archive *random_archive(uint32_t seed, unsigned rows_max);

#endif
