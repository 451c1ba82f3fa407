/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A source of varbinds that answers from a recording, as a correct agent would (RFC 3416 §4.2).
 * The recording is borrowed. One thread.
 */
#ifndef LASTMILE_PROBE_SNMP_RECORDING_H
#define LASTMILE_PROBE_SNMP_RECORDING_H

#include "probe/snmp/source.h"

#define RECORDING_ANSWER_MAX 200 /* varbinds in one answer: 25 rows of 8 columns */

struct recording;

/* NULL when memory is out. */
struct recording *recording_new(struct varbind_set *set);
void recording_free(struct recording *recording);

/* The answer's varbinds are borrowed until the next question. */
struct source_answer recording_ask(struct recording *recording,
                                   const struct source_request *request);

#endif
