/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A filter cannot be taken off, so each case runs in a child of its own, whose exit status is the
 * number of the line that found something wrong.
 */
#define _GNU_SOURCE /* memfd_create */
#include "probe/confine/confine.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEMAND(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            _exit(__LINE__ < 255 ? __LINE__ : 255);                                                \
    } while (0)

static void in_a_child(void (*work)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        work();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0); /* else: the line */
}

static unsigned long long own_status(const char *key, int base)
{
    FILE *file = fopen("/proc/thread-self/status", "r");
    char line[256];
    unsigned long long value = ~0ULL;
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtoull(line + strlen(key), NULL, base);
    if (file)
        (void)fclose(file);
    return value;
}

/* Opens a packet socket: 0, or errno. */
static int try_packet_socket(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return error;
}

static void *look_from_a_thread(void *ctx)
{
    bool may = *(bool *)ctx;
    DEMAND(try_packet_socket() == EPERM);
    confine_raise(CONFINE_RAW);
    DEMAND(try_packet_socket() == (may ? 0 : EPERM));
    confine_lower(CONFINE_RAW);
    DEMAND(try_packet_socket() == EPERM);
    return NULL;
}

static void give_up_capabilities(void)
{
    bool may = try_packet_socket() == 0;
    DEMAND(confine_capabilities(false) == 0);
    DEMAND(own_status("CapEff:", 16) == 0);
    DEMAND((own_status("CapPrm:", 16) & ~(1ULL << 13)) == 0);
    DEMAND(own_status("CapAmb:", 16) == 0);
    DEMAND(own_status("NoNewPrivs:", 10) == 1);
    pthread_t thread;
    DEMAND(pthread_create(&thread, NULL, look_from_a_thread, &may) == 0);
    DEMAND(pthread_join(thread, NULL) == 0);
}

#define RAW_BIT   (1ULL << 13)
#define ADMIN_BIT (1ULL << 12)

/* With it the right to ask for connections stays, too, and each is in effect by itself. */
static void keep_the_right_of_an_administrator(void)
{
    bool may = try_packet_socket() == 0; /* root, which has both */
    DEMAND(confine_capabilities(true) == 0);
    DEMAND(own_status("CapEff:", 16) == 0);
    DEMAND(own_status("CapPrm:", 16) == (may ? RAW_BIT | ADMIN_BIT : 0));
    confine_raise(CONFINE_ADMIN);
    DEMAND(own_status("CapEff:", 16) == (may ? ADMIN_BIT : 0));
    DEMAND(try_packet_socket() == EPERM);
    confine_lower(CONFINE_ADMIN);
    DEMAND(own_status("CapEff:", 16) == 0);
    confine_raise(CONFINE_RAW);
    DEMAND(own_status("CapEff:", 16) == (may ? RAW_BIT : 0));
    confine_lower(CONFINE_RAW);
}

static void where_connections_are_wanted_that_right_stays_and_no_other(void **state)
{
    (void)state;
    in_a_child(keep_the_right_of_an_administrator);
}

static void nothing_but_packet_sockets_stays_permitted_and_that_only_while_raised(void **state)
{
    (void)state;
    in_a_child(give_up_capabilities);
}

static void *look_for_the_filter(void *ctx)
{
    (void)ctx;
    while (own_status("Seccomp:", 10) != 2)
        (void)usleep(1000);
    return NULL;
}

static void filter_calls(void)
{
    pthread_t older;
    DEMAND(pthread_create(&older, NULL, look_for_the_filter, NULL) == 0);
    DEMAND(confine_capabilities(false) == 0);
    DEMAND(confine_system_calls(false) == 0);
    DEMAND(pthread_join(older, NULL) == 0); /* it holds for threads that were there before */
    DEMAND(execl("/bin/true", "true", (char *)NULL) == -1 && errno == EPERM);
    DEMAND(mount("none", "/mnt", "tmpfs", 0, NULL) == -1 && errno == ENOSYS);
    DEMAND(setuid(1) == -1 && errno == ENOSYS);
    DEMAND(system("true") != 0);
    FILE *file = tmpfile();
    DEMAND(file && fputs("x", file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0);
    DEMAND(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    DEMAND(memfd_create("status", MFD_CLOEXEC) >= 0); /* after SIGHUP, for the sub-agent */
    DEMAND(raise(SIGURG) == 0);                       /* tgkill; musl's says tkill */
}

static void no_program_is_started_and_calls_that_a_probe_does_not_need_are_not_there(void **state)
{
    (void)state;
    in_a_child(filter_calls);
}

static void filter_all_but_programs(void)
{
    DEMAND(confine_system_calls(true) == 0);
    execl("/bin/true", "true", (char *)NULL);
    DEMAND(false);
}

static void where_a_sub_agent_is_served_programs_may_be_started(void **state)
{
    (void)state;
    in_a_child(filter_all_but_programs);
}

static bool is_allowed(const char *wanted)
{
    for (const char *name = confine_names(); *name; name += strlen(name) + 1)
        if (strcmp(name, wanted) == 0)
            return true;
    return false;
}

/* A libc of an architecture of 32 bits calls by other names, and where it is refused it may not
 * know the older one: what is allowed is allowed in every width that an architecture has. */
static void a_call_is_allowed_in_every_width_that_an_architecture_has_it_in(void **state)
{
    (void)state;
    static const uint32_t architectures[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86,    SCMP_ARCH_AARCH64,
                                             SCMP_ARCH_ARM,    SCMP_ARCH_MIPSEL, SCMP_ARCH_S390X};
    static const char *const endings[] = {"64", "_time64", "32"};
    size_t widths = 0;
    for (size_t a = 0; a < sizeof architectures / sizeof architectures[0]; a++)
        for (const char *name = confine_names(); *name; name += strlen(name) + 1)
            for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
                char wide[64];
                (void)snprintf(wide, sizeof wide, "%s%s", name, endings[e]);
                if (seccomp_syscall_resolve_name_arch(architectures[a], wide) < 0)
                    continue; /* there is none */
                if (!is_allowed(wide))
                    print_error("%s is allowed and %s is not\n", name, wide);
                assert_true(is_allowed(wide));
                widths++;
            }
    assert_true(widths > 50);
    assert_false(is_allowed("mount"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_but_packet_sockets_stays_permitted_and_that_only_while_raised),
        cmocka_unit_test(where_connections_are_wanted_that_right_stays_and_no_other),
        cmocka_unit_test(no_program_is_started_and_calls_that_a_probe_does_not_need_are_not_there),
        cmocka_unit_test(where_a_sub_agent_is_served_programs_may_be_started),
        cmocka_unit_test(a_call_is_allowed_in_every_width_that_an_architecture_has_it_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
