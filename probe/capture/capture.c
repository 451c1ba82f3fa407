/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/capture_private.h"

#include "common/clock.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RING_FRAME_OVERHEAD 96   /* of a frame in a TPACKET_V3 block: header, address, padding */
#define READ_FRAMES         4096 /* of our own ring at once, where no number is given */

/* ---- sampling ---- */

static int sample_in_kernel(struct capture *capture, uint32_t interval)
{
    if (capture->kernel_refused || !capture->live)
        return -ENOTSUP;
    if (!capture->kernel)
        capture->kernel = kernel_sampler_new(capture_fd(capture));
    int status = capture->kernel ? kernel_sampler_set(capture->kernel, interval) : -errno;
    capture->kernel_refused = status < 0;
    if (status < 0)
        return status;
    size_t place = capture->change_count < CAPTURE_RATE_CHANGES_MAX ? capture->change_count++
                                                                    : CAPTURE_RATE_CHANGES_MAX - 1;
    capture->changes[place] = (struct rate_change){clock_unix_ns(), interval};
    return 0;
}

int capture_set_sampling(struct capture *capture, enum report_sampling method, uint32_t interval,
                         uint64_t seed)
{
    bool probabilistic = method == REPORT_SAMPLING_PROBABILISTIC;
    if (interval == 0 || interval > SELECTOR_INTERVAL_MAX ||
        (!probabilistic && method != REPORT_SAMPLING_SYSTEMATIC && interval > 1))
        return -EINVAL;
    if (probabilistic && sample_in_kernel(capture, interval) == 0) {
        capture->samples_in_kernel = true;
        selector_init(&capture->selector, REPORT_SAMPLING_NONE, 1, 0);
        return 0;
    }
    capture->samples_in_kernel = false;
    capture->change_count = 0;
    capture->sampling_interval = interval;
    selector_init(&capture->selector, method, interval, seed);
    return 0;
}

bool capture_samples_in_kernel(const struct capture *capture)
{
    return capture->samples_in_kernel;
}

/* The kernel's first change that the frames read so far have not reached takes effect. */
static void pass_change(struct capture *capture)
{
    capture->sampling_interval = capture->changes[0].interval;
    capture->change_count--;
    memmove(capture->changes, capture->changes + 1,
            capture->change_count * sizeof capture->changes[0]);
}

/* ---- reading ---- */

static bool is_taken(struct capture *capture, const struct frame *frame)
{
    if (frame->time_unix_ns < capture->valid_from_unix_ns || !selector_takes(&capture->selector))
        return false;
    capture->valid_from_unix_ns = 0; /* a clock that is set back later changes nothing */
    while (capture->change_count > 0 && frame->time_unix_ns >= capture->changes[0].at_unix_ns)
        pass_change(capture);
    return true;
}

/* The frames are wanted all, at one rate. */
static bool takes_all(const struct capture *capture)
{
    return capture->selector.method == REPORT_SAMPLING_NONE && capture->change_count == 0 &&
           capture->valid_from_unix_ns == 0;
}

/* Moves those that are taken to the front. Returns their number. */
static size_t choose_frames(struct capture *capture, struct frame *frames, size_t count)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_taken(capture, &frames[i]))
            continue;
        frames[taken] = frames[i];
        frames[taken++].sampling_interval = capture->sampling_interval;
    }
    return taken;
}

/* Hands over those of the frames that are taken. */
static void pass_frames(struct capture *capture, struct frame *frames, size_t count)
{
    if (takes_all(capture))
        for (size_t i = 0; i < count; i++)
            frames[i].sampling_interval = capture->sampling_interval;
    else
        count = choose_frames(capture, frames, count);
    if (count > 0)
        capture->handler(capture->ctx, frames, count);
}

/* libpcap reads a classic file's seconds with a sign, which they do not have (they end in 2106);
 * those of a pcapng file may be any. */
static uint64_t time_of(const struct pcap_pkthdr *header, uint64_t scale_ns)
{
    const uint64_t ns_per_s = UINT64_C(1000000000);
    int64_t signed_s = header->ts.tv_sec;
    uint64_t seconds = signed_s >= 0 ? (uint64_t)signed_s : (uint32_t)signed_s;
    uint64_t fraction = header->ts.tv_usec > 0 ? (uint64_t)header->ts.tv_usec : 0;
    return seconds < INT64_MAX / ns_per_s ? seconds * ns_per_s + fraction * scale_ns : INT64_MAX;
}

static void hand_over(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct capture *capture = (void *)user;
    struct frame frame = {
        .time_unix_ns = time_of(header, capture->time_scale_ns),
        .bytes = bytes,
        .captured_bytes = header->caplen,
        .wire_bytes = header->len,
        .link_type = capture->link_type,
    };
    capture->last_frame_unix_ns = frame.time_unix_ns;
    capture->ring_bytes += frame.captured_bytes + RING_FRAME_OVERHEAD;
    pass_frames(capture, &frame, 1); /* libpcap may give its block back after this call */
}

/* What can be done about a file that libpcap does not read to its end; "" where nothing is known.
 */
static const char *remedy_for(const char *text)
{
    static const struct {
        const char *part, *remedy;
    } remedies[] = {
        {"truncated", "; what stands before it has been counted"},
        {"different from the snapshot length", "; one for all has the file that "
                                               "`editcap -F pcap FILE NEW` makes"},
        {"different from the type of the first",
         "; each kind of interface has to be recorded into a file of its own"},
        {"invalid packet capture length", "; damaged from there on: what stands before it has been "
                                          "counted"},
        {"pcapng block size", "; damaged, or a section of other byte order: `editcap FILE NEW` "
                              "saves what can be read"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
        if (strstr(text, remedies[i].part))
            return remedies[i].remedy;
    return "";
}

static int fault(struct capture *capture, int status)
{
    const char *text = pcap_geterr(capture->pcap);
    (void)snprintf(capture->error, sizeof capture->error, "%s%s", text, remedy_for(text));
    if (!capture->live)
        return -EIO;
    /* libpcap tells a vanished interface and a closed one by words only. */
    bool gone = status == PCAP_ERROR_IFACE_NOT_UP || status == PCAP_ERROR_NO_SUCH_DEVICE ||
                strstr(text, "disappeared") || strstr(text, "went down") ||
                strstr(text, "not up") || !interface_counters_exists(capture->counters);
    return gone ? -ENODEV : -EIO;
}

/* An empty ring holds nothing chosen at an older rate. */
static void note_idleness(struct capture *capture, int frames)
{
    while (frames == 0 && capture->change_count > 0 && capture->idle_reads > 1)
        pass_change(capture);
    capture->idle_reads = frames == 0 ? capture->idle_reads + 1 : 0;
}

/* How far reading is behind. */
static void note_lag(struct capture *capture)
{
    uint64_t now = clock_unix_ns();
    uint64_t lag = now > capture->last_frame_unix_ns ? now - capture->last_frame_unix_ns : 0;
    if (lag > capture->most_lag_ns)
        capture->most_lag_ns = lag;
}

/* Frames of one pcap_dispatch; a negated errno. */
static int dispatch(struct capture *capture, unsigned max_frames)
{
    int most = max_frames == 0 || max_frames > INT32_MAX ? -1 : (int)max_frames;
    int status = pcap_dispatch(capture->pcap, most, hand_over, (u_char *)capture);
    if (status == PCAP_ERROR_BREAK)
        return -ECANCELED;
    if (status < 0)
        return fault(capture, status);
    if (!capture->live)
        return status == 0 ? -ENODATA : status;
    note_idleness(capture, status);
    if (status > 0)
        note_lag(capture);
    return status;
}

typedef size_t (*read_batch_fn)(void *source, struct frame *out_frames, size_t most);

static size_t read_from_blocks(void *source, struct frame *out_frames, size_t most)
{
    return pcap_blocks_read(source, out_frames, most);
}

static size_t read_from_ring(void *source, struct frame *out_frames, size_t most)
{
    return ring_read(source, out_frames, most);
}

/* Frames by whole batches, as long as there are any. Their number, or -ECANCELED. */
static int read_batches(struct capture *capture, read_batch_fn read, void *source, size_t most)
{
    struct frame frames[CAPTURE_BATCH];
    size_t count = 0;
    while (count < most && !atomic_load_explicit(&capture->stopped, memory_order_relaxed)) {
        size_t wanted = most - count < CAPTURE_BATCH ? most - count : CAPTURE_BATCH;
        size_t got = read(source, frames, wanted);
        if (got == 0)
            return (int)count;
        pass_frames(capture, frames, got);
        count += got;
    }
    return count > 0 ? (int)count : -ECANCELED;
}

/* The plain records of a file. 0 when there is none any more: libpcap stands before the rest. */
static int read_blocks(struct capture *capture, unsigned max_frames)
{
    size_t most = max_frames == 0 || max_frames > INT32_MAX ? INT32_MAX : max_frames;
    int status = read_batches(capture, read_from_blocks, capture->blocks, most);
    if (status != 0)
        return status;
    off_t rest = (off_t)pcap_blocks_offset(capture->blocks);
    pcap_blocks_free(capture->blocks);
    capture->blocks = NULL;
    if (fseeko(pcap_file(capture->pcap), rest, SEEK_SET) == 0)
        return 0;
    (void)snprintf(capture->error, sizeof capture->error, "%s", strerror(errno));
    return -EIO;
}

static int read_ring(struct capture *capture, unsigned max_frames)
{
    size_t most = max_frames == 0 || max_frames > INT32_MAX ? READ_FRAMES : max_frames;
    int frames = read_batches(capture, read_from_ring, capture->ring, most);
    note_idleness(capture, frames);
    return frames;
}

static int read_live(struct capture *capture, unsigned max_frames)
{
    return capture->ring ? read_ring(capture, max_frames) : dispatch(capture, max_frames);
}

static int say_gone(struct capture *capture)
{
    (void)snprintf(capture->error, sizeof capture->error, "the interface went away or down");
    return -ENODEV;
}

/* 1 when there may be frames now, 0 when not, or a negated errno. */
static int wait_for_frames(struct capture *capture)
{
    int status = capture->ring ? ring_wait(capture->ring, capture->timeout_ms)
                               : interface_wait(capture_fd(capture), capture->timeout_ms);
    /* A vanished interface may stay silent. */
    if (status == 0 && !interface_counters_exists(capture->counters))
        status = -ENODEV;
    if (status == -ENODEV)
        return say_gone(capture);
    if (status < 0)
        (void)snprintf(capture->error, sizeof capture->error, "%s", strerror(-status));
    return status;
}

int capture_read(struct capture *capture, unsigned max_frames, capture_frames_fn handler, void *ctx)
{
    if (atomic_load(&capture->stopped))
        return -ECANCELED;
    capture->handler = handler;
    capture->ctx = ctx;
    if (!capture->live) {
        int status = capture->blocks ? read_blocks(capture, max_frames) : 0;
        return status != 0 ? status : dispatch(capture, max_frames);
    }
    int frames = read_live(capture, max_frames);
    if (frames > 0 && capture->gone)
        return say_gone(capture);
    if (frames != 0)
        return frames;
    int status = wait_for_frames(capture);
    if (atomic_load(&capture->stopped))
        return -ECANCELED;
    return status > 0 ? read_live(capture, max_frames) : status;
}

void capture_stop(struct capture *capture)
{
    atomic_store(&capture->stopped, true);
    if (capture->pcap)
        pcap_breakloop(capture->pcap);
}

int capture_fd(const struct capture *capture)
{
    if (capture->ring)
        return ring_fd(capture->ring);
    return capture->live ? pcap_get_selectable_fd(capture->pcap) : -1;
}

bool capture_reads_ring(const struct capture *capture)
{
    return capture->ring != NULL;
}

const char *capture_error(const struct capture *capture)
{
    return capture->error;
}

/* libpcap's counters are cumulative and 32 bits wide: their difference is right across a wrap. */
static int pcap_losses(struct capture *capture, struct capture_losses *out)
{
    struct pcap_stat now;
    if (pcap_stats(capture->pcap, &now) != 0)
        return -EIO;
    out->received = (uint32_t)(now.ps_recv - capture->received);
    out->dropped = (uint32_t)(now.ps_drop - capture->dropped);
    out->interface_dropped = (uint32_t)(now.ps_ifdrop - capture->interface_dropped);
    capture->received = now.ps_recv;
    capture->dropped = now.ps_drop;
    capture->interface_dropped = now.ps_ifdrop;
    return 0;
}

static int ring_and_driver_losses(struct capture *capture, struct capture_losses *out)
{
    struct ring_losses losses;
    if (ring_losses(capture->ring, &losses) != 0)
        return -EIO;
    out->received = losses.received;
    out->dropped = losses.dropped;
    out->interface_dropped = interface_counters_dropped(capture->counters);
    return 0;
}

int capture_losses(struct capture *capture, struct capture_losses *out_losses)
{
    *out_losses = (struct capture_losses){0};
    if (!capture->live)
        return 0;
    struct optional_u64 octets = interface_counters_delta(capture->counters);
    capture->gone = !interface_counters_exists(capture->counters);
    if (capture->comparable)
        out_losses->interface_octets = octets;
    int status = capture->ring ? ring_and_driver_losses(capture, out_losses)
                               : pcap_losses(capture, out_losses);
    if (capture->follows)
        out_losses->interface_dropped = 0;
    return status;
}

/* libpcap does not say how full its ring is: what came in while reading was behind is. */
uint32_t capture_ring_permille(struct capture *capture)
{
    if (capture->ring)
        return ring_permille(capture->ring);
    uint64_t now = clock_mono_ns();
    uint64_t since_ns = now - capture->ring_asked_mono_ns;
    double waiting = 0;
    if (capture->live && capture->ring_asked_mono_ns > 0 && since_ns > 0)
        waiting = (double)capture->ring_bytes * (double)capture->most_lag_ns / (double)since_ns;
    capture->ring_asked_mono_ns = now;
    capture->ring_bytes = 0;
    capture->most_lag_ns = 0;
    double permille = capture->buffer_bytes > 0 ? waiting * 1000 / capture->buffer_bytes : 0;
    return permille < 1000 ? (uint32_t)permille : 1000;
}

enum link_type capture_link_type(const struct capture *capture)
{
    return capture->link_type;
}

int capture_snaplen(const struct capture *capture)
{
    return capture->snaplen;
}
