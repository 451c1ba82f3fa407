/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A loopback port for a listener that is started later: outside the range from which the kernel
 * takes ports of outgoing connections, so that nobody gets it by chance meanwhile, and claimed by a
 * name that other tests on this machine respect until this process ends (tests/support/ports.py).
 */
#ifndef LASTMILE_TESTS_SUPPORT_FREE_PORT_H
#define LASTMILE_TESTS_SUPPORT_FREE_PORT_H

/* type: SOCK_STREAM or SOCK_DGRAM. Ends the program where there is none. */
int free_port(int type);

#endif
