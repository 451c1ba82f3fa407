/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The exporter against a real broker; the test plays the collector: it keeps what arrives and
 * publishes receipts. Waiting is polling with a deadline, never sleeping.
 */
#include "probe/outbox/exporter.h"

#include "common/clock.h"
#include "common/topic.h"
#include "tests/support/broker.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DEADLINE_NS   (20 * CLOCK_NS_PER_S)
#define SEQUENCES_MAX 1024
#define PROBE         "bras-1"
#define OPERATOR      "cu"

/* What a collector has, of boots 'a' and 'b'. */
struct fake_collector {
    struct bus *bus;
    unsigned times[2][SEQUENCES_MAX]; /* that a sequence arrived */
    unsigned live, backlog;
    unsigned live_before_backlog; /* live ones that had come when the first of the backlog came */
    uint64_t last_live, last_backlog; /* sequences */
    unsigned ignore;                  /* so many reports are lost by it */
    bool silent;                      /* sends no receipts */
    bool dirty;                       /* a receipt is due */
    char state_text[96];
    bool state_retained;
};

struct stage {
    struct broker *broker;
    char *folder; /* of the spool */
    struct fake_collector collector;
    struct spool *spool;
    struct exporter *exporter;
    uint64_t sequence; /* last enqueued */
};

static void take_report(struct fake_collector *collector, const struct topic *topic,
                        const void *payload, size_t length)
{
    struct report *report = NULL;
    assert_int_equal(report_decode(payload, length, &report), REPORT_OK);
    assert_string_equal(report->probe_name, topic->probe_name);
    assert_true(report->sequence < SEQUENCES_MAX);
    collector->times[report->boot_id[0] - 'a'][report->sequence]++;
    if (topic->kind == TOPIC_REPORT) {
        collector->live++;
        collector->last_live = report->sequence;
    } else {
        if (collector->backlog++ == 0)
            collector->live_before_backlog = collector->live;
        collector->last_backlog = report->sequence;
    }
    collector->dirty = true;
    report_free(report);
}

static void on_message(void *ctx, const char *text, const void *payload, size_t length,
                       bool retained)
{
    struct fake_collector *collector = ctx;
    struct topic topic;
    assert_int_equal(topic_parse(text, &topic), 0);
    if (topic.kind == TOPIC_STATE) {
        (void)snprintf(collector->state_text, sizeof collector->state_text, "%.*s", (int)length,
                       (const char *)payload);
        collector->state_retained = retained;
    } else if (topic.kind != TOPIC_RECEIPT) {
        if (collector->ignore)
            collector->ignore--;
        else
            take_report(collector, &topic, payload, length);
    }
}

static uint64_t contiguous(const struct fake_collector *collector, int boot)
{
    uint64_t sequence = 0;
    while (sequence + 1 < SEQUENCES_MAX && collector->times[boot][sequence + 1])
        sequence++;
    return sequence;
}

static void send_receipt(struct fake_collector *collector)
{
    struct receipt receipt = {.boot_count = 2};
    for (int boot = 0; boot < 2; boot++) {
        memset(receipt.boots[boot].boot_id, 'a' + boot, REPORT_BOOT_ID_BYTES);
        receipt.boots[boot].contiguous_sequence = contiguous(collector, boot);
    }
    uint8_t bytes[RECEIPT_BYTES_MAX];
    char topic[TOPIC_BYTES];
    int length = receipt_encode(&receipt, bytes, sizeof bytes);
    assert_true(length > 0);
    assert_int_equal(topic_build(OPERATOR, PROBE, TOPIC_RECEIPT, topic), 0);
    int message_id = 0;
    collector->dirty =
        bus_publish(collector->bus, topic, bytes, (size_t)length, true, &message_id) != 0;
}

static void on_state(void *ctx, enum bus_state state)
{
    ((struct fake_collector *)ctx)->dirty |= state == BUS_CONNECTED; /* it says again what it has */
}

/* One turn of both poll loops. */
static void turn(struct stage *stage)
{
    struct fake_collector *collector = &stage->collector;
    struct pollfd fds[2] = {{.fd = bus_fd(collector->bus), .events = POLLIN},
                            {.fd = -1, .events = POLLIN}};
    if (bus_wants_write(collector->bus))
        fds[0].events |= POLLOUT;
    if (stage->exporter) {
        fds[1].fd = exporter_fd(stage->exporter);
        if (exporter_wants_write(stage->exporter))
            fds[1].events |= POLLOUT;
    }
    (void)poll(fds, 2, 2);
    uint64_t now_ns = clock_mono_ns();
    bus_service(collector->bus, now_ns, fds[0].revents & ~POLLOUT, fds[0].revents & POLLOUT);
    if (stage->exporter)
        exporter_service(stage->exporter, now_ns, fds[1].revents & ~POLLOUT,
                         fds[1].revents & POLLOUT);
    if (collector->dirty && !collector->silent && bus_is_connected(collector->bus))
        send_receipt(collector);
}

#define TURN_UNTIL(stage, condition)                                                               \
    do {                                                                                           \
        uint64_t since_ns = clock_mono_ns();                                                       \
        while (!(condition)) {                                                                     \
            if (clock_mono_ns() - since_ns > DEADLINE_NS)                                          \
                fail_msg("never came about: %s", #condition);                                      \
            turn(stage);                                                                           \
        }                                                                                          \
    } while (0)

static struct bus_options bus_options_of(const struct stage *stage, const char *name,
                                         const char *password)
{
    return (struct bus_options){.host = "127.0.0.1",
                                .port = broker_port(stage->broker),
                                .client_id = name,
                                .username = name,
                                .password = password,
                                .keepalive_s = 30,
                                .reconnect_min_ms = 20,
                                .reconnect_max_ms = 200};
}

static void start_collector(struct stage *stage)
{
    const struct bus_options options = bus_options_of(stage, "collector", "secret2");
    const struct bus_handlers handlers = {
        .message = on_message, .state = on_state, .ctx = &stage->collector};
    stage->collector.bus = bus_new(&options, &handlers);
    assert_non_null(stage->collector.bus);
    assert_int_equal(bus_subscribe(stage->collector.bus, "lastmile/1/#"), 0);
    TURN_UNTIL(stage, bus_is_connected(stage->collector.bus));
    for (int i = 0; i < 20; i++)
        turn(stage);
}

static void start_probe(struct stage *stage, char boot, const char *user)
{
    struct spool_options spool_options = {.directory = stage->folder,
                                          .memory_bytes_max = 1 << 20,
                                          .disk_bytes_max = 1 << 20,
                                          .flush_after_ms = 60000,
                                          .live_ms = 30000};
    memset(spool_options.boot_id, boot, REPORT_BOOT_ID_BYTES);
    stage->spool = spool_open(&spool_options);
    assert_non_null(stage->spool);
    const struct bus_options bus_options = bus_options_of(stage, user, "secret");
    struct exporter_options options = {.operator_name = OPERATOR,
                                       .probe_name = PROBE,
                                       .bus = &bus_options,
                                       .backlog_per_s = 1000,
                                       .retry_ms = 1000};
    memset(options.boot_id, boot, REPORT_BOOT_ID_BYTES);
    stage->exporter = exporter_new(&options, stage->spool);
    assert_non_null(stage->exporter);
    stage->sequence = 0;
}

static void stop_probe(struct stage *stage)
{
    exporter_free(stage->exporter);
    spool_close(stage->spool);
    stage->exporter = NULL;
    stage->spool = NULL;
}

static void enqueue(struct stage *stage, char boot, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct report *report = report_new();
        assert_non_null(report);
        (void)snprintf(report->operator_name, sizeof report->operator_name, OPERATOR);
        (void)snprintf(report->probe_name, sizeof report->probe_name, PROBE);
        memset(report->boot_id, boot, REPORT_BOOT_ID_BYTES);
        report->sequence = ++stage->sequence;
        report->interval_ms = 60000;
        report->schedule_ms = 60000;
        uint8_t *bytes = NULL;
        size_t length = 0;
        assert_int_equal(report_encode(report, &bytes, &length), 0);
        assert_int_equal(
            exporter_enqueue(stage->exporter, report->sequence, bytes, length, clock_mono_ns()), 0);
        free(bytes);
        report_free(report);
    }
}

static uint64_t held(const struct stage *stage)
{
    return spool_stats(stage->spool).records;
}

static int set_stage(void **state)
{
    *state = NULL;
    if (!broker_is_installed())
        return 0;
    struct stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return -1;
    stage->folder = temp_folder_new();
    stage->broker = broker_new(false);
    char acl[4 * TOPIC_BYTES];
    char own[TOPIC_BYTES];
    if (topic_build(OPERATOR, PROBE, TOPIC_REPORT, own) != 0)
        return -1;
    own[strlen(own) - strlen("report")] = '\0';
    (void)snprintf(acl, sizeof acl,
                   "topic write %sreport\ntopic write %sbacklog\ntopic write %sstate\n"
                   "topic read %sreceipt\n",
                   own, own, own, own);
    broker_add_user(stage->broker, PROBE, "secret", acl);
    broker_add_user(stage->broker, "stranger", "secret", "topic write lastmile/1/0/cu/x/report\n");
    broker_add_user(stage->broker, "collector", "secret2",
                    "topic read lastmile/1/#\ntopic write lastmile/1/+/+/+/receipt\n");
    broker_start(stage->broker);
    *state = stage;
    return 0;
}

static int clear_stage(void **state)
{
    struct stage *stage = *state;
    if (!stage)
        return 0;
    stop_probe(stage);
    bus_free(stage->collector.bus);
    broker_free(stage->broker);
    temp_folder_remove(stage->folder);
    free(stage);
    return 0;
}

/* The stage, or nothing to play on. */
static struct stage *stage_of(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static void live_reports_arrive_once_and_their_receipt_frees_the_spool(void **state)
{
    struct stage *stage = stage_of(state);
    start_collector(stage);
    start_probe(stage, 'a', PROBE);
    TURN_UNTIL(stage, exporter_stats(stage->exporter).state == BUS_CONNECTED);
    enqueue(stage, 'a', 50);
    assert_int_equal(held(stage), 50);
    TURN_UNTIL(stage, held(stage) == 0);
    struct exporter_stats stats = exporter_stats(stage->exporter);
    assert_int_equal(stats.sent_live, 50);
    assert_int_equal(stats.sent_backlog, 0);
    assert_int_equal(stats.receipted, 50);
    assert_int_equal(stats.refused, 0);
    assert_int_equal(contiguous(&stage->collector, 0), 50);
    assert_int_equal(stage->collector.live, 50);
    assert_int_equal(spool_stats(stage->spool).disk_bytes_written, 0);
}

static void a_broker_killed_and_restarted_under_load_loses_nothing(void **state)
{
    struct stage *stage = stage_of(state);
    start_collector(stage);
    start_probe(stage, 'a', PROBE);
    TURN_UNTIL(stage, exporter_stats(stage->exporter).state == BUS_CONNECTED);
    for (unsigned round = 0; round < 20; round++) {
        enqueue(stage, 'a', 20);
        for (unsigned i = 0; i < round; i++) /* at another moment each time */
            turn(stage);
        broker_kill(stage->broker);
        enqueue(stage, 'a', 5);
        turn(stage);
        broker_start(stage->broker);
    }
    TURN_UNTIL(stage, held(stage) == 0);
    assert_int_equal(contiguous(&stage->collector, 0), 20 * 25);
    assert_true(exporter_stats(stage->exporter).connections >= 2);
    assert_int_equal(spool_stats(stage->spool).dropped, 0);
    struct report *next = report_new();
    assert_int_equal(spool_move_gaps(stage->spool, next), 0);
    report_free(next);
}

static void what_was_acknowledged_but_never_receipted_is_sent_again(void **state)
{
    struct stage *stage = stage_of(state);
    start_collector(stage);
    start_probe(stage, 'a', PROBE);
    TURN_UNTIL(stage, exporter_stats(stage->exporter).state == BUS_CONNECTED);
    stage->collector.ignore = 10; /* the broker says yes, and the collector dies with them */
    enqueue(stage, 'a', 12);
    TURN_UNTIL(stage, exporter_stats(stage->exporter).accepted == 12);
    assert_int_equal(held(stage), 12);
    TURN_UNTIL(stage, held(stage) == 0);
    assert_int_equal(contiguous(&stage->collector, 0), 12);
    assert_true(exporter_stats(stage->exporter).resent >= 10);
    assert_int_equal(stage->collector.live, 2);
    assert_true(stage->collector.backlog >= 10);
}

static void reports_of_an_earlier_boot_go_as_backlog_behind_live_ones(void **state)
{
    struct stage *stage = stage_of(state);
    start_probe(stage, 'a', PROBE); /* nobody listens to its reports: no collector yet */
    enqueue(stage, 'a', 30);
    stop_probe(stage);
    start_collector(stage);
    start_probe(stage, 'b', PROBE);
    assert_int_equal(held(stage), 30);
    enqueue(stage, 'b', 3);
    TURN_UNTIL(stage, held(stage) == 0);
    assert_int_equal(stage->collector.live, 3);
    assert_int_equal(stage->collector.live_before_backlog, 3);
    assert_int_equal(stage->collector.backlog, 30);
    assert_int_equal(stage->collector.last_backlog, 30); /* in their order */
    assert_int_equal(contiguous(&stage->collector, 0), 30);
    assert_int_equal(contiguous(&stage->collector, 1), 3);
    assert_int_equal(spool_stats(stage->spool).disk_bytes, 0);
}

static void a_probe_whom_the_acl_does_not_know_keeps_its_reports(void **state)
{
    struct stage *stage = stage_of(state);
    start_collector(stage);
    start_probe(stage, 'a', "stranger");
    TURN_UNTIL(stage, exporter_stats(stage->exporter).connections == 1);
    enqueue(stage, 'a', 5);
    TURN_UNTIL(stage, exporter_stats(stage->exporter).refused >= 5);
    struct exporter_stats stats = exporter_stats(stage->exporter);
    assert_int_equal(stats.state, BUS_NOT_AUTHORISED);
    assert_int_equal(held(stage), 5);
    for (int i = 0; i < 100; i++)
        turn(stage); /* it does not hammer */
    assert_int_equal(exporter_stats(stage->exporter).sent_live +
                         exporter_stats(stage->exporter).sent_backlog,
                     stats.sent_live + stats.sent_backlog);
    assert_int_equal(contiguous(&stage->collector, 0), 0);
}

static void the_state_topic_says_online_and_offline(void **state)
{
    struct stage *stage = stage_of(state);
    start_collector(stage);
    start_probe(stage, 'a', PROBE);
    TURN_UNTIL(stage,
               strcmp(stage->collector.state_text, "online 61616161616161616161616161616161") == 0);
    assert_int_equal(shutdown(exporter_fd(stage->exporter), SHUT_RDWR), 0); /* its will */
    TURN_UNTIL(stage, strcmp(stage->collector.state_text, "offline") == 0);
    TURN_UNTIL(stage, strncmp(stage->collector.state_text, "online", 6) == 0);
    stop_probe(stage); /* its own word */
    TURN_UNTIL(stage, strcmp(stage->collector.state_text, "offline") == 0);
    bus_free(stage->collector.bus);
    memset(&stage->collector, 0, sizeof stage->collector);
    start_collector(stage);
    TURN_UNTIL(stage, strcmp(stage->collector.state_text, "offline") == 0);
    assert_true(stage->collector.state_retained);
}

static void a_receipt_that_is_none_frees_nothing(void **state)
{
    struct stage *stage = stage_of(state);
    stage->collector.silent = true;
    start_collector(stage);
    start_probe(stage, 'a', PROBE);
    enqueue(stage, 'a', 2);
    TURN_UNTIL(stage, exporter_stats(stage->exporter).accepted == 2);
    char topic[TOPIC_BYTES];
    int message_id = 0;
    assert_int_equal(topic_build(OPERATOR, PROBE, TOPIC_RECEIPT, topic), 0);
    assert_int_equal(bus_publish(stage->collector.bus, topic, "\xff", 1, true, &message_id), 0);
    TURN_UNTIL(stage, exporter_stats(stage->exporter).bad_receipts == 1);
    assert_int_equal(held(stage), 2);
}

static void backlog_is_sent_at_a_bounded_rate(void **state)
{
    struct stage *stage = stage_of(state);
    start_collector(stage);
    start_probe(stage, 'a', PROBE);
    enqueue(stage, 'a', 200);
    stop_probe(stage);
    const struct bus_options bus_options = bus_options_of(stage, PROBE, "secret");
    struct exporter_options options = {
        .operator_name = OPERATOR, .probe_name = PROBE, .bus = &bus_options, .backlog_per_s = 50};
    start_probe(stage, 'b', PROBE);
    exporter_free(stage->exporter);
    stage->exporter = exporter_new(&options, stage->spool);
    assert_non_null(stage->exporter);
    TURN_UNTIL(stage, stage->collector.backlog > 0);
    uint64_t begin_ns = clock_mono_ns();
    TURN_UNTIL(stage, stage->collector.backlog == 200);
    uint64_t took_ns = clock_mono_ns() - begin_ns;
    assert_true(took_ns >= 2 * CLOCK_NS_PER_S); /* 50 at once, 150 at 50 a second */
    assert_true(took_ns <= 6 * CLOCK_NS_PER_S);
}

static void a_name_that_is_none_is_refused(void **state)
{
    (void)state;
    const struct bus_options bus_options = {
        .host = "127.0.0.1", .port = 1883, .client_id = "x", .keepalive_s = 30};
    struct exporter_options options = {
        .operator_name = OPERATOR, .probe_name = "#", .bus = &bus_options};
    assert_null(exporter_new(&options, NULL));
    assert_int_equal(errno, EINVAL);
    options.probe_name = PROBE;
    options.in_flight_max = EXPORTER_IN_FLIGHT_MAX + 1;
    assert_null(exporter_new(&options, NULL));
    assert_int_equal(errno, EINVAL);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, set_stage, clear_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(live_reports_arrive_once_and_their_receipt_frees_the_spool),
        ON_STAGE(a_broker_killed_and_restarted_under_load_loses_nothing),
        ON_STAGE(what_was_acknowledged_but_never_receipted_is_sent_again),
        ON_STAGE(reports_of_an_earlier_boot_go_as_backlog_behind_live_ones),
        ON_STAGE(a_probe_whom_the_acl_does_not_know_keeps_its_reports),
        ON_STAGE(the_state_topic_says_online_and_offline),
        ON_STAGE(a_receipt_that_is_none_frees_nothing),
        ON_STAGE(backlog_is_sent_at_a_bounded_rate),
        cmocka_unit_test(a_name_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
