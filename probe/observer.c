/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/observer.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/capture/capture.h"
#include "probe/capture/governor.h"
#include "probe/confine/confine.h"
#include "probe/meter_settings.h"
#include "probe/tally.h"

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROOM          "capture"
#define READ_FRAMES   4096 /* between two looks at the mailbox */
#define SLICE_NS      (20 * CLOCK_NS_PER_MS)
#define REOPEN_MIN_NS (CLOCK_NS_PER_S / 8)
#define REPEAT_MIN_NS (100 * CLOCK_NS_PER_MS)
#define REOPEN_MAX_NS (30 * CLOCK_NS_PER_S)
#define ABSENT_NS     (200 * CLOCK_NS_PER_MS) /* how often an interface that is gone is looked for */

struct observer {
    const struct settings_source *source;
    struct observer_part part;
    struct meter *meter;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    _Atomic uint64_t turn_at;               /* wall time of the interval's end; 0: none asked */
    _Atomic(struct meter_interval *) ready; /* the mailbox: one place */

    /* Of the thread alone. */
    struct capture *capture;
    struct tally tally;
    struct governor governor;
    uint64_t governed_ns; /* when it was last asked */
    uint64_t seed;        /* of sampling in user space */
    bool said_user_space; /* that the kernel does not sample */
    bool failed;          /* now: said once, until it is well again */
    bool failed_lately;   /* in this interval */
    uint64_t reopen_wait_ns;
    uint64_t file_first_ns, played_from_ns; /* a file's first frame, and when it was played */
};

static bool is_file(const struct observer *observer)
{
    return observer->source->file[0] != '\0';
}

/* Its part of what the source may take, and what a room needs at least. */
static size_t part_of(size_t bytes, unsigned count, size_t least)
{
    return bytes / count > least ? bytes / count : least;
}

static struct meter *new_meter(const struct settings *settings,
                               const struct settings_source *source,
                               const struct pseudonym *pseudonym, unsigned parts)
{
    struct meter_options options = {0};
    int status = meter_settings_read(settings, source->name, pseudonym, &options);
    if (source->sampling == REPORT_SAMPLING_FLOW_HASH)
        options.flow_sampling_interval = (uint32_t)source->sampling_interval;
    options.flow.memory_bytes = part_of(options.flow.memory_bytes, parts, FLOW_MEMORY_MIN);
    options.line.memory_bytes = part_of(options.line.memory_bytes, parts, LINE_MEMORY_MIN);
    options.line.parts = parts;
    if (status == 0)
        return meter_new(&options);
    errno = -status;
    return NULL;
}

struct observer *observer_new(const struct settings *settings, const struct settings_source *source,
                              const struct pseudonym *pseudonym, struct observer_part part)
{
    struct observer *observer = calloc(1, sizeof *observer);
    if (!observer)
        return NULL;
    observer->source = source;
    observer->part = part;
    observer->reopen_wait_ns = REOPEN_MIN_NS;
    tally_init(&observer->tally, (enum report_sampling)source->sampling,
               (uint32_t)source->sampling_interval);
    governor_init(
        &observer->governor,
        &(struct governor_limits){
            .cpu_permille = is_file(observer) ? 0 : (uint32_t)source->cpu_limit_percent * 10,
            .interval_min = (uint32_t)source->sampling_interval,
            .interval_max = (uint32_t)source->sampling_interval_max});
    if (getentropy(&observer->seed, sizeof observer->seed) != 0)
        observer->seed = (uint64_t)getpid(); /* of sampling: any will do */
    observer->meter = new_meter(settings, source, pseudonym, part.count);
    if (!observer->meter) {
        free(observer);
        return NULL;
    }
    return observer;
}

void observer_free(struct observer *observer)
{
    if (!observer)
        return;
    observer_stop(observer);
    struct meter_interval *left = observer_take(observer);
    if (left)
        meter_interval_release(left);
    capture_close(observer->capture);
    meter_free(observer->meter);
    free(observer);
}

static void sleep_ns(uint64_t ns)
{
    struct timespec wait = {.tv_sec = (time_t)(ns / CLOCK_NS_PER_S),
                            .tv_nsec = (long)(ns % CLOCK_NS_PER_S)};
    (void)nanosleep(&wait, NULL); /* cut short is fine: every caller looks at the clock */
}

/* Answers the mailbox. Where the interval before has not been fetched yet, the counts stay in the
 * meter and go with the next: nothing is lost. */
static void answer_turn(struct observer *observer)
{
    if (atomic_load_explicit(&observer->turn_at, memory_order_acquire) == 0)
        return;
    if (atomic_load_explicit(&observer->ready, memory_order_acquire) != NULL)
        return;
    uint64_t end = atomic_exchange(&observer->turn_at, 0);
    meter_advance(observer->meter, end);
    tally_gather(&observer->tally, observer->capture, observer->governor.interval);
    struct meter_losses losses = tally_losses(&observer->tally);
    losses.failed = observer->failed || observer->failed_lately;
    struct meter_interval *interval = meter_turn(observer->meter, end, &losses);
    if (!interval)
        return;
    observer->failed_lately = false;
    tally_restart(&observer->tally);
    atomic_store_explicit(&observer->ready, interval, memory_order_release);
}

/* Waits until a time of CLOCK_BOOTTIME, answering the mailbox meanwhile. False when stopped. */
static bool wait_until(struct observer *observer, uint64_t mono_ns)
{
    for (;;) {
        if (atomic_load(&observer->stop))
            return false;
        answer_turn(observer);
        uint64_t now = clock_mono_ns();
        if (now >= mono_ns)
            return true;
        sleep_ns(mono_ns - now < SLICE_NS ? mono_ns - now : SLICE_NS);
    }
}

static void count_live(void *ctx, const struct frame *frames, size_t count)
{
    struct observer *observer = ctx;
    tally_count(&observer->tally, frames, count);
    meter_frames(observer->meter, frames, count);
}

/* Counts a file's frame when its time has come, as if it were captured now. False when stopped. */
static bool play(struct observer *observer, const struct frame *frame)
{
    if (observer->file_first_ns == 0)
        observer->file_first_ns = frame->time_unix_ns;
    uint64_t offset = frame->time_unix_ns > observer->file_first_ns
                          ? frame->time_unix_ns - observer->file_first_ns
                          : 0;
    offset = (uint64_t)((double)offset / observer->source->speed);
    if (!wait_until(observer, observer->played_from_ns + offset))
        return false;
    struct frame now = *frame;
    now.time_unix_ns = clock_unix_ns();
    count_live(observer, &now, 1);
    return true;
}

static void count_played(void *ctx, const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count && play(ctx, &frames[i]); i++)
        ;
}

/* ---- sampling ---- */

static bool samples_packets(const struct observer *observer)
{
    return observer->source->sampling == REPORT_SAMPLING_SYSTEMATIC ||
           observer->source->sampling == REPORT_SAMPLING_PROBABILISTIC;
}

static void set_sampling(struct observer *observer)
{
    enum report_sampling method = (enum report_sampling)observer->source->sampling;
    uint32_t interval = observer->governor.interval;
    if (!samples_packets(observer))
        return;
    (void)capture_set_sampling(observer->capture, method, interval,
                               observer->seed++); /* in range */
    if (method != REPORT_SAMPLING_PROBABILISTIC || is_file(observer) || observer->said_user_space ||
        capture_samples_in_kernel(observer->capture))
        return;
    observer->said_user_space = true;
    log_info(ROOM,
             "this kernel does not sample for us: packets are copied and then left out "
             "source=%s",
             observer->source->name);
}

/* Once a second: measures the thread, and follows the governor. */
static void govern(struct observer *observer)
{
    struct governor *governor = &observer->governor;
    uint64_t now = clock_mono_ns();
    if (governor->limits.cpu_permille == 0 || now - observer->governed_ns < CLOCK_NS_PER_S)
        return;
    observer->governed_ns = now;
    uint32_t before = governor->interval;
    tally_gather(&observer->tally, observer->capture, before);
    const struct governor_sample sample = {
        .now_mono_ns = now,
        .thread_cpu_ns = clock_thread_cpu_ns(),
        .dropped = observer->tally.dropped_since_start,
        .ring_permille = capture_ring_permille(observer->capture),
    };
    if (!governor_update(governor, &sample))
        return;
    set_sampling(observer);
    log_info(ROOM, "samples one packet of %u, was %u reason=%s cpu_percent=%u source=%s",
             governor->interval, before, governor_reason_name(governor->reason),
             governor->cpu_permille / 10, observer->source->name);
}

/* ---- the source ---- */

static bool open_source(struct observer *observer)
{
    char error[CAPTURE_ERROR_BYTES] = "";
    const struct settings_source *source = observer->source;
    const char *filter = source->filter[0] ? source->filter : NULL;
    const char *remedy = NULL;
    if (is_file(observer)) {
        observer->capture = capture_open_file(source->file, filter, error);
        observer->file_first_ns = 0;
        observer->played_from_ns = clock_mono_ns();
    } else {
        const struct observer_part *part = &observer->part;
        const struct capture_options options = {.interface = source->interface,
                                                .filter = filter,
                                                .snaplen = (int)source->snaplen,
                                                .buffer_bytes =
                                                    (int)(source->buffer_bytes / part->count),
                                                .block_bytes = (int)source->block_bytes,
                                                .sharing = part->sharing,
                                                .follows = part->number > 0,
                                                .promiscuous = source->promiscuous};
        confine_raise(CONFINE_RAW);
        observer->capture = capture_open_live(&options, error);
        remedy = observer->capture ? NULL : capture_remedy(errno);
        confine_lower(CONFINE_RAW);
    }
    bool tells = observer->part.number == 0; /* the others say the same */
    if (!observer->capture && !observer->failed && tells)
        log_warn(ROOM, "%s%s%s; trying again source=%s", error, remedy ? ": " : "",
                 remedy ? remedy : "", source->name);
    if (observer->capture)
        set_sampling(observer);
    if (observer->capture && observer->failed && tells)
        log_info(ROOM, "the source is back source=%s", source->name);
    observer->failed = observer->capture == NULL;
    observer->failed_lately |= observer->failed;
    return observer->capture != NULL;
}

static void close_source(struct observer *observer, int status)
{
    if (status == -ENODEV || status == -EIO) {
        if (observer->part.number == 0)
            log_warn(ROOM, "%s source=%s", capture_error(observer->capture),
                     observer->source->name);
        observer->failed = !is_file(observer);
        observer->failed_lately = true;
    }
    meter_flush(observer->meter);
    tally_gather(&observer->tally, observer->capture, observer->governor.interval);
    capture_close(observer->capture);
    observer->capture = NULL;
}

/* Reads until the source ends or fails, or the observer is stopped. */
static int read_source(struct observer *observer)
{
    int status = 0;
    capture_frames_fn count = is_file(observer) ? count_played : count_live;
    while (status >= 0 && !atomic_load(&observer->stop)) {
        answer_turn(observer);
        govern(observer);
        status = capture_read(observer->capture, READ_FRAMES, count, observer);
        if (status == 0)
            meter_flush(observer->meter);
    }
    return status;
}

/* An interface that is not there is waited for, and tried when it comes; whatever else is wrong
 * with a source is tried again ever more rarely. */
static void back_off(struct observer *observer)
{
    bool going_on = true;
    while (going_on && !is_file(observer) && if_nametoindex(observer->source->interface) == 0) {
        observer->reopen_wait_ns = REOPEN_MIN_NS; /* it may be there before it is up */
        going_on = wait_until(observer, clock_mono_ns() + ABSENT_NS);
    }
    (void)wait_until(observer, clock_mono_ns() + observer->reopen_wait_ns);
    observer->reopen_wait_ns *= 2;
    if (observer->reopen_wait_ns > REOPEN_MAX_NS)
        observer->reopen_wait_ns = REOPEN_MAX_NS;
}

static void *observe(void *ctx)
{
    struct observer *observer = ctx;
    bool again = true;
    while (again && !atomic_load(&observer->stop)) {
        if (!open_source(observer)) {
            back_off(observer);
            continue;
        }
        observer->reopen_wait_ns = REOPEN_MIN_NS;
        int status = read_source(observer);
        close_source(observer, status);
        again = !is_file(observer) || observer->source->repeat;
        if (again && is_file(observer)) /* an empty file must not spin */
            (void)wait_until(observer, observer->played_from_ns + REPEAT_MIN_NS);
    }
    if (!atomic_load(&observer->stop))
        log_info(ROOM, "the file has been played to its end source=%s", observer->source->name);
    (void)wait_until(observer, UINT64_MAX); /* a file's last counts are still to be fetched */
    return NULL;
}

int observer_start(struct observer *observer)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    /* Signals belong to the control thread. */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&observer->thread, NULL, observe, observer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    observer->started = status == 0;
    return -status;
}

void observer_turn(struct observer *observer, uint64_t end_unix_ns)
{
    atomic_store_explicit(&observer->turn_at, end_unix_ns, memory_order_release);
    if (!observer->started)
        answer_turn(observer);
}

struct meter_interval *observer_take(struct observer *observer)
{
    return atomic_exchange_explicit(&observer->ready, NULL, memory_order_acquire);
}

void observer_stop(struct observer *observer)
{
    if (!observer->started)
        return;
    atomic_store(&observer->stop, true);
    (void)pthread_join(observer->thread, NULL);
    observer->started = false;
    answer_turn(observer); /* that was asked just before */
}
