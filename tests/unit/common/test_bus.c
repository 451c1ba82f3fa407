/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bus against a real broker on loopback. Waiting is polling with a deadline, never sleeping.
 */
#include "common/bus.h"

#include "common/clock.h"
#include "common/log.h"
#include "tests/support/broker.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/free_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_NS (10 * CLOCK_NS_PER_S)
#define TOPIC       "lastmile/1/1/cu/p/report"
#define OTHER_TOPIC "lastmile/1/1/cu/other/report"
#define ANSWERS_MAX 256

/* The library's own, which can be out of memory. */
struct mosquitto;
struct mqtt5__property;
int __real_mosquitto_subscribe_v5(struct mosquitto *session, int *id, const char *topic, int qos,
                                  int options, const struct mqtt5__property *properties);
int __wrap_mosquitto_subscribe_v5(struct mosquitto *session, int *id, const char *topic, int qos,
                                  int options, const struct mqtt5__property *properties);

static bool subscribing_fails;

int __wrap_mosquitto_subscribe_v5(struct mosquitto *session, int *id, const char *topic, int qos,
                                  int options, const struct mqtt5__property *properties)
{
    if (!subscribing_fails)
        return __real_mosquitto_subscribe_v5(session, id, topic, qos, options, properties);
    subscribing_fails = false; /* the next one may */
    return 1;                  /* MOSQ_ERR_NOMEM */
}

/* What a bus has told. */
struct ear {
    struct bus *bus;
    bool seen[BUS_STATES];
    unsigned messages;
    char topic[64];
    char payload[64];
    bool retained;
    unsigned accepted, refused;
    int reason;
};

static void hear_message(void *ctx, const char *topic, const void *payload, size_t length,
                         bool retained)
{
    struct ear *ear = ctx;
    ear->messages++;
    ear->retained = retained;
    (void)snprintf(ear->topic, sizeof ear->topic, "%s", topic);
    (void)snprintf(ear->payload, sizeof ear->payload, "%.*s", (int)length, (const char *)payload);
}

static void hear_state(void *ctx, enum bus_state state)
{
    ((struct ear *)ctx)->seen[state] = true;
}

static void hear_published(void *ctx, int message_id, bool accepted, int reason)
{
    (void)message_id;
    struct ear *ear = ctx;
    ear->accepted += accepted;
    ear->refused += !accepted;
    ear->reason = reason;
}

static struct bus_options options_of(int port, const char *name, const char *password)
{
    return (struct bus_options){.host = "127.0.0.1",
                                .port = port,
                                .client_id = name,
                                .username = name,
                                .password = password,
                                .keepalive_s = 30,
                                .reconnect_min_ms = 20,
                                .reconnect_max_ms = 200};
}

static struct ear *ear_new(const struct bus_options *options)
{
    struct ear *ear = calloc(1, sizeof *ear);
    assert_non_null(ear);
    const struct bus_handlers handlers = {
        .message = hear_message, .state = hear_state, .published = hear_published, .ctx = ear};
    ear->bus = bus_new(options, &handlers);
    assert_non_null(ear->bus);
    return ear;
}

static void ear_free(struct ear *ear)
{
    bus_free(ear->bus);
    free(ear);
}

/* No turn may wait for anybody. An emulated handshake computes for a second by itself. */
static uint64_t turn_ns(void)
{
    return (getenv("LASTMILE_EMULATED") ? 20 : 1) * CLOCK_NS_PER_S;
}

/* One turn of a poll loop. */
static void turn(struct ear *ear)
{
    struct pollfd poll_fd = {.fd = bus_fd(ear->bus), .events = POLLIN};
    if (bus_wants_write(ear->bus))
        poll_fd.events |= POLLOUT;
    (void)poll(&poll_fd, 1, 5);
    bool broken = poll_fd.revents & (POLLERR | POLLHUP);
    uint64_t before_ns = clock_mono_ns();
    bus_service(ear->bus, before_ns, broken || (poll_fd.revents & POLLIN),
                poll_fd.revents & POLLOUT);
    assert_true(clock_mono_ns() - before_ns < turn_ns()); /* whatever happens out there */
}

#define TURN_UNTIL(ear, condition)                                                                 \
    do {                                                                                           \
        uint64_t begin_ns = clock_mono_ns();                                                       \
        while (!(condition)) {                                                                     \
            if (clock_mono_ns() - begin_ns > DEADLINE_NS)                                          \
                fail_msg("never came about: %s", #condition);                                      \
            turn(ear);                                                                             \
        }                                                                                          \
    } while (0)

static void add_users(struct broker *broker)
{
    broker_add_user(broker, "p", "secret",
                    "topic write lastmile/1/1/cu/p/report\n"
                    "topic read lastmile/1/1/cu/p/receipt\n");
    broker_add_user(broker, "collector", "secret2",
                    "topic read lastmile/1/#\n"
                    "topic write lastmile/1/+/+/+/receipt\n");
}

/* NULL where there is no broker to start: the tests then skip. */
static int start_broker(void **state)
{
    *state = NULL;
    if (!broker_is_installed())
        return 0;
    struct broker *broker = broker_new(false);
    add_users(broker);
    broker_start(broker);
    *state = broker;
    return 0;
}

#define SKIP_WITHOUT_BROKER(state)                                                                 \
    do {                                                                                           \
        if (!*(state))                                                                             \
            skip();                                                                                \
    } while (0)

static int end_broker(void **state)
{
    broker_free(*state);
    return 0;
}

static void publish(struct ear *ear, const char *topic, const char *payload)
{
    int message_id = 0;
    assert_int_equal(bus_publish(ear->bus, topic, payload, strlen(payload), false, &message_id), 0);
    assert_true(message_id > 0);
}

static void a_published_message_is_acknowledged_and_arrives(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct bus_options options = options_of(broker_port(*state), "collector", "secret2");
    struct ear *collector = ear_new(&options);
    assert_int_equal(bus_subscribe(collector->bus, "lastmile/1/+/+/+/report"), 0);
    TURN_UNTIL(collector, bus_state(collector->bus) == BUS_CONNECTED);
    options = options_of(broker_port(*state), "p", "secret");
    struct ear *probe = ear_new(&options);
    int message_id = 0;
    assert_int_equal(bus_publish(probe->bus, TOPIC, "x", 1, false, &message_id), -ENOTCONN);
    TURN_UNTIL(probe, bus_is_connected(probe->bus));
    for (int i = 0; i < 20; i++)
        turn(collector); /* its subscription is through */
    publish(probe, TOPIC, "hello");
    TURN_UNTIL(probe, probe->accepted == 1);
    TURN_UNTIL(collector, collector->messages == 1);
    assert_string_equal(collector->topic, TOPIC);
    assert_string_equal(collector->payload, "hello");
    ear_free(probe);
    ear_free(collector);
}

static void a_topic_that_the_acl_refuses_is_reason_135_and_a_state(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct bus_options options = options_of(broker_port(*state), "p", "secret");
    struct ear *probe = ear_new(&options);
    TURN_UNTIL(probe, bus_is_connected(probe->bus));
    publish(probe, OTHER_TOPIC, "forged");
    TURN_UNTIL(probe, probe->refused == 1);
    assert_int_equal(probe->reason, 135);
    assert_int_equal(bus_state(probe->bus), BUS_NOT_AUTHORISED);
    assert_true(bus_is_connected(probe->bus));
    publish(probe, TOPIC, "own");
    TURN_UNTIL(probe, probe->accepted == 1);
    assert_int_equal(bus_state(probe->bus), BUS_CONNECTED);
    ear_free(probe);
}

static void who_cannot_subscribe_for_want_of_memory_tries_again(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct bus_options options = options_of(broker_port(*state), "collector", "secret2");
    struct ear *collector = ear_new(&options);
    assert_int_equal(bus_subscribe(collector->bus, "lastmile/1/+/+/+/receipt"), 0);
    subscribing_fails = true;
    TURN_UNTIL(collector, bus_is_connected(collector->bus));
    assert_false(subscribing_fails);
    assert_true(collector->seen[BUS_DISCONNECTED]);
    publish(collector, "lastmile/1/1/cu/p/receipt", "to itself");
    TURN_UNTIL(collector, collector->messages == 1);
    ear_free(collector);
}

static void a_wrong_password_is_a_refused_login(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct bus_options options = options_of(broker_port(*state), "p", "wrong");
    struct ear *probe = ear_new(&options);
    TURN_UNTIL(probe, bus_state(probe->bus) == BUS_LOGIN_REFUSED);
    assert_false(bus_is_connected(probe->bus));
    assert_non_null(strstr(bus_state_remedy(BUS_LOGIN_REFUSED), "password"));
    for (int i = 0; i < 50; i++)
        turn(probe); /* tries on, and says nothing else */
    assert_int_equal(bus_state(probe->bus), BUS_LOGIN_REFUSED);
    assert_false(probe->seen[BUS_CONNECTED]);
    ear_free(probe);
}

static void a_broker_that_comes_later_is_found(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct broker *broker = *state;
    broker_kill(broker);
    struct bus_options options = options_of(broker_port(broker), "p", "secret");
    struct ear *probe = ear_new(&options);
    TURN_UNTIL(probe, bus_state(probe->bus) == BUS_CONNECTION_REFUSED);
    broker_start(broker);
    TURN_UNTIL(probe, bus_state(probe->bus) == BUS_CONNECTED);
    ear_free(probe);
}

static void after_a_broker_was_killed_subscriptions_are_made_again(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct broker *broker = *state;
    struct bus_options options = options_of(broker_port(broker), "collector", "secret2");
    struct ear *collector = ear_new(&options);
    assert_int_equal(bus_subscribe(collector->bus, "lastmile/1/#"), 0);
    for (unsigned round = 1; round <= 3; round++) {
        TURN_UNTIL(collector, bus_is_connected(collector->bus));
        publish(collector, "lastmile/1/1/cu/p/receipt", "r");
        TURN_UNTIL(collector, collector->messages == round);
        broker_kill(broker);
        TURN_UNTIL(collector, !bus_is_connected(collector->bus));
        assert_true(collector->seen[BUS_DISCONNECTED]);
        broker_start(broker);
    }
    ear_free(collector);
}

static void the_will_speaks_when_the_connection_is_cut(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct bus_options options = options_of(broker_port(*state), "collector", "secret2");
    struct ear *collector = ear_new(&options);
    assert_int_equal(bus_subscribe(collector->bus, TOPIC), 0);
    TURN_UNTIL(collector, bus_is_connected(collector->bus));
    options = options_of(broker_port(*state), "p", "secret");
    options.will_topic = TOPIC;
    options.will_payload = "gone";
    options.will_length = 4;
    struct ear *probe = ear_new(&options);
    TURN_UNTIL(probe, bus_is_connected(probe->bus));
    for (int i = 0; i < 20; i++)
        turn(collector);
    assert_int_equal(shutdown(bus_fd(probe->bus), SHUT_RDWR), 0);
    TURN_UNTIL(collector, collector->messages == 1);
    assert_string_equal(collector->payload, "gone");
    TURN_UNTIL(probe, !bus_is_connected(probe->bus));
    ear_free(probe);
    ear_free(collector);
}

/* A listener that takes connections and says nothing. */
static int mute_listener(int *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

static void a_broker_that_says_nothing_is_given_up_after_20_seconds(void **state)
{
    (void)state;
    int port = 0;
    int fd = mute_listener(&port);
    struct bus_options options = options_of(port, "p", "secret");
    struct ear *probe = ear_new(&options);
    uint64_t now_ns = CLOCK_NS_PER_S;
    bus_service(probe->bus, now_ns, false, false);
    for (int second = 0; second <= 20; second++)
        bus_service(probe->bus, now_ns + (uint64_t)second * CLOCK_NS_PER_S, false, true);
    assert_int_equal(bus_state(probe->bus), BUS_CONNECTING);
    bus_service(probe->bus, now_ns + 21 * CLOCK_NS_PER_S, false, true);
    assert_int_equal(bus_state(probe->bus), BUS_UNREACHABLE);
    ear_free(probe);
    (void)close(fd);
}

/* Takes and closes what has connected; how many that were. */
static unsigned hang_up(int listener)
{
    unsigned count = 0;
    for (int fd = accept(listener, NULL, NULL); fd >= 0; fd = accept(listener, NULL, NULL)) {
        (void)close(fd);
        count++;
    }
    return count;
}

/* Ten hours of a clock of our own: at most 300 seconds between two tries, 150 on average. */
static void tries_become_rare_and_differ_between_probes(void **state)
{
    (void)state;
    enum { PROBES = 5, SECONDS = 36000 };
    unsigned tries[PROBES] = {0};
    unsigned differing = 0;
    int port = 0;
    int listener = mute_listener(&port);
    struct bus_options options = options_of(port, "p", "secret");
    options.reconnect_min_ms = options.reconnect_max_ms = 0; /* as in the field */
    for (int i = 0; i < PROBES; i++) {
        struct ear *probe = ear_new(&options);
        for (uint64_t second = 1; second <= SECONDS; second++) {
            bus_service(probe->bus, second * CLOCK_NS_PER_S, true, true);
            tries[i] += hang_up(listener);
        }
        assert_in_range(tries[i], SECONDS / 300, SECONDS / 75);
        differing += tries[i] != tries[0];
        ear_free(probe);
    }
    assert_true(differing > 0);
    (void)close(listener);
}

static int start_tls_broker(void **state)
{
    *state = NULL;
    if (!broker_is_installed())
        return 0;
    struct broker *broker = broker_new(true);
    add_users(broker);
    broker_start(broker);
    *state = broker;
    return 0;
}

static void tls_connects_to_a_broker_whose_authority_is_known(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct bus_options options = options_of(broker_port(*state), "p", "secret");
    options.host = "127.0.0.1";
    options.ca_file = broker_ca(*state);
    struct ear *probe = ear_new(&options);
    TURN_UNTIL(probe, bus_is_connected(probe->bus));
    publish(probe, TOPIC, "sealed");
    TURN_UNTIL(probe, probe->accepted == 1);
    ear_free(probe);
}

/* A line that names a state is said once, and holds its remedy. */
struct said {
    const char *name, *remedy;
    unsigned names, remedies;
};

static void count_said(void *ctx, enum log_level level, const char *room, const char *line)
{
    (void)level;
    (void)room;
    struct said *said = ctx;
    said->names += strstr(line, said->name) == line;
    said->remedies += strstr(line, said->remedy) != NULL;
}

/* Tries a few times; the state is this one and no other, and it is said once. */
static void expect_fault(const struct bus_options *options, enum bus_state state)
{
    struct said said = {.name = bus_state_name(state), .remedy = bus_state_remedy(state)};
    log_set_handler(count_said, &said);
    struct ear *probe = ear_new(options);
    TURN_UNTIL(probe, bus_state(probe->bus) == state);
    for (int i = 0; i < 100; i++)
        turn(probe);
    assert_int_equal(bus_state(probe->bus), state);
    for (int other = 0; other < BUS_STATES; other++) {
        /* the first alert of all may be lost when the broker resets the connection behind it */
        bool may_precede = state == BUS_CERTIFICATE_REFUSED && other == BUS_TLS_FAILED;
        if (probe->seen[other] && other != (int)state && !may_precede)
            fail_msg("%s was said, too", bus_state_name((enum bus_state)other));
    }
    ear_free(probe);
    log_set_handler(NULL, NULL);
    assert_int_equal(said.names, 1);
    assert_int_equal(said.remedies, 1);
}

static void each_fault_of_tls_has_its_own_state_said_once_with_its_remedy(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct broker *broker = *state;
    struct broker *stranger = broker_new(true);
    char missing[512];
    (void)snprintf(missing, sizeof missing, "%s/none.crt", broker_folder(broker));
    const struct {
        const char *host, *ca_file;
        enum broker_certificate certificate;
        enum bus_state state;
    } cases[] = {
        {"127.0.0.1", broker_ca(stranger), BROKER_CERTIFICATE_GOOD, BUS_CA_UNKNOWN},
        {"127.1", broker_ca(broker), BROKER_CERTIFICATE_GOOD, BUS_HOST_MISMATCH},
        {"127.0.0.1", missing, BROKER_CERTIFICATE_GOOD, BUS_TLS_FAILED},
        {"127.0.0.1", broker_ca(broker), BROKER_CERTIFICATE_EXPIRED, BUS_CERTIFICATE_EXPIRED},
        {"127.0.0.1", broker_ca(broker), BROKER_CERTIFICATE_OF_TOMORROW, BUS_CLOCK_WRONG},
        {"127.0.0.1", broker_ca(broker), BROKER_ASKS_FOR_OURS, BUS_CERTIFICATE_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        broker_kill(broker);
        broker_set_certificate(broker, cases[i].certificate);
        broker_start(broker);
        struct bus_options options = options_of(broker_port(broker), "p", "secret");
        options.host = cases[i].host;
        options.ca_file = cases[i].ca_file;
        expect_fault(&options, cases[i].state);
    }
    broker_free(stranger);
}

static void a_refused_certificate_is_named_soon_though_the_backoff_is_minutes(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct broker *broker = *state;
    broker_kill(broker);
    broker_set_certificate(broker, BROKER_ASKS_FOR_OURS);
    broker_start(broker);
    struct bus_options options = options_of(broker_port(broker), "p", "secret");
    options.ca_file = broker_ca(broker);
    options.reconnect_min_ms = options.reconnect_max_ms = 3600000; /* a try by chance: never */
    for (int i = 0; i < 20; i++) {
        struct ear *probe = ear_new(&options);
        TURN_UNTIL(probe, bus_state(probe->bus) == BUS_CERTIFICATE_REFUSED);
        ear_free(probe);
    }
}

static void a_certificate_that_was_renewed_is_taken_without_a_restart(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct broker *broker = *state;
    broker_kill(broker);
    broker_set_certificate(broker, BROKER_CERTIFICATE_EXPIRED);
    broker_start(broker);
    struct bus_options options = options_of(broker_port(broker), "p", "secret");
    options.ca_file = broker_ca(broker);
    struct ear *probe = ear_new(&options);
    TURN_UNTIL(probe, bus_state(probe->bus) == BUS_CERTIFICATE_EXPIRED);
    broker_kill(broker);
    broker_set_certificate(broker, BROKER_CERTIFICATE_GOOD);
    broker_start(broker);
    TURN_UNTIL(probe, bus_state(probe->bus) == BUS_CONNECTED);
    ear_free(probe);
}

static void faults_below_tls_have_their_own_states_too(void **state)
{
    (void)state;
    struct bus_options options = options_of(free_port(SOCK_STREAM), "p", "secret");
    expect_fault(&options, BUS_CONNECTION_REFUSED);
    options.host = "no-such-host.invalid"; /* RFC 6761: has no address, ever */
    expect_fault(&options, BUS_UNRESOLVED);
}

static void a_port_that_speaks_no_tls_is_a_failed_handshake(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    struct broker *stranger = broker_new(true);
    struct bus_options options = options_of(broker_port(*state), "p", "secret");
    struct ear *plain = ear_new(&options);
    TURN_UNTIL(plain, bus_is_connected(plain->bus)); /* it listens */
    ear_free(plain);
    options.ca_file = broker_ca(stranger);
    expect_fault(&options, BUS_TLS_FAILED);
    broker_free(stranger);
}

static unsigned secrets_logged;

static void look_for_secrets(void *ctx, enum log_level level, const char *room, const char *line)
{
    (void)ctx;
    (void)level;
    (void)room;
    secrets_logged += strstr(line, "pa55word") != NULL;
}

static void a_password_is_never_logged(void **state)
{
    SKIP_WITHOUT_BROKER(state);
    secrets_logged = 0;
    log_set_level(LOG_LEVEL_DEBUG);
    log_set_handler(look_for_secrets, NULL);
    struct bus_options options = options_of(broker_port(*state), "p", "pa55word");
    struct ear *probe = ear_new(&options);
    TURN_UNTIL(probe, bus_state(probe->bus) == BUS_LOGIN_REFUSED);
    ear_free(probe);
    log_set_handler(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
    assert_int_equal(secrets_logged, 0);
}

static void options_that_cannot_work_are_refused(void **state)
{
    (void)state;
    const struct bus_handlers none = {.ctx = NULL};
    struct bus_options options = options_of(1883, "p", "secret");
    options.port = 0;
    assert_null(bus_new(&options, &none));
    assert_int_equal(errno, EINVAL);
    options = options_of(1883, NULL, "secret");
    assert_null(bus_new(&options, &none));
    options = options_of(1883, "p", "secret");
    options.keepalive_s = 1;
    assert_null(bus_new(&options, &none));
    options.host = NULL;
    assert_null(bus_new(&options, &none));
}

#define WITH_BROKER(test) cmocka_unit_test_setup_teardown(test, start_broker, end_broker)
#define WITH_TLS(test)    cmocka_unit_test_setup_teardown(test, start_tls_broker, end_broker)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BROKER(a_published_message_is_acknowledged_and_arrives),
        WITH_BROKER(a_topic_that_the_acl_refuses_is_reason_135_and_a_state),
        WITH_BROKER(who_cannot_subscribe_for_want_of_memory_tries_again),
        WITH_BROKER(a_wrong_password_is_a_refused_login),
        WITH_BROKER(a_broker_that_comes_later_is_found),
        WITH_BROKER(after_a_broker_was_killed_subscriptions_are_made_again),
        WITH_BROKER(the_will_speaks_when_the_connection_is_cut),
        WITH_TLS(tls_connects_to_a_broker_whose_authority_is_known),
        WITH_TLS(each_fault_of_tls_has_its_own_state_said_once_with_its_remedy),
        WITH_TLS(a_refused_certificate_is_named_soon_though_the_backoff_is_minutes),
        WITH_TLS(a_certificate_that_was_renewed_is_taken_without_a_restart),
        WITH_BROKER(a_port_that_speaks_no_tls_is_a_failed_handshake),
        cmocka_unit_test(faults_below_tls_have_their_own_states_too),
        WITH_BROKER(a_password_is_never_logged),
        cmocka_unit_test(a_broker_that_says_nothing_is_given_up_after_20_seconds),
        cmocka_unit_test(tries_become_rare_and_differ_between_probes),
        cmocka_unit_test(options_that_cannot_work_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
