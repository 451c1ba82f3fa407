/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the library says of a request whose header it has read. For the server's thread; texts live
 * as long as the request.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_FIELDS_H
#define LASTMILE_COLLECTOR_HTTP_FIELDS_H

#include "collector/http/client.h"
#include "collector/http/message.h"

#include <stdint.h>

struct MHD_Connection;

enum http_method fields_method(const char *name);

/* The first field of the name, or NULL. */
const char *fields_value(struct MHD_Connection *library, const char *name);

/* The last X-Forwarded-For, or NULL: what a proxy has added comes last. */
const char *fields_forwarded_for(struct MHD_Connection *library);

/* Content-Length; 0 when there is none. */
uint64_t fields_body_bytes(struct MHD_Connection *library);

/* Of the request line and all fields. */
uint64_t fields_header_bytes(struct MHD_Connection *library);

/* The client's address as digits; "" when it is not known. */
void fields_peer(struct MHD_Connection *library, char out[static CLIENT_TEXT_BYTES]);

/* Why nobody can tell where the request ends or whom it asks (RFC 9112 sections 3.2 and 6.3): a
 * proxy in front may have understood it otherwise. A sentence, or NULL. Its connection must end. */
const char *fields_fault(struct MHD_Connection *library);

#endif
