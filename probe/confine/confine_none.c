/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/confine/confine.h"

#include <errno.h>

int confine_capabilities(void)
{
    return -ENOSYS;
}

void confine_raise_raw(void)
{
}

void confine_lower_raw(void)
{
}

int confine_system_calls(bool may_execute)
{
    (void)may_execute;
    return -ENOSYS;
}
