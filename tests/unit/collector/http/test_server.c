/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The server on real sockets of loopback. Clients bind to addresses of 127.0.0.0/8, so that limits
 * per address can be told apart.
 */
#include "collector/http/http_server.h"
#include "collector/http/listen.h"

#include "common/clock.h"

#include "tests/support/fake_site.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES (1 << 20)

static struct fake_site fake;
static struct http_server *server;
static char answer[ANSWER_BYTES + 1];

static int start_with(unsigned connections, unsigned per_address, unsigned timeout_s)
{
    if (!fake_site_open(&fake, 2000))
        return -1;
    const struct http_options options = {"127.0.0.1", 0,         connections, per_address,
                                         timeout_s,   fake.gate, NULL,        NULL};
    server = http_server_new(&options, fake.site);
    if (server)
        fake.site = NULL;
    return server ? 0 : -1;
}

static int start(void **state)
{
    (void)state;
    return start_with(256, 32, 10);
}

static int start_impatient(void **state)
{
    (void)state;
    return start_with(256, 64, 1);
}

static int stop(void **state)
{
    (void)state;
    http_server_free(server);
    fake_site_close(&fake);
    return 0;
}

/* A connection from 127.0.0.<host>, or -1. */
static int connect_from(unsigned host)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u + host)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(http_server_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    return fd;
}

static void send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the server has closed: the test reads what it said */
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* Reads to the end of the stream, at most 5 s. */
static size_t read_answer(int fd)
{
    size_t length = 0;
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    while (length < ANSWER_BYTES && poll(&watched, 1, 5000) == 1) {
        ssize_t got = recv(fd, answer + length, ANSWER_BYTES - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    answer[length] = '\0';
    return length;
}

/* Status of one request on a connection of its own; 0 when there was no answer. */
static int ask_and(bool half_close, const char *request, size_t length)
{
    int fd = connect_from(9);
    assert_true(fd >= 0);
    send_all(fd, request, length);
    if (half_close)
        (void)shutdown(fd, SHUT_WR);
    (void)read_answer(fd);
    (void)close(fd);
    int status = 0;
    (void)sscanf(answer, "HTTP/1.1 %d", &status);
    return status;
}

/* What may be no request ends, so that the server waits for no more of it. */
static int ask(const char *request, size_t length)
{
    return ask_and(true, request, length);
}

static int ask_line(const char *method, const char *target)
{
    char request[4096];
    int length = snprintf(request, sizeof request,
                          "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, target);
    return ask_and(false, request, (size_t)length);
}

static const char *body_of_answer(void)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end ? end + 4 : "";
}

static void it_serves_the_page_with_the_headers_that_guard_it(void **state)
{
    (void)state;
    assert_int_equal(ask_line("GET", "/"), 200);
    assert_non_null(strstr(answer, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
    assert_non_null(strstr(answer, "\r\nContent-Security-Policy: default-src 'self'; "));
    assert_non_null(strstr(answer, "frame-ancestors 'none'"));
    assert_null(strstr(answer, "unsafe-"));
    assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(answer, "\r\nReferrer-Policy: same-origin\r\n"));
    assert_non_null(strstr(body_of_answer(), "</html>"));
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(server));
    assert_string_equal(http_server_url(server), url);
}

static void head_says_the_length_and_sends_no_body(void **state)
{
    (void)state;
    assert_int_equal(ask_line("HEAD", "/plain"), 200);
    assert_string_equal(body_of_answer(), "");
    const char *length = strstr(answer, "Content-Length: ");
    assert_non_null(length);
    assert_true(strtoul(length + 16, NULL, 10) > 10000);
}

static void other_methods_are_405_with_allow(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST",    "PUT",   "DELETE", "PATCH",
                                          "OPTIONS", "TRACE", "X"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        assert_int_equal(ask_line(methods[i], "/"), 405);
        assert_non_null(strstr(answer, "\r\nAllow: GET, HEAD\r\n"));
    }
    assert_int_equal(ask_line("POST", "/nothing"), 404);
}

static void no_spelling_of_a_path_leads_out(void **state)
{
    (void)state;
    static const char *const starts[] = {"/", "/assets/", "/api/v1/", "/assets", "//"};
    static const char *const steps[] = {
        "..",           "%2e%2e", "%2E.",         ".%2e",   "%252e%252e",
        "..%00",        "..;",    "%c0%ae%c0%ae", "..%5c",  "..\\",
        "%u002e%u002e", ".%00.",  "....//",       "%ff%ff", "..%0d%0a",
    };
    static const char *const ends[] = {"/etc/passwd", "%2fetc%2fpasswd", "/site.css",
                                       "\\etc\\passwd"};
    size_t tried = 0;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++)
            for (size_t m = 0; m < sizeof ends / sizeof ends[0]; m++) {
                char target[256];
                (void)snprintf(target, sizeof target, "%s%s/%s%s", starts[i], steps[k], steps[k],
                               ends[m]);
                assert_int_equal(ask_line("GET", target), 404);
                tried++;
            }
    assert_true(tried >= 200);
}

static void nothing_from_the_request_comes_back_in_a_header(void **state)
{
    (void)state;
    static const char *const targets[] = {
        "/plain?lang=en%0d%0aX-Evil:%20yes",
        "/plain?x-evil=yes",
        "/%0d%0aX-Evil:%20yes",
        "/api/v1/figures?format=csv%0aX-Evil:yes",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        int status = ask_line("GET", targets[i]);
        assert_true(status == 400 || status == 404);
        const char *found = strstr(answer, "Evil");
        assert_true(!found || found > body_of_answer());
        assert_null(strstr(answer, "X-Evil"));
    }
}

static void what_is_too_large_is_refused_and_the_server_lives(void **state)
{
    (void)state;
    static char request[200000];
    int length = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    memset(request + length, 'a', sizeof request - (size_t)length);
    int status = ask(request, sizeof request);
    assert_true(status == 0 || status == 431 || status == 413 || status == 400);

    memcpy(request, "GET /?a=", 8);
    memset(request + 8, 'b', 3000);
    static const char rest[] = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    memcpy(request + 3008, rest, sizeof rest - 1);
    assert_int_equal(ask(request, 3008 + sizeof rest - 1), 414);

    length = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 5000; i++)
        length += snprintf(request + length, sizeof request - (size_t)length, "A%d: b\r\n", i);
    status = ask(request, (size_t)length);
    assert_true(status == 0 || status == 431 || status == 413);

    length = snprintf(request, sizeof request, "GET /api/v1/plan HTTP/1.1\r\nHost: x\r\nX: ");
    memset(request + length, 'a', 20000);
    memcpy(request + length + 20000, "\r\n\r\n", 4);
    assert_int_equal(ask(request, (size_t)length + 20004), 431);
    assert_non_null(strstr(answer, "\r\nContent-Type: application/problem+json\r\n"));

    length = snprintf(request, sizeof request,
                      "GET /api/v1/plan HTTP/1.1\r\nHost: x\r\n"
                      "Content-Length: 70000\r\n\r\n");
    assert_int_equal(ask(request, (size_t)length), 413);
    assert_non_null(strstr(answer, "\"instance\": \"/api/v1/plan\""));
    assert_int_equal(ask_line("GET", "/healthz"), 200);
}

/* What the library refuses by itself, before it shows it to us, has a page of its own (README). */
static void every_refusal_of_ours_is_a_problem_document(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *line, *fields;
    } refused[] = {
        {404, "GET /nothing", ""},
        {404, "POST /nothing", "Content-Length: 3\r\n"},
        {404, "DELETE /nothing", ""},
        {404, "GET /assets/nothing", ""},
        {405, "DELETE /", ""},
        {405, "POST /assets/site.css", "Content-Length: 0\r\n"},
        {405, "PUT /api/v1/plan", "Transfer-Encoding: chunked\r\n"},
        {405, "X /login", ""},
        {406, "GET /api/v1/plan", "Accept: image/png\r\n"},
        {413, "GET /", "Content-Length: 700000\r\n"},
        {413, "POST /login", "Content-Length: 700000\r\n"},
        {413, "POST /login", "Content-Length: 18446744073709551615\r\n"},
        {400, "OPTIONS *", ""},
        {400, "CONNECT x:443", ""},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char request[512], status[32];
        int length = snprintf(request, sizeof request,
                              "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n",
                              refused[i].line, refused[i].fields);
        assert_int_equal(ask(request, (size_t)length), refused[i].status);
        assert_non_null(strstr(answer, "\r\nContent-Type: application/problem+json\r\n"));
        assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
        (void)snprintf(status, sizeof status, "\"status\": %d", refused[i].status);
        assert_non_null(strstr(body_of_answer(), status));
    }
}

static void a_form_that_grows_beyond_measure_is_too_large_whatever_was_announced(void **state)
{
    (void)state;
    static char request[40000];
    int length = snprintf(request, sizeof request,
                          "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n8000\r\n");
    memset(request + length, 'a', 0x8000);
    memcpy(request + length + 0x8000, "\r\n0\r\n\r\n", 7);
    assert_int_equal(ask(request, (size_t)length + 0x8000 + 7), 413);
    assert_non_null(strstr(answer, "\r\nContent-Type: application/problem+json\r\n"));
}

static void what_is_no_http_is_refused_and_the_server_lives(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        int status = ask(requests[i], strlen(requests[i]));
        assert_true(status == 0 || status >= 400);
    }
    uint64_t random = 42;
    for (unsigned round = 0; round < 200; round++) {
        char noise[64];
        for (size_t i = 0; i < sizeof noise; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            noise[i] = (char)(random >> 56);
        }
        int fd = connect_from(40 + round);
        assert_true(fd >= 0);
        send_all(fd, noise, sizeof noise);
        (void)close(fd);
    }
    assert_int_equal(ask_line("GET", "/healthz"), 200);
}

/* A proxy in front may have read them otherwise: what follows on the connection is nobody's
 * request. */
static void requests_whose_end_or_host_is_in_doubt_are_refused_and_end_the_connection(void **state)
{
    (void)state;
    static const char smuggled[] = "0\r\n\r\nGET /plain HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char *const fields[] = {
        "Host: x\r\nHost: y\r\n",
        "Host: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n",
        "Host: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
        "Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (unsigned post = 0; post < 2; post++) {
            char request[512];
            int length = snprintf(request, sizeof request, "%s HTTP/1.1\r\n%s\r\n%s",
                                  post ? "POST /login" : "GET /healthz", fields[i], smuggled);
            assert_int_equal(ask_and(false, request, (size_t)length), 400); /* ended, or it waits */
            assert_non_null(strstr(answer, "\r\nContent-Type: application/problem+json\r\n"));
            assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
            assert_null(strstr(body_of_answer(), "HTTP/1.1"));
        }
    assert_int_equal(ask_line("GET", "/healthz"), 200);
}

static void a_target_as_a_proxy_is_asked_is_understood(void **state)
{
    (void)state;
    assert_int_equal(ask_line("GET", "http://x/healthz"), 200);
    assert_int_equal(ask_line("GET", "HTTP://x:80/healthz?a=1"), 200);
    assert_int_equal(ask_line("GET", "http://x"), 200); /* the page */
    assert_int_equal(ask_line("GET", "http://x/nothing"), 404);
    assert_int_equal(ask_line("GET", "ftp://x/healthz"), 400);
    assert_int_equal(ask_line("GET", "http://x?a=1"), 400);
}

/* None is accepted, and yet each is connected at once: who finds no room waits a second. */
static void a_burst_of_connections_finds_room(void **state)
{
    (void)state;
    enum { BURST = 600 };
    static int fds[BURST];
    char most[16] = "";
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");
    if (file && !fgets(most, sizeof most, file))
        most[0] = '\0';
    if (file)
        (void)fclose(file);
    if (strtol(most, NULL, 10) < BURST)
        skip(); /* the machine allows no such queue */
    int listen_fd = listen_on("127.0.0.1", 0);
    assert_true(listen_fd >= 0);
    struct sockaddr_in to;
    socklen_t length = sizeof to;
    assert_int_equal(getsockname(listen_fd, (struct sockaddr *)&to, &length), 0);
    size_t opened = 0, connected = 0;
    while (opened < BURST && connected == opened) {
        int fd = fds[opened++] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fd >= 0);
        (void)connect(fd, (const struct sockaddr *)&to, sizeof to); /* poll says what came of it */
        struct pollfd watched = {.fd = fd, .events = POLLOUT};
        connected += poll(&watched, 1, 900) == 1 && (watched.revents & POLLOUT);
    }
    while (opened > 0)
        (void)close(fds[--opened]);
    (void)close(listen_fd);
    assert_int_equal(connected, BURST);
}

static void clients_that_left_in_the_middle_give_their_places_back(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 32; i++) {
            int fd = connect_from(9);
            assert_true(fd >= 0);
            send_all(fd, "GET /half", 9);
            (void)close(fd);
        }
        (void)poll(NULL, 0, 1200); /* two sweeps */
        assert_int_equal(ask_line("GET", "/healthz"), 200);
    }
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    (void)state;
    int fd = connect_from(9);
    static const char first[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char last[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    send_all(fd, first, sizeof first - 1);
    send_all(fd, first, sizeof first - 1);
    send_all(fd, last, sizeof last - 1);
    (void)read_answer(fd);
    (void)close(fd);
    size_t answers = 0;
    for (const char *at = answer; (at = strstr(at, "HTTP/1.1 200 OK")); at++)
        answers++;
    assert_int_equal(answers, 3);
}

static void an_answer_says_how_old_its_evaluation_is(void **state)
{
    (void)state;
    unsigned long seconds = 999;
    assert_int_equal(ask_line("GET", "/api/v1/figures?year=2020"), 200);
    const char *age = strstr(answer, "\r\nAge: ");
    assert_non_null(age);
    assert_int_equal(sscanf(age, "\r\nAge: %lu", &seconds), 1);
    assert_in_range(seconds, 0, 60);
}

static void a_second_request_with_the_etag_gets_304(void **state)
{
    (void)state;
    assert_int_equal(ask_line("GET", "/assets/site.css"), 200);
    const char *tag = strstr(answer, "ETag: ");
    assert_non_null(tag);
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET /assets/site.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                          "If-None-Match: %.*s\r\n\r\n",
                          (int)strcspn(tag + 6, "\r"), tag + 6);
    assert_int_equal(ask(request, (size_t)length), 304);
    assert_string_equal(body_of_answer(), "");
}

static uint64_t healthy_ms(void)
{
    uint64_t before = clock_mono_ns();
    assert_int_equal(ask_line("GET", "/healthz"), 200);
    return (clock_mono_ns() - before) / CLOCK_NS_PER_MS;
}

#define SLOW 50

static void fifty_dribbling_clients_do_not_block_a_healthy_one_and_are_ended(void **state)
{
    (void)state;
    static const char dribble[] = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaa";
    int slow[SLOW];
    uint64_t started = clock_mono_ns(), worst_ms = 0;
    for (size_t i = 0; i < SLOW; i++) {
        slow[i] = connect_from(20);
        assert_true(slow[i] >= 0);
    }
    /* A byte every 100 ms: the library's own timeout (1 s) would never be met. */
    size_t at = 0;
    for (; at < sizeof dribble - 1 && clock_mono_ns() - started < 4 * CLOCK_NS_PER_S; at++) {
        for (size_t i = 0; i < SLOW; i++)
            (void)send(slow[i], dribble + at, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        uint64_t ms = healthy_ms();
        worst_ms = ms > worst_ms ? ms : worst_ms;
        (void)poll(NULL, 0, 100);
    }
    assert_true(worst_ms < 1000);
    for (size_t i = 0; i < SLOW; i++) {
        struct pollfd watched = {.fd = slow[i], .events = POLLIN};
        char byte;
        assert_int_equal(poll(&watched, 1, 100), 1);
        assert_true(recv(slow[i], &byte, 1, 0) <= 0);
        (void)close(slow[i]);
    }
}

static void one_address_cannot_take_every_place(void **state)
{
    (void)state;
    int fds[40];
    size_t refused = 0;
    for (size_t i = 0; i < 40; i++)
        fds[i] = connect_from(30);
    (void)poll(NULL, 0, 200);
    for (size_t i = 0; i < 40; i++) {
        struct pollfd watched = {.fd = fds[i], .events = POLLIN};
        refused += fds[i] < 0 || poll(&watched, 1, 0) == 1;
    }
    assert_int_equal(refused, 40 - 32);
    assert_int_equal(ask_line("GET", "/healthz"), 200);
    for (size_t i = 0; i < 40; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}

static void a_taken_port_and_a_wrong_address_are_errors(void **state)
{
    (void)state;
    struct http_options options = {
        "127.0.0.1", http_server_port(server), 16, 16, 5, fake.gate, NULL, NULL};
    struct fake_site other;
    assert_true(fake_site_open(&other, 0));
    assert_null(http_server_new(&options, other.site));
    assert_int_equal(errno, EADDRINUSE);
    options.address = "localhost.example";
    assert_null(http_server_new(&options, other.site));
    assert_int_equal(errno, EINVAL);
    fake_site_close(&other);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(it_serves_the_page_with_the_headers_that_guard_it),
        CASE(head_says_the_length_and_sends_no_body),
        CASE(other_methods_are_405_with_allow),
        CASE(no_spelling_of_a_path_leads_out),
        CASE(nothing_from_the_request_comes_back_in_a_header),
        CASE(what_is_too_large_is_refused_and_the_server_lives),
        cmocka_unit_test(a_burst_of_connections_finds_room),
        CASE(every_refusal_of_ours_is_a_problem_document),
        CASE(a_form_that_grows_beyond_measure_is_too_large_whatever_was_announced),
        CASE(what_is_no_http_is_refused_and_the_server_lives),
        CASE(requests_whose_end_or_host_is_in_doubt_are_refused_and_end_the_connection),
        CASE(a_target_as_a_proxy_is_asked_is_understood),
        CASE(clients_that_left_in_the_middle_give_their_places_back),
        CASE(a_connection_is_kept_for_the_next_request),
        CASE(an_answer_says_how_old_its_evaluation_is),
        CASE(a_second_request_with_the_etag_gets_304),
        CASE(one_address_cannot_take_every_place),
        CASE(a_taken_port_and_a_wrong_address_are_errors),
        cmocka_unit_test_setup_teardown(
            fifty_dribbling_clients_do_not_block_a_healthy_one_and_are_ended, start_impatient,
            stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
