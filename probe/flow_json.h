/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A biflow as one line of JSON under IPFIX element names (RFC 7012, 5103), for comparison with
 * other meters. The only place that writes an address, and only for `replay --flows`.
 */
#ifndef LASTMILE_PROBE_FLOW_JSON_H
#define LASTMILE_PROBE_FLOW_JSON_H

#include "probe/flow/flow_table.h"

#include <stdio.h>

/* 0, or -ENOMEM or -EIO. */
int flow_json_write(FILE *out, const struct flow_record *record);

#endif
