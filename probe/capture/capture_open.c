/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/capture_private.h"

#include "common/clock.h"
#include "probe/capture/fanout.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES_DEFAULT (16 << 20)
#define BLOCKS_DEFAULT       32
#define BLOCK_BYTES_LEAST    (256 << 10)
#define BLOCK_BYTES_MOST     (1 << 20)
#define TIMEOUT_MS_DEFAULT   100
#define LOOKING_BYTES        (64 << 10) /* of the ring with which an interface is looked at */

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

static const struct remedy {
    int error; /* 0: any other */
    const char *en, *zh;
} remedies[] = {
    {EPERM,
     "run it by the systemd unit, as root, or after: setcap cap_net_raw+ep "
     "/usr/bin/lastmile-probe",
     "请由systemd单元或root运行，或先执行：setcap cap_net_raw+ep /usr/bin/lastmile-probe"},
    {ENODEV, "check sources.interface; `ip link` lists the interfaces",
     "请检查sources.interface；`ip link`列出接口"},
    {ENETDOWN, "ip link set INTERFACE up", "请启用接口：ip link set 接口 up"},
    {EINVAL, "check sources.filter, snaplen, buffer_bytes and block_bytes",
     "请检查sources.filter、snaplen、buffer_bytes与block_bytes"},
    {0, "check sources.interface and sources.filter; `ip link` lists the interfaces",
     "请检查sources.interface与sources.filter；`ip link`列出接口"},
};

static const struct remedy *remedy_of(int error)
{
    const struct remedy *remedy = remedies;
    while (remedy->error != 0 && remedy->error != error)
        remedy++;
    return remedy;
}

const char *capture_remedy(int error)
{
    return remedy_of(error)->en;
}

const char *capture_remedy_zh(int error)
{
    return remedy_of(error)->zh;
}

static struct capture *fail(struct capture *capture, int code)
{
    capture_close(capture);
    errno = code;
    return NULL;
}

static bool is_set(const char *text)
{
    return text && text[0] != '\0';
}

static int set_filter(struct capture *capture, const char *filter,
                      char out_error[static CAPTURE_ERROR_BYTES])
{
    struct bpf_program program;
    if (!is_set(filter)) {
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

/* A block costs a system call and a wake-up, at full speed: large ones cost few of them. A ring of
 * few is full sooner when frames are few, since a block is handed over at its time, however empty.
 */
static int block_bytes_of(int buffer_bytes)
{
    int bytes = buffer_bytes / BLOCKS_DEFAULT;
    bytes = bytes < BLOCK_BYTES_LEAST ? BLOCK_BYTES_LEAST : bytes;
    return bytes < BLOCK_BYTES_MOST ? bytes : BLOCK_BYTES_MOST;
}

/* The options with every default filled in. */
static struct capture_options complete(const struct capture_options *options)
{
    struct capture_options full = *options;
    full.snaplen = options->snaplen ? options->snaplen : CAPTURE_SNAPLEN_DEFAULT;
    full.buffer_bytes = options->buffer_bytes ? options->buffer_bytes : BUFFER_BYTES_DEFAULT;
    full.block_bytes =
        options->block_bytes ? options->block_bytes : block_bytes_of(full.buffer_bytes);
    full.timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    return full;
}

static int apply_options(pcap_t *pcap, const struct capture_options *options)
{
    bool set = pcap_set_snaplen(pcap, options->snaplen) == 0 &&
               pcap_set_buffer_size(pcap, options->buffer_bytes) == 0 &&
               pcap_set_timeout(pcap, options->timeout_ms) == 0 &&
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
        return ENODEV;
    case PCAP_ERROR_IFACE_NOT_UP:
        return ENETDOWN;
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
           options->buffer_bytes >= 0 && options->block_bytes >= 0 &&
           options->block_bytes <= CAPTURE_BLOCK_MAX && options->timeout_ms >= 0;
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

static int activate(struct capture *capture, const struct capture_options *options,
                    char out_error[static CAPTURE_ERROR_BYTES])
{
    int status = pcap_activate(capture->pcap);
    if (status < 0) {
        const char *what = pcap_statustostr(status);
        const char *more = pcap_geterr(capture->pcap); /* often the same words */
        bool is_more = more[0] != '\0' && strcmp(more, what) != 0;
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "interface %s: %s%s%s", options->interface,
                       what, is_more ? ": " : "", is_more ? more : "");
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

/* Opens the interface with libpcap. 0, or a negated errno, said in out_error. */
static int open_pcap(struct capture *capture, const struct capture_options *options,
                     char out_error[static CAPTURE_ERROR_BYTES])
{
    char text[PCAP_ERRBUF_SIZE] = "";
    capture->pcap = pcap_create(options->interface, text);
    if (!capture->pcap) {
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "interface %s: %s", options->interface,
                       text);
        return -EIO;
    }
    int status = apply_options(capture->pcap, options);
    if (status == 0)
        status = activate(capture, options, out_error);
    if (status == 0)
        capture->link_type = capture_link_type_of(pcap_datalink(capture->pcap));
    return status;
}

static void close_pcap(struct capture *capture)
{
    pcap_close(capture->pcap);
    capture->pcap = NULL;
}

/* Ethernet goes by our own ring, all else by libpcap, which is asked in any case: it knows what an
 * interface gives, and what a filter means there. */
static int open_interface(struct capture *capture, const struct capture_options *options,
                          char out_error[static CAPTURE_ERROR_BYTES])
{
    struct capture_options looking = *options;
    if (options->by_libpcap || options->immediate)
        return open_pcap(capture, options, out_error);
    looking.buffer_bytes = LOOKING_BYTES;
    looking.promiscuous = false;
    int status = open_pcap(capture, &looking, out_error);
    if (status < 0)
        return status;
    const struct ring_options ring = {
        .interface = options->interface,
        .filter_fd = pcap_get_selectable_fd(capture->pcap),
        .snaplen = (uint32_t)options->snaplen,
        .ring_bytes = (size_t)options->buffer_bytes,
        .block_bytes = (size_t)options->block_bytes,
        .timeout_ms = (unsigned)options->timeout_ms,
        .promiscuous = options->promiscuous,
        .loopback = interface_counters_is_loopback(capture->counters),
    };
    if (capture->link_type == LINK_ETHERNET)
        capture->ring = ring_new(&ring);
    close_pcap(capture);
    return capture->ring ? 0 : open_pcap(capture, options, out_error);
}

static int join_group(struct capture *capture, const struct capture_options *options,
                      char out_error[static CAPTURE_ERROR_BYTES])
{
    if (options->sharing.group == 0)
        return 0;
    int status = fanout_join(capture_fd(capture), &options->sharing, capture->link_type);
    if (status < 0)
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "interface %s: PACKET_FANOUT: %s",
                       options->interface, strerror(-status));
    capture->valid_from_unix_ns = clock_unix_ns(); /* until now each socket had every frame */
    return status;
}

static struct capture *new_capture(void)
{
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return NULL;
    atomic_init(&capture->stopped, false);
    selector_init(&capture->selector, REPORT_SAMPLING_NONE, 1, 0);
    capture->sampling_interval = 1;
    return capture;
}

struct capture *capture_open_live(const struct capture_options *options,
                                  char out_error[static CAPTURE_ERROR_BYTES])
{
    if (!are_sane(options)) {
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "capture options are out of range");
        errno = EINVAL;
        return NULL;
    }
    const struct capture_options full = complete(options);
    struct capture_losses before;
    struct capture *capture = new_capture();
    if (!capture)
        return NULL;
    capture->live = true;
    capture->snaplen = full.snaplen;
    capture->timeout_ms = full.timeout_ms;
    capture->buffer_bytes = full.buffer_bytes;
    capture->counters = interface_counters_new(full.interface);
    int status = open_interface(capture, &full, out_error);
    if (status == 0)
        status = join_group(capture, &full, out_error);
    if (status < 0)
        return fail(capture, -status);
    if (capture->pcap)
        set_scale(capture);
    interface_counters_add(capture->counters, octets_added(capture->link_type));
    capture->comparable =
        is_comparable(capture->link_type) && !is_set(full.filter) && !full.follows;
    capture->follows = full.follows;
    (void)capture_losses(capture, &before); /* what came before the filter is not ours */
    return capture;
}

/* ---- files ---- */

static const char *remedy_of_format(const char *text)
{
    return strstr(text, "unknown file format")
               ? "; pcap and pcapng are read, a compressed one by a pipe: zcat FILE | "
                 "lastmile-probe replay -"
               : "";
}

struct capture *capture_open_file(const char *path, const char *filter,
                                  char out_error[static CAPTURE_ERROR_BYTES])
{
    char text[PCAP_ERRBUF_SIZE] = "";
    struct capture *capture = new_capture();
    if (!capture)
        return NULL;
    capture->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
    if (!capture->pcap) {
        /* libpcap names the file only where the system could not open it */
        bool named = strncmp(text, path, strlen(path)) == 0;
        (void)snprintf(out_error, CAPTURE_ERROR_BYTES, "%s%s%s%s", named ? "" : path,
                       named ? "" : ": ", text, remedy_of_format(text));
        return fail(capture, EIO);
    }
    int status = set_filter(capture, filter, out_error);
    if (status < 0)
        return fail(capture, -status);
    set_scale(capture);
    capture->link_type = capture_link_type_of(pcap_datalink(capture->pcap));
    capture->snaplen = pcap_snapshot(capture->pcap);
    FILE *file = pcap_file(capture->pcap);
    if (file && file != stdin && !is_set(filter)) /* without it libpcap reads all: no error */
        capture->blocks =
            pcap_blocks_new(fileno(file), capture->link_type, (uint32_t)capture->snaplen);
    return capture;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->pcap)
        pcap_close(capture->pcap);
    ring_free(capture->ring);
    kernel_sampler_free(capture->kernel);
    pcap_blocks_free(capture->blocks);
    interface_counters_free(capture->counters);
    free(capture);
}
