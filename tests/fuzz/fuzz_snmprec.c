/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/snmprec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A recording that somebody has mailed: read, sorted, and looked through. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct oid start = {1, {1}};
    struct snmprec_counts counts;
    struct varbind_set *set = varbind_set_new(4096, 1 << 20);
    if (!set)
        return 0;
    int status = snmprec_parse((const char *)data, size, set, &counts);
    size_t left = 0;
    const struct varbind_row *row = varbind_set_after(set, &start, &left);
    uint64_t sum = 0;
    for (size_t i = 0; i < left; i++)
        sum += varbind_row_u64(&row[i]).value + (row[i].length > 0 ? row[i].bytes[0] : 0);
    if (status == 0 && counts.skipped > counts.lines && sum > 0)
        abort();
    varbind_set_free(set);
    return 0;
}
