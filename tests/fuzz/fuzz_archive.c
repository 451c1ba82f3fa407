/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Archives come from whoever hands a package on. The bytes are the files of one, each behind a line
 * "# NAME": what is taken is written again to the very same bytes, and its figures can be computed.
 */
#include "collector/archive/archive.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bundle {
    const char *bytes;
    size_t length;
};

/* Where a file begins and ends in the bundle; an absent one is empty. */
static struct bundle find_file(const struct bundle *bundle, const char *name)
{
    char mark[64];
    int length = snprintf(mark, sizeof mark, "# %s\n", name);
    size_t begin = bundle->length;
    for (size_t i = 0; i + (size_t)length <= bundle->length; i++) {
        bool line = i == 0 || bundle->bytes[i - 1] == '\n';
        if (line && memcmp(bundle->bytes + i, mark, (size_t)length) == 0) {
            begin = i + (size_t)length;
            break;
        }
    }
    size_t end = begin;
    while (end < bundle->length && !(bundle->bytes[end] == '#' && bundle->bytes[end - 1] == '\n'))
        end++;
    return (struct bundle){bundle->bytes + begin, end - begin};
}

static int get(void *ctx, const char *name, char **out_bytes, size_t *out_length)
{
    const struct bundle file = find_file(ctx, name);
    *out_bytes = malloc(file.length ? file.length : 1);
    if (!*out_bytes)
        return -ENOMEM;
    if (file.length)
        memcpy(*out_bytes, file.bytes, file.length);
    *out_length = file.length;
    return 0;
}

static int compare(void *ctx, const char *name, const char *bytes, size_t length)
{
    const struct bundle file = find_file(ctx, name);
    if (length != file.length || memcmp(bytes, file.bytes, length) != 0)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle bundle = {(const char *)data, size};
    struct archive *archive = NULL;
    struct conf_error error = {""};
    int status = archive_read(get, &bundle, &archive, &error);
    if ((status != 0) != (error.text[0] != '\0'))
        abort();
    if (status != 0)
        return 0;
    if (archive_write(archive, compare, &bundle) != 0 || archive_hide_names(archive->inputs) != 0)
        abort();
    archive_free(archive);
    return 0;
}
