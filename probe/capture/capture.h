/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames from an interface or from a capture file, and what was lost on the way: by a ring of our
 * own from Ethernet-like interfaces, by libpcap (known to this room alone) from everything else. It
 * does not know what a frame means. A capture belongs to one thread; only
 * capture_stop may be called by another thread or by a signal handler.
 */
#ifndef LASTMILE_PROBE_CAPTURE_H
#define LASTMILE_PROBE_CAPTURE_H

#include "common/ip_prefix.h"
#include "common/optional.h"
#include "common/report.h"
#include "probe/frame/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for 16 stacked headers of access networks and a TCP header: Ethernet 14, two tags 8,
 * PPPoE and PPP 8, IPv6 40 + extensions 24, TCP 20, with a tunnel's outer IPv6, UDP and header
 * (40 + 8 + 24). PPPoE discovery with a TR-101 tag ends before byte 160 as well. DHCP's option 82
 * stands behind byte 282 and is out of reach: `snaplen = 640` where lines are named by DHCP. */
#define CAPTURE_SNAPLEN_DEFAULT 256
#define CAPTURE_SNAPLEN_MIN     64
#define CAPTURE_SNAPLEN_MAX     262144
#define CAPTURE_BLOCK_MAX       (16 << 20)

struct capture;

/* What IP frames without a VLAN tag are shared by (fanout.h). */
enum capture_share {
    CAPTURE_SHARE_MACS,
    CAPTURE_SHARE_INSIDE_MAC,
    CAPTURE_SHARE_INSIDE_ADDRESS,
};

/* How the captures of a group share the frames of an interface: the same for all of them. */
struct capture_sharing {
    uint16_t group; /* known to all programs of a network namespace; 0: none, it has all frames */
    enum capture_share by;
    const struct ip_prefix *inside; /* the subscribers' addresses, at most 64 prefixes */
    size_t inside_count;
};

struct capture_options {
    const char *interface; /* of a live capture */
    const char *filter;    /* pcap-filter(7) expression, or NULL */
    int snaplen;           /* 0: CAPTURE_SNAPLEN_DEFAULT */
    int buffer_bytes;      /* of the kernel's ring; 0: 16 MiB */
    int block_bytes;       /* that it hands over at once; 0: a 32nd of the ring, from 256 KiB to
                              1 MiB (ring.h says what is made of it); up to CAPTURE_BLOCK_MAX */
    int timeout_ms;        /* the kernel hands over a block at the latest after; 0: 100 */
    struct capture_sharing sharing;
    bool follows; /* another of the group tells what the interface counted */
    bool promiscuous;
    bool immediate;  /* each frame at once; costs CPU; off by default */
    bool by_libpcap; /* Ethernet, too, which otherwise goes by a ring of our own */
};

/* What went by since the capture_losses call before. */
struct capture_losses {
    uint64_t received;                    /* that passed the filter, by the kernel's count */
    uint64_t dropped;                     /* by the kernel's ring, for want of room */
    uint64_t interface_dropped;           /* by the driver, where it says so */
    struct optional_u64 interface_octets; /* by the interface's own counters, what capture should
                                             have seen (visibility.h says how it is made
                                             comparable); unknown for a file, with a filter, on
                                             radio links, and after a counter's reset */
};

#define CAPTURE_ERROR_BYTES 400

/* Opens, and says in one line why not. NULL with errno: EPERM, ENODEV, ENETDOWN, EINVAL (filter,
 * options), EIO (anything else). Strings of options are borrowed during the call only. */
struct capture *capture_open_live(const struct capture_options *options,
                                  char out_error[static CAPTURE_ERROR_BYTES]);
/* What a person can do about it, by that errno. */
const char *capture_remedy(int error);
const char *capture_remedy_zh(int error);
/* A pcap or pcapng file, "-" for standard input. `filter` may be NULL. NULL with errno set. */
struct capture *capture_open_file(const char *path, const char *filter,
                                  char out_error[static CAPTURE_ERROR_BYTES]);
void capture_close(struct capture *capture);

/* At most so many frames at once. */
#define CAPTURE_BATCH 64

/* Called with one to CAPTURE_BATCH frames, in the order of their arrival; frames and bytes are
 * borrowed until return. */
typedef void (*capture_frames_fn)(void *ctx, const struct frame *frames, size_t count);

/* Reads up to max_frames frames (0: as many as one read gives) and hands over those that sampling
 * takes, in batches. Live it returns after at most about timeout_ms, with 0 when nothing came.
 * Returns the number of frames read; -ENODATA at the end of a file; -ECANCELED after capture_stop;
 * -ENODEV when the interface went away or down (close, and open again later); -EIO when a file is
 * damaged or cut (what stood before has been handed over); capture_error says more. */
int capture_read(struct capture *capture, unsigned max_frames, capture_frames_fn handler,
                 void *ctx);

/* Makes the present and each later capture_read return -ECANCELED. Any thread, any signal. */
void capture_stop(struct capture *capture);

/* Takes one packet of `interval` (1: all; at most SELECTOR_INTERVAL_MAX) from now on, by
 * REPORT_SAMPLING_SYSTEMATIC or _PROBABILISTIC; may be called again at any time. Probabilistic
 * sampling of an interface is done by the kernel, before a packet is copied; where it refuses, and
 * for everything else, here, with random numbers from the seed. Each frame says the interval at
 * which it was chosen; for the kernel's, packets in flight during a change (microseconds) may be
 * told with the other one. 0 or -EINVAL. */
int capture_set_sampling(struct capture *capture, enum report_sampling method, uint32_t interval,
                         uint64_t seed);
bool capture_samples_in_kernel(const struct capture *capture);

/* How full the kernel's ring has been at most since the last call: the octets that came in while
 * reading was behind, in permille of the buffer. To be asked about once a second. */
uint32_t capture_ring_permille(struct capture *capture);

bool capture_reads_ring(const struct capture *capture); /* of our own */

/* For poll(2); -1 when the source has none (a file). */
int capture_fd(const struct capture *capture);

/* One line on the last error; "" when there was none. Borrowed until the next call. */
const char *capture_error(const struct capture *capture);

/* Deltas since the last call (the first counts from the opening); safe against the 32-bit wrap of
 * the kernel's and libpcap's counters as long as less than 2^32 packets come between two calls. 0,
 * or -EIO with zeroes. */
int capture_losses(struct capture *capture, struct capture_losses *out_losses);

enum link_type capture_link_type(const struct capture *capture);
int capture_snaplen(const struct capture *capture);

/* Ours for libpcap's DLT_ number. Exported for its test. */
enum link_type capture_link_type_of(int dlt);

#endif
