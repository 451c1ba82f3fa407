/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a registry through the rules to what a broker, a program and a web server were told. The
 * server answers on loopback, in a thread of the test.
 */
#include "collector/alert/watch.h"
#include "collector/registry/probe_health.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define S           CLOCK_NS_PER_S
#define DEADLINE_NS (20 * S)
#define START       fixture_time_ns(2026, 3, 1, 0, 0)

struct server {
    int fd;
    pthread_t thread;
    char url[64];
    unsigned failures;  /* answers 503 so often first */
    atomic_uint served; /* counted before the answer is sent */
    char body[8192];    /* of the last request */
};

struct bench {
    char *folder;
    struct registry *registry;
    struct watch *watch;
    struct alert_time now;
    struct server server;
    bool connected;
    unsigned published;
    char topic[256], message[2048];
};

static void answer(struct server *server, int fd)
{
    char text[8192] = "";
    size_t length = 0;
    size_t wanted = sizeof text;
    char *body = NULL;
    while (length < wanted && length < sizeof text - 1) {
        ssize_t got = recv(fd, text + length, sizeof text - 1 - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
        text[length] = '\0';
        body = strstr(text, "\r\n\r\n");
        const char *size = strstr(text, "Content-Length: ");
        if (body && size)
            wanted = (size_t)(body + 4 - text) + strtoul(size + 16, NULL, 10);
    }
    bool failing = server->failures > 0;
    server->failures -= failing;
    const char *reply = failing ? "HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n"
                                : "HTTP/1.1 200 ok\r\nContent-Length: 0\r\n\r\n";
    if (!failing && body)
        (void)snprintf(server->body, sizeof server->body, "%s", body + 4);
    atomic_fetch_add(&server->served, 1);
    (void)!send(fd, reply, strlen(reply), MSG_NOSIGNAL);
}

static void *serve(void *ctx)
{
    struct server *server = ctx;
    for (int fd; (fd = accept(server->fd, NULL, NULL)) >= 0;) {
        answer(server, fd);
        (void)close(fd);
    }
    return NULL;
}

static void start_server(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->fd, 8), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/alerts",
                   ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static bool publish(void *ctx, const char *topic, const char *payload, size_t length)
{
    struct bench *bench = ctx;
    if (!bench->connected)
        return false;
    bench->published++;
    (void)snprintf(bench->topic, sizeof bench->topic, "%s", topic);
    (void)snprintf(bench->message, sizeof bench->message, "%.*s", (int)length, payload);
    return true;
}

static void open_watch(struct bench *bench, const char *hook, const char *url)
{
    struct watch_options options = {
        .registry = bench->registry,
        .sinks = {.hook = hook, .webhook_url = url, .publish = publish, .ctx = bench}};
    memcpy(options.limits, alert_limits_default, sizeof options.limits);
    watch_free(bench->watch);
    bench->watch = watch_new(&options);
    assert_non_null(bench->watch);
}

static int start(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->folder = temp_folder_new();
    bench->registry = registry_open(":memory:");
    assert_non_null(bench->registry);
    bench->connected = true;
    bench->now = (struct alert_time){clock_mono_ns(), START + FIXTURE_INTERVAL_NS};
    start_server(&bench->server);
    assert_true(fixture_commit(bench->registry, fixture_report("p1", 1, 1, START)));
    *state = bench;
    return 0;
}

static int stop(void **state)
{
    struct bench *bench = *state;
    watch_free(bench->watch);
    (void)shutdown(bench->server.fd, SHUT_RDWR);
    (void)pthread_join(bench->server.thread, NULL);
    (void)close(bench->server.fd);
    registry_close(bench->registry);
    temp_folder_remove(bench->folder);
    free(bench);
    return 0;
}

/* Time passes, in steps of half a minute; deliveries get real time to end. */
static void pass(struct bench *bench, uint64_t seconds)
{
    for (uint64_t passed = 0; passed < seconds; passed += 30) {
        uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
        bench->now.mono_ns += 30 * S;
        bench->now.unix_ns += 30 * S;
        while (watch_service(bench->watch, &bench->now, true) && clock_mono_ns() < end_ns)
            (void)poll(NULL, 0, 5);
    }
}

static size_t in_force(struct bench *bench)
{
    struct stored_alert *list = NULL;
    size_t count = 0;
    assert_int_equal(registry_list_alerts(bench->registry, &list, &count), 0);
    free(list);
    return count;
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void a_probe_that_falls_silent_is_told_by_mqtt_and_kept(void **state)
{
    struct bench *bench = *state;
    open_watch(bench, "", "");
    pass(bench, 600);
    assert_int_equal(bench->published, 0);
    pass(bench, 600);
    assert_int_equal(bench->published, 1);
    assert_string_equal(bench->topic, "lastmile/1/alert/cu/p1/probe-silent");
    json_t *json = json_loads(bench->message, 0, NULL);
    assert_string_equal(text_of(json, "state"), "firing");
    assert_string_equal(text_of(json, "probe"), "p1");
    json_decref(json);
    assert_int_equal(in_force(bench), 1);
    assert_true(fixture_commit(
        bench->registry, fixture_report("p1", 1, 2, bench->now.unix_ns - FIXTURE_INTERVAL_NS)));
    pass(bench, 120);
    assert_int_equal(bench->published, 2);
    assert_non_null(strstr(bench->message, "resolved"));
    assert_int_equal(in_force(bench), 0);
}

static void a_broker_that_is_away_gets_it_when_it_is_back(void **state)
{
    struct bench *bench = *state;
    open_watch(bench, "", "");
    bench->connected = false;
    pass(bench, 7200);
    assert_int_equal(bench->published, 0);
    bench->connected = true;
    pass(bench, 60);
    assert_int_equal(bench->published, 1);
}

static void a_webhook_gets_what_alertmanager_would_send(void **state)
{
    struct bench *bench = *state;
    open_watch(bench, "", bench->server.url);
    pass(bench, 1200);
    assert_int_equal(atomic_load(&bench->server.served), 1);
    json_error_t error;
    json_t *json = json_loads(bench->server.body, 0, &error);
    assert_non_null(json);
    assert_string_equal(text_of(json, "version"), "4");
    assert_string_equal(text_of(json, "status"), "firing");
    json_t *alert = json_array_get(json_object_get(json, "alerts"), 0);
    json_t *labels = json_object_get(alert, "labels");
    assert_string_equal(text_of(labels, "alertname"), "probe-silent");
    assert_string_equal(text_of(labels, "operator"), "cu");
    assert_string_equal(text_of(alert, "endsAt"), "0001-01-01T00:00:00Z");
    assert_true(strlen(text_of(alert, "startsAt")) > 0);
    json_decref(json);
}

static void a_webhook_that_is_down_is_tried_again(void **state)
{
    struct bench *bench = *state;
    bench->server.failures = 3;
    open_watch(bench, "", bench->server.url);
    pass(bench, 1200);
    assert_int_equal(atomic_load(&bench->server.served), 4);
    assert_non_null(strstr(bench->server.body, "probe-silent"));
}

static void a_hook_gets_the_words_and_the_json_and_no_environment_of_ours(void **state)
{
    struct bench *bench = *state;
    char path[512];
    char line[4096] = "";
    (void)snprintf(path, sizeof path, "%s/hook", bench->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file,
                  "#!/bin/sh\n{ echo \"$LASTMILE_ALERT $LASTMILE_STATE $LASTMILE_PROBE $SECRET\";"
                  " cat; } >%s/told\n",
                  bench->folder);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(setenv("SECRET", "do not tell", 1), 0);
    open_watch(bench, path, "");
    pass(bench, 1200);
    (void)snprintf(path, sizeof path, "%s/told", bench->folder);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "probe-silent firing p1 \n");
    assert_non_null(fgets(line, sizeof line, file));
    json_t *json = json_loads(line, 0, NULL);
    assert_string_equal(text_of(json, "alert"), "probe-silent");
    json_decref(json);
    assert_int_equal(fclose(file), 0);
}

static void a_hook_that_is_not_there_stops_nothing_else(void **state)
{
    struct bench *bench = *state;
    open_watch(bench, "/nowhere/hook", bench->server.url);
    pass(bench, 1200);
    assert_int_equal(bench->published, 1);
    assert_int_equal(atomic_load(&bench->server.served), 1);
}

static void a_restart_tells_again_what_is_in_force_and_not_that_it_began(void **state)
{
    struct bench *bench = *state;
    open_watch(bench, "", "");
    pass(bench, 1200);
    char first[sizeof bench->message];
    memcpy(first, bench->message, sizeof first);
    open_watch(bench, "", "");
    pass(bench, 1200);
    assert_int_equal(bench->published, 2);
    json_t *before = json_loads(first, 0, NULL);
    json_t *after = json_loads(bench->message, 0, NULL);
    assert_string_equal(text_of(before, "since"), text_of(after, "since"));
    json_decref(before);
    json_decref(after);
}

static void an_address_that_is_none_is_refused(void **state)
{
    struct bench *bench = *state;
    struct watch_options options = {.registry = bench->registry,
                                    .sinks = {.hook = "", .webhook_url = "file:///etc/passwd"}};
    assert_null(watch_new(&options));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_probe_that_falls_silent_is_told_by_mqtt_and_kept),
        CASE(a_broker_that_is_away_gets_it_when_it_is_back),
        CASE(a_webhook_gets_what_alertmanager_would_send),
        CASE(a_webhook_that_is_down_is_tried_again),
        CASE(a_hook_gets_the_words_and_the_json_and_no_environment_of_ours),
        CASE(a_hook_that_is_not_there_stops_nothing_else),
        CASE(a_restart_tells_again_what_is_in_force_and_not_that_it_began),
        CASE(an_address_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
