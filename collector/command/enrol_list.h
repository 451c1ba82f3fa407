/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Probes to be enrolled, as a CSV file names them: columns operator and probe in any order, others
 * are passed over; UTF-8 or GB18030.
 */
#ifndef LASTMILE_COLLECTOR_COMMAND_ENROL_LIST_H
#define LASTMILE_COLLECTOR_COMMAND_ENROL_LIST_H

#include "common/conf.h"

#include <stddef.h>

#define ENROL_LIST_MAX 10000

struct enrol_list {
    char **users; /* owned: "operator/probe", each once, in the order of the file */
    size_t count;
};

/* 0, or a negative number with out_error set ("file:line: ..."): a name that is none, one that
 * stands twice, no such column, no probe at all. */
int enrol_list_read(const char *path, struct enrol_list *out_list, struct conf_error *out_error);
void enrol_list_fini(struct enrol_list *list);

#endif
