/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/capture.h"

#include "common/clock.h"
#include "probe/capture/fanout.h"
#include "probe/capture/interface_counters.h"
#include "probe/capture/kernel_sampler.h"
#include "probe/capture/pcap_blocks.h"
#include "probe/capture/selector.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES_DEFAULT (16 << 20)
#define TIMEOUT_MS_DEFAULT   100
#define RATE_CHANGES_MAX     4
#define RING_FRAME_OVERHEAD  96 /* of a frame in a TPACKET_V3 block: header, address, padding */

/* Frames that the kernel chose before this time were chosen at the rate before. */
struct rate_change {
    uint64_t at_unix_ns;
    uint32_t interval;
};

struct capture {
    pcap_t *pcap;
    enum link_type link_type;
    bool live;
    int timeout_ms;
    uint64_t time_scale_ns; /* of the fraction in pcap_pkthdr */
    volatile sig_atomic_t stopped;
    struct interface_counters *counters; /* of a live interface */
    uint64_t valid_from_unix_ns;         /* of a group: frames before are another's, too */
    bool comparable;                     /* the interface's octets with ours */
    struct kernel_sampler *kernel;       /* NULL: not asked for yet, or refused */
    bool kernel_refused, samples_in_kernel;
    struct selector selector;                     /* in user space */
    uint32_t sampling_interval;                   /* of the frames that are read now */
    struct rate_change changes[RATE_CHANGES_MAX]; /* of the kernel, that the ring still hides */
    size_t change_count;
    unsigned idle_reads; /* in a row */
    int buffer_bytes;
    uint64_t last_frame_unix_ns, ring_bytes, ring_asked_mono_ns, most_lag_ns;
    struct pcap_blocks *blocks; /* of a plain file, as far as it is plain */
    struct pcap_stat last;
    char error[CAPTURE_ERROR_BYTES];
    capture_frames_fn handler; /* of the capture_read that runs now */
    void *ctx;
};

/* libpcap's numbers and ours; what is not here is counted and not read. */
static const struct {
    int dlt;
    enum link_type link_type;
} link_types[] = {
    {DLT_EN10MB, LINK_ETHERNET},
    {DLT_LINUX_SLL, LINK_LINUX_COOKED},
    {DLT_LINUX_SLL2, LINK_LINUX_COOKED_V2},
    {DLT_RAW, LINK_RAW_IP},
    {DLT_IPV4, LINK_RAW_IP},
    {DLT_IPV6, LINK_RAW_IP},
    {DLT_NULL, LINK_NULL},
    {DLT_LOOP, LINK_NULL},
    {DLT_PPP, LINK_PPP},
    {DLT_PPP_SERIAL, LINK_PPP},
    {DLT_PPP_ETHER, LINK_PPP_ETHER},
    {DLT_FRELAY, LINK_FRAME_RELAY},
    {DLT_C_HDLC, LINK_CISCO_HDLC},
    {DLT_IEEE802_11, LINK_IEEE802_11},
    {DLT_IEEE802_11_RADIO, LINK_IEEE802_11_RADIOTAP},
    {DLT_PRISM_HEADER, LINK_IEEE802_11_PRISM},
    {DLT_IEEE802_11_RADIO_AVS, LINK_IEEE802_11_AVS},
    {DLT_PPI, LINK_PPI},
};

enum link_type capture_link_type_of(int dlt)
{
    for (size_t i = 0; i < sizeof link_types / sizeof link_types[0]; i++)
        if (link_types[i].dlt == dlt)
            return link_types[i].link_type;
    return LINK_UNSUPPORTED;
}

static struct capture *fail(struct capture *capture, int code)
{
    capture_close(capture);
    errno = code;
    return NULL;
}

static int set_filter(struct capture *capture, const char *filter,
                      char out_error[static CAPTURE_ERROR_BYTES])
{
    struct bpf_program program;
    if (!filter || filter[0] == '\0') {
        if (!capture->live)
            return 0;
        filter = ""; /* one that cuts at the snaplen: without it the kernel copies whole frames */
    }
    if (pcap_compile(capture->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "capture filter: %s",
                       pcap_geterr(capture->pcap));
        return -EINVAL;
    }
    int status = pcap_setfilter(capture->pcap, &program);
    pcap_freecode(&program);
    if (status == 0)
        return 0;
    (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "capture filter: %s",
                   pcap_geterr(capture->pcap));
    return -EIO;
}

/* ---- live ---- */

static int apply_options(pcap_t *pcap, const struct capture_options *options)
{
    int snaplen = options->snaplen ? options->snaplen : CAPTURE_SNAPLEN_DEFAULT;
    int buffer = options->buffer_bytes ? options->buffer_bytes : BUFFER_BYTES_DEFAULT;
    int timeout = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    bool set = pcap_set_snaplen(pcap, snaplen) == 0 && pcap_set_buffer_size(pcap, buffer) == 0 &&
               pcap_set_timeout(pcap, timeout) == 0 &&
               pcap_set_promisc(pcap, options->promiscuous) == 0 &&
               pcap_set_immediate_mode(pcap, options->immediate) == 0;
    /* Not every driver has nanoseconds; microseconds will do. */
    (void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    return set ? 0 : -EINVAL;
}

static int code_of_activation(int status)
{
    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return EPERM;
    case PCAP_ERROR_NO_SUCH_DEVICE:
    case PCAP_ERROR_IFACE_NOT_UP:
        return ENODEV;
    default:
        return EIO;
    }
}

static void set_scale(struct capture *capture)
{
    bool nano = pcap_get_tstamp_precision(capture->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    capture->time_scale_ns = nano ? 1 : 1000;
}

static bool are_sane(const struct capture_options *options)
{
    return options->interface && options->interface[0] != '\0' &&
           (options->snaplen == 0 ||
            (options->snaplen >= CAPTURE_SNAPLEN_MIN && options->snaplen <= CAPTURE_SNAPLEN_MAX)) &&
           options->buffer_bytes >= 0 && options->timeout_ms >= 0;
}

/* Octets of a frame that libpcap puts in front and no interface counts. */
static unsigned octets_added(enum link_type link_type)
{
    switch (link_type) {
    case LINK_LINUX_COOKED:
        return 16;
    case LINK_LINUX_COOKED_V2:
        return 20;
    default:
        return 0;
    }
}

/* Headers of radio capture have any length, and devices count something else. */
static bool is_comparable(enum link_type link_type)
{
    return link_type < LINK_IEEE802_11 && link_type != LINK_UNSUPPORTED;
}

static bool is_set(const char *text)
{
    return text && text[0] != '\0';
}

static int activate(struct capture *capture, const struct capture_options *options,
                    char out_error[static CAPTURE_ERROR_BYTES])
{
    int status = pcap_activate(capture->pcap);
    if (status < 0) {
        const char *more = pcap_geterr(capture->pcap);
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "interface %s: %s%s%s", options->interface,
                       pcap_statustostr(status), more[0] ? ": " : "", more);
        return -code_of_activation(status);
    }
    char text[PCAP_ERRBUF_SIZE] = "";
    if (pcap_setnonblock(capture->pcap, 1, text) != 0) {
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "interface %s: %s", options->interface,
                       text);
        return -EIO;
    }
    return set_filter(capture, options->filter, out_error);
}

struct capture *capture_open_live(const struct capture_options *options,
                                  char out_error[static CAPTURE_ERROR_BYTES])
{
    char text[PCAP_ERRBUF_SIZE] = "";
    if (!are_sane(options)) {
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "capture options are out of range");
        errno = EINVAL;
        return NULL;
    }
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return NULL;
    capture->live = true;
    selector_init(&capture->selector, REPORT_SAMPLING_NONE, 1, 0);
    capture->sampling_interval = 1;
    capture->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    capture->pcap = pcap_create(options->interface, text);
    if (!capture->pcap) {
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "interface %s: %s", options->interface,
                       text);
        return fail(capture, EIO);
    }
    int status = apply_options(capture->pcap, options);
    if (status == 0)
        status = activate(capture, options, out_error);
    if (status < 0)
        return fail(capture, -status);
    set_scale(capture);
    capture->link_type = capture_link_type_of(pcap_datalink(capture->pcap));
    capture->counters =
        interface_counters_new(options->interface, octets_added(capture->link_type));
    capture->comparable = is_comparable(capture->link_type) && !is_set(options->filter);
    capture->buffer_bytes = options->buffer_bytes ? options->buffer_bytes : BUFFER_BYTES_DEFAULT;
    if (options->fanout_group) {
        status = fanout_join(pcap_get_selectable_fd(capture->pcap), options->fanout_group);
        if (status < 0) {
            (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "interface %s: PACKET_FANOUT: %s",
                           options->interface, strerror(-status));
            return fail(capture, -status);
        }
        capture->valid_from_unix_ns = clock_unix_ns(); /* until now each socket had every frame */
    }
    (void)pcap_stats(capture->pcap, &capture->last); /* what came before the filter is not ours */
    return capture;
}

/* ---- files ---- */

struct capture *capture_open_file(const char *path, const char *filter,
                                  char out_error[static CAPTURE_ERROR_BYTES])
{
    char text[PCAP_ERRBUF_SIZE] = "";
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return NULL;
    selector_init(&capture->selector, REPORT_SAMPLING_NONE, 1, 0);
    capture->sampling_interval = 1;
    capture->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
    if (!capture->pcap) {
        /* libpcap names the file only where the system could not open it */
        bool named = strncmp(text, path, strlen(path)) == 0;
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "%s%s%s", named ? "" : path,
                       named ? "" : ": ", text);
        return fail(capture, EIO);
    }
    int status = set_filter(capture, filter, out_error);
    if (status < 0)
        return fail(capture, -status);
    set_scale(capture);
    capture->link_type = capture_link_type_of(pcap_datalink(capture->pcap));
    FILE *file = pcap_file(capture->pcap);
    bool filtered = filter && filter[0] != '\0';
    if (file && file != stdin && !filtered) /* without it libpcap reads all: no error */
        capture->blocks = pcap_blocks_new(fileno(file), capture->link_type,
                                          (uint32_t)pcap_snapshot(capture->pcap));
    return capture;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->pcap)
        pcap_close(capture->pcap);
    kernel_sampler_free(capture->kernel);
    pcap_blocks_free(capture->blocks);
    interface_counters_free(capture->counters);
    free(capture);
}

/* ---- sampling ---- */

static int sample_in_kernel(struct capture *capture, uint32_t interval)
{
    if (capture->kernel_refused || !capture->live)
        return -ENOTSUP;
    if (!capture->kernel)
        capture->kernel = kernel_sampler_new(pcap_get_selectable_fd(capture->pcap));
    int status = capture->kernel ? kernel_sampler_set(capture->kernel, interval) : -errno;
    capture->kernel_refused = status < 0;
    if (status < 0)
        return status;
    size_t place =
        capture->change_count < RATE_CHANGES_MAX ? capture->change_count++ : RATE_CHANGES_MAX - 1;
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

/* Hands over those of the frames that are taken. */
static void pass_frames(struct capture *capture, struct frame *frames, size_t count)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_taken(capture, &frames[i]))
            continue;
        frames[taken] = frames[i];
        frames[taken].sampling_interval = capture->sampling_interval;
        capture->ring_bytes += frames[i].captured_bytes + RING_FRAME_OVERHEAD;
        taken++;
    }
    if (taken == 0)
        return;
    capture->last_frame_unix_ns = frames[taken - 1].time_unix_ns;
    capture->handler(capture->ctx, frames, taken);
}

static void hand_over(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct capture *capture = (void *)user;
    uint64_t seconds = header->ts.tv_sec > 0 ? (uint64_t)header->ts.tv_sec : 0;
    uint64_t fraction = header->ts.tv_usec > 0 ? (uint64_t)header->ts.tv_usec : 0;
    struct frame frame = {
        .time_unix_ns = seconds * UINT64_C(1000000000) + fraction * capture->time_scale_ns,
        .bytes = bytes,
        .captured_bytes = header->caplen,
        .wire_bytes = header->len,
        .link_type = capture->link_type,
    };
    pass_frames(capture, &frame, 1); /* libpcap may give its block back after this call */
}

static int fault(struct capture *capture, int status)
{
    const char *text = pcap_geterr(capture->pcap);
    (void)snprintf(capture->error, sizeof capture->error, "%s", text);
    if (!capture->live)
        return -EIO;
    /* libpcap tells a vanished interface and a closed one by words only. */
    bool gone = status == PCAP_ERROR_IFACE_NOT_UP || status == PCAP_ERROR_NO_SUCH_DEVICE ||
                strstr(text, "disappeared") || strstr(text, "went down") ||
                strstr(text, "not up") || !interface_counters_exists(capture->counters);
    return gone ? -ENODEV : -EIO;
}

/* How far reading is behind; an empty ring holds nothing chosen at an older rate. */
static void note_lag(struct capture *capture, int frames)
{
    uint64_t now = clock_unix_ns();
    if (frames == 0) {
        while (capture->change_count > 0 && capture->idle_reads > 1)
            pass_change(capture);
        capture->idle_reads++;
        return;
    }
    capture->idle_reads = 0;
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
    note_lag(capture, status);
    return status;
}

/* The plain records of a file. 0 when there is none any more: libpcap stands before the rest. */
static int read_blocks(struct capture *capture, unsigned max_frames)
{
    struct frame frames[CAPTURE_BATCH];
    size_t most = max_frames == 0 || max_frames > INT32_MAX ? INT32_MAX : max_frames;
    size_t count = 0;
    while (count < most && !capture->stopped) {
        size_t wanted = most - count < CAPTURE_BATCH ? most - count : CAPTURE_BATCH;
        size_t got = pcap_blocks_read(capture->blocks, frames, wanted);
        if (got == 0)
            break;
        pass_frames(capture, frames, got);
        count += got;
    }
    if (count > 0)
        return (int)count;
    if (capture->stopped)
        return -ECANCELED;
    off_t rest = (off_t)pcap_blocks_offset(capture->blocks);
    pcap_blocks_free(capture->blocks);
    capture->blocks = NULL;
    if (fseeko(pcap_file(capture->pcap), rest, SEEK_SET) == 0)
        return 0;
    (void)snprintf(capture->error, sizeof capture->error, "%s", strerror(errno));
    return -EIO;
}

int capture_read(struct capture *capture, unsigned max_frames, capture_frames_fn handler, void *ctx)
{
    if (capture->stopped)
        return -ECANCELED;
    capture->handler = handler;
    capture->ctx = ctx;
    if (capture->blocks) {
        int status = read_blocks(capture, max_frames);
        if (status != 0)
            return status;
    }
    int frames = dispatch(capture, max_frames);
    if (frames != 0 || !capture->live)
        return frames;
    int woken = interface_wait(pcap_get_selectable_fd(capture->pcap), capture->timeout_ms);
    if (capture->stopped)
        return -ECANCELED;
    if (woken == 0) /* a vanished interface may stay silent */
        return interface_counters_exists(capture->counters) ? 0 : -ENODEV;
    return dispatch(capture, max_frames);
}

void capture_stop(struct capture *capture)
{
    capture->stopped = 1;
    pcap_breakloop(capture->pcap);
}

int capture_fd(const struct capture *capture)
{
    return capture->live ? pcap_get_selectable_fd(capture->pcap) : -1;
}

const char *capture_error(const struct capture *capture)
{
    return capture->error;
}

/* libpcap's counters are cumulative and 32 bits wide: their difference is right across a wrap. */
int capture_losses(struct capture *capture, struct capture_losses *out_losses)
{
    struct pcap_stat now;
    *out_losses = (struct capture_losses){0};
    if (!capture->live)
        return 0;
    struct optional_u64 octets = interface_counters_delta(capture->counters);
    if (capture->comparable)
        out_losses->interface_octets = octets;
    if (pcap_stats(capture->pcap, &now) != 0)
        return -EIO;
    out_losses->received = (uint32_t)(now.ps_recv - capture->last.ps_recv);
    out_losses->dropped = (uint32_t)(now.ps_drop - capture->last.ps_drop);
    out_losses->interface_dropped = (uint32_t)(now.ps_ifdrop - capture->last.ps_ifdrop);
    capture->last = now;
    return 0;
}

/* The ring's filling is not to be had from the kernel: what came in while reading was behind is. */
uint32_t capture_ring_permille(struct capture *capture)
{
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
    return pcap_snapshot(capture->pcap);
}
