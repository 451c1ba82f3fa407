/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the index reckons with: keys as networks and scanners make them (in arithmetic progression)
 * fill the buckets as random ones would, whatever the seed; both directions have one hash.
 */
#include "probe/flow/flow_key.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#define KEYS     65536u
#define LINES    (KEYS / 4) /* of two buckets each: four keys a line, as in a table that is full */
#define SEEDS    48u
#define LOAD_MAX 22 /* of a line; more is seen once in 2^30 lines of random keys */

struct pattern {
    const char *name;
    uint32_t source_step, destination_step;
    uint16_t source_port_step, destination_port_step, cvlan_step;
};

static const struct pattern patterns[] = {
    {"ports of one client", 0, 0, 1, 0, 0},      {"addresses of a network", 1, 0, 0, 0, 0},
    {"every 256th address", 256, 0, 0, 0, 0},    {"a port scan", 0, 0, 0, 1, 0},
    {"an address scan", 0, 1, 0, 0, 0},          {"both ends in step", 1, 1, 0, 0, 0},
    {"address and port in step", 1, 0, 1, 0, 0}, {"lines of a QinQ node", 1, 0, 0, 0, 1},
};
#define PATTERNS (sizeof patterns / sizeof patterns[0])

static struct flow_key key_of(const struct pattern *pattern, uint32_t number, uint8_t version)
{
    struct flow_key key = {.ip_version = version, .protocol = 6, .svlan = 7};
    uint32_t source = 0x0a000001u + number * pattern->source_step;
    uint32_t destination = 0xc6336401u + number * pattern->destination_step;
    memcpy(key.source_address, &source, sizeof source);
    memcpy(key.destination_address, &destination, sizeof destination);
    key.source_port = (uint16_t)(1024 + number * pattern->source_port_step);
    key.destination_port = (uint16_t)(443 + number * pattern->destination_port_step);
    key.cvlan = (uint16_t)(number * pattern->cvlan_step & 0xfff);
    return key;
}

static struct flow_hasher hasher_of(uint64_t number)
{
    struct flow_hasher hasher;
    flow_hasher_init(&hasher,
                     &(struct siphash_seed){number * UINT64_C(0x2545f4914f6cdd1d), number});
    return hasher;
}

/* The sum of squared loads over that of random keys, for which it is n + n^2 / lines. */
static double crowding(const struct pattern *pattern, uint8_t version,
                       const struct flow_hasher *hasher, unsigned *out_most)
{
    static uint8_t loads[LINES];
    struct flow_name name;
    double squares = 0;
    memset(loads, 0, sizeof loads);
    *out_most = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        struct flow_key key = key_of(pattern, i, version);
        flow_name_of(&name, &key, hasher);
        unsigned load = ++loads[(name.hash >> 1) % LINES];
        assert_true(load < UINT8_MAX);
        *out_most = load > *out_most ? load : *out_most;
    }
    for (size_t i = 0; i < LINES; i++)
        squares += (double)loads[i] * loads[i];
    return squares / (KEYS + (double)KEYS * KEYS / LINES);
}

static void flow_hash_spreads_keys_in_step_as_it_does_random_ones(void **state)
{
    (void)state;
    for (size_t which = 0; which < PATTERNS; which++)
        for (uint8_t version = 4; version <= 6; version += 2)
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct flow_hasher hasher = hasher_of(seed);
                unsigned most;
                double crowded = crowding(&patterns[which], version, &hasher, &most);
                if (crowded > 1.03 || most > LOAD_MAX)
                    fail_msg("%s, version %d, seed %d: crowded %.3f, most %u", patterns[which].name,
                             version, (int)seed, crowded, most);
            }
}

static void flow_hash_is_that_of_the_other_direction_too(void **state)
{
    (void)state;
    struct flow_hasher hasher = hasher_of(5);
    struct flow_name name, back_name;
    for (uint32_t i = 0; i < 10000; i++)
        for (uint8_t version = 4; version <= 6; version += 2) {
            struct flow_key key = key_of(&patterns[i % PATTERNS], i, version), back = key;
            memcpy(back.source_address, key.destination_address, sizeof back.source_address);
            memcpy(back.destination_address, key.source_address, sizeof back.source_address);
            back.source_port = key.destination_port;
            back.destination_port = key.source_port;
            flow_name_of(&name, &key, &hasher);
            flow_name_of(&back_name, &back, &hasher);
            assert_true(name.hash == back_name.hash && name.reversed != back_name.reversed);
            assert_true(flow_words_equal(&name.words, &back_name.words));
        }
}

/* Half of the bits change with each bit of the seed: nobody learns one table from another. */
static void flow_hash_changes_wholly_with_the_seed(void **state)
{
    (void)state;
    struct flow_key key = key_of(&patterns[0], 1, 4);
    struct flow_name plain, other;
    struct siphash_seed seed = {3, 4};
    struct flow_hasher hasher;
    unsigned changed = 0;
    flow_hasher_init(&hasher, &seed);
    flow_name_of(&plain, &key, &hasher);
    for (unsigned bit = 0; bit < 64; bit++) {
        flow_hasher_init(&hasher, &(struct siphash_seed){seed.k0 ^ UINT64_C(1) << bit, seed.k1});
        flow_name_of(&other, &key, &hasher);
        changed += (unsigned)__builtin_popcountll(plain.hash ^ other.hash);
    }
    assert_in_range(changed, 64 * 28, 64 * 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_hash_spreads_keys_in_step_as_it_does_random_ones),
        cmocka_unit_test(flow_hash_is_that_of_the_other_direction_too),
        cmocka_unit_test(flow_hash_changes_wholly_with_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
