/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The plain records of a classic pcap file, read in large blocks: for speed only. It knows version
 * 2.4 in either byte order, with micro- or nanoseconds, and stops in front of the first record that
 * is anything but plain (cut, longer than the snaplen, before 1970); who called goes on from that
 * offset with libpcap, whose word on such records stands. It reads by pread, not by a mapping: a
 * file that shrinks meanwhile is then short, and not a signal. Inside probe/capture only.
 */
#ifndef LASTMILE_PROBE_CAPTURE_PCAP_BLOCKS_H
#define LASTMILE_PROBE_CAPTURE_PCAP_BLOCKS_H

#include "probe/frame/frame.h"

#include <stddef.h>
#include <stdint.h>

struct pcap_blocks;

/* `fd` is borrowed, and its position left alone. NULL with errno: ENOTSUP when it is not such a
 * file, ENOMEM, EIO. */
struct pcap_blocks *pcap_blocks_new(int fd, enum link_type link_type, uint32_t snaplen);
void pcap_blocks_free(struct pcap_blocks *blocks);

/* The next plain records, from 1 to `most`; their bytes are borrowed until the next call. 0 in
 * front of what is not plain, and at the end of the file. */
size_t pcap_blocks_read(struct pcap_blocks *blocks, struct frame *out_frames, size_t most);

/* Where in the file the next record begins. */
uint64_t pcap_blocks_offset(const struct pcap_blocks *blocks);

#endif
