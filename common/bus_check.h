/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether the broker takes this identity: one session, tried for some seconds, and what came of it
 * as a finding. For doctors. Where the broker names clients by their users (as the sample settings
 * do), a probe that runs loses its connection for a moment, and nothing else.
 */
#ifndef LASTMILE_COMMON_BUS_CHECK_H
#define LASTMILE_COMMON_BUS_CHECK_H

#include "common/bus.h"
#include "common/findings.h"

void bus_check(const struct bus_options *options, uint64_t wait_ms, struct findings *findings);

#endif
