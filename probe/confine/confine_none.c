/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/confine/confine.h"

#include <errno.h>

int confine_capabilities(bool with_admin)
{
    (void)with_admin;
    return -ENOSYS;
}

void confine_raise(enum confine_right right)
{
    (void)right;
}

void confine_lower(enum confine_right right)
{
    (void)right;
}

int confine_system_calls(bool may_execute)
{
    (void)may_execute;
    return -ENOSYS;
}

const char *confine_names(void)
{
    return "";
}
