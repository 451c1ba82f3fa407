/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/registry_private.h"

#include "collector/registry/day_sets.h"
#include "collector/registry/known.h"
#include "collector/registry/schema.h"
#include "collector/registry/senders.h"
#include "collector/registry/traffic.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t schema_latest(void)
{
    int64_t latest = 0;
    for (const struct schema_step *step = registry_schema; step->sql; step++)
        latest = step->version;
    return latest;
}

/* user_version is the number of migrations applied; PRAGMA takes no parameters. */
static int set_version(struct database *database, int64_t version)
{
    char sql[] = "PRAGMA user_version = 000";
    char *digits = sql + sizeof sql - 4;
    for (int i = 2; i >= 0; i--, version /= 10)
        digits[i] = (char)('0' + version % 10);
    return database_run_script(database, sql);
}

static int migrate(struct database *database)
{
    int64_t version = 0;
    int status = database_begin(database);
    if (status == 0)
        status = database_get(database, "PRAGMA user_version", WITHOUT, &version);
    if (status == 0 && version > schema_latest())
        status = -EPROTO;
    for (const struct schema_step *step = registry_schema; step->sql && status == 0; step++)
        if (step->version > version)
            status = database_run_script(database, step->sql);
    if (status == 0)
        status = day_sets_take_over(database);
    if (status == 0 && version < schema_latest())
        status = set_version(database, schema_latest());
    if (status == 0)
        return database_commit(database);
    database_rollback(database);
    return status;
}

static int check_version(struct database *database)
{
    int64_t version = 0;
    int status = database_get(database, "PRAGMA user_version", WITHOUT, &version);
    return status == 0 && version != schema_latest() ? -EPROTO : status;
}

/* What a writer remembers. 0 or -ENOMEM. */
static int add_memory(struct registry *registry)
{
    registry->known = known_new();
    registry->senders = senders_new();
    registry->traffic = traffic_new();
    return registry->known && registry->senders && registry->traffic ? 0 : -ENOMEM;
}

static struct registry *open_mode(const char *path, enum database_mode mode)
{
    struct registry *registry = calloc(1, sizeof *registry);
    if (!registry)
        return NULL;
    registry->database = database_open(path, mode);
    int status = registry->database ? 0 : -errno;
    if (status == 0 && mode == DATABASE_WRITE)
        status = add_memory(registry);
    if (status == 0)
        status = mode == DATABASE_WRITE ? migrate(registry->database)
                                        : check_version(registry->database);
    if (status == 0)
        return registry;
    registry_close(registry);
    errno = -status;
    return NULL;
}

struct registry *registry_open(const char *path)
{
    return open_mode(path, DATABASE_WRITE);
}

struct registry *registry_open_read(const char *path)
{
    return open_mode(path, DATABASE_READ);
}

void registry_close(struct registry *registry)
{
    if (!registry)
        return;
    database_close(registry->database);
    known_free(registry->known);
    senders_free(registry->senders);
    traffic_free(registry->traffic);
    free(registry);
}

int registry_check_integrity(struct registry *registry)
{
    char verdict[64];
    struct rows *rows = database_select(registry->database, "PRAGMA integrity_check", WITHOUT);
    if (!rows)
        return -errno;
    int status = rows_next(rows);
    if (status < 1)
        return status < 0 ? status : -EIO;
    rows_text(rows, 0, verdict, sizeof verdict);
    rows_end(rows);
    return strcmp(verdict, "ok") == 0 ? 0 : -EIO;
}

int64_t month_of_day(int64_t day, uint32_t *out_bit)
{
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    clock_civil_from_days(day, &year, &month, &day_of_month);
    *out_bit = UINT32_C(1) << (day_of_month - 1);
    return (int64_t)year * 12 + month - 1;
}
