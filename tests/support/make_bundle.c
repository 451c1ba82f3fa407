/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writes the public files of a bundle into a folder, for tools that are not ours to look at.
 *   make_bundle YEAR FOLDER [bom]
 */
#include "tests/support/export_world.h"

#include "collector/export/workbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 16

/* Size and checksum are asked of the system's own sha256sum. */
static int look_at(const char *path, struct export_file *file)
{
    char command[1200];
    (void)snprintf(command, sizeof command, "wc -c <'%s'; sha256sum <'%s'", path, path);
    FILE *answer = popen(command, "r");
    unsigned long long bytes = 0;
    int read = answer ? fscanf(answer, "%llu %64s", &bytes, file->sha256) : 0;
    if (answer)
        (void)pclose(answer);
    file->bytes = bytes;
    return read == 2 ? 0 : -1;
}

static int write_all(struct world *world, const char *folder)
{
    static struct export_file written[FILES_MAX];
    world->source.written = written;
    for (size_t i = 0; i < bundle_file_count && i < FILES_MAX; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", folder, bundle_files[i].name);
        FILE *out = fopen(path, "wb");
        if (!out || bundle_write(&bundle_files[i], out, &world->source) != 0 || fclose(out) != 0)
            return -1;
        written[i].name = bundle_files[i].name;
        if (look_at(path, &written[i]) != 0)
            return -1;
        world->source.written_count = i + 1;
    }
    return 0;
}

static int write_workbook(const struct world *world, const char *folder)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/workbook.xlsx", folder);
    FILE *out = fopen(path, "wb");
    int status = out ? workbook_write(out, &world->source) : -1;
    return out && fclose(out) == 0 ? status : -1;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    struct world *world = world_new(atoi(argv[1]));
    world_fill(world, (uint64_t)atoi(argv[1]));
    world->source.byte_order_mark = argc > 3 && strcmp(argv[3], "bom") == 0;
    int status = world_publish(world);
    if (status == 0)
        status = write_all(world, argv[2]);
    if (status == 0)
        status = write_workbook(world, argv[2]);
    world_free(world);
    return status == 0 ? 0 : 1;
}
