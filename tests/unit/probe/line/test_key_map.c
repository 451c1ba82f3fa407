/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/key_map.h"

#include "tests/support/cmocka_all.h"

#define KEYS 1000

static void key_map_finds_what_was_put_and_nothing_else(void **state)
{
    (void)state;
    struct key_map map;
    assert_int_equal(key_map_init(&map, KEYS), 0);
    for (uint32_t i = 1; i <= KEYS; i++)
        assert_true(key_map_put(&map, i * UINT64_C(0x9e3779b97f4a7c15), i));
    for (uint32_t i = 1; i <= KEYS; i++)
        assert_int_equal(key_map_get(&map, i * UINT64_C(0x9e3779b97f4a7c15)), i);
    assert_int_equal(key_map_get(&map, 12345), KEY_MAP_NONE);
    assert_int_equal(key_map_get(&map, 0), KEY_MAP_NONE);
    assert_false(key_map_put(&map, 0, 1));
    key_map_fini(&map);
}

static void key_map_refuses_more_than_it_has_room_for(void **state)
{
    (void)state;
    struct key_map map;
    assert_int_equal(key_map_init(&map, 10), 0);
    uint64_t key = 1;
    while (key_map_put(&map, key, 7))
        key++;
    assert_true(key > 10 && key < 17);
    assert_true(key_map_put(&map, 1, 8)); /* to replace needs no room */
    assert_int_equal(key_map_get(&map, 1), 8);
    key_map_fini(&map);
}

static uint32_t unless_odd(const void *ctx, const struct key_map_entry *entry)
{
    (void)ctx;
    return entry->value % 2 ? KEY_MAP_NONE : entry->value;
}

/* Keys that all want the same place: what stays must still be found. */
static void key_map_finds_the_rest_after_pruning(void **state)
{
    (void)state;
    struct key_map map;
    assert_int_equal(key_map_init(&map, KEYS), 0);
    for (uint32_t i = 1; i <= KEYS; i++)
        assert_true(key_map_put(&map, i % 7 ? i * UINT64_C(0x9e3779b9) : (uint64_t)i << 32, i));
    key_map_revise(&map, unless_odd, NULL);
    for (uint32_t i = 1; i <= KEYS; i++)
        assert_int_equal(key_map_get(&map, i % 7 ? i * UINT64_C(0x9e3779b9) : (uint64_t)i << 32),
                         i % 2 ? KEY_MAP_NONE : i);
    assert_int_equal(map.used, KEYS / 2);
    key_map_fini(&map);
}

/* Keys that want places around the end of the part in use, at each size. */
static uint64_t crowded_key(uint32_t i)
{
    return (uint64_t)i << 32 | (UINT32_MAX - i % 96 + i % 5 * 40);
}

static void key_map_finds_all_again_whenever_it_has_grown(void **state)
{
    (void)state;
    struct key_map map;
    assert_int_equal(key_map_init(&map, 100 * KEYS), 0);
    size_t mask = map.mask, sizes = 1;
    for (uint32_t i = 1; i <= 20 * KEYS; i++) {
        uint64_t key = i % 16 ? i * UINT64_C(0x9e3779b97f4a7c15) : crowded_key(i);
        assert_true(key_map_put(&map, key, i));
        if (map.mask == mask)
            continue;
        mask = map.mask;
        sizes++;
        for (uint32_t j = 1; j <= i; j++)
            assert_int_equal(
                key_map_get(&map, j % 16 ? j * UINT64_C(0x9e3779b97f4a7c15) : crowded_key(j)), j);
    }
    assert_true(sizes > 5);
    key_map_revise(&map, unless_odd, NULL);
    for (uint32_t i = 1; i <= 20 * KEYS; i++)
        assert_int_equal(
            key_map_get(&map, i % 16 ? i * UINT64_C(0x9e3779b97f4a7c15) : crowded_key(i)),
            i % 2 ? KEY_MAP_NONE : i);
    assert_int_equal(map.used, 10 * KEYS);
    key_map_fini(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_map_finds_what_was_put_and_nothing_else),
        cmocka_unit_test(key_map_refuses_more_than_it_has_room_for),
        cmocka_unit_test(key_map_finds_the_rest_after_pruning),
        cmocka_unit_test(key_map_finds_all_again_whenever_it_has_grown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
