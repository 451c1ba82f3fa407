/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every hour: is an indicator of the city off its pace, as the chronicle's months have it? If so
 * the watch tells. The thread of the registry and the watch.
 */
#ifndef LASTMILE_COLLECTOR_PROGRESS_H
#define LASTMILE_COLLECTOR_PROGRESS_H

#include <stdint.h>

struct plan;
struct registry;
struct watch;

struct progress {
    struct registry *registry;
    const struct plan *plan;
    struct watch *watch;
    uint64_t looked_mono_ns; /* 0: never */
};

/* What fails is tried again in an hour; a registry that refuses has said so. */
void progress_service(struct progress *progress, uint64_t now_mono_ns, uint64_t now_unix_ns);

#endif
