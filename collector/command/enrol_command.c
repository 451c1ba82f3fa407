/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lastmile enrol: options to what is asked of the enrolment, and what came of it to text or JSON.
 */
#include "collector/command/command.h"
#include "collector/command/enrol_list.h"

#include "collector/enrol/broker.h"
#include "collector/enrol/enrolment.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORITY_NAME "lastmile authority"
#define DAYS           730
#define DAYS_MAX       36500
#define DUE_S          (INT64_C(30) * 86400) /* --renew without a probe: what ends so soon */
#define BACKDATED_S    3600                  /* clocks differ a little */
#define FOLDER_BYTES   512

static const struct option_rule rules[] = {
    {"--init-ca", NULL, "make the authority, the broker's certificate and the collector's"},
    {"--host", "NAMES", "with --init-ca: what probes call the broker: names, addresses, by commas"},
    {"--operator", "NAME", "the operator's key, as in the areas file: cu, cm, ct, ..."},
    {"--probe", "NAME", "the probe's name: of a-z, 0-9, '.', '-'; 62 octets with its operator's"},
    {"--probes", "FILE.csv", "many at once: a file with the columns operator and probe"},
    {"--password", NULL, "a password in the place of a certificate"},
    {"--renew", NULL,
     "new key and certificate (or password); without a probe: of all that end soon"},
    {"--revoke", NULL, "take back all that the probe was given"},
    {"--list", NULL, "print the roll: who has what, until when"},
    {"--days", "N", "how long certificates made now are good (730)"},
    {"--from", "DATE", "from when; until then broker and probe refuse them (now)"},
    {"--dir", "DIR", "the folder of identities (enrol, beside --config FILE)"},
    {"--json", NULL, "as JSON"},
    COMMAND_COMMON_RULES,
    {NULL, NULL, NULL},
};

static const char help[] =
    "Gives each probe an identity of its own, which the broker can check and you can take back.\n"
    "\n"
    "First, once:   lastmile enrol --init-ca --host broker.example.org,192.0.2.1\n"
    "  makes a private certificate authority (EC P-256, 20 years), the broker's certificate for\n"
    "  these hosts and the collector's own. Keep DIR/ca.key from everybody, and keep a copy.\n"
    "For each probe: lastmile enrol --operator cu --probe huancui-1\n"
    "  makes its key and certificate, whose common name is OPERATOR/PROBE, and a bundle to carry\n"
    "  to it, DIR/probes/OPERATOR/PROBE: probe.cfg (the lines that name it), README, ca.pem,\n"
    "  probe.pem, probe.key. With --password: a user OPERATOR/PROBE and broker.password.\n"
    "For many:       lastmile enrol --probes probes.csv\n"
    "  the same for each row of a CSV file whose first line names the columns operator and probe\n"
    "  (others are passed over), up to 10,000. Keys are readable by their owner alone (0600), so\n"
    "  take the bundles along with their modes: tar -C DIR/probes -czf probes.tar.gz .\n"
    "Stolen, retired: lastmile enrol --revoke --operator cu --probe huancui-1\n"
    "Renewal:        lastmile enrol --renew [--operator cu --probe huancui-1]\n"
    "  The old certificate is good until its end; a probe that is out with it notices the new\n"
    "  files within a second. Without a probe: everything that ends within 30 days; for a timer.\n"
    "\n"
    "DIR/broker is for the broker's machine (config/mosquitto/README.md): acl, passwords, ca.pem,\n"
    "ca.crl, server.pem, server.key. After each run copy it there and let mosquitto read it again\n"
    "(systemctl reload mosquitto); a revoked probe that is connected can then neither write nor\n"
    "read, and cannot connect again. In the acl a probe writes\n"
    "  lastmile/1/SHARD/OPERATOR/PROBE/{report,backlog,state}\n"
    "and reads its own receipt, and nothing else; no line has a pattern.\n"
    "\n"
    "What is there already stays as it is: each command may be repeated, also after it was killed.";

struct request {
    const struct options *options;
    struct enrolment_span span;
    char folder[FOLDER_BYTES];
    char user[BROKER_USER_BYTES]; /* "" when no probe was named */
    struct enrol_list list;       /* of --probes */
    int *results;                 /* of each of them */
};

static bool asks(const struct request *request, const char *name)
{
    return options_value(request->options, name) != NULL;
}

static int fail(int status, const char *text)
{
    return command_fail(status, "enrol", "%s", text);
}

/* DIR, or "enrol" in the folder of the settings. */
static int read_folder(struct request *request)
{
    const char *folder = options_value(request->options, "--dir");
    const char *config = options_value(request->options, "--config");
    config = config ? config : COMMAND_CONFIG_DEFAULT;
    const char *slash = strrchr(config, '/');
    int length = folder  ? snprintf(request->folder, FOLDER_BYTES, "%s", folder)
                 : slash ? snprintf(request->folder, FOLDER_BYTES, "%.*s/enrol",
                                    (int)(slash - config), config)
                         : snprintf(request->folder, FOLDER_BYTES, "enrol");
    return length > 0 && length < FOLDER_BYTES ? EXIT_DONE
                                               : fail(EXIT_USAGE, "--dir is empty or too long");
}

static int read_span(struct request *request)
{
    const char *days_text = options_value(request->options, "--days");
    const char *from = options_value(request->options, "--from");
    char *end = NULL;
    int64_t day = 0;
    long days = days_text ? strtol(days_text, &end, 10) : DAYS;
    if (days < 1 || days > DAYS_MAX || (end && (end == days_text || *end)))
        return fail(EXIT_USAGE, "--days is 1 to 36500");
    request->span.now_s = (int64_t)(clock_unix_ns() / CLOCK_NS_PER_S);
    request->span.from_s = request->span.now_s - BACKDATED_S;
    if (from && clock_parse_date(from, &day) != 0)
        return fail(EXIT_USAGE, "--from is a date, YYYY-MM-DD");
    if (from)
        request->span.from_s = (int64_t)(clock_city_day_start_ns(day) / CLOCK_NS_PER_S);
    request->span.until_s =
        (from ? request->span.from_s : request->span.now_s) + (int64_t)days * 86400;
    return EXIT_DONE;
}

static int read_list(struct request *request)
{
    const char *path = options_value(request->options, "--probes");
    struct conf_error error;
    if (!path)
        return EXIT_DONE;
    if (enrol_list_read(path, &request->list, &error) != 0)
        return fail(EXIT_FAILED, error.text);
    request->results = calloc(request->list.count, sizeof *request->results);
    return request->results ? EXIT_DONE : fail(EXIT_FAILED, "out of memory");
}

static int read_user(struct request *request)
{
    const char *operator_name = options_value(request->options, "--operator");
    const char *probe_name = options_value(request->options, "--probe");
    if (!operator_name != !probe_name)
        return fail(EXIT_USAGE, "--operator and --probe are needed, both");
    if (probe_name && broker_user(operator_name, probe_name, request->user) != 0)
        return fail(EXIT_USAGE,
                    "a name is 1 to 63 of a-z, 0-9, '.', '-', and begins with a letter or digit; "
                    "both together have at most 62");
    return EXIT_DONE;
}

/* One thing at a time, and all that it needs. */
static int check_request(const struct request *request)
{
    static const char *const verbs[] = {"--init-ca", "--renew", "--revoke", "--list"};
    bool many = asks(request, "--probes");
    size_t asked = 0;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        asked += asks(request, verbs[i]);
    if (asked > 1)
        return fail(EXIT_USAGE, "one of --init-ca, --renew, --revoke, --list at a time");
    if (request->user[0] && (asks(request, "--init-ca") || asks(request, "--list")))
        return fail(EXIT_USAGE, "--init-ca and --list take no probe");
    if (many && (asked > 0 || request->user[0]))
        return fail(EXIT_USAGE, "--probes goes with --password, --days and --from only");
    if (!many && !request->user[0] && (asked == 0 || asks(request, "--revoke")))
        return fail(EXIT_USAGE, "--operator and --probe are needed");
    if (asks(request, "--host") && !asks(request, "--init-ca"))
        return fail(EXIT_USAGE, "--host goes with --init-ca");
    if (asks(request, "--password") && asked > 0)
        return fail(EXIT_USAGE, "--password goes with the first enrolment of a probe");
    return EXIT_DONE;
}

static void put_time(struct json_writer *writer, const char *key, int64_t unix_s)
{
    char text[CLOCK_TIME_BYTES] = "";
    if (unix_s > 0)
        clock_format_city_time((uint64_t)unix_s * CLOCK_NS_PER_S, text);
    json_writer_put_string(writer, key, unix_s > 0 ? text : NULL);
}

static void put_entry(struct json_writer *writer, const struct roll *roll, size_t index,
                      int64_t now_s)
{
    const struct roll_entry *entry = &roll->entries[index];
    json_writer_begin_object(writer, NULL);
    json_writer_put_string(writer, "kind", roll_kind_name(entry->kind));
    json_writer_put_string(writer, "name", entry->name);
    json_writer_put_string(writer, "by", entry->serial[0] ? "certificate" : "password");
    json_writer_put_string(writer, "serial", entry->serial[0] ? entry->serial : NULL);
    json_writer_put_string(writer, "state", roll_state_name(roll_state_of(roll, index, now_s)));
    put_time(writer, "from", entry->from_s);
    put_time(writer, "until", entry->until_s);
    put_time(writer, "revoked", entry->revoked_s);
    json_writer_end(writer);
}

static void put_list(struct json_writer *writer, const struct request *request,
                     struct enrolment *enrolment)
{
    json_writer_begin_array(writer, "probes");
    for (size_t i = 0; i < request->list.count; i++) {
        const char *user = request->list.users[i];
        bool carried = request->results[i] == ENROLMENT_CARRIED;
        json_writer_begin_object(writer, NULL);
        json_writer_put_string(writer, "user", user);
        json_writer_put_i64(writer, "result", request->results[i]);
        json_writer_put_string(writer, "bundle",
                               carried ? NULL : enrolment_bundle(enrolment, user));
        json_writer_end(writer);
    }
    json_writer_end(writer);
}

/* Entries of one name, or all. */
static void put_entries(struct json_writer *writer, const struct roll *roll, const char *name,
                        int64_t now_s)
{
    json_writer_begin_array(writer, "entries");
    for (size_t i = 0; i < roll->count; i++)
        if (!name[0] || strcmp(roll->entries[i].name, name) == 0)
            put_entry(writer, roll, i, now_s);
    json_writer_end(writer);
}

static int print_json(const struct request *request, struct enrolment *enrolment, int result)
{
    struct json_writer *writer = json_writer_new();
    char *acl = NULL;
    if (!writer)
        return -ENOMEM;
    json_writer_put_string(writer, "dir", request->folder);
    json_writer_put_i64(writer, "result", result);
    if (request->user[0]) {
        bool carried = result == ENROLMENT_CARRIED || asks(request, "--revoke");
        json_writer_put_string(writer, "user", request->user);
        json_writer_put_string(writer, "bundle",
                               carried ? NULL : enrolment_bundle(enrolment, request->user));
        int status = asks(request, "--revoke") ? 0 : broker_acl_of(request->user, &acl);
        json_writer_put_string(writer, "acl", status == 0 ? acl : NULL);
    }
    if (request->list.count)
        put_list(writer, request, enrolment);
    else
        put_entries(writer, enrolment_roll(enrolment), request->user, request->span.now_s);
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    free(acl);
    if (!text)
        return -ENOMEM;
    (void)puts(text); /* asked for at the end, by fflush */
    free(text);
    return 0;
}

static void print_list(const struct roll *roll, int64_t now_s)
{
    for (size_t i = 0; i < roll->count; i++) {
        const struct roll_entry *entry = &roll->entries[i];
        char until[CLOCK_TIME_BYTES] = "without end";
        if (entry->until_s > 0)
            clock_format_city_time((uint64_t)entry->until_s * CLOCK_NS_PER_S, until);
        (void)printf("%-9s  %s  %s  %s  until %s\n", roll_kind_name(entry->kind), entry->name,
                     roll_state_name(roll_state_of(roll, i, now_s)),
                     entry->serial[0] ? entry->serial : "password", until);
    }
}

static int print_probe(const struct request *request, struct enrolment *enrolment, int result)
{
    static const char *const said[] = {
        [ENROLMENT_THERE] = "is enrolled already; its bundle is",
        [ENROLMENT_MADE] = "has a new identity; carry to it",
        [ENROLMENT_CARRIED] =
            "is enrolled already; its bundle is no longer here (--renew makes a new one):",
    };
    char *acl = NULL;
    int status = broker_acl_of(request->user, &acl);
    if (status != 0)
        return status;
    (void)printf("%s %s %s\n\n# of %s/broker/acl\n%s\n"
                 "Now copy %s/broker to the broker and reload it (config/mosquitto/README.md).\n",
                 request->user, said[result], enrolment_bundle(enrolment, request->user),
                 request->folder, acl, request->folder);
    free(acl);
    return 0;
}

static void print_many(const struct request *request, struct enrolment *enrolment)
{
    static const char *const said[] = {[ENROLMENT_THERE] = "there already",
                                       [ENROLMENT_MADE] = "new",
                                       [ENROLMENT_CARRIED] = "there already, not here any more"};
    size_t counts[3] = {0};
    for (size_t i = 0; i < request->list.count; i++) {
        int result = request->results[i];
        counts[result]++;
        (void)printf("%-16s  %s\n", said[result],
                     enrolment_bundle(enrolment, request->list.users[i]));
    }
    (void)printf("%zu new, %zu there already", counts[ENROLMENT_MADE],
                 counts[ENROLMENT_THERE] + counts[ENROLMENT_CARRIED]);
    if (counts[ENROLMENT_CARRIED])
        (void)printf(", of %zu the bundle is no longer here (--renew makes a new one)",
                     counts[ENROLMENT_CARRIED]);
    (void)printf("\nNow copy %s/broker to the broker and reload it (config/mosquitto/README.md).\n",
                 request->folder);
}

static int print_text(const struct request *request, struct enrolment *enrolment, int result)
{
    if (asks(request, "--list"))
        print_list(enrolment_roll(enrolment), request->span.now_s);
    else if (request->list.count)
        print_many(request, enrolment);
    else if (asks(request, "--init-ca"))
        (void)printf("%s %s: the authority, %s/broker and %s/collector\n",
                     result == ENROLMENT_MADE ? "made" : "already there", request->folder,
                     request->folder, request->folder);
    else if (asks(request, "--revoke"))
        (void)printf("%s: %d taken back\nNow copy %s/broker to the broker and reload it.\n",
                     request->user, result, request->folder);
    else if (!request->user[0])
        (void)printf("%d renewed\n", result);
    else
        return print_probe(request, enrolment, result);
    return 0;
}

static int act_on_list(const struct request *request, struct enrolment *enrolment,
                       struct conf_error *out_error)
{
    const struct enrol_list *list = &request->list;
    const char **users = calloc(list->count, sizeof *users);
    int status = -1;
    (void)snprintf(out_error->text, sizeof out_error->text, "out of memory");
    for (size_t i = 0; i < list->count && users; i++)
        users[i] = list->users[i];
    if (users)
        status = enrolment_add_all(enrolment, users, list->count, asks(request, "--password"),
                                   &request->span, request->results, out_error);
    free(users);
    return status;
}

static int act(const struct request *request, struct enrolment *enrolment,
               struct conf_error *out_error)
{
    const struct enrolment_span *span = &request->span;
    bool renew = asks(request, "--renew");
    if (asks(request, "--list"))
        return 0;
    if (asks(request, "--init-ca"))
        return enrolment_prepare(enrolment, options_value(request->options, "--host"), span,
                                 out_error);
    if (asks(request, "--revoke"))
        return enrolment_revoke(enrolment, request->user, span->now_s, out_error);
    if (renew && !request->user[0])
        return enrolment_renew_due(enrolment, DUE_S, span, out_error);
    if (request->list.count)
        return act_on_list(request, enrolment, out_error);
    return enrolment_add(enrolment, request->user, asks(request, "--password"), renew, span,
                         out_error);
}

static int read_request(struct request *request)
{
    int exit_status = read_folder(request);
    if (exit_status == EXIT_DONE)
        exit_status = read_span(request);
    if (exit_status == EXIT_DONE)
        exit_status = read_user(request);
    if (exit_status == EXIT_DONE)
        exit_status = check_request(request);
    return exit_status == EXIT_DONE ? read_list(request) : exit_status;
}

static int run_request(const struct request *request)
{
    struct conf_error error;
    struct enrolment *enrolment =
        enrolment_open(request->folder, asks(request, "--init-ca") ? AUTHORITY_NAME : NULL,
                       request->span.now_s, &error);
    if (!enrolment)
        return fail(EXIT_FAILED, error.text);
    int exit_status = EXIT_DONE;
    int result = act(request, enrolment, &error);
    int status = 0;
    if (result < 0)
        exit_status = fail(EXIT_FAILED, error.text);
    else if (asks(request, "--json"))
        status = print_json(request, enrolment, result);
    else
        status = print_text(request, enrolment, result);
    if (status == 0 && fflush(stdout) != 0)
        status = -errno;
    enrolment_close(enrolment);
    return status == 0 ? exit_status : fail(EXIT_FAILED, strerror(-status));
}

static int run(const struct options *options)
{
    struct request request = {.options = options};
    int exit_status = read_request(&request);
    if (exit_status == EXIT_DONE)
        exit_status = run_request(&request);
    free(request.results);
    enrol_list_fini(&request.list);
    return exit_status;
}

const struct command enrol_command = {
    .name = "enrol",
    .arguments = "",
    .summary = "identities of probes: keys, certificates, the broker's ACL",
    .help = help,
    .rules = rules,
    .run = run,
};
