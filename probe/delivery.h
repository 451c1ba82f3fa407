/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where finished reports go: through the outbox to the broker; or, in a dry run, to a stream as
 * JSON, and nowhere else: nothing is connected to and no file is opened. For the control thread.
 */
#ifndef LASTMILE_PROBE_DELIVERY_H
#define LASTMILE_PROBE_DELIVERY_H

#include "probe/outbox/exporter.h"
#include "probe/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct delivery;

/* show: NULL, or the stream of a dry run, borrowed. NULL with errno, as of the outbox and the bus.
 */
struct delivery *delivery_new(const struct settings *settings,
                              const uint8_t boot_id[static REPORT_BOOT_ID_BYTES], FILE *show);
/* What was not receipted stays on disk. NULL is fine. */
void delivery_free(struct delivery *delivery);

/* Takes an encoded report. 0 or a negated errno: it is lost. */
int delivery_put(struct delivery *delivery, uint64_t sequence, const uint8_t *bytes, size_t length,
                 uint64_t now_mono_ns);
/* Has the report carry what the outbox had to give up. What finds no place there waits for the next
 * one. */
void delivery_move_gaps(struct delivery *delivery, struct report *report);

/* For poll(2): -1 without a connection. */
int delivery_fd(const struct delivery *delivery);
bool delivery_wants_write(const struct delivery *delivery);
/* At least once a second. */
void delivery_service(struct delivery *delivery, uint64_t now_mono_ns, bool readable,
                      bool writable);
/* Whether nothing waits for a receipt. */
bool delivery_is_empty(const struct delivery *delivery);

/* Zero in a dry run. */
struct exporter_stats delivery_exporter(const struct delivery *delivery);
struct spool_stats delivery_spool(const struct delivery *delivery);

#endif
