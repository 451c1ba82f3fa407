/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The figures of a whole city over its whole history: every month's indicators, for the city, its
 * areas and its operators, from a registry that the city's reports went into; how long they take on
 * one core, and how much memory; and whether they are the truth, which the city knows.
 *   bench_city [FOLDER [SCALE [FROM [TO]]]]     1/100 of a city by default, 2015-10-01 to
 * 2020-12-31 The registry is made in FOLDER where it is not there yet, which takes far longer than
 * reading it.
 */
#include "tests/city/city_world.h"

#include "collector/indicator/inputs.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define FIRST_DATE "2015-10-01"
#define LAST_DATE  "2020-12-31"

static const char *const indicators[] = {"ftth-share", "fixed-broadband-penetration",
                                         "wlan-hotspots"};

static double seconds_since(uint64_t begin_ns)
{
    return (double)(clock_mono_ns() - begin_ns) / (double)CLOCK_NS_PER_S;
}

static double cpu_seconds(void)
{
    return (double)clock_thread_cpu_ns() / (double)CLOCK_NS_PER_S;
}

static void give_up(const char *what, int status)
{
    (void)fprintf(stderr, "bench_city: %s: %s\n", what, strerror(-status));
    exit(1);
}

static struct city_options options_of(int argc, char **argv)
{
    struct city_options options = city_defaults;
    options.scale = argc > 2 ? strtod(argv[2], NULL) : 0.01;
    options.line_days = 1;
    options.monthly_lists = true;
    if (clock_parse_date(argc > 3 ? argv[3] : FIRST_DATE, &options.first_day) != 0 ||
        clock_parse_date(argc > 4 ? argv[4] : LAST_DATE, &options.last_day) != 0)
        give_up("a date is like 2015-10-01", -EINVAL);
    return options;
}

static void make_registry(struct world *world, const char *path)
{
    struct city_intake taking;
    struct stat size;
    uint64_t begin_ns = clock_mono_ns();
    double cpu = cpu_seconds();
    world->registry = registry_open(path);
    int status = world->registry ? city_intake_open(&taking, world->registry) : -errno;
    if (status != 0)
        give_up(path, status);
    status = city_run(world->city, city_intake_take, &taking);
    int closed = city_intake_close(&taking);
    if (status != 0 || closed != 0)
        give_up("the reports", status ? status : closed);
    registry_close(world->registry);
    (void)stat(path, &size);
    (void)printf("made: %llu reports, %.0f MB; registry of %.0f MB; %.0f s, %.0f s of CPU\n",
                 (unsigned long long)taking.messages, (double)taking.bytes / 1e6,
                 (double)size.st_size / 1e6, seconds_since(begin_ns), cpu_seconds() - cpu);
}

/* How far the count in the city's figure is from what is so, relative to it. */
static double error_of(const struct figures *figures, const struct city_truth *truth, size_t which)
{
    struct city_scope part = {.area = CITY_ALL, .operator_index = CITY_ALL};
    part.fibre_only = which == 0;
    part.residence = which == 1 ? RESIDENCE_RESIDENTIAL : RESIDENCE_UNKNOWN;
    double wanted = which == 2 ? (double)city_access_points(truth, CITY_ALL, CITY_ALL)
                               : (double)city_sum(&truth->active, &part);
    const struct figure *figure = world_figure(figures, indicators[which], "", "");
    double error = figure->numerator.known ? figure->numerator.value / wanted - 1 : 1;
    return error < 0 ? -error : error;
}

struct sums {
    double load_s, evaluate_s, worst[3];
    unsigned months;
    size_t figures;
};

static struct figures *compute(struct world *world, int64_t day, struct sums *sums)
{
    const struct figure_query query = {
        .instant_day = day, .all_targets = true, .areas = true, .operators = true};
    struct inputs *inputs = NULL;
    struct figures *figures = NULL;
    double begin = cpu_seconds();
    int status = inputs_load(world->registry, &world->rules, &query,
                             clock_city_day_start_ns(day + 100), &inputs);
    double loaded = cpu_seconds();
    if (status == 0)
        status = figures_evaluate(world->plan, inputs, &world->rules, &query, &figures);
    if (status != 0)
        give_up("the figures", status);
    inputs_free(inputs);
    sums->load_s += loaded - begin;
    sums->evaluate_s += cpu_seconds() - loaded;
    sums->figures += figures->count;
    sums->months++;
    return figures;
}

/* The last day of the month that holds a day. */
static int64_t month_end(int64_t day)
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    clock_civil_from_days(day, &year, &month, &of_month);
    return (month == 12 ? clock_days_from_civil(year + 1, 1, 1)
                        : clock_days_from_civil(year, month + 1, 1)) -
           1;
}

/* Months whose window of activity lies within the run. */
static void measure(struct world *world, const struct city_options *options)
{
    struct sums sums = {.months = 0};
    for (int64_t day = month_end(options->first_day + 89); day <= options->last_day;
         day = month_end(day + 1)) {
        struct city_truth truth;
        struct figures *figures = compute(world, day, &sums);
        city_read_truth(world->city, day, &truth);
        for (size_t i = 0; i < sizeof indicators / sizeof indicators[0]; i++) {
            double error = error_of(figures, &truth, i);
            sums.worst[i] = error > sums.worst[i] ? error : sums.worst[i];
        }
        figures_free(figures);
    }
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("%u months, %zu figures: %.1f s of CPU on one core (%.1f inputs, %.1f figures), "
                 "%.0f MiB resident at most\n",
                 sums.months, sums.figures, sums.load_s + sums.evaluate_s, sums.load_s,
                 sums.evaluate_s, (double)usage.ru_maxrss / 1024);
    for (size_t i = 0; i < sizeof indicators / sizeof indicators[0]; i++)
        (void)printf("%s: off the truth by %.3g at most\n", indicators[i], sums.worst[i]);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    struct city_options options = options_of(argc, argv);
    char path[512];
    struct stat there;
    struct world world;
    struct city_size size;
    (void)snprintf(path, sizeof path, "%s/city-%g-%lld-%lld.db", folder, options.scale,
                   (long long)options.first_day, (long long)options.last_day);
    world_open(&world, &options);
    registry_close(world.registry);
    city_read_size(world.city, &size);
    (void)printf("%zu nodes, %zu controllers, %zu probes; ever %zu lines, %zu access points\n",
                 size.nodes, size.controllers, size.probes, size.lines, size.access_points);
    if (stat(path, &there) != 0)
        make_registry(&world, path);
    world.registry = registry_open(path);
    if (!world.registry)
        give_up(path, -errno);
    int status = city_import_registers(world.city, world.plan, world.registry, world.folder);
    if (status != 0)
        give_up("the registers", status);
    registry_close(world.registry);
    world.registry = registry_open_read(path);
    measure(&world, &options);
    world_close(&world);
    return 0;
}
