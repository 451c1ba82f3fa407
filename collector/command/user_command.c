/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lastmile user: who may log in to the pages, as what; tokens for scripts.
 */
#include "collector/command/command.h"

#include "collector/access/accounts.h"
#include "collector/access/audit.h"
#include "collector/command/password.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPIRES_DAYS_MAX 3650
#define DAY_S            INT64_C(86400)

static const struct option_rule rules[] = {
    {"--role", "ROLE", "add, role: public, operator, commission, admin or metrics"},
    {"--operator", "CODE", "add, role: whose network an operator's account sees, as in the areas"},
    {"--expires", "DAYS", "token: how long it is good (365); 0: without end"},
    {"--token", "ID", "revoke: this one alone, by its eight digits in the list"},
    {"--json", NULL, "list: as JSON"},
    {"--month", "MONTH", "audit: of this month, YYYY-MM (now)"},
    COMMAND_COMMON_RULES,
    {NULL, NULL, NULL},
};

static const char help[] =
    "Says who may see what: the accounts of the pages and of the API, in access.db in the\n"
    "collector's data_dir. The collector heeds each change at once; it need not be restarted.\n"
    "\n"
    "Actions\n"
    "  add NAME --role ROLE [--operator CODE]   a new account; asks for its password\n"
    "  passwd NAME                              a new password; ends the account's logins\n"
    "  role NAME --role ROLE [--operator CODE]  another role; ends the account's logins\n"
    "  list                                     accounts, roles and tokens\n"
    "  remove NAME                              the account, its logins and its tokens\n"
    "  token NAME [--expires DAYS]              a token for a script, shown this once\n"
    "  revoke NAME [--token ID]                 takes tokens back; without ID also ends logins\n"
    "  audit [--month MONTH]                    the audit log, a line of JSON each\n"
    "\n"
    "Roles\n"
    "  public      figures and verdicts with small counts withheld, as in an open-data package\n"
    "  operator    that, and its own figures, access nodes and probes in full\n"
    "  commission  every figure of every operator, with the nodes and probes behind it\n"
    "  admin       everything: also quarantine, /metrics and the audit log\n"
    "  metrics     /metrics and nothing else: for the token of a scraper\n"
    "\n"
    "A password (10 to 90 bytes) is asked for twice on a terminal, else it is the first line of\n"
    "standard input; kept is its argon2id hash. A token stands for its account in a header,\n"
    "  curl -H \"Authorization: Bearer TOKEN\" https://.../api/v1/figures\n"
    "and only its SHA-256 is kept: who has lost one takes a new one and revokes the old.\n"
    "Run it as the collector's user (or as root).";

struct request {
    const struct options *options;
    struct workplace workplace;
    struct accounts *accounts;
    const char *name; /* "" where the action takes none */
    int64_t now_s;
};

static int fail(int status, const char *text)
{
    return command_fail(status, "user", "%s", text);
}

static int fail_with(int status, const struct conf_error *error)
{
    return fail(status == -EINVAL ? EXIT_USAGE : EXIT_FAILED, error->text);
}

/* Role and operator of the options, checked against the plan. */
static int read_role(const struct request *request, enum role *out_role, const char **out_operator)
{
    const char *name = options_value(request->options, "--role");
    const char *operator_key = options_value(request->options, "--operator");
    int role;
    if (!name || conf_name_id(role_names, name, &role) != 0)
        return fail(EXIT_USAGE, "--role is public, operator, commission, admin or metrics");
    if (operator_key && !plan_find_operator(request->workplace.plan, operator_key))
        return command_fail(EXIT_USAGE, "user", "%.40s is no operator of %s", operator_key,
                            request->workplace.settings.areas_file);
    *out_role = (enum role)role;
    *out_operator = operator_key ? operator_key : "";
    return EXIT_DONE;
}

static int read_password(char *out, size_t size)
{
    int status = password_ask(out, size);
    switch (status) {
    case 0:
        return EXIT_DONE;
    case -ENODATA:
        return fail(EXIT_USAGE, "no password came: type one, or give one line on standard input");
    case -EMSGSIZE:
        return fail(EXIT_USAGE, "a password has 90 bytes at most");
    case -EINVAL:
        return fail(EXIT_USAGE, "the two are not the same; nothing was changed");
    default:
        return fail(EXIT_FAILED, strerror(-status));
    }
}

static int run_add(struct request *request)
{
    enum role role = ROLE_PUBLIC;
    const char *operator_key = "";
    char password[PASSWORD_MAX_BYTES + 2];
    struct conf_error error;
    const char *fault = accounts_name_fault(request->name);
    int exit_status = fault ? fail(EXIT_USAGE, fault) : read_role(request, &role, &operator_key);
    if (exit_status == EXIT_DONE)
        exit_status = read_password(password, sizeof password);
    if (exit_status != EXIT_DONE)
        return exit_status;
    int status = accounts_add(request->accounts, request->name, role, operator_key, password,
                              request->now_s, &error);
    crypto_wipe(password, sizeof password);
    if (status != 0)
        return fail_with(status, &error);
    (void)printf("%s may log in as %s\n", request->name, conf_id_name(role_names, (int)role));
    return EXIT_DONE;
}

static int run_passwd(struct request *request)
{
    char password[PASSWORD_MAX_BYTES + 2];
    struct account_row row;
    struct conf_error error;
    int status = accounts_find(request->accounts, request->name, &row, &error);
    if (status != 0)
        return fail_with(status, &error);
    int exit_status = read_password(password, sizeof password);
    if (exit_status != EXIT_DONE)
        return exit_status;
    status = accounts_set_password(request->accounts, request->name, password, &error);
    crypto_wipe(password, sizeof password);
    if (status != 0)
        return fail_with(status, &error);
    (void)printf("%s has a new password and must log in again\n", request->name);
    return EXIT_DONE;
}

static int run_role(struct request *request)
{
    enum role role = ROLE_PUBLIC;
    const char *operator_key = "";
    struct conf_error error;
    int exit_status = read_role(request, &role, &operator_key);
    if (exit_status != EXIT_DONE)
        return exit_status;
    int status = accounts_set_role(request->accounts, request->name, role, operator_key, &error);
    if (status != 0)
        return fail_with(status, &error);
    (void)printf("%s is %s now\n", request->name, conf_id_name(role_names, (int)role));
    return EXIT_DONE;
}

static int run_remove(struct request *request)
{
    struct conf_error error;
    int status = accounts_remove(request->accounts, request->name, &error);
    if (status != 0)
        return fail_with(status, &error);
    (void)printf("%s is removed\n", request->name);
    return EXIT_DONE;
}

static int run_token(struct request *request)
{
    const char *text = options_value(request->options, "--expires");
    char token[SECRET_TEXT_BYTES];
    struct conf_error error;
    char *end = NULL;
    long days = text ? strtol(text, &end, 10) : 365;
    if (text && (end == text || *end || days < 0 || days > EXPIRES_DAYS_MAX))
        return fail(EXIT_USAGE, "--expires is a number of days, 0 (without end) to 3650");
    int64_t expires_s = days ? request->now_s + days * DAY_S : 0;
    int status = accounts_give_token(request->accounts, request->name, request->now_s, expires_s,
                                     token, &error);
    if (status != 0)
        return fail_with(status, &error);
    (void)fprintf(stderr, "lastmile user: the token of %s, which is not shown again:\n",
                  request->name);
    (void)printf("%s\n", token);
    crypto_wipe(token, sizeof token);
    return EXIT_DONE;
}

static int run_revoke(struct request *request)
{
    struct conf_error error;
    int taken = accounts_revoke(request->accounts, request->name,
                                options_value(request->options, "--token"), &error);
    if (taken < 0)
        return fail_with(taken, &error);
    (void)printf("%s: %d taken back\n", request->name, taken);
    return EXIT_DONE;
}

static const char *time_text(int64_t unix_s, const char *none, char out[static CLOCK_TIME_BYTES])
{
    if (unix_s == 0)
        return none;
    clock_format_city_time((uint64_t)unix_s * CLOCK_NS_PER_S, out);
    return out;
}

static void print_account(const struct account_row *row, const struct token_row *tokens,
                          size_t count)
{
    char made[CLOCK_TIME_BYTES], until[CLOCK_TIME_BYTES];
    (void)printf("%-20s  %-10s  %-8s  since %s\n", row->name, row->role, row->operator_key,
                 time_text(row->created_s, "?", made));
    for (size_t i = 0; i < count; i++)
        (void)printf("  token %s  made %s  until %s\n", tokens[i].id,
                     time_text(tokens[i].created_s, "?", made),
                     time_text(tokens[i].expires_s, "taken back", until));
}

static void put_account(struct json_writer *json, const struct account_row *row,
                        const struct token_row *tokens, size_t count)
{
    char text[CLOCK_TIME_BYTES];
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "name", row->name);
    json_writer_put_string(json, "role", row->role);
    json_writer_put_string(json, "operator", row->operator_key[0] ? row->operator_key : NULL);
    json_writer_put_string(json, "created", time_text(row->created_s, NULL, text));
    json_writer_begin_array(json, "tokens");
    for (size_t i = 0; i < count; i++) {
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "id", tokens[i].id);
        json_writer_put_string(json, "created", time_text(tokens[i].created_s, NULL, text));
        json_writer_put_string(json, "expires", time_text(tokens[i].expires_s, NULL, text));
        json_writer_end(json);
    }
    json_writer_end(json);
    json_writer_end(json);
}

/* As JSON where there is a writer. */
static int list_accounts(struct request *request, struct json_writer *json)
{
    struct account_store *store = accounts_store(request->accounts);
    struct account_row *rows = NULL;
    size_t count = 0;
    int status = account_store_list(store, &rows, &count);
    for (size_t i = 0; i < count && status == 0; i++) {
        struct token_row *tokens = NULL;
        size_t token_count = 0;
        status = account_store_list_tokens(store, rows[i].id, &tokens, &token_count);
        if (status == 0 && json)
            put_account(json, &rows[i], tokens, token_count);
        else if (status == 0)
            print_account(&rows[i], tokens, token_count);
        free(tokens);
    }
    free(rows);
    return status;
}

static int run_list(struct request *request)
{
    if (!options_value(request->options, "--json")) {
        int status = list_accounts(request, NULL);
        return status == 0 ? EXIT_DONE : fail(EXIT_FAILED, strerror(-status));
    }
    struct json_writer *json = json_writer_new();
    int status = json ? 0 : -ENOMEM;
    if (json) {
        json_writer_begin_array(json, "accounts");
        status = list_accounts(request, json);
        json_writer_end(json);
    }
    char *text = status == 0 ? json_writer_text(json, true) : NULL;
    json_writer_free(json);
    if (status == 0 && !text)
        status = -ENOMEM;
    if (text)
        (void)puts(text); /* asked for at the end, by fflush */
    free(text);
    return status == 0 ? EXIT_DONE : fail(EXIT_FAILED, strerror(-status));
}

/* The lines of a month as they stand. */
static int run_audit(struct request *request)
{
    const char *month = options_value(request->options, "--month");
    char path[AUDIT_PATH_BYTES], first_day[16], bytes[4096];
    int64_t day = clock_city_day((uint64_t)request->now_s * CLOCK_NS_PER_S);
    (void)snprintf(first_day, sizeof first_day, "%.10s-01", month ? month : "");
    if (month && clock_parse_date(first_day, &day) != 0)
        return fail(EXIT_USAGE, "--month is YYYY-MM");
    audit_path(request->workplace.settings.data_dir, clock_city_day_start_ns(day), path);
    FILE *file = fopen(path, "re");
    if (!file)
        return command_fail(EXIT_FAILED, "user", "%s: %s", path,
                            errno == ENOENT ? "nothing was noted in this month" : strerror(errno));
    size_t got;
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
        (void)fwrite(bytes, 1, got, stdout); /* asked for at the end, by fflush */
    bool failed = ferror(file) != 0;
    (void)fclose(file); /* only read from */
    return failed ? command_fail(EXIT_FAILED, "user", "%s cannot be read", path) : EXIT_DONE;
}

/* What was changed from the shell is in the log beside what was done by the pages. */
static void note(struct request *request, const char *action)
{
    uint8_t key[STORE_KEY_BYTES];
    crypto_random(key, sizeof key);
    if (account_store_key(accounts_store(request->accounts), key) != 0)
        return; /* said already by the database */
    struct audit *audit = audit_new(request->workplace.settings.data_dir, key);
    const struct audit_entry entry = {.account = request->name,
                                      .client = "",
                                      .method = "user",
                                      .route = action,
                                      .outcome = "done",
                                      .always = true};
    if (audit)
        audit_note(audit, &entry, (uint64_t)request->now_s * CLOCK_NS_PER_S, clock_mono_ns());
    audit_free(audit);
    crypto_wipe(key, sizeof key);
}

static const struct action {
    const char *name;
    bool takes_name;
    const char *options[3]; /* that it takes, besides --config */
    int (*run)(struct request *request);
} actions[] = {
    {"add", true, {"--role", "--operator"}, run_add},
    {"passwd", true, {NULL}, run_passwd},
    {"role", true, {"--role", "--operator"}, run_role},
    {"list", false, {"--json"}, run_list},
    {"remove", true, {NULL}, run_remove},
    {"token", true, {"--expires"}, run_token},
    {"revoke", true, {"--token"}, run_revoke},
    {"audit", false, {"--month"}, run_audit},
};
#define ACTIONS (sizeof actions / sizeof actions[0])

static const struct action *find_action(const char *name)
{
    const char *known[ACTIONS];
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
        known[i] = actions[i].name;
    }
    const char *nearest = conf_nearest(name, known, ACTIONS);
    (void)command_fail(EXIT_USAGE, "user", "'%.40s' is no action%s%s%s (lastmile user --help)",
                       name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
    return NULL;
}

static int check_options(const struct action *action, const struct options *options)
{
    static const char *const all[] = {"--role",  "--operator", "--expires",
                                      "--token", "--json",     "--month"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        bool taken = !options_value(options, all[i]);
        for (size_t k = 0; k < 3 && action->options[k]; k++)
            taken = taken || strcmp(action->options[k], all[i]) == 0;
        if (!taken)
            return command_fail(EXIT_USAGE, "user", "%s does not go with '%s'", all[i],
                                action->name);
    }
    if (action->takes_name != (options->argument_count == 2))
        return command_fail(EXIT_USAGE, "user", "'%s' takes %s (lastmile user --help)",
                            action->name,
                            action->takes_name ? "the NAME of an account" : "no name");
    return EXIT_DONE;
}

static int run(const struct options *options)
{
    const struct action *action = find_action(options->arguments[0]);
    int exit_status = action ? check_options(action, options) : EXIT_USAGE;
    struct request request = {.options = options,
                              .now_s = (int64_t)(clock_unix_ns() / CLOCK_NS_PER_S)};
    struct conf_error error;
    if (exit_status == EXIT_DONE)
        exit_status = workplace_open(options, WORKPLACE_NO_REGISTRY, &request.workplace);
    if (exit_status != EXIT_DONE)
        return exit_status;
    request.name = action->takes_name ? options->arguments[1] : "";
    request.accounts = accounts_open(request.workplace.settings.data_dir, &error);
    exit_status = request.accounts ? action->run(&request) : fail(EXIT_FAILED, error.text);
    if (exit_status == EXIT_DONE && action->takes_name)
        note(&request, action->name);
    if (exit_status == EXIT_DONE && fflush(stdout) != 0)
        exit_status = fail(EXIT_FAILED, strerror(errno));
    accounts_close(request.accounts);
    workplace_close(&request.workplace);
    return exit_status;
}

const struct command user_command = {
    .name = "user",
    .arguments = "ACTION [NAME]",
    .summary = "accounts of the pages: roles, passwords, tokens",
    .help = help,
    .rules = rules,
    .arguments_min = 1,
    .arguments_max = 2,
    .run = run,
};
