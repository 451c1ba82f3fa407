/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a doctor finds: one line a check, OK, WARN or FAIL, in Chinese and English, with a remedy in
 * both where something is to be done; printed side by side, or as JSON. One thread.
 */
#ifndef LASTMILE_COMMON_FINDINGS_H
#define LASTMILE_COMMON_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FINDING_TEXT_BYTES 256

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct finding {
    enum finding_level level;
    const char *check; /* "capture", "broker", ...; static text */
    char subject[FINDING_TEXT_BYTES];
    char en[FINDING_TEXT_BYTES], zh[FINDING_TEXT_BYTES];
    const char *remedy_en, *remedy_zh; /* static text, or NULL */
};

struct findings;

struct findings *findings_new(void); /* NULL when memory is out */
void findings_free(struct findings *findings);

/* A new finding to be filled; it has the check and the subject (cut; "" for none). Memory that runs
 * out ends the program: a doctor that leaves something out is worse than none. Borrowed until the
 * next call. */
struct finding *findings_add(struct findings *findings, enum finding_level level, const char *check,
                             const char *subject);
/* The same with its text in both languages (cut). */
void findings_say(struct findings *findings, enum finding_level level, const char *check,
                  const char *subject, const char *en, const char *zh);
/* To the finding added last. */
void findings_remedy(struct findings *findings, const char *en, const char *zh);

enum finding_level findings_worst(const struct findings *findings);
size_t findings_count(const struct findings *findings);
const struct finding *findings_at(const struct findings *findings, size_t i);

void findings_print_table(const struct findings *findings, FILE *out);
/* {"worst":"WARN","findings":[{"level","check","subject","en","zh","remedy_en","remedy_zh"}]}; 0 or
 * -ENOMEM. */
int findings_print_json(const struct findings *findings, FILE *out);

#endif
