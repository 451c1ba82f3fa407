/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/poll_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE       2
#define WALK_DEADLINE_MS 600000

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
    OPTION_RECORD,
    OPTION_WALK,
    OPTION_ANONYMIZE,
    OPTION_KEY_FILE,
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
    {"record", required_argument, NULL, OPTION_RECORD},
    {"walk", required_argument, NULL, OPTION_WALK},
    {"anonymize", no_argument, NULL, OPTION_ANONYMIZE},
    {"anonymize-key-file", required_argument, NULL, OPTION_KEY_FILE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* In two: C compilers need not take a longer text in one. */
static const char usage_options[] =
    "usage: lastmile-probe poll --target udp:HOST:PORT [OPTIONS]\n"
    "       lastmile-probe poll --replay FILE.snmprec [OPTIONS]\n"
    "\n"
    "Asks one SNMP agent, or a recording of one, once: what it is, and how many access points,\n"
    "stations, lines and sessions it counts. Prints a table that names the source of each figure,\n"
    "what disagrees and what the device does not say; or one JSON object.\n"
    "\n"
    "Which device\n"
    "  --target ADDRESS         udp:HOST:PORT, udp6:[ADDRESS]:PORT, or HOST (port 161)\n"
    "  --replay FILE            a recording (OID|type|value a line) in place of an agent\n"
    "\n"
    "Access\n"
    "  --community NAME         SNMPv1 or v2c community (default: public)\n"
    "  --community-file FILE    the same, from the first line of a file\n"
    "  --snmp-version V         1, 2c or 3 (default: 2c, or 3 with --v3-user)\n"
    "  --v3-user NAME           SNMPv3 user; alone: neither authentication nor privacy\n"
    "  --v3-auth P              MD5, SHA, SHA-224, SHA-256, SHA-384, SHA-512\n"
    "  --v3-auth-pass-file F    its passphrase, in the first line of a file\n"
    "  --v3-priv P              AES, AES-192, AES-256\n"
    "  --v3-priv-pass-file F    its passphrase (default: that of --v3-auth)\n"
    "  --v3-context NAME        SNMPv3 context (default: the empty one)\n"
    "  There is no option for a passphrase itself: every user of the machine can read the command\n"
    "  lines of all processes. The same holds for --community; prefer --community-file or the\n"
    "  environment.\n"
    "\n"
    "How\n"
    "  --profiles DIR           device profiles (default: $LASTMILE_PROFILES, else the\n"
    "                           installed ones)\n"
    "  --profile NAME           use this profile instead of recognising the device\n"
    "  --timeout SECONDS        for the whole poll (default: 30, or 600 with --walk)\n"
    "  --max-repetitions N      of GETBULK to begin with, 1 to 50 (default: 25)\n"
    "\n";

static const char usage_results[] =
    "What comes of it\n"
    "  --json                   one JSON object; null is what the device does not say\n"
    "  --record FILE.snmprec    save what the device has answered, mode 0600; --replay of that "
    "file\n"
    "                           gives the same figures. Neither community nor secrets are in it\n"
    "  --walk OID               with --record: read this subtree, too; may be given several "
    "times.\n"
    "                           For a device that no profile knows, 1.3.6.1.2.1 and 1.3.6.1.4.1\n"
    "  --anonymize              with --record: hardware and IP addresses, serial numbers, names "
    "of\n"
    "                           networks, users, places and the device become keyed pseudonyms of\n"
    "                           the same form, so that the file can be mailed. Counts, tables and\n"
    "                           states stay. Strings that no profile knows are all replaced; look\n"
    "                           through the file before you send it all the same\n"
    "  --anonymize-key-file F   the key of these pseudonyms, first line of a file, 16 characters "
    "or\n"
    "                           more (default: random, forgotten at the end): the same key gives\n"
    "                           the same pseudonyms in several recordings\n"
    "  --help                   this text\n"
    "\n"
    "Environment\n"
    "  LASTMILE_SNMP_COMMUNITY, LASTMILE_SNMP_AUTH_PASS, LASTMILE_SNMP_PRIV_PASS are taken where "
    "the\n"
    "  options for them are left out; LASTMILE_PROFILES is a folder of profiles.\n"
    "\n"
    "Figures\n"
    "  Each comes from the first source of the profile that the device answers; later ones are\n"
    "  compared with it. How sure a source is: seen (on a device), mib (read in the MIB only),\n"
    "  unconfirmed (somebody says so). interfaces.count is the rows of ifTable, interfaces.up "
    "those\n"
    "  whose ifOperStatus is up; in_octets and out_octets are sums over all interfaces, none left\n"
    "  out, of 64-bit counters where there are any and of 32-bit counters elsewhere; counter64 is\n"
    "  how many have the former.\n"
    "\n"
    "Examples\n"
    "  lastmile-probe poll --target udp:192.0.2.10:161 --community-file olt.community\n"
    "  lastmile-probe poll --target 192.0.2.20 --v3-user probe --v3-auth SHA-256 \\\n"
    "      --v3-auth-pass-file auth --v3-priv AES --v3-priv-pass-file priv --json\n"
    "  lastmile-probe poll --target 192.0.2.30 --record new.snmprec --walk 1.3.6.1.4.1 "
    "--anonymize\n"
    "  lastmile-probe poll --replay new.snmprec --profiles config/profiles\n"
    "\n"
    "Exit status: 0 done (also when some tables could not be read: see the warnings), 1 the "
    "device\n"
    "does not answer or a file cannot be read or written, 2 usage.\n";

int poll_print_usage(FILE *out)
{
    return fputs(usage_options, out) < 0 || fputs(usage_results, out) < 0 ? EXIT_FAILURE
                                                                          : EXIT_SUCCESS;
}

int poll_fail_usage(const char *format, const char *what)
{
    (void)fprintf(stderr, "lastmile-probe poll: ");
    (void)fprintf(stderr, format, what);
    (void)fprintf(stderr, "; see --help\n");
    return EXIT_USAGE;
}

static int copy_text(char *out, size_t size, const char *text, const char *option)
{
    if (strlen(text) >= size)
        return poll_fail_usage("the value of %s is too long", option);
    (void)snprintf(out, size, "%s", text);
    return 0;
}

/* Secrets come from files, so that they stand in no process list. */
int poll_read_secret(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    char *line = file ? fgets(out, (int)size, file) : NULL;
    if (file)
        (void)fclose(file);
    if (!line)
        return poll_fail_usage("%s cannot be read", path);
    size_t length = strcspn(out, "\r\n");
    if (out[length] == '\0' && length == size - 1)
        return poll_fail_usage("the first line of %s is too long", path);
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
        return poll_fail_usage("%s is not a number in range", option);
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
        return poll_read_secret(value, target->auth_passphrase, sizeof target->auth_passphrase);
    case OPTION_PRIVACY_FILE:
        return poll_read_secret(value, target->privacy_passphrase,
                                sizeof target->privacy_passphrase);
    default:
        return copy_text(target->context, sizeof target->context, value, "--v3-context");
    }
}

static int add_subtree(const char *text, struct poll_options *out)
{
    struct oid oid;
    if (oid_parse(text, strlen(text), &oid) != 0)
        return poll_fail_usage("--walk: '%s' is no object identifier", text);
    if (out->subtree_count == RECORDER_SUBTREES_MAX)
        return poll_fail_usage("%s", "--walk is given too often");
    out->subtrees[out->subtree_count++] = text;
    return 0;
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
    case OPTION_RECORD:
        out->record = value;
        return 0;
    case OPTION_WALK:
        return add_subtree(value, out);
    case OPTION_ANONYMIZE:
        out->anonymize = true;
        return 0;
    case OPTION_KEY_FILE:
        out->key_file = value;
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
        return poll_read_secret(value, target->community, sizeof target->community);
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

/* What the options leave out. */
static int read_environment(struct poller_target *target)
{
    const struct {
        const char *name;
        char *place;
        size_t size;
    } rows[] = {
        {"LASTMILE_SNMP_COMMUNITY", target->community, sizeof target->community},
        {"LASTMILE_SNMP_AUTH_PASS", target->auth_passphrase, sizeof target->auth_passphrase},
        {"LASTMILE_SNMP_PRIV_PASS", target->privacy_passphrase, sizeof target->privacy_passphrase},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == 0; i++) {
        const char *value = getenv(rows[i].name);
        if (value && rows[i].place[0] == '\0')
            status = copy_text(rows[i].place, rows[i].size, value, rows[i].name);
    }
    if (target->community[0] == '\0')
        (void)snprintf(target->community, sizeof target->community, "public");
    return status;
}

static int check_recording(struct poll_options *out)
{
    if (!out->record && (out->anonymize || out->subtree_count > 0))
        return poll_fail_usage("%s", "--anonymize and --walk are for --record");
    if (!out->anonymize && out->key_file)
        return poll_fail_usage("%s", "--anonymize-key-file needs --anonymize");
    if (out->subtree_count > 0 && out->target.deadline_ms == 0)
        out->target.deadline_ms = WALK_DEADLINE_MS;
    return 0;
}

static int check_options(struct poll_options *out)
{
    struct poller_target *target = &out->target;
    if (out->help)
        return 0;
    if ((target->address[0] != '\0') == (out->replay != NULL))
        return poll_fail_usage("%s", "give one of --target and --replay");
    if (target->auth != POLLER_AUTH_NONE && strlen(target->auth_passphrase) < 8)
        return poll_fail_usage("%s",
                               "--v3-auth needs --v3-auth-pass-file (or LASTMILE_SNMP_AUTH_PASS) "
                               "with 8 characters or more");
    if (target->version == POLLER_V3 && target->user[0] == '\0')
        return poll_fail_usage("%s", "--snmp-version 3 needs --v3-user");
    if (target->privacy_passphrase[0] == '\0')
        memcpy(target->privacy_passphrase, target->auth_passphrase,
               sizeof target->privacy_passphrase);
    if (target->privacy != POLLER_PRIVACY_NONE && target->auth == POLLER_AUTH_NONE)
        return poll_fail_usage("%s", "--v3-priv needs --v3-auth");
    if (target->privacy != POLLER_PRIVACY_NONE && strlen(target->privacy_passphrase) < 8)
        return poll_fail_usage("%s", "--v3-priv needs a passphrase with 8 characters or more");
    return check_recording(out);
}

int poll_options_read(int argc, char **argv, struct poll_options *out)
{
    *out = (struct poll_options){.target = {.name = "target", .version = POLLER_V2C}};
    optind = 1;
    int status = 0;
    for (int id = 0; status == 0;) {
        id = getopt_long(argc, argv, "", options, NULL);
        if (id == -1)
            break;
        status = set_option(id, optarg, out);
    }
    if (status == 0 && optind < argc)
        status = poll_fail_usage("'%s' is not an option", argv[optind]);
    if (status == 0)
        status = read_environment(&out->target);
    return status == 0 ? check_options(out) : status;
}
