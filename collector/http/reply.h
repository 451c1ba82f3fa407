/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A response as libmicrohttpd sends it: the header fields that every answer has, and a body that is
 * copied by nobody. The server's thread.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_REPLY_H
#define LASTMILE_COLLECTOR_HTTP_REPLY_H

#include "collector/http/message.h"

#include <stdbool.h>

struct MHD_Connection;
struct answer;

/* Hands the response over to the library; false: the connection is to be ended. The body is taken,
 * or the answer that has it (or NULL) held until it is sent. */
bool reply_send(struct MHD_Connection *library, bool tls, struct http_response *response,
                struct answer *answer);

#endif
