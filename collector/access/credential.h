/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secrets out of header fields, which are strangers' bytes: exactly a secret of ours by its shape
 * (crypto_secret: 43 of A-Z, a-z, 0-9, '-', '_'), or nothing. Pure.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_CREDENTIAL_H
#define LASTMILE_COLLECTOR_ACCESS_CREDENTIAL_H

#include "collector/access/crypto.h"

#include <stdbool.h>

/* "Bearer SECRET" (RFC 6750 section 2.1; the scheme in any case). NULL is fine. */
bool credential_bearer(const char *authorization, char out[static SECRET_TEXT_BYTES]);

/* The cookie of this name (RFC 6265 section 4.2.1). One that comes twice is none, since nobody can
 * tell which of them is ours. */
bool credential_cookie(const char *cookies, const char *name, char out[static SECRET_TEXT_BYTES]);

/* A secret by its shape. */
bool credential_is_secret(const char *text);

#endif
