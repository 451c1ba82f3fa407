/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The main program of a fuzz target where there is no libFuzzer: each seed of a folder, each of its
 * prefixes, and a fixed number of mutants of it. A case of TAP a seed; a crash is the failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_BYTES_MAX (1 << 20)
#define PREFIXES_MAX   2048
#define MUTANTS        500
#define PATH_BYTES     1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An exact copy on the heap, so that a sanitizer sees the first byte beyond it. */
static void run(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        abort();
    if (length)
        memcpy(copy, bytes, length);
    (void)LLVMFuzzerTestOneInput(copy, length); /* always 0, as libFuzzer asks */
    free(copy);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes: any will do, but the same */
    return *state >> 8;
}

static void run_mutants(const uint8_t *seed, size_t length)
{
    static uint8_t mutant[SEED_BYTES_MAX];
    uint32_t state = (uint32_t)length;
    for (int i = 0; i < MUTANTS && length; i++) {
        memcpy(mutant, seed, length);
        for (uint32_t changes = 1 + next_random(&state) % 3; changes; changes--)
            mutant[next_random(&state) % length] = (uint8_t)next_random(&state);
        run(mutant, length);
    }
}

static int run_seed(const char *path)
{
    static uint8_t seed[SEED_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    size_t length = fread(seed, 1, sizeof seed, file);
    (void)fclose(file);
    run(seed, length);
    for (size_t cut = 0; cut < length && cut < PREFIXES_MAX; cut++)
        run(seed, cut);
    run_mutants(seed, length);
    return 0;
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int count, char **arguments)
{
    struct dirent **seeds = NULL;
    int found = count == 2 ? scandir(arguments[1], &seeds, is_seed, alphasort) : -1;
    if (found <= 0)
        return 1; /* a target without seeds tests nothing */
    int failed = 0;
    (void)printf("1..%d\n", found);
    for (int i = 0; i < found; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s", arguments[1], seeds[i]->d_name);
        int status = run_seed(path);
        (void)printf("%s %d - %s survives\n", status ? "not ok" : "ok", i + 1, seeds[i]->d_name);
        failed += status != 0;
        free(seeds[i]);
    }
    free(seeds);
    return failed ? 1 : 0;
}
