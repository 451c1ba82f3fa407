/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In place of settings_snmp.c where the probe is built without SNMP: what it was asked to poll is
 * refused, not passed over.
 */
#include "probe/settings/settings_parts.h"

const struct conf_setting settings_snmp_table[] = {{.name = NULL}};

int settings_read_snmp(const char *file, const struct conf_group *root, struct settings *settings,
                       struct conf_error *out_error)
{
    (void)file;
    (void)settings;
    if (!conf_child(root, "snmp"))
        return 0;
    return conf_fail(root, "snmp", out_error,
                     "this lastmile-probe is built without SNMP: leave 'snmp' out, or install one "
                     "that has it");
}
