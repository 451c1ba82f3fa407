/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/confine/confine.h"

#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>

static const cap_value_t values[] = {[CONFINE_RAW] = CAP_NET_RAW, [CONFINE_ADMIN] = CAP_NET_ADMIN};
#define COUNT (sizeof values / sizeof values[0])

/* Whether it is permitted, and this thread may therefore raise it. */
static bool is_permitted(cap_t now, cap_value_t value)
{
    cap_flag_value_t permitted = CAP_CLEAR;
    return now && cap_get_flag(now, value, CAP_PERMITTED, &permitted) == 0 && permitted == CAP_SET;
}

/* What a program started from here could get at most. Dropping takes CAP_SETPCAP; without that
 * there is nothing that no_new_privs does not withhold already. */
static void shrink_bounds(const bool kept[static COUNT])
{
    for (cap_value_t value = 0; value <= cap_max_bits() && prctl(PR_CAPBSET_READ, value) >= 0;
         value++) {
        bool keep = false;
        for (size_t i = 0; i < COUNT; i++)
            keep |= kept[i] && values[i] == value;
        if (!keep)
            (void)prctl(PR_CAPBSET_DROP, value);
    }
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

int confine_capabilities(bool with_admin)
{
    const bool kept[COUNT] = {[CONFINE_RAW] = true, [CONFINE_ADMIN] = with_admin};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -errno;
    shrink_bounds(kept);
    cap_t now = cap_get_proc();
    cap_t wanted = cap_init();
    int status = now && wanted ? 0 : -ENOMEM;
    for (size_t i = 0; i < COUNT && status == 0; i++)
        if (kept[i] && is_permitted(now, values[i]) &&
            cap_set_flag(wanted, CAP_PERMITTED, 1, &values[i], CAP_SET) != 0)
            status = -errno;
    if (status == 0 && cap_set_proc(wanted) != 0)
        status = -errno;
    (void)cap_free(wanted);
    (void)cap_free(now);
    return status;
}

static void set_effective(enum confine_right right, cap_flag_value_t effective)
{
    cap_t now = cap_get_proc();
    if (is_permitted(now, values[right]) &&
        cap_set_flag(now, CAP_EFFECTIVE, 1, &values[right], effective) == 0)
        (void)cap_set_proc(now); /* permitted: it cannot be refused */
    (void)cap_free(now);
}

void confine_raise(enum confine_right right)
{
    set_effective(right, CAP_SET);
}

void confine_lower(enum confine_right right)
{
    set_effective(right, CAP_CLEAR);
}
