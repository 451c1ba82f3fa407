/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From archive/ to every file of a package.
 */
#include "collector/package/package.h"

#include "collector/export/bundle.h"
#include "collector/export/publication.h"
#include "collector/indicator/figure.h"
#include "collector/package/readme.h"
#include "collector/plan/plan.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Everything that a build holds while it runs. */
struct build {
    const char *path; /* of the package */
    struct archive *archive;
    struct plan *plan;
    struct figures *figures;
    struct publication *publication;
    struct export_source source;
    struct export_revision *revisions;
    struct export_file *written;
    struct package *package;
    struct conf_error *error;
};

static int fail(const struct build *build, const char *name, const char *text)
{
    (void)snprintf(build->error->text, sizeof build->error->text, "%s: %s", name, text);
    return -EINVAL;
}

/* Takes the bytes over. */
static int add_file(struct package *package, const char *name, char *bytes, size_t length)
{
    struct package_file *grown = array_grow(package->files, package->count, sizeof *grown);
    if (!grown) {
        free(bytes);
        return -ENOMEM;
    }
    package->files = grown;
    struct package_file *file = &grown[package->count++];
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = bytes;
    file->length = length;
    return digest_sha256(bytes, length, file->sha256);
}

static int read_archived(void *ctx, const char *name, char **out_bytes, size_t *out_length)
{
    const struct build *build = ctx;
    char inside[FOLDER_NAME_BYTES];
    (void)snprintf(inside, sizeof inside, PACKAGE_ARCHIVE "/%s", name);
    return folder_read(build->path, inside, out_bytes, out_length);
}

/* The archive's faults name its own files; the plan's their whole path. */
static int read_archive(struct build *build)
{
    char plan_file[FOLDER_PATH_BYTES];
    char indicators_file[FOLDER_PATH_BYTES];
    char areas_file[FOLDER_PATH_BYTES];
    struct conf_error error = {""};
    int status = archive_read(read_archived, build, &build->archive, &error);
    if (status != 0)
        return status == -ENOMEM ? status : fail(build, PACKAGE_ARCHIVE, error.text);
    (void)snprintf(plan_file, sizeof plan_file, "%s/archive/plan.cfg", build->path);
    (void)snprintf(indicators_file, sizeof indicators_file, "%s/archive/indicators.cfg",
                   build->path);
    (void)snprintf(areas_file, sizeof areas_file, "%s/archive/areas.cfg", build->path);
    build->plan = plan_open_with(plan_file, indicators_file, areas_file, build->error);
    return build->plan ? 0 : -EINVAL;
}

/* The same rows, as the public table takes them. */
static int borrow_revisions(struct build *build)
{
    const struct archive *archive = build->archive;
    build->revisions = calloc(archive->revision_count + 1, sizeof *build->revisions);
    if (!build->revisions)
        return -ENOMEM;
    for (size_t i = 0; i < archive->revision_count; i++) {
        const struct archive_revision *row = &archive->revisions[i];
        build->revisions[i] = (struct export_revision){.indicator = row->indicator,
                                                       .area = row->area,
                                                       .operator_name = row->operator_name,
                                                       .period = row->period,
                                                       .value = row->value.value,
                                                       .value_known = row->value.known,
                                                       .old_value = row->old_value.value,
                                                       .old_value_known = row->old_value.known,
                                                       .reason = row->reason,
                                                       .vintage = row->vintage,
                                                       .computed_by = row->computed_by,
                                                       .revised_ns = row->revised_ns};
    }
    return 0;
}

static int compute(struct build *build)
{
    const struct archive *archive = build->archive;
    const struct figure_query query = {.instant_day = archive->inputs->window.last_day,
                                       .all_targets = true,
                                       .areas = true,
                                       .operators = true};
    int status =
        figures_evaluate(build->plan, archive->inputs, &archive->rules, &query, &build->figures);
    if (status == 0)
        status = borrow_revisions(build);
    if (status != 0)
        return status;
    build->source = (struct export_source){
        .plan = build->plan,
        .rules = &archive->rules,
        .inputs = archive->inputs,
        .figures = build->figures,
        .ledger = archive->ledger->to_ns ? archive->ledger : NULL,
        .revisions = build->revisions,
        .revision_count = archive->revision_count,
        .year = (int)archive->year,
        .byte_order_mark = archive->byte_order_mark,
        .full = archive->full,
    };
    status = publication_new(&build->source, &build->publication);
    build->source.publication = build->publication;
    return status;
}

/* What a file is to be, on a stream. */
typedef int (*write_fn)(FILE *out, const struct build *build, const struct bundle_file *file);

static int write_bundle(FILE *out, const struct build *build, const struct bundle_file *file)
{
    return bundle_write(file, out, &build->source);
}

static void list_sums(FILE *out, const struct package *package, const char *prefix)
{
    for (size_t i = 0; i < package->count; i++)
        if (strncmp(package->files[i].name, prefix, strlen(prefix)) == 0)
            (void)fprintf(out, "%s  %s\n", package->files[i].sha256, package->files[i].name);
}

/* One digest for all of archive/: that of its part of the manifest. So every input shows in a
 * public file, also one that no figure is made of. */
static int digest_archive(const struct build *build, char out[static DIGEST_BYTES])
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *sums = open_memstream(&bytes, &length);
    if (!sums)
        return -ENOMEM;
    list_sums(sums, build->package, PACKAGE_ARCHIVE "/");
    int status = fclose(sums) == 0 ? digest_sha256(bytes, length, out) : -ENOMEM;
    free(bytes);
    return status;
}

static int write_readme(FILE *out, const struct build *build, const struct bundle_file *file)
{
    (void)file;
    char sha256[DIGEST_BYTES];
    int status = digest_archive(build, sha256);
    if (status == 0)
        readme_write(out, &build->source, build->archive->made_by, sha256);
    return status;
}

static int make_file(struct build *build, const char *name, write_fn write,
                     const struct bundle_file *file)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);
    if (!out)
        return -ENOMEM;
    int status = write(out, build, file);
    bool failed = ferror(out) != 0;
    if ((fclose(out) != 0 || failed) && status == 0)
        status = -ENOMEM;
    if (status != 0) {
        free(bytes);
        return status;
    }
    return add_file(build->package, name, bytes, length);
}

/* The later files of the bundle tell of the earlier ones. */
static int make_bundle(struct build *build)
{
    int status = 0;
    build->written = calloc(bundle_file_count, sizeof *build->written);
    if (!build->written)
        return -ENOMEM;
    build->source.written = build->written;
    for (size_t i = 0; i < bundle_file_count && status == 0; i++) {
        status = make_file(build, bundle_files[i].name, write_bundle, &bundle_files[i]);
        if (status != 0)
            break;
        const struct package_file *made = &build->package->files[build->package->count - 1];
        struct export_file *told = &build->written[build->source.written_count++];
        told->name = bundle_files[i].name;
        told->bytes = made->length;
        memcpy(told->sha256, made->sha256, sizeof told->sha256);
    }
    return status;
}

static int compare_files(const void *a, const void *b)
{
    const struct package_file *x = a;
    const struct package_file *y = b;
    return strcmp(x->name, y->name);
}

/* archive/ as it lies there: its tables are what they would be written as (archive_read). */
static int add_archived(struct build *build)
{
    static const char *const plan_files[] = {"plan.cfg", "indicators.cfg", "areas.cfg"};
    int status = 0;
    for (size_t i = 0; status == 0; i++) {
        const char *name = i < 3 ? plan_files[i] : archive_file(i - 3);
        char inside[FOLDER_NAME_BYTES];
        char *bytes = NULL;
        size_t length = 0;
        if (!name)
            break;
        status = read_archived(build, name, &bytes, &length);
        (void)snprintf(inside, sizeof inside, PACKAGE_ARCHIVE "/%s", name);
        if (status == 0)
            status = add_file(build->package, inside, bytes, length);
    }
    return status;
}

static int write_manifest(FILE *out, const struct build *build, const struct bundle_file *file)
{
    (void)file;
    list_sums(out, build->package, "");
    return 0;
}

static void sort_files(struct package *package)
{
    qsort(package->files, package->count, sizeof *package->files, compare_files);
}

int package_build(const char *path, struct package *out_package, struct conf_error *out_error)
{
    *out_package = (struct package){.files = NULL};
    struct build build = {.path = path, .package = out_package, .error = out_error};
    int status = read_archive(&build);
    if (status == 0)
        status = compute(&build);
    if (status == 0)
        status = make_bundle(&build);
    if (status == 0)
        status = add_archived(&build);
    if (status == 0) {
        sort_files(out_package);
        status = make_file(&build, PACKAGE_README, write_readme, NULL);
    }
    if (status == 0) {
        sort_files(out_package);
        status = make_file(&build, PACKAGE_MANIFEST, write_manifest, NULL);
        sort_files(out_package);
    }
    if (status == 0)
        memcpy(out_package->made_by, build.archive->made_by, sizeof out_package->made_by);
    publication_free(build.publication);
    figures_free(build.figures);
    plan_close(build.plan);
    archive_free(build.archive);
    free(build.revisions);
    free(build.written);
    if (status != 0) {
        package_clear(out_package);
        if (!out_error->text[0])
            (void)snprintf(out_error->text, sizeof out_error->text, "%s", strerror(-status));
    }
    return status;
}

void package_clear(struct package *package)
{
    for (size_t i = 0; i < package->count; i++)
        free(package->files[i].bytes);
    free(package->files);
    *package = (struct package){.files = NULL};
}
