/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/flow/siphash.h"

#include "tests/support/cmocka_all.h"

static const struct siphash_seed reference_seed = {UINT64_C(0x0706050403020100),
                                                   UINT64_C(0x0f0e0d0c0b0a0908)};

/* Aumasson, Bernstein 2012, appendix A: key 00..0f, message 00..0e. */
static void siphash_2_4_gives_the_paper_s_result(void **state)
{
    (void)state;
    uint8_t message[15];
    for (uint8_t i = 0; i < sizeof message; i++)
        message[i] = i;
    assert_true(siphash_bytes(&reference_seed, message, sizeof message, 2, 4) ==
                UINT64_C(0xa129ca6149be45e5));
}

static void siphash_changes_half_its_bits_with_each_bit_of_the_seed(void **state)
{
    (void)state;
    uint64_t plain = siphash13(&reference_seed, "flow", 4);
    for (unsigned bit = 0; bit < 64; bit++) {
        struct siphash_seed seed = reference_seed;
        seed.k0 ^= UINT64_C(1) << bit;
        int changed = __builtin_popcountll(plain ^ siphash13(&seed, "flow", 4));
        assert_true(changed > 10 && changed < 54);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_2_4_gives_the_paper_s_result),
        cmocka_unit_test(siphash_changes_half_its_bits_with_each_bit_of_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
