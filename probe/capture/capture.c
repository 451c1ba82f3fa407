/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/capture.h"

#include "probe/capture/interface_counters.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES_DEFAULT (16 << 20)
#define TIMEOUT_MS_DEFAULT   100

struct capture {
    pcap_t *pcap;
    enum link_type link_type;
    bool live;
    int timeout_ms;
    uint64_t time_scale_ns; /* of the fraction in pcap_pkthdr */
    volatile sig_atomic_t stopped;
    struct interface_counters *counters; /* of a live interface */
    struct pcap_stat last;
    char error[CAPTURE_ERROR_BYTES];
    capture_frame_fn handler; /* of the capture_read that runs now */
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
    if (!filter || filter[0] == '\0')
        return 0;
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
    capture->counters = interface_counters_new(options->interface);
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
    return capture;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->pcap)
        pcap_close(capture->pcap);
    interface_counters_free(capture->counters);
    free(capture);
}

/* ---- reading ---- */

static void hand_over(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    const struct capture *capture = (const void *)user;
    uint64_t seconds = header->ts.tv_sec > 0 ? (uint64_t)header->ts.tv_sec : 0;
    uint64_t fraction = header->ts.tv_usec > 0 ? (uint64_t)header->ts.tv_usec : 0;
    struct frame frame = {
        .time_unix_ns = seconds * UINT64_C(1000000000) + fraction * capture->time_scale_ns,
        .bytes = bytes,
        .captured_bytes = header->caplen,
        .wire_bytes = header->len,
        .link_type = capture->link_type,
    };
    capture->handler(capture->ctx, &frame);
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

/* Frames of one pcap_dispatch; a negated errno. */
static int dispatch(struct capture *capture, unsigned max_frames)
{
    int most = max_frames == 0 || max_frames > INT32_MAX ? -1 : (int)max_frames;
    int status = pcap_dispatch(capture->pcap, most, hand_over, (u_char *)capture);
    if (status == PCAP_ERROR_BREAK)
        return -ECANCELED;
    if (status < 0)
        return fault(capture, status);
    return status == 0 && !capture->live ? -ENODATA : status;
}

int capture_read(struct capture *capture, unsigned max_frames, capture_frame_fn handler, void *ctx)
{
    if (capture->stopped)
        return -ECANCELED;
    capture->handler = handler;
    capture->ctx = ctx;
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
    out_losses->interface_octets = interface_counters_delta(capture->counters);
    if (pcap_stats(capture->pcap, &now) != 0)
        return -EIO;
    out_losses->received = (uint32_t)(now.ps_recv - capture->last.ps_recv);
    out_losses->dropped = (uint32_t)(now.ps_drop - capture->last.ps_drop);
    out_losses->interface_dropped = (uint32_t)(now.ps_ifdrop - capture->last.ps_ifdrop);
    capture->last = now;
    return 0;
}

enum link_type capture_link_type(const struct capture *capture)
{
    return capture->link_type;
}

int capture_snaplen(const struct capture *capture)
{
    return pcap_snapshot(capture->pcap);
}
