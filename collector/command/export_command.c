/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/export_request.h"

#include "collector/export/figure_json.h"
#include "collector/export/figure_table.h"
#include "collector/export/publication.h"
#include "collector/export/tables.h"
#include "collector/export/workbook.h"
#include "collector/indicator/inputs.h"
#include "collector/registry/ledger.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define YEAR_MIN 1990

static const struct conf_name format_names[] = {
    {"csv", FORMAT_CSV},   {"json", FORMAT_JSON},       {"table", FORMAT_TABLE},
    {"xlsx", FORMAT_XLSX}, {"package", FORMAT_PACKAGE}, {NULL, 0},
};

static const struct option_rule rules[] = {
    {"--year", "Y", "as at the end of its 31 December, or as at now while it runs (this year)"},
    {"--format", "NAME", "csv, json, table, xlsx or package (table on a terminal, else csv)"},
    {"--check", "ID", "print one indicator's line; its verdict is the exit status"},
    {"--lang", "zh|en", "of the line of --check (en)"},
    {"--table", "NAME",
     "figures, or coverage: each probe's intervals, arrived and missing, as CSV"},
    {"--out", "PATH",
     "write this file instead of stdout, or this folder; it appears whole or not at all"},
    {"--area", "KEY",
     "only the rows of this area: 371002, ..., 371000 for the city, gb2260-371002 by code"},
    {"--all-targets", NULL, "a row for every target of the plan, not only for the one in force"},
    {"--definition", "ID=NAME",
     "and a row by another definition than the default; several: ID=NAME,ID=NAME"},
    {"--as-known", "DATE", "as if nothing had arrived after the end of this day"},
    {"--full", NULL,
     "for the city's own use: small counts of areas and operators too; every row says so"},
    {"--bom", NULL, "begin the CSV with a byte order mark, for spreadsheets that ask for it"},
    COMMAND_COMMON_RULES,
    {NULL, NULL, NULL},
};

static int read_format(const struct options *options, struct export_request *request)
{
    const char *name = options_value(options, "--format");
    int format = request->terminal ? FORMAT_TABLE : FORMAT_CSV;
    if (name && conf_name_id(format_names, name, &format) != 0)
        return command_fail(EXIT_USAGE, "export",
                            "'%.40s' is no format; csv, json, table, xlsx or package", name);
    request->format = (enum export_format)format;
    return EXIT_DONE;
}

/* A workbook and a package hold all that there is of a year. */
static int read_whole(const struct options *options, struct export_request *request)
{
    bool package = request->format == FORMAT_PACKAGE;
    if (!package && request->format != FORMAT_XLSX)
        return EXIT_DONE;
    if (!request->out_path && (package || request->terminal))
        return command_fail(EXIT_USAGE, "export", "%s",
                            package ? "a package needs --out DIR" : "a workbook needs --out FILE");
    if (request->area || options_value(options, "--table") ||
        options_value(options, "--definition"))
        return command_fail(EXIT_USAGE, "export",
                            "a %s is whole: leave --area, --table and --definition",
                            package ? "package" : "workbook");
    request->query.all_targets = true;
    return EXIT_DONE;
}

static int fail_unknown_indicator(const struct plan *plan, const char *id)
{
    size_t count = plan_indicator_count(plan);
    const char **known = malloc((count ? count : 1) * sizeof *known);
    for (size_t i = 0; known && i < count; i++)
        known[i] = plan_indicator_at(plan, i)->id;
    const char *nearest = known ? conf_nearest(id, known, count) : NULL;
    int status = command_fail(EXIT_USAGE, "export", "--check %.40s: no indicator of the plan%s%s%s",
                              id, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                              nearest ? "'?" : "");
    free(known);
    return status;
}

static int read_check(const struct options *options, const struct plan *plan,
                      struct export_request *request)
{
    const char *id = options_value(options, "--check");
    const char *language = options_value(options, "--lang");
    request->chinese = language && strcmp(language, "zh") == 0;
    if (language && !request->chinese && strcmp(language, "en") != 0)
        return command_fail(EXIT_USAGE, "export", "--lang %.20s: zh or en", language);
    if (!id)
        return language ? command_fail(EXIT_USAGE, "export", "--lang goes with --check")
                        : EXIT_DONE;
    request->checked = plan_find_indicator(plan, id);
    if (!request->checked)
        return fail_unknown_indicator(plan, id);
    if (options_value(options, "--format") || options_value(options, "--table") ||
        request->out_path)
        return command_fail(EXIT_USAGE, "export",
                            "--check prints a line: leave --format, --table and --out");
    request->query.all_targets = false;
    return EXIT_DONE;
}

static int read_table(const struct options *options, struct export_request *request)
{
    const char *name = options_value(options, "--table");
    request->coverage = name && strcmp(name, "coverage") == 0;
    if (name && !request->coverage && strcmp(name, "figures") != 0)
        return command_fail(EXIT_USAGE, "export", "--table %.40s: figures or coverage", name);
    if (!request->coverage)
        return EXIT_DONE;
    if (options_value(options, "--format") && request->format != FORMAT_CSV)
        return command_fail(EXIT_USAGE, "export", "coverage is CSV; leave --format away");
    if (request->area || options_value(options, "--as-known"))
        return command_fail(EXIT_USAGE, "export",
                            "coverage is by probe and as known now; leave --area and --as-known");
    request->format = FORMAT_CSV;
    return EXIT_DONE;
}

static int read_time(const struct options *options, uint64_t now_ns, struct export_request *request)
{
    const char *year_text = options_value(options, "--year");
    const char *known_text = options_value(options, "--as-known");
    int this_year = 0;
    int month = 0;
    int day = 0;
    bool provisional = false;
    clock_civil_from_days(clock_city_day(now_ns), &this_year, &month, &day);
    long year = this_year;
    if (year_text) {
        char *end = NULL;
        year = strtol(year_text, &end, 10);
        if (end == year_text || *end || year < YEAR_MIN || year > this_year)
            return command_fail(EXIT_USAGE, "export", "--year %.20s: a year from %d to %d",
                                year_text, YEAR_MIN, this_year);
    }
    request->query.instant_day = figure_instant_of_year((int)year, now_ns, &provisional);
    request->year = (int)year;
    request->from_ns = clock_city_day_start_ns(clock_days_from_civil((int)year, 1, 1));
    request->to_ns = clock_city_day_start_ns(clock_days_from_civil((int)year + 1, 1, 1));
    if (request->to_ns > now_ns)
        request->to_ns = now_ns;
    int64_t known_day = 0;
    if (known_text && clock_parse_date(known_text, &known_day) != 0)
        return command_fail(EXIT_USAGE, "export", "--as-known %.20s: write 2018-03-01", known_text);
    if (known_text)
        request->query.as_known_ns = clock_city_day_start_ns(known_day + 1);
    return EXIT_DONE;
}

/* Those of the settings, and those asked for; a table shows none but these. */
static int read_definitions(const struct options *options, const struct workplace *workplace,
                            struct export_request *request)
{
    struct conf_error error = {""};
    struct definition_choices *choices = &request->choices;
    if (definition_choices_add(choices, workplace->plan, workplace->settings.definitions, &error) !=
        0)
        return command_fail(EXIT_USAGE, "export", "definitions of the settings: %s", error.text);
    if (definition_choices_add(choices, workplace->plan, options_value(options, "--definition"),
                               &error) != 0)
        return command_fail(EXIT_USAGE, "export", "--definition: %s", error.text);
    request->query.definitions = choices->definitions;
    request->query.definition_count = choices->count;
    request->query.beside = request->format != FORMAT_TABLE;
    return EXIT_DONE;
}

static int read_request(const struct options *options, const struct workplace *workplace,
                        uint64_t now_ns, struct export_request *request)
{
    const struct plan *plan = workplace->plan;
    const char *area = options_value(options, "--area");
    memset(request, 0, sizeof *request);
    request->out_path = options_value(options, "--out");
    request->terminal = !request->out_path && isatty(STDOUT_FILENO);
    request->byte_order_mark = options_value(options, "--bom") != NULL;
    request->full = options_value(options, "--full") != NULL;
    request->query.all_targets = options_value(options, "--all-targets") != NULL;
    request->query.areas = true;
    if (area) {
        request->area = plan_find_area(plan, area);
        if (!request->area)
            request->area = plan_find_rollup(plan, area);
        request->query.rollups = plan_find_rollup(plan, area) != NULL;
        if (!request->area)
            return command_fail(EXIT_USAGE, "export", "--area %.40s: no area of the plan's files",
                                area);
    }
    int status = read_format(options, request);
    if (status == EXIT_DONE)
        status = read_table(options, request);
    if (status == EXIT_DONE)
        status = read_time(options, now_ns, request);
    if (status == EXIT_DONE)
        status = read_definitions(options, workplace, request);
    if (status == EXIT_DONE)
        status = read_whole(options, request);
    if (status == EXIT_DONE)
        status = read_check(options, plan, request);
    request->query.operators = request->format != FORMAT_TABLE;
    if ((request->format == FORMAT_TABLE || request->checked) && !request->area)
        request->query.areas = false;
    return status;
}

static void keep_area(struct figures *figures, const struct plan_area *area)
{
    size_t kept = 0;
    for (size_t i = 0; area && i < figures->count; i++)
        if (figures->figures[i].area == area)
            figures->figures[kept++] = figures->figures[i];
    if (area)
        figures->count = kept;
}

static void write_table(FILE *out, const struct plan *plan, const struct figures *figures)
{
    char date[CLOCK_DATE_BYTES];
    clock_format_date(figures->instant_day, date);
    (void)fprintf(out, "%s  %s\n%s\nas at the end of %s%s\n\n", plan_title_zh(plan),
                  plan_document(plan), plan_title_en(plan), date,
                  figures->count > 0 && figures->figures[0].provisional ? ", provisional" : "");
    figures_table(out, figures);
}

static int write_json(FILE *out, const struct export_source *source)
{
    struct json_writer *writer = json_writer_new();
    if (!writer)
        return -ENOMEM;
    json_writer_put_string(writer, "use", export_use(source));
    json_writer_put_u64(writer, "withheld", source->publication->withheld);
    figures_json(writer, source->plan, &source->publication->figures);
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    if (!text)
        return -ENOMEM;
    (void)fprintf(out, "%s\n", text);
    free(text);
    return 0;
}

/* What is written, and what it is made from. */
struct export_data {
    struct inputs *inputs;
    struct figures *figures;
    struct publication *publication;
    struct ledger *ledger;
    struct export_source source;
};

/* 0 or a negated errno; a stream that failed says so at its end. */
static int write_data(FILE *out, const struct export_request *request,
                      const struct export_data *data)
{
    const struct export_source *source = &data->source;
    int status = 0;
    switch (request->format) {
    case FORMAT_JSON:
        status = write_json(out, source);
        break;
    case FORMAT_TABLE:
        write_table(out, source->plan, &source->publication->figures);
        break;
    case FORMAT_XLSX:
        status = workbook_write(out, source);
        break;
    case FORMAT_CSV:
    case FORMAT_PACKAGE:
        table_csv(out, request->coverage ? &coverage_table : &verdicts_table, source);
        break;
    }
    if (status == 0 && (fflush(out) != 0 || ferror(out)))
        status = errno ? -errno : -EIO;
    return status;
}

/* Beside the target first, then renamed over it. */
static int write_file(const struct export_request *request, const struct export_data *data)
{
    char beside[4096];
    int length = snprintf(beside, sizeof beside, "%s.%ld.part", request->out_path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside)
        return -ENAMETOOLONG;
    FILE *out = fopen(beside, "wb");
    if (!out)
        return -errno;
    int status = write_data(out, request, data);
    if (status == 0 && fsync(fileno(out)) != 0)
        status = -errno;
    if (fclose(out) != 0 && status == 0)
        status = -errno;
    if (status == 0 && rename(beside, request->out_path) != 0)
        status = -errno;
    if (status != 0)
        (void)unlink(beside); /* it may not be there */
    return status;
}

/* What may be published is decided over all areas and operators, whatever is asked for of them. */
static int publish(const struct export_request *request, struct export_data *data)
{
    data->source.figures = data->figures;
    int status = publication_new(&data->source, &data->publication);
    if (status != 0)
        return status;
    data->source.publication = data->publication;
    keep_area(&data->publication->figures, request->area);
    return 0;
}

static int evaluate(const struct export_request *request, struct workplace *workplace,
                    uint64_t now_ns, struct export_data *data)
{
    const struct rule_settings *rule = &workplace->settings.rules;
    int status = inputs_load(workplace->registry, rule, &request->query, now_ns, &data->inputs);
    if (status != 0)
        return status;
    data->source.inputs = data->inputs;
    status = figures_evaluate(workplace->plan, data->inputs, rule, &request->query, &data->figures);
    return status == 0 ? publish(request, data) : status;
}

static int collect(const struct export_request *request, struct workplace *workplace,
                   uint64_t now_ns, struct export_data *data)
{
    int status = 0;
    data->source = (struct export_source){.plan = workplace->plan,
                                          .rules = &workplace->settings.rules,
                                          .year = request->year,
                                          .byte_order_mark = request->byte_order_mark,
                                          .full = request->full};
    if (request->coverage || (request->format == FORMAT_XLSX && !request->query.as_known_ns)) {
        const struct ledger_query query = {.from_ns = request->from_ns, .to_ns = request->to_ns};
        status = registry_read_ledger(workplace->registry, &query, &data->ledger);
        data->source.ledger = data->ledger;
    }
    if (status == 0 && !request->coverage)
        status = evaluate(request, workplace, now_ns, data);
    if (status != 0)
        return command_fail(EXIT_FAILED, "export", "the figures cannot be computed: %s",
                            strerror(-status));
    return EXIT_DONE;
}

/* Figures or the ledger, to the file or to stdout; or the line of one figure. */
static int export_data(const struct export_request *request, struct workplace *workplace,
                       uint64_t now_ns)
{
    struct export_data data;
    memset(&data, 0, sizeof data);
    int exit_status = collect(request, workplace, now_ns, &data);
    if (exit_status != EXIT_DONE) {
        exit_status = request->checked ? EXIT_USAGE : exit_status;
    } else if (request->checked) {
        exit_status = export_check(request, &data.publication->figures);
    } else {
        int status =
            request->out_path ? write_file(request, &data) : write_data(stdout, request, &data);
        if (status != 0)
            exit_status =
                command_fail(EXIT_FAILED, "export", "%s: %s",
                             request->out_path ? request->out_path : "stdout", strerror(-status));
    }
    publication_free(data.publication);
    figures_free(data.figures);
    inputs_free(data.inputs);
    ledger_free(data.ledger);
    return exit_status;
}

static int run(const struct options *options)
{
    struct workplace workplace;
    struct export_request request;
    uint64_t now_ns = clock_unix_ns();
    int exit_status = workplace_open(options, WORKPLACE_READ, &workplace);
    if (exit_status != EXIT_DONE)
        return options_value(options, "--check") ? EXIT_USAGE : exit_status;
    exit_status = read_request(options, &workplace, now_ns, &request);
    if (exit_status == EXIT_DONE)
        exit_status = request.format == FORMAT_PACKAGE
                          ? export_package(&request, &workplace, now_ns)
                          : export_data(&request, &workplace, now_ns);
    workplace_close(&workplace);
    return exit_status;
}

static void print_more(FILE *out)
{
    (void)fprintf(out, "\nGrades (column grade; the first line all of whose demands are met)\n");
    figure_table_grades(out);
    (void)fprintf(out, "\nCompleteness (what has to arrive)\n");
    figure_table_completeness(out);
    (void)fprintf(
        out,
        "\nExamples\n"
        "  lastmile --config collector.cfg export --year 2020 --format csv --out weihai-2020.csv\n"
        "  lastmile export --year 2017 --all-targets --format table\n"
        "  lastmile export --year 2020 --format json --area 371082\n"
        "  lastmile export --year 2020 --table coverage --out coverage.csv\n"
        "  lastmile export --year 2020 --format xlsx --out weihai-2020.xlsx\n"
        "  lastmile export --year 2020 --format package --out weihai-2020\n"
        "  lastmile export --year 2017 --check ftth-share\n"
        "\nExit status of --check: 0 MET, 1 NOT_MET, 3 INSUFFICIENT_EVIDENCE, 4 NOT_SET,\n"
        "2 no answer (usage, settings, no registry).\n");
}

const struct command export_command = {
    .name = "export",
    .arguments = "",
    .summary = "the figures of a year, with their verdicts, as CSV, JSON, a table, a workbook or a "
               "package",
    .help =
        "Computes every indicator of the plan for one year and writes a row each for the city,\n"
        "for every reporting area and for every operator. The target in force is the first whose\n"
        "date is not before the instant, else the last one; targets are city-wide, so areas and\n"
        "operators have none. A verdict is MET, NOT_MET, INSUFFICIENT_EVIDENCE or NOT_SET, tested\n"
        "on the unrounded value; a declared figure is compared exactly and says so.\n"
        "\n"
        "csv is UTF-8 by RFC 4180 with a decimal point; what is unknown is an empty cell, never\n"
        "0; text that a spreadsheet would run as a formula has a leading apostrophe. Columns keep\n"
        "their order, new ones come last. json holds the same figures, null for unknown. Figures\n"
        "are provisional until 60 days after the instant. Equal data give equal bytes.\n"
        "\n"
        "Figures of an area or an operator that count too few (collector.cfg, rules, publish_...)\n"
        "are withheld, and as many others as it takes that nobody can work them out; the city's\n"
        "own are always there. --full withholds nothing: such a file is not to be passed on.\n"
        "\n"
        "xlsx is a workbook for people, Chinese sheets first.\n"
        "package is a folder for publication and audit: the public tables, their metadata, a\n"
        "README, the archive of all inputs and SHA256SUMS; `lastmile verify DIR` computes it "
        "again\n"
        "from that archive.",
    .rules = rules,
    .print_more = print_more,
    .run = run,
};
