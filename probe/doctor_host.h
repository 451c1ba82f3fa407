/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a doctor looks for on the machine itself. Each adds one finding, or more.
 */
#ifndef LASTMILE_PROBE_DOCTOR_HOST_H
#define LASTMILE_PROBE_DOCTOR_HOST_H

#include "common/findings.h"

#include <stdbool.h>
#include <stdint.h>

/* Flow offload in software (nf_flow_table in use), or large receive offload of the interface: both
 * take packets, or their sizes, past capture. Hardware offload of a switch chip shows in run's
 * capture coverage only, and the finding says so. */
void doctor_check_offload(const char *source, const char *interface, struct findings *findings);
/* Whether the kernel counts what tracked connections carry. */
void doctor_check_connections(const char *name, struct findings *findings);
/* Whether hostapd's control sockets may be looked for in a folder. */
void doctor_check_stations(const char *name, const char *folder, struct findings *findings);
void doctor_check_clock(bool synchronised, uint64_t now_unix_ns, struct findings *findings);
/* Whether so many octets of memory are to be had. */
void doctor_check_memory(uint64_t wanted_bytes, struct findings *findings);
/* A folder ("": none) to be written, with room for so much, on a RAM disk or not. */
void doctor_check_folder(const char *setting, const char *path, uint64_t wanted_bytes,
                         bool ram_disk, struct findings *findings);

#endif
