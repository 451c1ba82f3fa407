/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ends a probe that stands still: a loop that hangs in a library, or a thread that a packet has
 * caught. Whoever started it (systemd, procd) starts it anew. A timer of the process asks for a
 * sign of life; giving one is a store, and no system call. One in a process.
 */
#ifndef LASTMILE_PROBE_WATCHDOG_H
#define LASTMILE_PROBE_WATCHDOG_H

/* Before the system calls are confined. Where no sign of life comes for at least so many ms (and
 * less than half as many more) it says so on stderr and the process ends with status 1. A process
 * that was stopped or asleep meanwhile has half the time to give one. 0, or a negated errno. */
int watchdog_begin(unsigned long limit_ms);

/* A sign of life. Any thread. */
void watchdog_feed(void);

#endif
