/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/method.h"
int method_ftth_share(const struct method_context *c, int p, struct figure *f)
{
    (void)c;
    (void)p;
    (void)f;
    return 0;
}
int method_penetration(const struct method_context *c, int p, struct figure *f)
{
    (void)c;
    (void)p;
    (void)f;
    return 0;
}
int method_wlan_hotspots(const struct method_context *c, int p, struct figure *f)
{
    (void)c;
    (void)p;
    (void)f;
    return 0;
}
int method_access_capability(const struct method_context *c, int p, struct figure *f)
{
    (void)c;
    (void)p;
    (void)f;
    return 0;
}
int method_interface_capacity(const struct method_context *c, int p, struct figure *f)
{
    (void)c;
    (void)p;
    (void)f;
    return 0;
}
