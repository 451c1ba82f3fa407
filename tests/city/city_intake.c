/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/city/city_intake.h"

#include "tests/city/city_model.h"

#include "collector/import/import.h"
#include "collector/intake/intake.h"
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>

/* More than any test sends in one commit; nothing is dropped for being many. */
#define SERIES_MAX UINT64_C(1000000000)
#define COMMIT_MS  1000

static bool count_receipt(void *ctx, const char *topic, const uint8_t *payload, size_t length)
{
    (void)topic;
    (void)payload;
    (void)length;
    ++*(uint64_t *)ctx;
    return true;
}

int city_intake_open(struct city_intake *self, struct registry *registry)
{
    *self = (struct city_intake){.intake = NULL};
    const struct intake_options options = {
        .registry = registry,
        .caps = {.series_max = SERIES_MAX, .lines_max = SERIES_MAX},
        .commit_interval_ms = COMMIT_MS,
        .publish = count_receipt,
        .ctx = &self->receipts,
    };
    self->intake = intake_new(&options);
    return self->intake ? 0 : -ENOMEM;
}

/* The city's time passes as the messages arrive; it is the only clock here. */
int city_intake_take(void *self, const struct city_message *message)
{
    struct city_intake *taking = self;
    intake_take(taking->intake, message->topic, message->payload, message->length,
                message->arrives_ns, taking->messages);
    taking->messages++;
    taking->bytes += message->length;
    return 0;
}

int city_intake_close(struct city_intake *self)
{
    struct intake_stats stats;
    int status = intake_flush(self->intake, self->messages);
    intake_read_stats(self->intake, &stats);
    intake_free(self->intake);
    self->intake = NULL;
    if (status != 0)
        return status;
    return stats.refused || stats.withheld || stats.stored + stats.duplicates != stats.messages
               ? -EBADMSG
               : 0;
}

static const struct register_file {
    const char *name;
    int (*write)(const struct city *city, FILE *out);
    bool imported;
} register_files[] = {
    {"denominators.csv", city_write_denominators, true},
    {"nodes.csv", city_write_nodes, true},
    {"declared.csv", city_write_declared, true},
    {"truth.json", city_write_truth, false},
};
#define REGISTER_FILES (sizeof register_files / sizeof register_files[0])

static int write_file(const struct city *city, const struct register_file *file, const char *folder,
                      char *path, size_t size)
{
    (void)snprintf(path, size, "%s/%s", folder, file->name);
    FILE *out = fopen(path, "we");
    if (!out)
        return -errno;
    int status = file->write(city, out);
    return fclose(out) == 0 ? status : -EIO;
}

int city_write_folder(const struct city *city, const char *folder)
{
    char path[512];
    int status = 0;
    for (size_t i = 0; i < REGISTER_FILES && status == 0; i++)
        status = write_file(city, &register_files[i], folder, path, sizeof path);
    return status;
}

int city_import_registers(const struct city *city, const struct plan *plan,
                          struct registry *registry, const char *folder)
{
    uint64_t now_ns = clock_city_day_start_ns(city->options.last_day + 1);
    char path[512];
    int status = 0;
    for (size_t i = 0; i < REGISTER_FILES && status == 0; i++) {
        if (!register_files[i].imported)
            continue;
        status = write_file(city, &register_files[i], folder, path, sizeof path);
        const struct import_request request = {.path = path, .now_ns = now_ns};
        struct import_result result;
        struct conf_error error = {.text = ""};
        if (status == 0)
            status = import_file(plan, registry, &request, &result, &error);
        if (status != 0)
            (void)fprintf(stderr, "city: %s: %s\n", path, error.text);
    }
    return status;
}
