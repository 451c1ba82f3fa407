/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/bus_check.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 300

/* A port that takes connections, and says nothing; its descriptor. */
static int listen_in_silence(int *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

static void a_broker_that_says_nothing_fails_with_something_to_do(void **state)
{
    (void)state;
    int port = 0;
    int fd = listen_in_silence(&port);
    struct findings *findings = findings_new();
    assert_non_null(findings);
    const struct bus_options options = {
        .host = "127.0.0.1", .port = port, .client_id = "test", .keepalive_s = 60};
    bus_check(&options, WAIT_MS, findings);
    assert_int_equal(findings_count(findings), 1);
    const struct finding *finding = findings_at(findings, 0);
    assert_int_equal(finding->level, FINDING_FAIL);
    assert_string_equal(finding->en, "unreachable: no answer");
    assert_non_null(strstr(finding->remedy_en, "firewall"));
    findings_free(findings);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_that_says_nothing_fails_with_something_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
