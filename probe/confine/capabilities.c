/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/confine/confine.h"

#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>

static const cap_value_t raw = CAP_NET_RAW;

/* Whether CAP_NET_RAW is permitted, and this thread may therefore raise it. */
static cap_flag_value_t is_permitted(void)
{
    cap_flag_value_t value = CAP_CLEAR;
    cap_t now = cap_get_proc();
    if (now)
        (void)cap_get_flag(now, raw, CAP_PERMITTED, &value);
    (void)cap_free(now);
    return value;
}

static int set_raw(cap_flag_value_t permitted, cap_flag_value_t effective)
{
    cap_t wanted = cap_init();
    if (!wanted)
        return -errno;
    int status = 0;
    if (cap_set_flag(wanted, CAP_PERMITTED, 1, &raw, permitted) != 0 ||
        cap_set_flag(wanted, CAP_EFFECTIVE, 1, &raw, effective) != 0 || cap_set_proc(wanted) != 0)
        status = -errno;
    (void)cap_free(wanted);
    return status;
}

/* What a program started from here could get at most. Dropping takes CAP_SETPCAP; without that
 * there is nothing that no_new_privs does not withhold already. */
static void shrink_bounds(void)
{
    for (cap_value_t value = 0; value <= cap_max_bits() && prctl(PR_CAPBSET_READ, value) >= 0;
         value++)
        if (value != raw)
            (void)prctl(PR_CAPBSET_DROP, value);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

int confine_capabilities(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -errno;
    shrink_bounds();
    return set_raw(is_permitted(), CAP_CLEAR);
}

void confine_raise_raw(void)
{
    if (is_permitted() == CAP_SET)
        (void)set_raw(CAP_SET, CAP_SET);
}

void confine_lower_raw(void)
{
    if (is_permitted() == CAP_SET)
        (void)set_raw(CAP_SET, CAP_CLEAR);
}
