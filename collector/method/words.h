/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the names of definition.h mean, in words, in both languages: the formulas of the method
 * document. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_METHOD_WORDS_H
#define LASTMILE_COLLECTOR_METHOD_WORDS_H

#include "collector/plan/definition.h"

enum method_language { METHOD_ZH, METHOD_EN };

struct words {
    const char *zh, *en;
};

static inline const char *say(const struct words *words, enum method_language language)
{
    return language == METHOD_ZH ? words->zh : words->en;
}

/* By enum quantity: the formula, and what it can and cannot prove. */
struct quantity_words {
    struct words formula, limits;
};
extern const struct quantity_words quantity_words[QUANTITY_COUNT];
extern const struct words instant_words[];
extern const struct words evidence_class_words[];

#endif
