/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One POST at a time, without waiting: libcurl's multi interface, which only webhook.c knows.
 */
#ifndef LASTMILE_COLLECTOR_ALERT_WEBHOOK_H
#define LASTMILE_COLLECTOR_ALERT_WEBHOOK_H

#include <stdbool.h>

struct webhook;

/* NULL with errno; EINVAL: no http or https address. */
struct webhook *webhook_new(const char *url);
void webhook_free(struct webhook *webhook);

/* Begins to send a JSON body, which it frees. 0, or -EBUSY, -ENOMEM (the body is freed then, too).
 */
int webhook_post(struct webhook *webhook, char *body);
/* 1 while it is under way; 0 when it was taken (2xx); -EAGAIN where another try may help (no
 * connection, time out after 10 s, 5xx, 429); -EPROTO where it was refused for good. */
int webhook_service(struct webhook *webhook);

#endif
