/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/poller.h"

#include "common/clock.h"
#include "common/log.h"
#include "tests/support/free_port.h"
#include "tests/support/snmp_fixture.h"
#include "tests/support/temp_folder.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS CLOCK_NS_PER_MS

/* Debian's snmpd in a folder of its own. */
struct snmpd {
    char *folder;
    char conf[512], log[512], pid_file[512], state[512];
    unsigned port;
    pid_t pid;
};

struct seen {
    unsigned complete, failed;
};

static void prepare(struct snmpd *snmpd)
{
    snmpd->folder = temp_folder_new();
    assert_non_null(snmpd->folder);
    snmpd->port = (unsigned)free_port(SOCK_DGRAM);
    (void)snprintf(snmpd->conf, sizeof snmpd->conf, "%s/conf", snmpd->folder);
    (void)snprintf(snmpd->log, sizeof snmpd->log, "%s/log", snmpd->folder);
    (void)snprintf(snmpd->pid_file, sizeof snmpd->pid_file, "%s/pid", snmpd->folder);
    (void)snprintf(snmpd->state, sizeof snmpd->state, "%s/state", snmpd->folder);
    FILE *conf = fopen(snmpd->conf, "w");
    assert_non_null(conf);
    (void)fprintf(conf,
                  "agentaddress udp:127.0.0.1:%u\nsysName tested\n"
                  "createUser probe SHA-256 \"auth-secret-1\" AES \"priv-secret-1\"\n"
                  "rouser probe priv\n",
                  snmpd->port);
    assert_int_equal(fclose(conf), 0);
}

static void start(struct snmpd *snmpd)
{
    snmpd->pid = fork();
    if (snmpd->pid != 0)
        return;
    int null = open("/dev/null", O_WRONLY);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)setenv("SNMP_PERSISTENT_DIR", snmpd->state, 1);
    (void)setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
    (void)execlp("snmpd", "snmpd", "-f", "-Lf", snmpd->log, "-C", "-c", snmpd->conf, "-p",
                 snmpd->pid_file, (char *)NULL);
    _exit(127);
}

static void stop(struct snmpd *snmpd)
{
    (void)kill(snmpd->pid, SIGTERM);
    (void)waitpid(snmpd->pid, NULL, 0);
}

static void take(void *ctx, struct device_snapshot *snapshot)
{
    struct seen *seen = ctx;
    seen->complete += snapshot->outcome == POLL_COMPLETE;
    seen->failed += snapshot->outcome == POLL_FAILED;
    device_snapshot_free(snapshot);
}

static void run_until(struct poller *poller, const unsigned *count, unsigned wanted)
{
    uint64_t end_ns = clock_mono_ns() + 90 * CLOCK_NS_PER_S;
    while (*count < wanted) {
        struct pollfd fd;
        uint64_t timeout_ns = 0;
        size_t fds = poller_prepare(poller, &fd, 1, clock_mono_ns(), &timeout_ns);
        (void)poll(&fd, (nfds_t)fds, timeout_ns < 50 * MS ? (int)(timeout_ns / MS + 1) : 50);
        poller_service(poller, &fd, fds, clock_mono_ns());
        assert_true(clock_mono_ns() < end_ns);
    }
}

static void no_log(void *ctx, enum log_level level, const char *room, const char *line)
{
    (void)ctx;
    (void)level;
    (void)room;
    assert_null(strstr(line, "secret"));
}

/* The engine is discovered once, not at every poll; after a restart its boots have grown, which is
 * found out by itself. */
static void a_session_is_kept_over_polls_and_survives_the_restart_of_its_agent(void **state)
{
    struct snmpd snmpd;
    struct seen seen = {0};
    struct profile_set *profiles = fixture_shipped_profiles();
    struct poller *poller = poller_new(profiles, take, &seen);
    struct poller_target target = {.name = "agent",
                                   .version = POLLER_V3,
                                   .user = "probe",
                                   .auth = POLLER_AUTH_SHA256,
                                   .privacy = POLLER_PRIVACY_AES128,
                                   .auth_passphrase = "auth-secret-1",
                                   .privacy_passphrase = "priv-secret-1",
                                   .interval_ms = 30,
                                   .timeout_ms = 500,
                                   .retries = 1};
    (void)state;
    log_set_handler(no_log, NULL);
    prepare(&snmpd);
    start(&snmpd);
    (void)snprintf(target.address, sizeof target.address, "udp:127.0.0.1:%u", snmpd.port);
    assert_int_equal(poller_add(poller, &target, clock_mono_ns()), 0);
    run_until(poller, &seen.complete, 100);
    stop(&snmpd);
    unsigned failed = seen.failed;
    run_until(poller, &seen.failed, failed + 1);
    start(&snmpd);
    run_until(poller, &seen.complete, 200);
    stop(&snmpd);
    poller_free(poller);
    profile_set_free(profiles);
    temp_folder_remove(snmpd.folder);
    log_set_handler(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_kept_over_polls_and_survives_the_restart_of_its_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
