/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The chapters of the method document that come from the plan and from the table of indicators, and
 * the worked examples. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_METHOD_INDICATORS_H
#define LASTMILE_COLLECTOR_METHOD_INDICATORS_H

#include "collector/method/method.h"

/* What is computed under each name, of those that the plan's definitions use. */
void method_write_quantities(struct document *document, const struct method_request *request);
void method_write_indicators(struct document *document, const struct method_request *request);
/* 0 or -ENOMEM. */
int method_write_examples(struct document *document, const struct method_request *request);

#endif
