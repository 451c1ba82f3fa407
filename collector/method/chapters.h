/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The running text of the method document, chapter by chapter. What can be printed from a table of
 * the code stands in method.c instead. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_METHOD_CHAPTERS_H
#define LASTMILE_COLLECTOR_METHOD_CHAPTERS_H

#include "collector/method/words.h"

#include <stddef.h>

struct chapter {
    const char *anchor;
    struct words title;
    const struct words *paragraphs; /* one that begins with "- " is an item of a list */
    size_t count;
};

extern const struct chapter chapter_way, chapter_statistics, chapter_completeness, chapter_verdicts,
    chapter_disclosure, chapter_deviations;

#endif
