/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CRC-32C (Castagnoli; RFC 3720 section 12.1): whether a record of the spool is the one written.
 * Not against malice, but against power cuts and worn flash. Pure.
 */
#ifndef LASTMILE_PROBE_OUTBOX_CRC32C_H
#define LASTMILE_PROBE_OUTBOX_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Begin with crc = 0; the result of one piece goes on into the next. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
