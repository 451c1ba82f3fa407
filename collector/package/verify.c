/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A package against its manifest, then against what its own archive makes of it.
 */
#include "collector/package/package.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SHOWN 160

static int differ(struct conf_error *error, const char *name, const char *text)
{
    (void)snprintf(error->text, sizeof error->text, "%s: %s", name, text);
    return -EINVAL;
}

/* A line of the manifest: 64 digits, two spaces (or one and a star), a name. */
struct sum {
    char sha256[DIGEST_BYTES];
    char name[FOLDER_NAME_BYTES];
};

/* The next line of a text; false at its end. -EINVAL in *status for a line of another form. */
static bool next_sum(const char **text, size_t *line, struct sum *out, int *status)
{
    if (!**text)
        return false;
    size_t length = strcspn(*text, "\n");
    const char *begin = *text;
    size_t name = DIGEST_BYTES + 1;
    bool whole = begin[length] == '\n' && length > name && length - name < FOLDER_NAME_BYTES &&
                 strspn(begin, "0123456789abcdef") == DIGEST_BYTES - 1 &&
                 (memcmp(begin + DIGEST_BYTES - 1, "  ", 2) == 0 ||
                  memcmp(begin + DIGEST_BYTES - 1, " *", 2) == 0);
    ++*line;
    if (!whole) {
        *status = -EINVAL;
        return false;
    }
    memcpy(out->sha256, begin, DIGEST_BYTES - 1);
    out->sha256[DIGEST_BYTES - 1] = '\0';
    memcpy(out->name, begin + name, length - name);
    out->name[length - name] = '\0';
    *text = begin + length + 1;
    return true;
}

static bool is_listed(const struct folder_list *list, const char *name, bool *seen)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0) {
            seen[i] = true;
            return true;
        }
    }
    return false;
}

static int check_sum(const char *path, const struct sum *sum, struct conf_error *error)
{
    char *bytes = NULL;
    char sha256[DIGEST_BYTES];
    size_t length = 0;
    int status = folder_read(path, sum->name, &bytes, &length);
    if (status != 0)
        return differ(error, sum->name, strerror(-status));
    status = digest_sha256(bytes, length, sha256);
    free(bytes);
    if (status != 0)
        return status;
    return strcmp(sha256, sum->sha256) == 0
               ? 0
               : differ(error, sum->name, "changed: its digest is not that of " PACKAGE_MANIFEST);
}

/* Each file of the manifest is there and as it says, and no other is. */
static int check_sums(const char *path, const struct folder_list *list, const char *text,
                      struct conf_error *error)
{
    bool seen[FOLDER_FILES_MAX] = {false};
    struct sum sum;
    size_t line = 0;
    int status = 0;
    while (status == 0 && next_sum(&text, &line, &sum, &status)) {
        if (!is_listed(list, sum.name, seen))
            return differ(error, sum.name, "missing; " PACKAGE_MANIFEST " names it");
        status = check_sum(path, &sum, error);
        if (status != 0)
            return status;
    }
    if (status != 0) {
        (void)snprintf(error->text, sizeof error->text,
                       PACKAGE_MANIFEST ":%zu: no line of sha256sum", line);
        return status;
    }
    for (size_t i = 0; i < list->count; i++)
        if (!seen[i] && strcmp(list->names[i], PACKAGE_MANIFEST) != 0)
            return differ(error, list->names[i],
                          "not part of the package; " PACKAGE_MANIFEST " does not name it");
    return 0;
}

static int check_manifest(const char *path, const struct folder_list *list,
                          struct conf_error *error)
{
    char *text = NULL;
    size_t length = 0;
    int status = folder_read(path, PACKAGE_MANIFEST, &text, &length);
    if (status != 0)
        return differ(error, PACKAGE_MANIFEST, strerror(-status));
    if (strlen(text) != length)
        status = differ(error, PACKAGE_MANIFEST, "holds a zero byte");
    else
        status = check_sums(path, list, text, error);
    free(text);
    return status;
}

/* A line of a text: where it begins, and its bytes without the line's end. */
struct line {
    const char *begin;
    size_t length, number;
};

static struct line line_at(const char *text, size_t length, size_t at)
{
    struct line line = {.begin = text, .number = 1};
    for (size_t i = 0; i < at && i < length; i++) {
        if (text[i] == '\n') {
            line.begin = text + i + 1;
            line.number++;
        }
    }
    size_t rest = length - (size_t)(line.begin - text);
    const char *end = memchr(line.begin, '\n', rest);
    line.length = end ? (size_t)(end - line.begin) : rest;
    if (line.length > 0 && line.begin[line.length - 1] == '\r')
        line.length--;
    return line;
}

/* Part of a line from just before a place on, within whole characters of UTF-8. */
static void excerpt(const struct line *line, size_t at, char out[static LINE_SHOWN + 1])
{
    size_t from = at > LINE_SHOWN / 4 ? at - LINE_SHOWN / 4 : 0;
    while (from > 0 && from < line->length && ((unsigned char)line->begin[from] & 0xc0) == 0x80)
        from--;
    size_t length = from < line->length ? line->length - from : 0;
    if (length > LINE_SHOWN)
        length = LINE_SHOWN;
    while (length > 0 && from + length < line->length &&
           ((unsigned char)line->begin[from + length] & 0xc0) == 0x80)
        length--;
    memcpy(out, line->begin + from, length);
    out[length] = '\0';
}

/* The first difference of a file from what it should be. */
static int tell(struct conf_error *error, const char *name, const char *found, size_t found_length,
                const struct package_file *wanted)
{
    size_t at = 0;
    while (at < found_length && at < wanted->length && found[at] == wanted->bytes[at])
        at++;
    struct line is = line_at(found, found_length, at);
    struct line should = line_at(wanted->bytes, wanted->length, at);
    size_t column = at - (size_t)(should.begin - wanted->bytes);
    char is_text[LINE_SHOWN + 1];
    char should_text[LINE_SHOWN + 1];
    excerpt(&is, column, is_text);
    excerpt(&should, column, should_text);
    (void)snprintf(error->text, sizeof error->text, "%s:%zu: is \"%s\", should be \"%s\"", name,
                   should.number, is_text, should_text);
    return -EINVAL;
}

static int compare_file(const char *path, const struct package_file *wanted,
                        struct conf_error *error)
{
    char *found = NULL;
    size_t length = 0;
    int status = folder_read(path, wanted->name, &found, &length);
    if (status != 0)
        return differ(error, wanted->name, strerror(-status));
    if (length != wanted->length || memcmp(found, wanted->bytes, length) != 0)
        status = tell(error, wanted->name, found, length, wanted);
    free(found);
    return status;
}

static bool is_built(const struct package *package, const char *name)
{
    for (size_t i = 0; i < package->count; i++)
        if (strcmp(package->files[i].name, name) == 0)
            return true;
    return false;
}

/* Files that hold figures go first: what differs in one differs in those that tell of it, too. */
enum file_rank { RANK_FIGURES, RANK_METADATA, RANK_README, RANK_MANIFEST, RANKS };

static enum file_rank rank_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (strcmp(name, PACKAGE_MANIFEST) == 0)
        return RANK_MANIFEST;
    if (strcmp(name, PACKAGE_README) == 0)
        return RANK_README;
    return dot && strcmp(dot, ".csv") == 0 ? RANK_FIGURES : RANK_METADATA;
}

static int compare_all(const char *path, const struct folder_list *list,
                       const struct package *package, struct conf_error *error)
{
    int status = 0;
    for (size_t i = 0; i < list->count && status == 0; i++)
        if (!is_built(package, list->names[i]))
            status = differ(error, list->names[i], "no file of a package");
    for (int rank = 0; rank < RANKS; rank++)
        for (size_t i = 0; i < package->count && status == 0; i++)
            if ((int)rank_of(package->files[i].name) == rank)
                status = compare_file(path, &package->files[i], error);
    return status;
}

/* Another version may count otherwise. */
static void tell_versions(struct conf_error *error, const char *made_by)
{
    size_t used = strlen(error->text);
    if (strcmp(made_by, LASTMILE_VERSION) != 0)
        (void)snprintf(error->text + used, sizeof error->text - used,
                       " (made by lastmile %s, verified by " LASTMILE_VERSION ")", made_by);
}

/* Before much is read of a folder that is another's. */
static bool has_manifest(const char *path)
{
    char name[FOLDER_PATH_BYTES];
    int length = snprintf(name, sizeof name, "%s/" PACKAGE_MANIFEST, path);
    return length > 0 && (size_t)length < sizeof name && access(name, F_OK) == 0;
}

int package_verify(const char *path, struct conf_error *out_error)
{
    struct folder_list *list = malloc(sizeof *list);
    struct package package = {.files = NULL};
    out_error->text[0] = '\0';
    if (!list)
        return -ENOMEM;
    int status = folder_list(path, list);
    if ((status == 0 || status == -EFBIG) && !has_manifest(path))
        status = differ(out_error, path, "no package: it has no " PACKAGE_MANIFEST);
    else if (status != 0)
        status = differ(out_error, path, strerror(-status));
    if (status == 0)
        status = check_manifest(path, list, out_error);
    if (status == 0)
        status = package_build(path, &package, out_error);
    if (status == 0) {
        status = compare_all(path, list, &package, out_error);
        if (status == -EINVAL)
            tell_versions(out_error, package.made_by);
    }
    package_clear(&package);
    free(list);
    return status;
}
