/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/intake.h"

#include "collector/intake/quota.h"
#include "collector/intake/suspects.h"
#include "collector/intake/validate.h"
#include "collector/registry/registry.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/report.h"
#include "common/topic.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX       8192       /* reports that wait for one commit */
#define BATCH_BYTES_MAX (4u << 20) /* of longest reports no more than four wait */
#define REFUSED_MAX     96         /* heads kept a batch; the rest is only counted */
#define SAME_FAULT_MAX  4          /* of one fault, so that a flood of one hides no other */
#define RETRY_NS        (2 * CLOCK_NS_PER_S)

/* A message that waits for the commit, as it came: decoded it may be a hundred times as long. */
struct waiting {
    uint8_t *payload; /* owned */
    size_t length;
    struct topic topic;
    uint64_t arrived_ns;
    int64_t probe_id; /* by the commit; 0: none that may have a receipt */
    bool quarantined; /* its fault has been told */
    bool unstorable;  /* the registry's own rules refuse it */
    bool stored, duplicate;
};

struct refused {
    const char *fault;
    bool has_topic;
    struct topic topic;
    uint8_t head[QUARANTINE_HEAD_BYTES];
    size_t length;
    uint64_t arrived_ns, repeats;
};

/* Counters that other threads may read. */
struct counters {
    atomic_uint_fast64_t messages, stored, duplicates, refused, withheld;
    atomic_uint_fast64_t commits, failed_commits, receipts, last_commit_ns, pending;
};

struct intake {
    struct intake_options options;
    struct waiting waiting[BATCH_MAX];
    size_t waiting_count, waiting_bytes;
    size_t first;          /* of those that are being committed */
    struct report *report; /* the one in hand */
    const struct waiting *order[BATCH_MAX];
    struct refused refused[REFUSED_MAX];
    size_t refused_count;
    uint64_t due_mono_ns; /* of the next commit; 0: nothing waits */
    bool failing;         /* said once */
    struct counters counters;
};

struct intake *intake_new(const struct intake_options *options)
{
    struct intake *intake = calloc(1, sizeof *intake);
    if (intake)
        intake->options = *options;
    return intake;
}

static void drop_waiting(struct intake *intake)
{
    for (size_t i = 0; i < intake->waiting_count; i++)
        free(intake->waiting[i].payload);
    intake->waiting_count = 0;
    intake->waiting_bytes = 0;
    atomic_store(&intake->counters.pending, 0);
}

void intake_free(struct intake *intake)
{
    if (!intake)
        return;
    drop_waiting(intake);
    free(intake);
}

static void set_due(struct intake *intake, uint64_t now_mono_ns)
{
    if (intake->due_mono_ns == 0)
        intake->due_mono_ns = now_mono_ns + intake->options.commit_interval_ms * CLOCK_NS_PER_MS;
}

/* The last of a fault, where no more of it are kept. */
static struct refused *find_crowded(struct intake *intake, const char *fault)
{
    size_t same = 0;
    struct refused *last = NULL;
    for (size_t i = 0; i < intake->refused_count; i++) {
        if (strcmp(intake->refused[i].fault, fault) != 0)
            continue;
        last = &intake->refused[i];
        same++;
    }
    return same >= SAME_FAULT_MAX || intake->refused_count == REFUSED_MAX ? last : NULL;
}

/* Heads of the first few of a batch; a flood costs no more than a counter. */
static void refuse(struct intake *intake, const char *fault, const struct topic *topic,
                   const struct waiting *message)
{
    atomic_fetch_add(&intake->counters.refused, 1);
    struct refused *crowded = find_crowded(intake, fault);
    if (crowded) {
        crowded->repeats++;
        return;
    }
    if (intake->refused_count == REFUSED_MAX)
        return; /* there are not that many faults */
    struct refused *refused = &intake->refused[intake->refused_count++];
    *refused = (struct refused){.fault = fault,
                                .has_topic = topic != NULL,
                                .length = message->length,
                                .arrived_ns = message->arrived_ns};
    if (topic)
        refused->topic = *topic;
    size_t head = message->length < sizeof refused->head ? message->length : sizeof refused->head;
    if (head)
        memcpy(refused->head, message->payload, head);
}

static void put_refused(struct intake *intake)
{
    struct quarantine_item items[REFUSED_MAX];
    if (intake->refused_count == 0)
        return;
    for (size_t i = 0; i < intake->refused_count; i++) {
        const struct refused *refused = &intake->refused[i];
        items[i] = (struct quarantine_item){.fault = refused->fault,
                                            .topic = refused->has_topic ? &refused->topic : NULL,
                                            .payload = refused->head,
                                            .length = refused->length,
                                            .arrived_ns = refused->arrived_ns,
                                            .repeats = refused->repeats};
    }
    /* Where it cannot be written, the reports cannot either, and that is said. */
    (void)registry_quarantine(intake->options.registry, items, intake->refused_count);
    intake->refused_count = 0;
}

static void publish_receipt(struct intake *intake, const char *operator_name,
                            const char *probe_name, uint64_t now_ns)
{
    char topic[TOPIC_BYTES];
    uint8_t payload[RECEIPT_BYTES_MAX];
    struct receipt receipt;
    if (registry_read_receipt(intake->options.registry, operator_name, probe_name, &receipt) != 0 ||
        topic_build(operator_name, probe_name, TOPIC_RECEIPT, topic) != 0)
        return;
    receipt.unix_ns = now_ns;
    int length = receipt_encode(&receipt, payload, sizeof payload);
    if (length > 0 && intake->options.publish(intake->options.ctx, topic, payload, (size_t)length))
        atomic_fetch_add(&intake->counters.receipts, 1);
}

static int compare_probes(const void *a, const void *b)
{
    const struct waiting *x = *(const struct waiting *const *)a;
    const struct waiting *y = *(const struct waiting *const *)b;
    return (x->probe_id > y->probe_id) - (x->probe_id < y->probe_id);
}

/* One receipt a probe, also for what was known already: its first one may have been lost. */
static void publish_receipts(struct intake *intake)
{
    const struct waiting **order = intake->order;
    size_t count = 0;
    for (size_t i = 0; i < intake->waiting_count; i++)
        if (intake->waiting[i].probe_id != 0)
            order[count++] = &intake->waiting[i];
    qsort(order, count, sizeof *order, compare_probes);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || order[i]->probe_id != order[i - 1]->probe_id)
            publish_receipt(intake, order[i]->topic.operator_name, order[i]->topic.probe_name,
                            intake->waiting[intake->waiting_count - 1].arrived_ns);
}

static void count_stored(struct intake *intake)
{
    uint64_t stored = 0;
    uint64_t duplicates = 0;
    for (size_t i = 0; i < intake->waiting_count; i++) {
        stored += intake->waiting[i].stored;
        duplicates += intake->waiting[i].duplicate;
    }
    atomic_fetch_add(&intake->counters.stored, stored);
    atomic_fetch_add(&intake->counters.duplicates, duplicates);
}

/* Said once a message, though a commit may be tried several times. */
static void refuse_once(struct intake *intake, struct waiting *waiting, const char *fault)
{
    if (!waiting->quarantined)
        refuse(intake, fault, &waiting->topic, waiting);
    waiting->quarantined = true;
}

/* What cannot be decoded is accounted for all the same where its head can be read: else a probe of
 * another version would send it for ever, and its outbox would stand. Answers as read_message. */
static int read_head(struct intake *intake, struct waiting *waiting, enum report_fault undecodable,
                     struct journal_entry *entry)
{
    refuse_once(intake, waiting, report_fault_name(undecodable));
    if (!report_fault_is_accounted(undecodable) ||
        report_decode_head(waiting->payload, waiting->length, &intake->report) != REPORT_OK)
        return 1;
    if (validate_head(intake->report, &waiting->topic) != INTAKE_OK) {
        report_free(intake->report);
        return 1;
    }
    *entry = (struct journal_entry){
        .report = intake->report, .arrived_ns = waiting->arrived_ns, .refused = true};
    return 0;
}

/* A message becomes a report, or is refused: 0, 1 to leave it out, or -ENOMEM. */
static int read_message(struct intake *intake, struct waiting *waiting, struct journal_entry *entry)
{
    enum report_fault undecodable =
        report_decode(waiting->payload, waiting->length, &intake->report);
    if (undecodable == REPORT_NO_MEMORY)
        return -ENOMEM;
    if (undecodable != REPORT_OK)
        return read_head(intake, waiting, undecodable, entry);
    enum intake_fault fault = validate_report(intake->report, &waiting->topic, waiting->arrived_ns);
    if (fault == INTAKE_OK && intake->options.report_bytes_max &&
        waiting->length > intake->options.report_bytes_max)
        fault = INTAKE_TOO_LONG;
    if (fault == INTAKE_OK && waiting->unstorable)
        fault = INTAKE_NOT_STORABLE;
    if (fault != INTAKE_OK)
        refuse_once(intake, waiting, intake_fault_name(fault));
    bool accounted = intake_fault_is_accounted(fault) || fault == INTAKE_NOT_STORABLE;
    if (fault != INTAKE_OK && !accounted) {
        report_free(intake->report);
        return 1;
    }
    *entry = (struct journal_entry){.report = intake->report,
                                    .payload = waiting->payload,
                                    .length = waiting->length,
                                    .arrived_ns = waiting->arrived_ns,
                                    .refused = accounted};
    return 0;
}

/* From here to close_report a message is in hand: what kills us over it again and again is found.
 */
static int open_report(void *ctx, size_t index, struct journal_entry *entry)
{
    struct intake *intake = ctx;
    struct waiting *waiting = &intake->waiting[intake->first + index];
    waiting->probe_id = 0;
    waiting->stored = waiting->duplicate = false;
    if (!suspects_take(intake->options.suspects, waiting->payload, waiting->length)) {
        refuse_once(intake, waiting, intake_fault_name(INTAKE_DEADLY));
        return 1;
    }
    int status = read_message(intake, waiting, entry);
    if (status != 0)
        suspects_done(intake->options.suspects);
    return status;
}

static void close_report(void *ctx, size_t index, struct journal_entry *entry)
{
    struct intake *intake = ctx;
    struct waiting *waiting = &intake->waiting[intake->first + index];
    waiting->probe_id = entry->probe_id;
    waiting->stored = entry->is_new && !entry->refused;
    waiting->duplicate = !entry->is_new && !entry->refused && !entry->withheld;
    if (entry->withheld)
        refuse_once(intake, waiting, intake_fault_name(INTAKE_OVER_RATE));
    report_free(intake->report);
    suspects_done(intake->options.suspects);
}

static int commit(struct intake *intake, size_t first, size_t count)
{
    const struct journal_batch batch = {
        .count = count, .open = open_report, .close = close_report, .ctx = intake};
    intake->first = first;
    return registry_commit_batch(intake->options.registry, &batch, &intake->options.caps);
}

static bool is_its_fault(int status)
{
    return status == -EEXIST || status == -EINVAL || status == -EMSGSIZE;
}

/* One report spoils the batch: each by itself, and the one that is to blame is accounted for. */
static int commit_singly(struct intake *intake)
{
    int status = 0;
    for (size_t i = 0; i < intake->waiting_count && status == 0; i++) {
        status = commit(intake, i, 1);
        if (!is_its_fault(status))
            continue;
        intake->waiting[i].unstorable = true;
        status = commit(intake, i, 1);
    }
    return status;
}

static int commit_batch(struct intake *intake)
{
    int status = commit(intake, 0, intake->waiting_count);
    return is_its_fault(status) ? commit_singly(intake) : status;
}

/* A change of state is one line; repetition is a counter. */
static void say_state(struct intake *intake, int status)
{
    if (status != 0 && !intake->failing)
        log_error("intake",
                  "reports cannot be stored (%s): receipts are withheld, probes keep what "
                  "they have, the next try is in 2 s",
                  strerror(-status));
    if (status == 0 && intake->failing)
        log_info("intake", "reports can be stored again");
    intake->failing = status != 0;
}

int intake_flush(struct intake *intake, uint64_t now_mono_ns)
{
    int status = intake->waiting_count ? commit_batch(intake) : 0;
    say_state(intake, status);
    if (status != 0) {
        atomic_fetch_add(&intake->counters.failed_commits, 1);
        intake->due_mono_ns = now_mono_ns + RETRY_NS;
        return status;
    }
    if (intake->waiting_count) {
        atomic_fetch_add(&intake->counters.commits, 1);
        atomic_store(&intake->counters.last_commit_ns,
                     intake->waiting[intake->waiting_count - 1].arrived_ns);
        count_stored(intake);
        publish_receipts(intake);
        drop_waiting(intake);
    }
    put_refused(intake);
    intake->due_mono_ns = 0;
    return 0;
}

void intake_service(struct intake *intake, uint64_t now_mono_ns)
{
    if (intake->due_mono_ns != 0 && now_mono_ns >= intake->due_mono_ns)
        (void)intake_flush(intake, now_mono_ns); /* said and counted inside */
}

int intake_wait_ms(const struct intake *intake, uint64_t now_mono_ns)
{
    if (intake->due_mono_ns == 0)
        return -1;
    if (now_mono_ns >= intake->due_mono_ns)
        return 0;
    return (int)((intake->due_mono_ns - now_mono_ns) / CLOCK_NS_PER_MS) + 1;
}

static bool is_full(const struct intake *intake)
{
    return intake->waiting_count == BATCH_MAX || intake->waiting_bytes >= BATCH_BYTES_MAX;
}

static void take_report(struct intake *intake, const struct topic *topic,
                        const struct waiting *message, uint64_t now_mono_ns)
{
    if (message->length > REPORT_BYTES_MAX) { /* is not even kept until the commit */
        refuse(intake, report_fault_name(REPORT_TOO_LARGE), topic, message);
        return;
    }
    uint8_t *copy = malloc(message->length ? message->length : 1);
    if (!copy) { /* no receipt: it will come again */
        atomic_fetch_add(&intake->counters.withheld, 1);
        return;
    }
    memcpy(copy, message->payload, message->length);
    struct waiting *waiting = &intake->waiting[intake->waiting_count++];
    *waiting = *message;
    waiting->payload = copy;
    waiting->topic = *topic;
    intake->waiting_bytes += message->length;
    atomic_store(&intake->counters.pending, intake->waiting_count);
    if (is_full(intake) && !intake->failing)
        (void)intake_flush(intake, now_mono_ns); /* said and counted inside */
}

/* "online ..." or "offline", to be shown and nothing else. */
static void take_state(struct intake *intake, const struct topic *topic,
                       const struct waiting *message)
{
    static const char offline[] = "offline";
    bool is_offline = message->length >= sizeof offline - 1 &&
                      memcmp(message->payload, offline, sizeof offline - 1) == 0;
    if (message->length > 0) /* empty: a retained state was taken back */
        (void)registry_put_state(intake->options.registry, topic->operator_name, topic->probe_name,
                                 !is_offline, message->arrived_ns); /* only shown */
}

static uint8_t *borrow(const void *payload)
{
    union {
        const void *in;
        uint8_t *out; /* copied before anything is kept, never written to */
    } same = {.in = payload};
    return same.out;
}

/* What the sender's quota says to it. */
static enum intake_fault check_quota(struct intake *intake, const struct topic *topic,
                                     size_t length, uint64_t now_mono_ns)
{
    if (!intake->options.quota)
        return INTAKE_OK;
    switch (quota_take(intake->options.quota, topic, length, now_mono_ns)) {
    case QUOTA_TOO_MANY_PROBES:
        return INTAKE_TOO_MANY_PROBES;
    case QUOTA_TOO_FAST:
        return INTAKE_OVER_RATE;
    default:
        return INTAKE_OK;
    }
}

void intake_take(struct intake *intake, const char *topic_text, const void *payload, size_t length,
                 uint64_t now_unix_ns, uint64_t now_mono_ns)
{
    struct topic topic;
    struct waiting message = {
        .payload = borrow(payload), .length = length, .arrived_ns = now_unix_ns};
    atomic_fetch_add(&intake->counters.messages, 1);
    if (is_full(intake)) { /* not writable: the probe will send it again */
        atomic_fetch_add(&intake->counters.withheld, 1);
        return;
    }
    set_due(intake, now_mono_ns);
    bool ours = topic_parse(topic_text, &topic) == 0;
    enum intake_fault fault = !ours || topic.kind == TOPIC_RECEIPT
                                  ? INTAKE_WRONG_TOPIC
                                  : check_quota(intake, &topic, length, now_mono_ns);
    if (fault != INTAKE_OK)
        refuse(intake, intake_fault_name(fault), ours ? &topic : NULL, &message);
    else if (topic.kind == TOPIC_STATE)
        take_state(intake, &topic, &message);
    else
        take_report(intake, &topic, &message, now_mono_ns);
}

void intake_publish_all(struct intake *intake)
{
    struct probe_status *probes = NULL;
    size_t count = 0;
    if (registry_list_probes(intake->options.registry, &probes, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        publish_receipt(intake, probes[i].operator_name, probes[i].probe_name, 0);
    free(probes);
}

void intake_count_withheld(struct intake *intake)
{
    atomic_fetch_add(&intake->counters.messages, 1);
    atomic_fetch_add(&intake->counters.withheld, 1);
}

void intake_read_stats(const struct intake *intake, struct intake_stats *out_stats)
{
    const struct counters *counters = &intake->counters;
    *out_stats = (struct intake_stats){.messages = atomic_load(&counters->messages),
                                       .stored = atomic_load(&counters->stored),
                                       .duplicates = atomic_load(&counters->duplicates),
                                       .refused = atomic_load(&counters->refused),
                                       .withheld = atomic_load(&counters->withheld),
                                       .commits = atomic_load(&counters->commits),
                                       .failed_commits = atomic_load(&counters->failed_commits),
                                       .receipts = atomic_load(&counters->receipts),
                                       .last_commit_ns = atomic_load(&counters->last_commit_ns),
                                       .pending = atomic_load(&counters->pending)};
}
