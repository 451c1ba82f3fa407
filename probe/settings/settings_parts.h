/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of this folder share: the tables that the outermost one points to, and the reading
 * of each part. For nobody else.
 */
#ifndef LASTMILE_PROBE_SETTINGS_PARTS_H
#define LASTMILE_PROBE_SETTINGS_PARTS_H

#include "probe/settings/settings.h"

/* One row of a table: the member it fills, and where it is. */
#define AT(record, member) .name = #member, .offset = offsetof(struct record, member)
#define TEXT(record, member)                                                                       \
    AT(record, member), .type = CONF_STRING, .size = sizeof(((struct record *)0)->member)

extern const struct conf_setting settings_source_table[];
extern const struct conf_setting settings_node_table[];
extern const struct conf_setting settings_suppressed_table[];
extern const struct conf_setting settings_destinations_table[];
extern const struct conf_setting settings_accounting_table[];
extern const struct conf_setting settings_demand_table[];
extern const struct conf_setting settings_snmp_table[];
extern const struct conf_setting settings_stations_table[];
extern const struct conf_setting settings_connections_table[];

/* Each reads its part of the root. 0, or -EINVAL with out_error set. `file` is the path of the
 * settings file, to which others are relative. */
int settings_read_sources(const char *file, const struct conf_group *root,
                          struct settings *settings, struct conf_error *out_error);
int settings_read_nodes(const struct conf_group *root, struct settings *settings,
                        struct conf_error *out_error);
int settings_read_suppressed(const struct conf_group *root, struct settings *settings,
                             struct conf_error *out_error);
int settings_read_inside(const struct conf_group *root, struct settings *settings,
                         struct conf_error *out_error);
int settings_read_lines(const char *file, const struct conf_group *root, struct settings *settings,
                        struct conf_error *out_error);
int settings_read_own(const char *file, const struct conf_group *root, struct settings *settings,
                      struct conf_error *out_error);
int settings_read_snmp(const char *file, const struct conf_group *root, struct settings *settings,
                       struct conf_error *out_error);

/* "100.64.0.0/10" or "2001:db8::/32". 0, or -EINVAL. */
int settings_parse_prefix(const char *text, struct ip_prefix *out);

/* Makes a path of the file's relative to the file's own folder. */
void settings_resolve(const char *file, char path[static SETTINGS_PATH_BYTES]);

#endif
