/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where varbinds come from: a question and its answer. Two rooms answer it, recording.c at once and
 * from a file, session.c later and from a live agent; tests add sources that lie. What is asked,
 * and what of an answer is believed, is decided once, in gather.c and walk.c, for all of them.
 */
#ifndef LASTMILE_PROBE_SNMP_SOURCE_H
#define LASTMILE_PROBE_SNMP_SOURCE_H

#include "probe/snmp/varbind_set.h"

#define SOURCE_NAMES_MAX 16

enum source_operation { SOURCE_GET, SOURCE_GET_NEXT, SOURCE_GET_BULK };

struct source_request {
    enum source_operation operation;
    struct oid names[SOURCE_NAMES_MAX];
    size_t name_count;
    unsigned max_repetitions; /* SOURCE_GET_BULK, no non-repeaters */
    bool impatient;           /* asked once, not resent: silence leads to a smaller question */
};

enum source_status {
    SOURCE_OK,
    SOURCE_TIMEOUT,      /* no answer after the session's retries */
    SOURCE_TOO_BIG,      /* the agent's tooBig, or an answer that could not be sent */
    SOURCE_NO_SUCH_NAME, /* SNMPv1 refuses the whole PDU; error_index names the culprit */
    SOURCE_ERROR,        /* genErr, authorizationError and all other error-status */
    SOURCE_REFUSED,      /* port closed, name not resolved, out of sockets */
    /* v3, by the agent's report (RFC 3414 section 3.2); from SOURCE_REFUSED on nothing can come */
    SOURCE_UNAUTHORIZED, /* without a reason that is one of these */
    SOURCE_UNKNOWN_USER,
    SOURCE_WRONG_DIGEST,
    SOURCE_UNSUPPORTED_LEVEL,
    SOURCE_NOT_DECRYPTED,
    SOURCE_NOT_IN_TIME,
    SOURCE_STATUSES,
};

struct source_answer {
    enum source_status status;
    const struct varbind *varbinds; /* borrowed until return */
    size_t varbind_count;
    size_t error_index; /* from 1; 0: none */
};

/* "no answer", "access refused", ...: a plain reason without names or secrets. */
const char *source_status_text(enum source_status status);

#endif
