/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What people imported. Of denominators and declared figures every vintage of every row, since a
 * figure takes one of them by rule; of the others what is in force.
 */
#include "collector/archive/column.h"

#include "common/array.h"

#include <errno.h>
#include <string.h>

static void sort(struct archive *archive)
{
    imported_sort(&archive->inputs->imported);
}

#define DENOMINATOR(member) COLUMN_AT(struct denominator, member)

static const struct archive_column denominator_columns[] = {
    {"area", COLUMN_TEXT, DENOMINATOR(area)},
    {"variable", COLUMN_TEXT, DENOMINATOR(variable)},
    {"class", COLUMN_TEXT, DENOMINATOR(class_name)},
    {"reference_date", COLUMN_DAY, DENOMINATOR(reference_day)},
    {"published_date", COLUMN_DAY, DENOMINATOR(published_day)},
    {"imported_ns", COLUMN_U64, DENOMINATOR(imported_ns)},
    {"vintage", COLUMN_TEXT, DENOMINATOR(vintage)},
    {"value", COLUMN_DOUBLE, DENOMINATOR(value)},
    {"unit", COLUMN_TEXT, DENOMINATOR(unit)},
    {"source", COLUMN_TEXT, DENOMINATOR(source)},
    {"status", COLUMN_TEXT, DENOMINATOR(status)},
};

static int each_denominator(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct imported *imported = &archive->inputs->imported;
    int status = 0;
    for (size_t i = 0; i < imported->denominator_count && status == 0; i++)
        status = take(ctx, &imported->denominators[i]);
    return status;
}

static int add_denominator(struct archive *archive, const void *row)
{
    struct imported *imported = &archive->inputs->imported;
    struct denominator *grown =
        array_grow(imported->denominators, imported->denominator_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->denominators = grown;
    memcpy(&grown[imported->denominator_count++], row, sizeof *grown);
    return 0;
}

const struct archive_table archive_denominators = {
    "denominators.csv",
    COLUMNS_OF(denominator_columns),
    sizeof(struct denominator),
    each_denominator,
    add_denominator,
    sort,
};

#define DECLARED(member) COLUMN_AT(struct declared_figure, member)

static const struct archive_column declared_columns[] = {
    {"indicator", COLUMN_TEXT, DECLARED(indicator)},
    {"area", COLUMN_TEXT, DECLARED(area)},
    {"operator", COLUMN_TEXT, DECLARED(operator_name)},
    {"reference_date", COLUMN_DAY, DECLARED(reference_day)},
    {"published_date", COLUMN_DAY, DECLARED(published_day)},
    {"imported_ns", COLUMN_U64, DECLARED(imported_ns)},
    {"vintage", COLUMN_TEXT, DECLARED(vintage)},
    {"value", COLUMN_DOUBLE, DECLARED(value)},
    {"unit", COLUMN_TEXT, DECLARED(unit)},
    {"source", COLUMN_TEXT, DECLARED(source)},
    {"status", COLUMN_TEXT, DECLARED(status)},
};

static int each_declared(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct imported *imported = &archive->inputs->imported;
    int status = 0;
    for (size_t i = 0; i < imported->declared_count && status == 0; i++)
        status = take(ctx, &imported->declared[i]);
    return status;
}

static int add_declared(struct archive *archive, const void *row)
{
    struct imported *imported = &archive->inputs->imported;
    struct declared_figure *grown =
        array_grow(imported->declared, imported->declared_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->declared = grown;
    memcpy(&grown[imported->declared_count++], row, sizeof *grown);
    return 0;
}

const struct archive_table archive_declared = {
    "declared.csv",
    COLUMNS_OF(declared_columns),
    sizeof(struct declared_figure),
    each_declared,
    add_declared,
    sort,
};

#define VENUE(member) COLUMN_AT(struct venue, member)

static const struct archive_column venue_columns[] = {
    {"venue", COLUMN_TEXT, VENUE(venue)},
    {"label", COLUMN_TEXT, VENUE(label)},
    {"category", COLUMN_ENUM, VENUE(category), venue_category_names},
    {"class", COLUMN_TEXT, VENUE(class_name)},
    {"area", COLUMN_TEXT, VENUE(area)},
    {"operator", COLUMN_TEXT, VENUE(operator_name)},
    {"access_node", COLUMN_TEXT, VENUE(access_node)},
    {"access_point", COLUMN_TEXT, VENUE(access_point)},
    {"opened_day", COLUMN_OPTIONAL_U64, VENUE(opened_day)},
    {"closed_day", COLUMN_OPTIONAL_U64, VENUE(closed_day)},
    {"reference_date", COLUMN_DAY, VENUE(reference_day)},
    {"published_date", COLUMN_DAY, VENUE(published_day)},
    {"imported_ns", COLUMN_U64, VENUE(imported_ns)},
    {"vintage", COLUMN_TEXT, VENUE(vintage)},
    {"source", COLUMN_TEXT, VENUE(source)},
    {"status", COLUMN_TEXT, VENUE(status)},
};

static int each_venue(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct imported *imported = &archive->inputs->imported;
    int status = 0;
    for (size_t i = 0; i < imported->venue_count && status == 0; i++)
        status = take(ctx, &imported->venues[i]);
    return status;
}

static int add_venue(struct archive *archive, const void *row)
{
    struct imported *imported = &archive->inputs->imported;
    struct venue *grown = array_grow(imported->venues, imported->venue_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->venues = grown;
    memcpy(&grown[imported->venue_count++], row, sizeof *grown);
    return 0;
}

const struct archive_table archive_venues = {
    "venues.csv", COLUMNS_OF(venue_columns), sizeof(struct venue), each_venue, add_venue, NULL,
};

#define CONTRACT(member) COLUMN_AT(struct contract, member)

static const struct archive_column contract_columns[] = {
    {"operator", COLUMN_TEXT, CONTRACT(operator_name)},
    {"area", COLUMN_TEXT, CONTRACT(area)},
    {"settlement", COLUMN_ENUM, CONTRACT(settlement), settlement_names},
    {"residence", COLUMN_ENUM, CONTRACT(residence), residence_names},
    {"technology", COLUMN_ENUM, CONTRACT(technology), access_technology_names},
    {"rate_kbit_s", COLUMN_OPTIONAL_U64, CONTRACT(rate_kbit_s)},
    {"lines", COLUMN_OPTIONAL_U64, CONTRACT(lines)},
    {"reference_date", COLUMN_DAY, CONTRACT(reference_day)},
    {"published_date", COLUMN_DAY, CONTRACT(published_day)},
    {"imported_ns", COLUMN_U64, CONTRACT(imported_ns)},
    {"vintage", COLUMN_TEXT, CONTRACT(vintage)},
    {"source", COLUMN_TEXT, CONTRACT(source)},
    {"status", COLUMN_TEXT, CONTRACT(status)},
};

static int each_contract(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct imported *imported = &archive->inputs->imported;
    int status = 0;
    for (size_t i = 0; i < imported->contract_count && status == 0; i++)
        status = take(ctx, &imported->contracts[i]);
    return status;
}

static int add_contract(struct archive *archive, const void *row)
{
    struct imported *imported = &archive->inputs->imported;
    struct contract *grown =
        array_grow(imported->contracts, imported->contract_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->contracts = grown;
    memcpy(&grown[imported->contract_count++], row, sizeof *grown);
    return 0;
}

const struct archive_table archive_contracts = {
    "contracts.csv",
    COLUMNS_OF(contract_columns),
    sizeof(struct contract),
    each_contract,
    add_contract,
    NULL,
};

#define REMARK(member) COLUMN_AT(struct remark, member)

static const struct archive_column remark_columns[] = {
    {"indicator", COLUMN_TEXT, REMARK(indicator)},
    {"area", COLUMN_TEXT, REMARK(area)},
    {"operator", COLUMN_TEXT, REMARK(operator_name)},
    {"period", COLUMN_TEXT, REMARK(period)},
    {"text_zh", COLUMN_TEXT, REMARK(text_zh)},
    {"text_en", COLUMN_TEXT, REMARK(text_en)},
    {"reference_date", COLUMN_DAY, REMARK(reference_day)},
    {"published_date", COLUMN_DAY, REMARK(published_day)},
    {"imported_ns", COLUMN_U64, REMARK(imported_ns)},
    {"vintage", COLUMN_TEXT, REMARK(vintage)},
    {"source", COLUMN_TEXT, REMARK(source)},
    {"status", COLUMN_TEXT, REMARK(status)},
};

static int each_remark(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct imported *imported = &archive->inputs->imported;
    int status = 0;
    for (size_t i = 0; i < imported->remark_count && status == 0; i++)
        status = take(ctx, &imported->remarks[i]);
    return status;
}

static int add_remark(struct archive *archive, const void *row)
{
    struct imported *imported = &archive->inputs->imported;
    struct remark *grown = array_grow(imported->remarks, imported->remark_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->remarks = grown;
    memcpy(&grown[imported->remark_count++], row, sizeof *grown);
    return 0;
}

const struct archive_table archive_remarks = {
    "remarks.csv", COLUMNS_OF(remark_columns), sizeof(struct remark), each_remark, add_remark, NULL,
};
