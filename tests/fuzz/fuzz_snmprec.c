/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/anonymize.h"
#include "probe/snmp/snmprec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t pseudonym(void *ctx, const void *key, size_t length)
{
    uint64_t hash = *(const uint64_t *)ctx;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const uint8_t *)key)[i]) * UINT64_C(1099511628211);
    return hash ^ hash >> 32;
}

/* The same without identities: never more rows, and none that cannot be looked through. */
static void make_anonymous(struct varbind_set *set)
{
    uint64_t key = 7;
    size_t before = varbind_set_count(set);
    struct varbind_set *anonymous = anonymize(set, NULL, pseudonym, &key);
    if (anonymous && varbind_set_count(anonymous) > before)
        abort();
    varbind_set_free(anonymous);
}

/* A recording that somebody has mailed: read, sorted, looked through, and made anonymous. */
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
    make_anonymous(set);
    varbind_set_free(set);
    return 0;
}
