/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/total.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

static const struct viewer cu = {.role = ROLE_OPERATOR, .name = "noc", .operator_key = "cu"};

/* Of "cu ct": the operators in it, two letters each. */
static struct total total_of(const struct viewer *viewer, const char *operators)
{
    struct total total = {0};
    for (const char *at = operators; *at; at += at[2] ? 3 : 2) {
        const char key[] = {at[0], at[1], '\0'};
        total_add(&total, viewer, key);
    }
    return total;
}

static void an_operator_sees_no_total_with_one_other_in_it(void **state)
{
    (void)state;
    static const struct {
        const char *operators;
        bool seen;
    } cases[] = {{"", true},          {"cu", true},        {"cu cu", true},    {"ct", false},
                 {"cu ct", false},    {"ct cu ct", false}, {"cu ct cm", true}, {"ct cm", true},
                 {"ct ct ct", false}, {"cm cu cm", false}, {"cm ct gd", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct total total = total_of(&cu, cases[i].operators);
        if (total_is_seen(&total, &cu) != cases[i].seen)
            fail_msg("%s", cases[i].operators);
    }
}

static void who_sees_every_figure_sees_every_total(void **state)
{
    (void)state;
    static const struct viewer viewers[] = {{.role = ROLE_COMMISSION}, {.role = ROLE_ADMIN}};
    for (size_t i = 0; i < sizeof viewers / sizeof viewers[0]; i++) {
        const struct total total = total_of(&viewers[i], "ct");
        assert_true(total_is_seen(&total, &viewers[i]));
    }
    static const struct viewer public_ = {.role = ROLE_PUBLIC};
    const struct total one = total_of(&public_, "cu"), two = total_of(&public_, "cu ct");
    assert_false(total_is_seen(&one, &public_)); /* it is that operator's own */
    assert_true(total_is_seen(&two, &public_));
}

/* Every city of three areas with any operators in each: what is left of the city's total when the
 * areas that are seen and its own parts are taken away is never one other operator's. */
static void nothing_that_is_seen_leaves_one_other_operators_part(void **state)
{
    (void)state;
    static const char *const sets[] = {"", "cu", "ct", "cm", "cu ct", "cu cm", "ct cm", "cu ct cm"};
    enum { SETS = sizeof sets / sizeof sets[0] };
    size_t withheld = 0;
    for (size_t i = 0; i < SETS * SETS * SETS; i++) {
        const char *const areas[] = {sets[i % SETS], sets[i / SETS % SETS], sets[i / SETS / SETS]};
        struct total city = {0}, hidden = {0};
        bool ct = false, cm = false; /* in what is left */
        for (size_t a = 0; a < 3; a++) {
            const struct total area = total_of(&cu, areas[a]);
            total_unite(&city, &area);
            if (total_is_seen(&area, &cu))
                continue;
            total_unite(&hidden, &area);
            ct = ct || strstr(areas[a], "ct");
            cm = cm || strstr(areas[a], "cm");
        }
        bool seen = total_of_parts_is_seen(&city, &hidden, &cu);
        withheld += !seen;
        if (seen && ct != cm)
            fail_msg("%s | %s | %s", areas[0], areas[1], areas[2]);
    }
    assert_true(withheld > 0 && withheld < (size_t)SETS * SETS * SETS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operator_sees_no_total_with_one_other_in_it),
        cmocka_unit_test(who_sees_every_figure_sees_every_total),
        cmocka_unit_test(nothing_that_is_seen_leaves_one_other_operators_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
