/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/city/city_world.h"

#include "collector/export/tables.h"
#include "collector/indicator/inputs.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CITY_KEY "371000"

static void path_of(const char *name, char out[static 512])
{
    const char *source = getenv("LASTMILE_SOURCE");
    (void)snprintf(out, 512, "%s/config/%s", source ? source : ".", name);
}

void world_open(struct world *world, const struct city_options *options)
{
    char plan_file[512];
    char areas_file[512];
    char settings_file[512];
    struct conf_error error = {""};
    struct collector_settings settings;
    memset(world, 0, sizeof *world);
    path_of("plans/weihai-2015.cfg", plan_file);
    path_of("areas/weihai.cfg", areas_file);
    path_of("collector.cfg", settings_file);
    world->plan = plan_open(plan_file, areas_file, &error);
    if (!world->plan || collector_settings_read(settings_file, &settings, &error) != 0)
        fail_msg("%s", error.text);
    world->rules = settings.rules;
    world->folder = temp_folder_new();
    assert_non_null(world->folder);
    world->city = city_new(options);
    assert_non_null(world->city);
    world_empty_registry(world);
}

void world_close(struct world *world)
{
    registry_close(world->registry);
    city_free(world->city);
    temp_folder_remove(world->folder);
    plan_close(world->plan);
}

void world_empty_registry(struct world *world)
{
    registry_close(world->registry);
    world->registry = registry_open(":memory:");
    assert_non_null(world->registry);
    assert_int_equal(
        city_import_registers(world->city, world->plan, world->registry, world->folder), 0);
}

void world_run(struct world *world)
{
    struct city_intake taking;
    assert_int_equal(city_intake_open(&taking, world->registry), 0);
    assert_int_equal(city_run(world->city, city_intake_take, &taking), 0);
    assert_int_equal(city_intake_close(&taking), 0);
    assert_true(taking.messages > 0);
    assert_true(taking.receipts > 0);
}

static int record(void *ctx, const struct city_message *message)
{
    struct world_messages *recorded = ctx;
    struct city_message *grown = realloc(recorded->messages, (recorded->count + 1) * sizeof *grown);
    uint8_t *bytes = malloc(message->length);
    assert_non_null(grown);
    assert_non_null(bytes);
    memcpy(bytes, message->payload, message->length);
    recorded->messages = grown;
    grown[recorded->count] = *message;
    grown[recorded->count++].payload = bytes;
    return 0;
}

struct world_messages world_record(struct world *world)
{
    struct world_messages recorded = {.count = 0};
    assert_int_equal(city_run(world->city, record, &recorded), 0);
    return recorded;
}

void world_free_messages(struct world_messages *recorded)
{
    for (size_t i = 0; i < recorded->count; i++)
        free((void *)recorded->messages[i].payload);
    free(recorded->messages);
}

void world_take(struct world *world, const struct world_messages *recorded, const size_t *order,
                size_t count)
{
    struct city_intake taking;
    assert_int_equal(city_intake_open(&taking, world->registry), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(city_intake_take(&taking, &recorded->messages[order[i]]), 0);
    assert_int_equal(city_intake_close(&taking), 0);
}

struct figures *world_figures(struct world *world, int64_t day)
{
    const struct figure_query query = {
        .instant_day = day, .all_targets = true, .areas = true, .operators = true};
    struct inputs *inputs = NULL;
    struct figures *figures = NULL;
    uint64_t now_ns = clock_city_day_start_ns(day + 100);
    assert_int_equal(inputs_load(world->registry, &world->rules, &query, now_ns, &inputs), 0);
    assert_int_equal(figures_evaluate(world->plan, inputs, &world->rules, &query, &figures), 0);
    inputs_free(inputs);
    return figures;
}

const struct figure *world_figure(const struct figures *figures, const char *indicator,
                                  const char *area, const char *operator_name)
{
    const struct figure *found = NULL;
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        const char *of = figure->operator_of ? figure->operator_of->key : "";
        if (strcmp(figure->indicator->id, indicator) == 0 &&
            strcmp(figure->area->key, area[0] ? area : CITY_KEY) == 0 &&
            strcmp(of, operator_name) == 0)
            found = figure;
    }
    if (!found)
        fail_msg("no figure of %s, %s, %s", indicator, area, operator_name);
    return found;
}

char *world_text(const struct figures *figures)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    table_csv(out, &verdicts_table, &(struct export_source){.figures = figures});
    assert_int_equal(fclose(out), 0);
    return text;
}
