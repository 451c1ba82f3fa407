/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/broker.h"

#include "tests/support/free_port.h"
#include "tests/support/temp_folder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES    512
#define START_TRIES   1000 /* of 10 ms */
#define COMMAND_BYTES 2048

struct broker {
    char *folder;
    char ca[PATH_BYTES];
    int port;
    bool tls;
    enum broker_certificate certificate;
    pid_t pid; /* 0: not running */
};

static void give_up(const char *what)
{
    (void)fprintf(stderr, "# broker: %s\n", what);
    abort();
}

static bool shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool shell(const char *format, ...)
{
    char command[COMMAND_BYTES];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return length < COMMAND_BYTES && system(command) == 0;
}

static FILE *open_file(const struct broker *broker, const char *name, const char *mode)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", broker->folder, name);
    FILE *file = fopen(path, mode);
    if (!file)
        give_up("no file in its folder");
    return file;
}

/* Debian keeps the daemon in sbin, which a user's PATH may lack. */
#define WITH_SBIN "PATH=\"$PATH:/usr/sbin:/usr/local/sbin\"; "

bool broker_is_installed(void)
{
    return shell(WITH_SBIN "command -v mosquitto >/dev/null && "
                           "command -v mosquitto_passwd >/dev/null && "
                           "command -v openssl >/dev/null");
}

/* A certificate of the server's, of that authority, good between two days of UTC. */
#define SIGN                                                                                       \
    "openssl ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in server.csr"         \
    " -extfile san -startdate %s000000Z -enddate %s000000Z -out %s"

static void make_certificates(struct broker *broker)
{
    (void)snprintf(broker->ca, sizeof broker->ca, "%s/ca.crt", broker->folder);
    bool made =
        shell("cd '%s' && exec >/dev/null 2>&1 && printf 'subjectAltName=IP:127.0.0.1\\n' >san &&"
              " : >index && printf '[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index\\nnew_certs_dir=.\\n"
              "rand_serial=yes\\nunique_subject=no\\ndefault_md=sha256\\npolicy=p\\n"
              "[p]\\ncommonName=supplied\\n' >ca.cnf &&"
              "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650"
              " -subj /CN=test-ca -keyout ca.key -out ca.crt &&"
              "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
              " -subj /CN=test-broker -keyout server.key -out server.csr",
              broker->folder);
    if (!made)
        give_up("no certificates");
}

static void sign_certificate(const struct broker *broker, const char *from, const char *to,
                             const char *name)
{
    if (!shell("cd '%s' && exec >/dev/null 2>&1 && " SIGN, broker->folder, from, to, name))
        give_up("no certificate");
}

/* "20260329" of a moment some days from now. */
static void day_from_now(int days, char out[static 16])
{
    struct tm t;
    time_t then = time(NULL) + (time_t)days * 86400;
    (void)strftime(out, 16, "%Y%m%d", gmtime_r(&then, &t));
}

void broker_set_certificate(struct broker *broker, enum broker_certificate certificate)
{
    static const struct {
        int from, to;
    } days[] = {[BROKER_CERTIFICATE_GOOD] = {-1, 3},
                [BROKER_CERTIFICATE_EXPIRED] = {-400, -30},
                [BROKER_CERTIFICATE_OF_TOMORROW] = {30, 400},
                [BROKER_ASKS_FOR_OURS] = {-1, 3}};
    char from[16];
    char to[16];
    day_from_now(days[certificate].from, from);
    day_from_now(days[certificate].to, to);
    sign_certificate(broker, from, to, "server.crt");
    broker->certificate = certificate;
}

struct broker *broker_new(bool tls)
{
    struct broker *broker = calloc(1, sizeof *broker);
    if (!broker)
        give_up("no memory");
    broker->folder = temp_folder_new();
    if (!broker->folder)
        give_up("no folder");
    broker->tls = tls;
    broker->port = free_port(SOCK_STREAM);
    if (tls) {
        make_certificates(broker);
        broker_set_certificate(broker, BROKER_CERTIFICATE_GOOD);
    }
    (void)fclose(open_file(broker, "passwords", "w"));
    (void)fclose(open_file(broker, "acl", "w"));
    return broker;
}

void broker_free(struct broker *broker)
{
    if (!broker)
        return;
    broker_kill(broker);
    temp_folder_remove(broker->folder);
    free(broker);
}

void broker_add_user(struct broker *broker, const char *name, const char *password, const char *acl)
{
    if (!shell(WITH_SBIN "mosquitto_passwd -b '%s/passwords' '%s' '%s' >/dev/null 2>&1",
               broker->folder, name, password))
        give_up("no password file");
    FILE *file = open_file(broker, "acl", "a");
    (void)fprintf(file, "user %s\n%s\n", name, acl);
    (void)fclose(file);
}

static void write_settings(const struct broker *broker)
{
    const char *folder = broker->folder;
    FILE *file = open_file(broker, "mosquitto.conf", "w");
    (void)fprintf(file, "listener %d 127.0.0.1\nallow_anonymous false\n", broker->port);
    (void)fprintf(file, "password_file %s/passwords\nacl_file %s/acl\n", folder, folder);
    if (geteuid() == 0)
        (void)fputs("user root\n", file); /* else it gives up the rights to its own folder */
    if (broker->tls)
        (void)fprintf(file, "certfile %s/server.crt\nkeyfile %s/server.key\ntls_version tlsv1.2\n",
                      folder, folder);
    if (broker->certificate == BROKER_ASKS_FOR_OURS)
        (void)fprintf(file, "cafile %s/ca.crt\nrequire_certificate true\n", folder);
    (void)fclose(file);
}

static bool listens(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        (void)close(fd);
    return connected;
}

static void become_mosquitto(const struct broker *broker)
{
    char settings[PATH_BYTES];
    char log[PATH_BYTES];
    (void)snprintf(settings, sizeof settings, "%s/mosquitto.conf", broker->folder);
    (void)snprintf(log, sizeof log, "%s/log", broker->folder);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    (void)execlp("mosquitto", "mosquitto", "-c", settings, (char *)NULL);
    (void)execl("/usr/sbin/mosquitto", "mosquitto", "-c", settings, (char *)NULL);
    _exit(127);
}

void broker_start(struct broker *broker)
{
    write_settings(broker);
    broker->pid = fork();
    if (broker->pid < 0)
        give_up("no process");
    if (broker->pid == 0)
        become_mosquitto(broker);
    const struct timespec step = {.tv_nsec = 10000000};
    for (int i = 0; i < START_TRIES && !listens(broker->port); i++)
        if (nanosleep(&step, NULL) != 0 || i + 1 == START_TRIES)
            give_up("does not listen");
}

void broker_kill(struct broker *broker)
{
    if (broker->pid == 0)
        return;
    (void)kill(broker->pid, SIGKILL);
    (void)waitpid(broker->pid, NULL, 0);
    broker->pid = 0;
}

int broker_port(const struct broker *broker)
{
    return broker->port;
}

const char *broker_ca(const struct broker *broker)
{
    return broker->ca;
}

const char *broker_folder(const struct broker *broker)
{
    return broker->folder;
}
