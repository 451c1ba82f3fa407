/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/archive/archive.h"

#include "collector/archive/column.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct archive_table *const tables[] = {
    &archive_settings,    &archive_nodes,      &archive_lines,        &archive_capability,
    &archive_controllers, &archive_venue_days, &archive_interfaces,   &archive_traffic,
    &archive_bins,        &archive_probes,     &archive_denominators, &archive_declared,
    &archive_venues,      &archive_contracts,  &archive_remarks,      &archive_ledger,
    &archive_past,        &archive_revisions,
};

const struct archive_table *archive_table_at(size_t i)
{
    return i < sizeof tables / sizeof tables[0] ? tables[i] : NULL;
}

const char *archive_file(size_t i)
{
    const struct archive_table *table = archive_table_at(i);
    return table ? table->file : NULL;
}

struct archive *archive_new(void)
{
    struct archive *archive = calloc(1, sizeof *archive);
    if (!archive)
        return NULL;
    archive->ledger = calloc(1, sizeof *archive->ledger);
    archive->inputs = calloc(1, sizeof *archive->inputs);
    if (archive->inputs)
        archive->inputs->evidence = calloc(1, sizeof *archive->inputs->evidence);
    if (!archive->ledger || !archive->inputs || !archive->inputs->evidence) {
        archive_free(archive);
        return NULL;
    }
    return archive;
}

void archive_free(struct archive *archive)
{
    if (!archive)
        return;
    inputs_free(archive->inputs);
    ledger_free(archive->ledger);
    free(archive->revisions);
    free(archive);
}

struct archive_revision *archive_add_revision(struct archive *archive)
{
    struct archive_revision *grown =
        array_grow(archive->revisions, archive->revision_count, sizeof *grown);
    if (!grown)
        return NULL;
    archive->revisions = grown;
    struct archive_revision *revision = &grown[archive->revision_count++];
    memset(revision, 0, sizeof *revision);
    return revision;
}

static int write_table(const struct archive_table *table, const struct archive *archive,
                       archive_put_fn put, void *ctx)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);
    if (!out)
        return -ENOMEM;
    int status = table_write(table, archive, out);
    if (fclose(out) != 0 && status == 0)
        status = -ENOMEM;
    if (status == 0)
        status = put(ctx, table->file, bytes, length);
    free(bytes);
    return status;
}

int archive_write(const struct archive *archive, archive_put_fn put, void *ctx)
{
    int status = 0;
    for (size_t i = 0; archive_table_at(i) && status == 0; i++)
        status = write_table(archive_table_at(i), archive, put, ctx);
    return status;
}

static int read_table(const struct archive_table *table, archive_get_fn get, void *ctx,
                      struct archive *archive, struct conf_error *out_error)
{
    char *bytes = NULL;
    size_t length = 0;
    int status = get(ctx, table->file, &bytes, &length);
    if (status != 0) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s: %s", table->file,
                       strerror(-status));
        return status == -ENOMEM ? -ENOMEM : -EINVAL;
    }
    status = table_read(table, bytes, length, archive, out_error);
    free(bytes);
    return status;
}

int archive_read(archive_get_fn get, void *ctx, struct archive **out_archive,
                 struct conf_error *out_error)
{
    struct archive *archive = archive_new();
    int status = archive ? 0 : -ENOMEM;
    for (size_t i = 0; archive_table_at(i) && status == 0; i++)
        status = read_table(archive_table_at(i), get, ctx, archive, out_error);
    if (status == 0 && archive->year == 0) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s:2: its row is missing",
                       archive_settings.file);
        status = -EINVAL;
    }
    if (status != 0) {
        if (status == -ENOMEM)
            (void)snprintf(out_error->text, sizeof out_error->text, "out of memory");
        archive_free(archive);
        return status;
    }
    *out_archive = archive;
    return 0;
}
