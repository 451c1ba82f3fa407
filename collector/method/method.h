/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The method document: how every figure is made, in Chinese or in English, generated from the
 * tables that make it: the plan, the table of indicators, the rules in force, the grades, the
 * reasons of verdicts. Its worked examples are computed by the same code. Pure but for the stream.
 */
#ifndef LASTMILE_COLLECTOR_METHOD_METHOD_H
#define LASTMILE_COLLECTOR_METHOD_METHOD_H

#include "collector/method/document.h"
#include "collector/method/words.h"
#include "collector/plan/plan.h"
#include "collector/settings.h"

struct method_request {
    const struct plan *plan;
    const struct rule_settings *rules;
    enum method_language language;
    enum document_format format;
};
extern const struct conf_name method_language_names[]; /* "zh", "en" */
extern const struct conf_name document_format_names[]; /* "markdown", "html" */

/* 0, -ENOMEM; a stream that failed says so at its end. */
int method_write(FILE *out, const struct method_request *request);

#endif
