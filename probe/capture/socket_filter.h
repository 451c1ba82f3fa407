/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The classic BPF program that a socket has. Inside probe/capture only.
 */
#ifndef LASTMILE_PROBE_CAPTURE_SOCKET_FILTER_H
#define LASTMILE_PROBE_CAPTURE_SOCKET_FILTER_H

struct sock_filter;

/* 0, -EMSGSIZE, or another negated errno. */
int socket_filter_attach(int fd, struct sock_filter *program, unsigned length);
/* The number of its instructions, 0 when it has none, or a negated errno. */
int socket_filter_read(int fd, struct sock_filter *out_program, unsigned capacity);
/* Gives one socket the other's filter: what pcap_compile makes for an interface fits that interface
 * alone, since VLAN tags may stand beside the frame. 0, -ENOENT when there is none, or another
 * negated errno. */
int socket_filter_copy(int to_fd, int from_fd);

#endif
