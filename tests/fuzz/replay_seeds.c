/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs a fuzz target over the files of a folder, one test case each, so that what a fuzzer found
 * once is tested for ever, by any compiler.   fuzz_NAME FOLDER
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SEED_BYTES_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, is_seed, alphasort) : -1;
    if (count < 0) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    (void)printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        FILE *file = fopen(path, "rb");
        uint8_t *bytes = malloc(SEED_BYTES_MAX);
        size_t size = file && bytes ? fread(bytes, 1, SEED_BYTES_MAX, file) : 0;
        uint8_t *exact = malloc(size ? size : 1); /* a byte beyond is a byte too far */
        for (size_t k = 0; exact && k < size; k++)
            exact[k] = bytes[k];
        bool read = file && exact && LLVMFuzzerTestOneInput(exact, size) == 0;
        (void)printf("%s %d - seed %s\n", read ? "ok" : "not ok", i + 1, entries[i]->d_name);
        (void)fflush(stdout);
        free(exact);
        free(bytes);
        if (file)
            (void)fclose(file);
        free(entries[i]);
    }
    free(entries);
    return 0;
}
