/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/setup.h"

#include "common/findings.h"
#include "common/folder.h"
#include "common/log.h"
#include "probe/doctor.h"
#include "probe/setup_identity.h"
#include "probe/setup_interface.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_DEFAULT "/etc/lastmile/probe.cfg"
#define STATE_DEFAULT  "/var/lib/lastmile-probe"
#define RUN_FOLDER     "/run/lastmile-probe" /* of the systemd unit, on a RAM disk */
#define USER           "lastmile-probe"      /* of the package */
#define SECRET_MODE    0600
#define PUBLIC_MODE    0644
#define PIECES_MAX     5
#define SAFE_TEXT                                                                                  \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-" /* ends no string */

static const char help[] =
    "usage: lastmile-probe setup --collector HOST[:PORT] [OPTIONS]\n"
    "\n"
    "Makes this machine's probe out of the folder that `lastmile enrol` made for it: writes "
    "settings\n"
    "with a comment at each, and secrets that nobody else can read; asks the doctor; says the "
    "next\n"
    "command. What is there already and differs is left alone unless --force is given; the key of\n"
    "pseudonyms stays even then, since with another one every line would be a new line.\n"
    "\n"
    "  --collector HOST[:PORT]  where the city's broker is; the port of the bundle if left out\n"
    "  --bundle DIR             the folder of lastmile enrol: probe.cfg, ca.pem, probe.pem and "
    "probe.key,\n"
    "                           or broker.password (default: the current folder)\n"
    "  --interface NAME         what is captured; without it a terminal is asked, and otherwise "
    "the\n"
    "                           interface with the default route is taken\n"
    "  --area KEY               of the lines that this interface carries, e.g. 371002\n"
    "  --pseudonym-key FILE     the operator's key of this period; without it, and without one in "
    "the\n"
    "                           bundle, a new one is made\n"
    "  --config FILE            settings to be written (default " CONFIG_DEFAULT ")\n"
    "  --state DIR              where unsent reports outlive a restart (default " STATE_DEFAULT
    ")\n"
    "  --force                  replace what is there\n"
    "  --help                   this text\n"
    "\n"
    "Exit status: 0 done, and nothing fails (there may be warnings); 1 something does; 2 usage "
    "error.\n";

struct arguments {
    const char *collector, *bundle, *interface, *area, *pseudonym_key, *config, *state;
    bool force, help;
};

/* All that is decided before anything is written. */
struct plan {
    struct setup_identity identity;
    char folder[FOLDER_PATH_BYTES]; /* of the settings */
    const char *name;               /* theirs, in the folder */
    char host[128];
    uint64_t port;
    char interface[IF_NAMESIZE];
    char *settings;
    bool new_pseudonym_key;
    uid_t owner;
    gid_t group;
};

static int complain(int status, const char *what, const char *about)
{
    (void)fprintf(stderr, "lastmile-probe setup: %s%s%s\n", what, about[0] ? ": " : "", about);
    return status;
}

/* ---- options ---- */

static const struct option options[] = {
    {"collector", required_argument, NULL, 'c'},
    {"bundle", required_argument, NULL, 'b'},
    {"interface", required_argument, NULL, 'i'},
    {"area", required_argument, NULL, 'a'},
    {"pseudonym-key", required_argument, NULL, 'k'},
    {"config", required_argument, NULL, 'f'},
    {"state", required_argument, NULL, 's'},
    {"force", no_argument, NULL, 'F'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char **text_option(struct arguments *out, int id)
{
    switch (id) {
    case 'c':
        return &out->collector;
    case 'b':
        return &out->bundle;
    case 'i':
        return &out->interface;
    case 'a':
        return &out->area;
    case 'k':
        return &out->pseudonym_key;
    case 'f':
        return &out->config;
    case 's':
        return &out->state;
    default:
        return NULL;
    }
}

static int read_options(int argc, char **argv, struct arguments *out)
{
    optind = 1;
    for (int id; (id = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        const char **text = text_option(out, id);
        if (text)
            *text = optarg;
        else if (id == 'F')
            out->force = true;
        else if (id == 'h')
            out->help = true;
        else
            return 2; /* getopt has said what is wrong */
    }
    if (out->help)
        return 0;
    if (optind < argc)
        return complain(2, "no such argument, see --help", argv[optind]);
    if (!out->collector)
        return complain(2, "--collector HOST is missing: where the city's broker is", "");
    if (out->area && (out->area[0] == '\0' || strspn(out->area, SAFE_TEXT) != strlen(out->area)))
        return complain(2, "--area is a key of letters and digits", out->area);
    return strchr(out->state, '"') || strchr(out->state, '\\') || out->state[0] != '/'
               ? complain(2, "--state is a path from the root, without quotes", out->state)
               : 0;
}

/* HOST, HOST:PORT, [IPV6]:PORT or IPV6. */
static int read_host(const char *text, struct plan *plan)
{
    char *end = NULL;
    bool bracketed = text[0] == '[';
    size_t length = bracketed ? strcspn(++text, "]") : strcspn(text, ":");
    const char *rest = text + length;
    if (bracketed && *rest == ']')
        rest++;
    else if (!bracketed && *rest == ':' && strchr(rest + 1, ':')) { /* an IPv6 address alone */
        length = strlen(text);
        rest = text + length;
    }
    plan->port = plan->identity.port;
    if (*rest == ':')
        plan->port = strtoull(rest + 1, &end, 10);
    bool sound = length > 0 && length < sizeof plan->host && strspn(text, SAFE_TEXT) >= length &&
                 (*rest == '\0' || (*rest == ':' && end && end != rest + 1 && *end == '\0')) &&
                 plan->port >= 1 && plan->port <= 65535;
    if (!sound)
        return complain(2, "--collector is HOST or HOST:PORT", text);
    (void)snprintf(plan->host, sizeof plan->host, "%.*s", (int)length, text);
    return 0;
}

/* ---- the settings ---- */

static void print_broker(FILE *out, const struct plan *plan)
{
    (void)fprintf(out,
                  "// Where reports go, and as whom: the files that lastmile enrol made.\n"
                  "broker = {\n  host = \"%s\";\n  port = %" PRIu64 ";\n  username = \"%s\";\n"
                  "  ca_file = \"" SETUP_CA "\";\n%s};\n\n",
                  plan->host, plan->port, plan->identity.username,
                  plan->identity.by_password ? "  password_file = \"" SETUP_PASSWORD "\";\n"
                                             : "  cert_file = \"" SETUP_CERT
                                               "\";\n  key_file = \"" SETUP_KEY "\";\n");
}

static void print_node(FILE *out, const struct plan *plan, const char *area)
{
    (void)fprintf(
        out, "// Which lines hang on which access node; the first row that matches holds. Rows "
             "may tell nodes\n"
             "// apart by VLANs (svlan_first, svlan_last, ...). technology: gpon, xgspon, epon, "
             "adsl2, vdsl2,\n"
             "// docsis, ethernet; settlement: urban, rural; residence: residential, "
             "business.\n");
    (void)fprintf(out,
                  "%saccess_nodes = ( { name = \"%s\"; area = \"%s\"; settlement = \"unknown\";\n"
                  "%s                   residence = \"unknown\"; technology = \"unknown\"; } );\n",
                  area ? "" : "// ", plan->identity.probe_name, area ? area : "371002",
                  area ? "" : "// ");
}

static int make_settings(struct plan *plan, const struct arguments *arguments)
{
    size_t size = 0;
    FILE *out = open_memstream(&plan->settings, &size);
    if (!out)
        return -ENOMEM;
    bool by_systemd = access("/run/systemd/system", F_OK) == 0;
    (void)fprintf(out,
                  "// lastmile-probe: settings, made by `lastmile-probe setup`. Every key with its "
                  "range:\n"
                  "// lastmile-probe run --help-config. Paths are relative to this file. After a "
                  "change:\n"
                  "// lastmile-probe check --config FILE, then SIGHUP (systemctl reload "
                  "lastmile-probe).\n\n"
                  "operator = \"%s\";\nprobe = \"%s\";\n"
                  "interval_ms = 60000;              // one report each\n\n"
                  "// The operator's key of this period, the same at all probes whose lines are to "
                  "be told\n"
                  "// apart together. Lines leave the probe under pseudonyms made with it.\n"
                  "pseudonym_key_file = \"" SETUP_PSEUDONYM "\";\n\n",
                  plan->identity.operator_name, plan->identity.probe_name);
    print_broker(out, plan);
    (void)fprintf(out,
                  "// Reports wait in memory for the collector's receipt, and on disk only while "
                  "the broker is away.\n"
                  "outbox = {\n  dir = \"%s/outbox\";\n%s" RUN_FOLDER "/outbox\";\n"
                  "  memory_bytes = 8388608;\n  disk_bytes = 67108864;\n};\n\n",
                  arguments->state, by_systemd ? "  ram_dir = \"" : "  // ram_dir = \"");
    (void)fprintf(out,
                  "// What is captured. 640 bytes of snaplen where lines are named by DHCP option "
                  "82, 1600 by RADIUS.\n"
                  "sources = (\n  { name = \"%s\"; interface = \"%s\"; snaplen = 256;\n"
                  "    // cpu_limit_percent = 50;    // samples, before packets are dropped\n"
                  "  }\n);\n\n",
                  plan->interface, plan->interface);
    print_node(out, plan, arguments->area);
    (void)fputs("\n// Devices polled by SNMP: see snmp in the sample, and snmp.secrets.example.\n",
                out);
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* ---- what is written ---- */

struct piece {
    const char *name, *text; /* NULL: not of this probe */
    mode_t mode;
};

static size_t list_pieces(const struct plan *plan, struct piece out[static PIECES_MAX])
{
    const struct piece all[] = {
        {SETUP_CA, plan->identity.ca, PUBLIC_MODE},
        {SETUP_CERT, plan->identity.cert, PUBLIC_MODE},
        {plan->identity.by_password ? SETUP_PASSWORD : SETUP_KEY,
         plan->identity.by_password ? plan->identity.password : plan->identity.key, SECRET_MODE},
        {SETUP_PSEUDONYM, plan->identity.pseudonym, SECRET_MODE},
        {plan->name, plan->settings, PUBLIC_MODE}, /* last: what it names is there */
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].text)
            out[count++] = all[i];
    return count;
}

/* Whether a file is there that says something else. */
static bool differs(const struct plan *plan, const struct piece *piece)
{
    char *now = NULL;
    int status = folder_get(plan->folder, piece->name, &now);
    bool other = status == 0 ? strcmp(now, piece->text) != 0 : status != -ENOENT;
    if (now)
        explicit_bzero(now, strlen(now));
    free(now);
    return other;
}

static int refuse_folder(const char *folder, int status)
{
    if (status == -EACCES || status == -EPERM)
        return complain(1, folder, "may not be written: be root, or give --config and --state");
    return complain(1, folder, strerror(-status));
}

/* Nothing is written where one of them would be replaced unasked. */
static int refuse_to_replace(const struct plan *plan, const struct piece *pieces, size_t count)
{
    int status = 0;
    for (size_t i = 0; i < count; i++)
        if (differs(plan, &pieces[i])) {
            (void)fprintf(stderr,
                          "lastmile-probe setup: %s/%s is there and differs: --force replaces it\n",
                          plan->folder, pieces[i].name);
            status = 1;
        }
    return status;
}

static int write_all(const struct plan *plan, const struct arguments *arguments)
{
    struct piece pieces[PIECES_MAX];
    size_t count = list_pieces(plan, pieces);
    if (!arguments->force && refuse_to_replace(plan, pieces, count) != 0)
        return 1;
    int status = folder_make(arguments->state, 0700);
    if (status == 0)
        (void)chown(arguments->state, plan->owner, plan->group); /* where it may */
    const char *about = status == 0 ? plan->folder : arguments->state;
    for (size_t i = 0; i < count && status == 0; i++) {
        char path[FOLDER_PATH_BYTES];
        status = folder_path(plan->folder, pieces[i].name, path);
        if (status == 0)
            status = folder_put(plan->folder, pieces[i].name, pieces[i].text, pieces[i].mode);
        if (status == 0 && chown(path, plan->owner, plan->group) != 0)
            status = -errno;
        if (status == 0)
            (void)printf("wrote %s\n", path);
    }
    return status == 0 ? 0 : refuse_folder(about, status);
}

/* ---- the command ---- */

/* The key that is there stays: with another one every line would be a new line. */
static int choose_pseudonym_key(struct plan *plan, const struct arguments *arguments)
{
    struct setup_identity *identity = &plan->identity;
    if (arguments->pseudonym_key) {
        free(identity->pseudonym);
        identity->pseudonym = NULL;
        int status = folder_get(arguments->pseudonym_key[0] == '/' ? "/" : ".",
                                arguments->pseudonym_key, &identity->pseudonym);
        return status == 0 ? 0 : complain(2, arguments->pseudonym_key, strerror(-status));
    }
    char *there = NULL;
    if (!identity->pseudonym && folder_get(plan->folder, SETUP_PSEUDONYM, &there) == 0)
        identity->pseudonym = there;
    if (identity->pseudonym)
        return 0;
    plan->new_pseudonym_key = true;
    int status = setup_new_pseudonym_key(&identity->pseudonym);
    return status == 0 ? 0 : complain(1, "no random numbers", strerror(-status));
}

static int choose_folder(struct plan *plan, const char *config)
{
    const char *slash = strrchr(config, '/');
    plan->name = slash ? slash + 1 : config;
    int length = slash ? snprintf(plan->folder, sizeof plan->folder, "%.*s",
                                  (int)(slash == config ? 1 : slash - config), config)
                       : snprintf(plan->folder, sizeof plan->folder, ".");
    if (length < 0 || (size_t)length >= sizeof plan->folder || plan->name[0] == '\0')
        return complain(2, "--config is no path of a file", config);
    int status = folder_make(plan->folder, 0755);
    return status == 0 ? 0 : refuse_folder(plan->folder, status);
}

/* The package's user, where there is one and this is root; else whoever this is. */
static void choose_owner(struct plan *plan)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam(USER) : NULL;
    plan->owner = user ? user->pw_uid : geteuid();
    plan->group = user ? user->pw_gid : getegid();
}

static int make_plan(const struct arguments *arguments, struct plan *plan)
{
    struct conf_error error;
    if (setup_identity_read(arguments->bundle, &plan->identity, &error) != 0)
        return complain(1, error.text, "");
    int status = read_host(arguments->collector, plan);
    if (status == 0 && setup_choose_interface(arguments->interface, isatty(0) ? stdin : NULL,
                                              plan->interface) != 0)
        status = 1;
    if (status == 0 && strspn(plan->interface, SAFE_TEXT) != strlen(plan->interface))
        status = complain(1, "this interface's name cannot stand in settings", plan->interface);
    if (status == 0)
        status = choose_folder(plan, arguments->config);
    if (status == 0)
        status = choose_pseudonym_key(plan, arguments);
    choose_owner(plan);
    if (status == 0 && make_settings(plan, arguments) != 0)
        status = complain(1, strerror(ENOMEM), "");
    return status;
}

static void say_next(const char *config, bool fails)
{
    if (fails)
        (void)printf("Next: mend what fails, then lastmile-probe doctor --config %s, then\n",
                     config);
    else
        (void)printf("What would be sent: lastmile-probe run --config %s --dry-run --once\nNext:\n",
                     config);
    if (strcmp(config, CONFIG_DEFAULT) == 0 && access("/run/systemd/system", F_OK) == 0)
        (void)puts("  systemctl enable --now lastmile-probe");
    else
        (void)printf("  lastmile-probe run --config %s\n", config);
}

static int consult_doctor(const char *config)
{
    struct conf_error error;
    struct settings *settings = settings_read(config, &error);
    struct findings *findings = settings ? findings_new() : NULL;
    if (!settings)
        return complain(2, error.text, "");
    if (!findings)
        abort();
    log_set_level(LOG_LEVEL_ERROR); /* what is logged besides is said here */
    doctor_examine(config, settings, findings);
    findings_print_table(findings, stdout);
    bool fails = findings_worst(findings) == FINDING_FAIL;
    findings_free(findings);
    settings_free(settings);
    say_next(config, fails);
    return fails ? 1 : 0;
}

int setup_command(int argc, char **argv)
{
    struct arguments arguments = {.bundle = ".", .config = CONFIG_DEFAULT, .state = STATE_DEFAULT};
    struct plan plan = {.port = 0};
    int status = read_options(argc, argv, &arguments);
    if (status != 0)
        return status;
    if (arguments.help)
        return fputs(help, stdout) < 0;
    status = make_plan(&arguments, &plan);
    if (status == 0)
        status = write_all(&plan, &arguments);
    if (status == 0 && plan.new_pseudonym_key)
        (void)printf("The key of pseudonyms is new: give the operator's other probes the same "
                     "(--pseudonym-key %s/" SETUP_PSEUDONYM ").\n",
                     plan.folder);
    setup_identity_clear(&plan.identity);
    free(plan.settings);
    return status == 0 ? consult_doctor(arguments.config) : status;
}
