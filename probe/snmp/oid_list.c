/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/oid_list.h"

#include <errno.h>
#include <stdlib.h>

int oid_list_add(struct oid_list *list, const struct oid *oid)
{
    if (oid->length == 0)
        return 0;
    for (size_t i = 0; i < list->count; i++)
        if (oid_compare(&list->oids[i], oid) == 0)
            return 0;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        struct oid *oids = realloc(list->oids, capacity * sizeof *oids);
        if (!oids)
            return -ENOMEM;
        list->oids = oids;
        list->capacity = capacity;
    }
    oid_copy(&list->oids[list->count++], oid);
    return 1;
}

void oid_list_fini(struct oid_list *list)
{
    free(list->oids);
    *list = (struct oid_list){.oids = NULL};
}
