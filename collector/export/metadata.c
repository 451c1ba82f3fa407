/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/metadata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int metadata_end(struct json_writer *writer, FILE *out)
{
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    if (!text)
        return -ENOMEM;
    (void)fprintf(out, "%s\n", text); /* the caller asks the stream at the end */
    free(text);
    return 0;
}

const struct export_file *metadata_written(const struct export_source *source, const char *name)
{
    for (size_t i = 0; i < source->written_count; i++)
        if (strcmp(source->written[i].name, name) == 0)
            return &source->written[i];
    return NULL;
}
