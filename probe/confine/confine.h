/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a running probe may ask of its kernel: packet sockets while it opens an interface, files,
 * sockets and memory otherwise, no other program, no right besides. The room that knows libcap and
 * libseccomp; without them (a static build) it says so and confines nothing.
 */
#ifndef LASTMILE_PROBE_CONFINE_CONFINE_H
#define LASTMILE_PROBE_CONFINE_CONFINE_H

#include <stdbool.h>

/* CAP_NET_RAW, for packet sockets; CAP_NET_ADMIN, which the kernel wants of those who ask for its
 * tracked connections. */
enum confine_right { CONFINE_RAW, CONFINE_ADMIN };

/* Gives up every capability but CAP_NET_RAW and, with_admin, CAP_NET_ADMIN, which stay permitted
 * where they were and are in effect nowhere; no program that is started later has more. Before any
 * thread is started: they inherit it. 0, -ENOSYS in a build without it, or what the kernel refused
 * with. */
int confine_capabilities(bool with_admin);

/* A right in effect for the calling thread, and not any more. Nothing where it is not permitted:
 * the kernel then says so to whoever wants it. Not nested. */
void confine_raise(enum confine_right right);
void confine_lower(enum confine_right right);

/* From now on, for all threads: the system calls that a probe needs (a table), and -EPERM for
 * starting a program unless `may_execute`, -ENOSYS for the rest. Cannot be undone. 0, -ENOSYS in a
 * build without it or a kernel without filters, or a negated errno. */
int confine_system_calls(bool may_execute);

/* That table: one name behind the other, each with its end, and an empty one at last. For tests. */
const char *confine_names(void);

#endif
