/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the network carried: interfaces with a role, and traffic by operator and area with its
 * distributions, one row a bucket that holds something.
 */
#include "collector/archive/column.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void sort(struct archive *archive)
{
    evidence_sort(archive->inputs->evidence);
}

#define INTERFACE(member) COLUMN_AT(struct interface_evidence, member)

static const struct archive_column interface_columns[] = {
    {"operator", COLUMN_TEXT, INTERFACE(operator_name)},
    {"access_node", COLUMN_TEXT, INTERFACE(access_node)},
    {"interface", COLUMN_TEXT, INTERFACE(name)},
    {"area", COLUMN_TEXT, INTERFACE(area)},
    {"role", COLUMN_ENUM, INTERFACE(role), interface_role_names},
    {"high_speed_mbit_s", COLUMN_OPTIONAL_U64, INTERFACE(high_speed_mbit_s)},
    {"up", COLUMN_BOOL, INTERFACE(up)},
    {"samples", COLUMN_U64, INTERFACE(samples)},
    {"p95_in_bit_s", COLUMN_OPTIONAL_DOUBLE, INTERFACE(p95_in_bit_s)},
    {"p95_out_bit_s", COLUMN_OPTIONAL_DOUBLE, INTERFACE(p95_out_bit_s)},
    {"samples_above_70", COLUMN_U64, INTERFACE(samples_above[0])},
    {"samples_above_80", COLUMN_U64, INTERFACE(samples_above[1])},
    {"samples_above_95", COLUMN_U64, INTERFACE(samples_above[2])},
};
_Static_assert(INTERFACE_LEVELS == 3, "one column a level");

static int each_interface(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->interface_count && status == 0; i++)
        status = take(ctx, &evidence->interfaces[i]);
    return status;
}

static int add_interface(struct archive *archive, const void *row)
{
    struct evidence *evidence = archive->inputs->evidence;
    struct interface_evidence *grown =
        array_grow(evidence->interfaces, evidence->interface_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    evidence->interfaces = grown;
    memcpy(&grown[evidence->interface_count++], row, sizeof *grown);
    return 0;
}

const struct archive_table archive_interfaces = {
    "interfaces.csv",
    COLUMNS_OF(interface_columns),
    sizeof(struct interface_evidence),
    each_interface,
    add_interface,
    sort,
};

#define TRAFFIC(row, of)                                                                           \
    {"operator", COLUMN_TEXT, COLUMN_AT(row, of operator_name)},                                   \
        {"area", COLUMN_TEXT, COLUMN_AT(row, of area)},                                            \
        {"settlement", COLUMN_ENUM, COLUMN_AT(row, of settlement), settlement_names},              \
        {"residence", COLUMN_ENUM, COLUMN_AT(row, of residence), residence_names},                 \
        {"kind", COLUMN_ENUM, COLUMN_AT(row, of kind), traffic_kind_names},                        \
    {                                                                                              \
        "class", COLUMN_TEXT, COLUMN_AT(row, of class_name)                                        \
    }
#define OF(member) COLUMN_AT(struct traffic_evidence, member)

static const struct archive_column traffic_columns[] = {
    TRAFFIC(struct traffic_evidence, ),
    {"days", COLUMN_U64, OF(days)},
    {"reports", COLUMN_U64, OF(reports)},
    {"answered", COLUMN_U64, OF(answered)},
    {"downstream_octets", COLUMN_U64, OF(downstream_octets)},
    {"upstream_octets", COLUMN_U64, OF(upstream_octets)},
    {"accounted_downstream_octets", COLUMN_OPTIONAL_U64, OF(accounted_downstream_octets)},
    {"accounted_upstream_octets", COLUMN_OPTIONAL_U64, OF(accounted_upstream_octets)},
    {"lines", COLUMN_U64, OF(lines)},
    {"fast_lines", COLUMN_U64, OF(fast_lines)},
    {"tcp_segments", COLUMN_U64, OF(tcp_segments)},
    {"tcp_retransmitted", COLUMN_U64, OF(tcp_retransmitted)},
    {"user_days", COLUMN_DOUBLE, OF(user_days)},
};

static int each_traffic(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->traffic_count && status == 0; i++)
        status = take(ctx, &evidence->traffic[i]);
    return status;
}

static int add_traffic(struct archive *archive, const void *row)
{
    struct traffic_evidence *traffic = evidence_add_traffic(archive->inputs->evidence);
    if (!traffic)
        return -ENOMEM;
    memcpy(traffic, row, sizeof *traffic);
    return 0;
}

const struct archive_table archive_traffic = {
    "traffic.csv",
    COLUMNS_OF(traffic_columns),
    sizeof(struct traffic_evidence),
    each_traffic,
    add_traffic,
    sort,
};

struct bin_row {
    struct traffic_evidence of; /* its key */
    enum traffic_measure measure;
    struct traffic_bin bin;
};

static const struct archive_column bin_columns[] = {
    TRAFFIC(struct bin_row, of.),
    {"measure", COLUMN_ENUM, COLUMN_AT(struct bin_row, measure), traffic_measure_names},
    {"bucket", COLUMN_U64, COLUMN_AT(struct bin_row, bin.bucket)},
    {"count", COLUMN_U64, COLUMN_AT(struct bin_row, bin.count)},
};

static int each_bin_of(const struct traffic_evidence *traffic, archive_row_fn take, void *ctx)
{
    struct bin_row row = {.of = *traffic};
    int status = 0;
    for (int m = 0; m < TRAFFIC_MEASURES; m++) {
        const struct traffic_bins *bins = &traffic->measures[m];
        row.measure = (enum traffic_measure)m;
        for (size_t b = 0; b < bins->count && status == 0; b++) {
            row.bin = bins->bins[b];
            status = take(ctx, &row);
        }
    }
    return status;
}

static int each_bin(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->traffic_count && status == 0; i++)
        status = each_bin_of(&evidence->traffic[i], take, ctx);
    return status;
}

/* Traffic is read before, and sorted. */
static struct traffic_evidence *find_traffic(struct evidence *evidence,
                                             const struct traffic_evidence *key)
{
    return evidence->traffic_count ? bsearch(key, evidence->traffic, evidence->traffic_count,
                                             sizeof *evidence->traffic, evidence_compare_traffic)
                                   : NULL;
}

static int add_bin(struct archive *archive, const void *row)
{
    const struct bin_row *of = row;
    struct traffic_evidence *traffic = find_traffic(archive->inputs->evidence, &of->of);
    if (!traffic)
        return -ENOENT;
    struct traffic_bins *bins = &traffic->measures[of->measure];
    if (bins->count > 0 && bins->bins[bins->count - 1].bucket >= of->bin.bucket)
        return -EEXIST;
    return traffic_bins_add(bins, of->bin.bucket, of->bin.count);
}

const struct archive_table archive_bins = {
    "traffic_bins.csv", COLUMNS_OF(bin_columns), sizeof(struct bin_row), each_bin, add_bin, NULL,
};
