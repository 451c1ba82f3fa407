/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * city: makes the synthetic city, and what people and probes would send of it.
 *   city [options] --folder DIR        registers (CSV) and the truth (JSON lines) into DIR
 *   city [options] --registry FILE     and its reports through the collector's intake into FILE
 * Everything in it is invented; see --help.
 */
#include "tests/city/city_intake.h"

#include "collector/registry/registry.h"
#include "common/clock.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct city_options options;
    const char *folder, *registry;
};

static void print_help(void)
{
    (void)puts(
        "city [options] (--folder DIR | --registry FILE) ...\n"
        "A synthetic city: no figure of it is real.\n"
        "  --folder DIR         write denominators.csv, nodes.csv, declared.csv, truth.json\n"
        "  --registry FILE      take its reports into this registry\n"
        "  --scale S            1: about 1,000,000 lines at the end of 2020 (0.001)\n"
        "  --seed N             another city of the same kind (1)\n"
        "  --from DATE          first day with reports (2015-10-01)\n"
        "  --to DATE            last day, at most 2020-12-31 (2016-03-31)\n"
        "  --deployment WHICH   census, sample or convenience (census)\n"
        "  --probed SHARE       of the nodes, for sample and convenience (0.5)\n"
        "  --line-days N        days of a month with traffic of a line (28)\n"
        "  --intervals N        reports a day (1)\n"
        "  --monthly-lists      devices list their terminals at the end of a month only\n"
        "  --outages SHARE      of the days on which a probe is silent (0)\n"
        "  --late SHARE         of the reports, up to --late-days later (0; 20)\n"
        "  --duplicated SHARE   of the reports (0)\n"
        "  --households F       factor on the households (1)");
}

static bool read_deployment(const char *text, enum city_deployment *out)
{
    static const char *const names[] = {"census", "sample", "convenience"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum city_deployment)i;
            return true;
        }
    return false;
}

enum key {
    KEY_FOLDER = 1,
    KEY_REGISTRY,
    KEY_SCALE,
    KEY_SEED,
    KEY_FROM,
    KEY_TO,
    KEY_DEPLOYMENT,
    KEY_PROBED,
    KEY_LINE_DAYS,
    KEY_INTERVALS,
    KEY_LISTS,
    KEY_OUTAGES,
    KEY_LATE,
    KEY_LATE_DAYS,
    KEY_DUPLICATED,
    KEY_HOUSEHOLDS,
    KEY_HELP,
};

static bool take_option(struct request *request, int key, const char *text)
{
    struct city_options *options = &request->options;
    switch (key) {
    case KEY_FOLDER:
        request->folder = text;
        return true;
    case KEY_REGISTRY:
        request->registry = text;
        return true;
    case KEY_SCALE:
        options->scale = strtod(text, NULL);
        return true;
    case KEY_SEED:
        options->seed = strtoull(text, NULL, 10);
        return true;
    case KEY_FROM:
        return clock_parse_date(text, &options->first_day) == 0;
    case KEY_TO:
        return clock_parse_date(text, &options->last_day) == 0;
    case KEY_DEPLOYMENT:
        return read_deployment(text, &options->deployment);
    case KEY_PROBED:
        options->probed_share = strtod(text, NULL);
        return true;
    case KEY_LINE_DAYS:
        options->line_days = (unsigned)strtoul(text, NULL, 10);
        return true;
    case KEY_INTERVALS:
        options->intervals = (unsigned)strtoul(text, NULL, 10);
        return true;
    case KEY_LISTS:
        options->monthly_lists = true;
        return true;
    case KEY_OUTAGES:
        options->outages = strtod(text, NULL);
        return true;
    case KEY_LATE:
        options->late = strtod(text, NULL);
        return true;
    case KEY_LATE_DAYS:
        options->late_days_max = (unsigned)strtoul(text, NULL, 10);
        return true;
    case KEY_DUPLICATED:
        options->duplicated = strtod(text, NULL);
        return true;
    case KEY_HOUSEHOLDS:
        options->households = strtod(text, NULL);
        return true;
    default:
        return false;
    }
}

static bool read_options(int argc, char **argv, struct request *request)
{
    static const struct option known[] = {
        {"folder", 1, NULL, KEY_FOLDER},
        {"registry", 1, NULL, KEY_REGISTRY},
        {"scale", 1, NULL, KEY_SCALE},
        {"seed", 1, NULL, KEY_SEED},
        {"from", 1, NULL, KEY_FROM},
        {"to", 1, NULL, KEY_TO},
        {"deployment", 1, NULL, KEY_DEPLOYMENT},
        {"probed", 1, NULL, KEY_PROBED},
        {"line-days", 1, NULL, KEY_LINE_DAYS},
        {"intervals", 1, NULL, KEY_INTERVALS},
        {"monthly-lists", 0, NULL, KEY_LISTS},
        {"outages", 1, NULL, KEY_OUTAGES},
        {"late", 1, NULL, KEY_LATE},
        {"late-days", 1, NULL, KEY_LATE_DAYS},
        {"duplicated", 1, NULL, KEY_DUPLICATED},
        {"households", 1, NULL, KEY_HOUSEHOLDS},
        {"help", 0, NULL, KEY_HELP},
        {NULL, 0, NULL, 0},
    };
    int key = 0;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(request, key, optarg))
            return false;
    return request->folder || request->registry;
}

static int fill_registry(struct city *city, const char *path)
{
    struct city_intake taking;
    struct registry *registry = registry_open(path);
    uint64_t begin_ns = clock_mono_ns();
    int status = registry ? city_intake_open(&taking, registry) : -1;
    if (status == 0) {
        status = city_run(city, city_intake_take, &taking);
        int closed = city_intake_close(&taking);
        status = status ? status : closed;
        (void)printf("%llu reports of %llu bytes in %.1f s\n", (unsigned long long)taking.messages,
                     (unsigned long long)taking.bytes,
                     (double)(clock_mono_ns() - begin_ns) / (double)CLOCK_NS_PER_S);
    }
    registry_close(registry);
    return status;
}

int main(int argc, char **argv)
{
    struct request request = {.options = city_defaults};
    request.options.probed_share = 0.5;
    if (!read_options(argc, argv, &request)) {
        print_help();
        return 2;
    }
    struct city *city = city_new(&request.options);
    if (!city) {
        (void)fprintf(stderr, "city: an option is out of its bounds\n");
        return 2;
    }
    struct city_size size;
    city_read_size(city, &size);
    (void)printf("%zu nodes (%zu probed), %zu controllers (%zu), %zu probes, %zu lines ever, "
                 "%zu access points ever\n",
                 size.nodes, size.probed_nodes, size.controllers, size.probed_controllers,
                 size.probes, size.lines, size.access_points);
    int status = request.folder ? city_write_folder(city, request.folder) : 0;
    if (status == 0 && request.registry)
        status = fill_registry(city, request.registry);
    if (status != 0)
        (void)fprintf(stderr, "city: failed: %s\n", strerror(-status));
    city_free(city);
    return status == 0 ? 0 : 1;
}
