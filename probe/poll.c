/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/poll.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/poll_print.h"
#include "probe/snmp/poller.h"
#include "probe/snmp/replay.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2

struct poll_options {
    struct poller_target target;
    const char *replay, *profiles;
    bool json, help;
};

enum option_id {
    OPTION_TARGET = 256,
    OPTION_COMMUNITY,
    OPTION_COMMUNITY_FILE,
    OPTION_VERSION,
    OPTION_USER,
    OPTION_AUTH,
    OPTION_AUTH_FILE,
    OPTION_PRIVACY,
    OPTION_PRIVACY_FILE,
    OPTION_CONTEXT,
    OPTION_PROFILE,
    OPTION_PROFILES,
    OPTION_REPETITIONS,
    OPTION_REPLAY,
    OPTION_TIMEOUT,
    OPTION_JSON,
    OPTION_HELP,
};

static const struct option options[] = {
    {"target", required_argument, NULL, OPTION_TARGET},
    {"community", required_argument, NULL, OPTION_COMMUNITY},
    {"community-file", required_argument, NULL, OPTION_COMMUNITY_FILE},
    {"snmp-version", required_argument, NULL, OPTION_VERSION},
    {"v3-user", required_argument, NULL, OPTION_USER},
    {"v3-auth", required_argument, NULL, OPTION_AUTH},
    {"v3-auth-pass-file", required_argument, NULL, OPTION_AUTH_FILE},
    {"v3-priv", required_argument, NULL, OPTION_PRIVACY},
    {"v3-priv-pass-file", required_argument, NULL, OPTION_PRIVACY_FILE},
    {"v3-context", required_argument, NULL, OPTION_CONTEXT},
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"profiles", required_argument, NULL, OPTION_PROFILES},
    {"max-repetitions", required_argument, NULL, OPTION_REPETITIONS},
    {"replay", required_argument, NULL, OPTION_REPLAY},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: lastmile-probe poll --target udp:HOST:PORT [options]\n"
    "       lastmile-probe poll --replay FILE.snmprec [options]\n"
    "\n"
    "Asks one SNMP agent, or a recording of one, once: what it is, and how many access points,\n"
    "stations, lines and sessions it counts. Prints a table, or one JSON object.\n"
    "\n"
    "Which\n"
    "  --target ADDRESS         udp:HOST:PORT, udp6:[ADDRESS]:PORT, or HOST (port 161)\n"
    "  --replay FILE            a recording (OID|type|value a line) in place of an agent\n"
    "Access\n"
    "  --community NAME         SNMPv2c community (default: public)\n"
    "  --community-file FILE    the same, from the first line of a file\n"
    "  --snmp-version V         1, 2c or 3 (default: 2c, or 3 with --v3-user)\n"
    "  --v3-user NAME           SNMPv3 user\n"
    "  --v3-auth P              MD5, SHA, SHA-224, SHA-256, SHA-384, SHA-512\n"
    "  --v3-auth-pass-file F    its passphrase, in the first line of a file\n"
    "  --v3-priv P              AES, AES-192, AES-256\n"
    "  --v3-priv-pass-file F    its passphrase (default: that of --v3-auth)\n"
    "  --v3-context NAME        SNMPv3 context (default: the empty one)\n"
    "How\n"
    "  --profiles DIR           device profiles (default: $LASTMILE_PROFILES, else the\n"
    "                           installed ones)\n"
    "  --profile NAME           use this profile instead of recognising the device\n"
    "  --timeout SECONDS        for the whole poll (default: 30)\n"
    "  --max-repetitions N      of GETBULK to begin with, 1 to 50 (default: 25)\n"
    "  --json                   one JSON object; null is what the device does not say\n"
    "  --help                   this text\n"
    "\n"
    "interfaces.count is the rows of ifTable, interfaces.up those whose ifOperStatus is up;\n"
    "in_octets and out_octets are sums over all interfaces, none left out, of 64-bit counters\n"
    "where there are any and of 32-bit counters elsewhere; counter64 is how many have the former.\n"
    "Exit status: 0 done, 1 the device does not answer or the file cannot be read, 2 usage.\n";

static int fail_usage(const char *format, const char *what)
{
    (void)fprintf(stderr, "lastmile-probe poll: ");
    (void)fprintf(stderr, format, what);
    (void)fprintf(stderr, "; see --help\n");
    return EXIT_USAGE;
}

static int copy_text(char *out, size_t size, const char *text, const char *option)
{
    if (strlen(text) >= size)
        return fail_usage("the value of %s is too long", option);
    (void)snprintf(out, size, "%s", text);
    return 0;
}

/* Secrets come from files, so that they stand in no process list. */
static int read_secret(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    char *line = file ? fgets(out, (int)size, file) : NULL;
    if (file)
        (void)fclose(file);
    if (!line)
        return fail_usage("%s cannot be read", path);
    size_t length = strcspn(out, "\r\n");
    if (out[length] == '\0' && length == size - 1)
        return fail_usage("the first line of %s is too long", path);
    out[length] = '\0';
    return 0;
}

static int read_name(const struct conf_name *names, const char *text, const char *what, int *out)
{
    if (conf_name_id(names, text, out) == 0)
        return 0;
    (void)fprintf(stderr, "lastmile-probe poll: '%s' is no %s (", text, what);
    for (const struct conf_name *n = names; n->name; n++)
        (void)fprintf(stderr, "%s%s", n == names ? "" : ", ", n->name);
    (void)fprintf(stderr, ")\n");
    return EXIT_USAGE;
}

static int read_number(const char *text, double max, const char *option, double *out)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value <= max))
        return fail_usage("%s is not a number in range", option);
    *out = value;
    return 0;
}

static int set_v3(int id, const char *value, struct poller_target *target)
{
    int number = 0;
    int status = 0;
    switch (id) {
    case OPTION_USER:
        target->version = POLLER_V3;
        return copy_text(target->user, sizeof target->user, value, "--v3-user");
    case OPTION_AUTH:
        status = read_name(poller_auth_names, value, "authentication protocol", &number);
        target->auth = (enum poller_auth)number;
        return status;
    case OPTION_PRIVACY:
        status = read_name(poller_privacy_names, value, "privacy protocol", &number);
        target->privacy = (enum poller_privacy)number;
        return status;
    case OPTION_AUTH_FILE:
        return read_secret(value, target->auth_passphrase, sizeof target->auth_passphrase);
    case OPTION_PRIVACY_FILE:
        return read_secret(value, target->privacy_passphrase, sizeof target->privacy_passphrase);
    default:
        return copy_text(target->context, sizeof target->context, value, "--v3-context");
    }
}

static int set_how(int id, const char *value, struct poll_options *out)
{
    double number = 0;
    int status = 0;
    switch (id) {
    case OPTION_PROFILE:
        return copy_text(out->target.profile, sizeof out->target.profile, value, "--profile");
    case OPTION_PROFILES:
        out->profiles = value;
        return 0;
    case OPTION_REPETITIONS:
        status = read_number(value, 50, "--max-repetitions", &number);
        out->target.max_repetitions = (unsigned)number;
        return status;
    case OPTION_TIMEOUT:
        status = read_number(value, 86400, "--timeout", &number);
        out->target.deadline_ms = (uint64_t)(number * 1000);
        return status;
    case OPTION_REPLAY:
        out->replay = value;
        return 0;
    case OPTION_JSON:
        out->json = true;
        return 0;
    case OPTION_HELP:
        out->help = true;
        return 0;
    default:
        return EXIT_USAGE; /* getopt has said why */
    }
}

static int set_option(int id, const char *value, struct poll_options *out)
{
    struct poller_target *target = &out->target;
    int number = 0;
    int status = 0;
    switch (id) {
    case OPTION_TARGET:
        return copy_text(target->address, sizeof target->address, value, "--target");
    case OPTION_COMMUNITY:
        return copy_text(target->community, sizeof target->community, value, "--community");
    case OPTION_COMMUNITY_FILE:
        return read_secret(value, target->community, sizeof target->community);
    case OPTION_VERSION:
        status = read_name(poller_version_names, value, "SNMP version", &number);
        target->version = (enum poller_version)number;
        return status;
    case OPTION_USER:
    case OPTION_AUTH:
    case OPTION_PRIVACY:
    case OPTION_AUTH_FILE:
    case OPTION_PRIVACY_FILE:
    case OPTION_CONTEXT:
        return set_v3(id, value, target);
    default:
        return set_how(id, value, out);
    }
}

static int check_options(struct poll_options *out)
{
    struct poller_target *target = &out->target;
    if (out->help)
        return 0;
    if ((target->address[0] != '\0') == (out->replay != NULL))
        return fail_usage("%s", "give one of --target and --replay");
    if (target->auth != POLLER_AUTH_NONE && strlen(target->auth_passphrase) < 8)
        return fail_usage("%s", "--v3-auth needs --v3-auth-pass-file with 8 characters or more");
    if (target->privacy_passphrase[0] == '\0')
        memcpy(target->privacy_passphrase, target->auth_passphrase,
               sizeof target->privacy_passphrase);
    if (target->privacy != POLLER_PRIVACY_NONE && target->auth == POLLER_AUTH_NONE)
        return fail_usage("%s", "--v3-priv needs --v3-auth");
    return 0;
}

static int parse_options(int argc, char **argv, struct poll_options *out)
{
    *out = (struct poll_options){
        .target = {.name = "target", .version = POLLER_V2C, .community = "public"}};
    optind = 1;
    int status = 0;
    for (int id = 0; status == 0;) {
        id = getopt_long(argc, argv, "", options, NULL);
        if (id == -1)
            break;
        status = set_option(id, optarg, out);
    }
    if (status == 0 && optind < argc)
        status = fail_usage("'%s' is not an option", argv[optind]);
    return status == 0 ? check_options(out) : status;
}

static void take_snapshot(void *ctx, struct device_snapshot *snapshot)
{
    *(struct device_snapshot **)ctx = snapshot;
}

/* NULL with errno when no poll could be begun. */
static struct device_snapshot *poll_target(const struct poller_target *target,
                                           const struct profile_set *profiles)
{
    struct device_snapshot *snapshot = NULL;
    struct poller *poller = poller_new(profiles, take_snapshot, &snapshot);
    int status = poller ? poller_add(poller, target, clock_mono_ns()) : -errno;
    while (status == 0 && !snapshot) {
        struct pollfd fd;
        uint64_t timeout_ns = 0;
        size_t count = poller_prepare(poller, &fd, 1, clock_mono_ns(), &timeout_ns);
        uint64_t timeout_ms = timeout_ns / CLOCK_NS_PER_MS + 1;
        (void)poll(&fd, (nfds_t)count, timeout_ms < 1000 ? (int)timeout_ms : 1000);
        poller_service(poller, &fd, count, clock_mono_ns());
    }
    poller_free(poller);
    errno = -status;
    return snapshot;
}

static struct device_snapshot *poll_once(const struct poll_options *chosen,
                                         const struct profile_set *profiles)
{
    uint64_t start_ns = clock_mono_ns();
    struct device_snapshot *snapshot =
        chosen->replay ? replay_poll(chosen->replay, profiles,
                                     profile_set_find(profiles, chosen->target.profile))
                       : poll_target(&chosen->target, profiles);
    int error = errno;
    if (snapshot)
        snapshot->duration_ns = clock_mono_ns() - start_ns;
    else
        (void)fprintf(stderr, "lastmile-probe poll: %s: %s\n",
                      chosen->replay ? chosen->replay : "the target",
                      error == ENODATA ? "no varbind is in it" : strerror(error));
    if (snapshot && snapshot->outcome == POLL_FAILED) {
        (void)fprintf(stderr, "lastmile-probe poll: %s: %s\n",
                      chosen->replay ? chosen->replay : chosen->target.address, snapshot->reason);
        device_snapshot_free(snapshot);
        snapshot = NULL;
    }
    return snapshot;
}

static int print_snapshot(const struct poll_options *chosen, const struct device_snapshot *snapshot)
{
    int status = 0;
    if (chosen->json)
        status = poll_print_json(snapshot, stdout);
    else
        poll_print_table(snapshot, stdout);
    return status == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int poll_command(int argc, char **argv)
{
    struct poll_options chosen;
    int status = parse_options(argc, argv, &chosen);
    if (status != 0)
        return status;
    if (chosen.help)
        return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    log_set_level(LOG_LEVEL_ERROR); /* what the poller would log is said once, below */
    struct conf_error error;
    struct profile_set *profiles = profile_set_load(profile_directory(chosen.profiles), &error);
    if (!profiles) {
        (void)fprintf(stderr, "lastmile-probe poll: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (chosen.target.profile[0] != '\0' && !profile_set_find(profiles, chosen.target.profile))
        status = fail_usage("there is no profile '%s'", chosen.target.profile);
    struct device_snapshot *snapshot = status == 0 ? poll_once(&chosen, profiles) : NULL;
    if (status == 0)
        status = snapshot ? print_snapshot(&chosen, snapshot) : EXIT_FAILURE;
    device_snapshot_free(snapshot);
    profile_set_free(profiles);
    return status;
}
