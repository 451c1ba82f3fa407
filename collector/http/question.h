/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What makes two requests one question: answers are kept by it. Pure.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_QUESTION_H
#define LASTMILE_COLLECTOR_HTTP_QUESTION_H

#include "collector/http/message.h"

#include <stdint.h>

/* Everything of a request that a handler may read, but for the time and If-None-Match. The caller
 * frees; NULL: memory. */
char *question_key(const struct http_request *request);

uint64_t question_hash(const char *key);

#endif
