/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Traffic in the month that holds the instant: days added up, users day by day.
 */
#include "collector/registry/evidence_private.h"
#include "collector/registry/traffic.h"

#include "common/distinct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum traffic_column {
    COLUMN_OPERATOR,
    COLUMN_AREA,
    COLUMN_SETTLEMENT,
    COLUMN_RESIDENCE,
    COLUMN_KIND,
    COLUMN_CLASS,
    COLUMN_REPORTS,
    COLUMN_ANSWERED,
    COLUMN_DOWNSTREAM,
    COLUMN_UPSTREAM,
    COLUMN_ACCOUNTED_DOWNSTREAM,
    COLUMN_ACCOUNTED_UPSTREAM,
    COLUMN_LINES,
    COLUMN_FAST_LINES,
    COLUMN_SEGMENTS,
    COLUMN_RETRANSMITTED,
    COLUMN_MEASURES, /* and the two behind it */
    COLUMN_USERS = COLUMN_MEASURES + TRAFFIC_MEASURES,
};

/* The measures of the row at hand, while its days pass by. */
struct measures {
    struct histogram histograms[TRAFFIC_MEASURES];
};

static void read_key(const struct rows *rows, struct traffic_evidence *key)
{
    rows_text(rows, COLUMN_OPERATOR, key->operator_name, sizeof key->operator_name);
    rows_text(rows, COLUMN_AREA, key->area, sizeof key->area);
    rows_text(rows, COLUMN_CLASS, key->class_name, sizeof key->class_name);
    key->settlement = (enum settlement)rows_int(rows, COLUMN_SETTLEMENT);
    key->residence = (enum residence)rows_int(rows, COLUMN_RESIDENCE);
    key->kind = (enum traffic_kind)rows_int(rows, COLUMN_KIND);
}

static bool is_same(const struct traffic_evidence *a, const struct traffic_evidence *b)
{
    return strcmp(a->operator_name, b->operator_name) == 0 && strcmp(a->area, b->area) == 0 &&
           strcmp(a->class_name, b->class_name) == 0 && a->settlement == b->settlement &&
           a->residence == b->residence && a->kind == b->kind;
}

static void add_users(struct traffic_evidence *traffic, const struct rows *rows)
{
    size_t length = 0;
    const void *bytes = rows_blob(rows, COLUMN_USERS, &length);
    if (length == 0)
        return;
    struct distinct *users = distinct_read(bytes, length);
    if (users)
        traffic->user_days += distinct_estimate(users);
    distinct_free(users);
}

static void add_day(struct traffic_evidence *traffic, struct measures *measures,
                    const struct rows *rows)
{
    uint64_t fast = rows_u64(rows, COLUMN_FAST_LINES);
    traffic->days++;
    traffic->reports += rows_u64(rows, COLUMN_REPORTS);
    traffic->answered += rows_u64(rows, COLUMN_ANSWERED);
    traffic->downstream_octets += rows_u64(rows, COLUMN_DOWNSTREAM);
    traffic->upstream_octets += rows_u64(rows, COLUMN_UPSTREAM);
    traffic->accounted_downstream_octets = optional_u64_add(
        traffic->accounted_downstream_octets, rows_optional(rows, COLUMN_ACCOUNTED_DOWNSTREAM));
    traffic->accounted_upstream_octets = optional_u64_add(
        traffic->accounted_upstream_octets, rows_optional(rows, COLUMN_ACCOUNTED_UPSTREAM));
    traffic->lines += rows_u64(rows, COLUMN_LINES);
    traffic->fast_lines = fast > traffic->fast_lines ? fast : traffic->fast_lines;
    traffic->tcp_segments += rows_u64(rows, COLUMN_SEGMENTS);
    traffic->tcp_retransmitted += rows_u64(rows, COLUMN_RETRANSMITTED);
    for (int m = 0; m < TRAFFIC_MEASURES; m++) {
        size_t length = 0;
        const void *bytes = rows_blob(rows, COLUMN_MEASURES + m, &length);
        traffic_add_blob(bytes, length, &measures->histograms[m]);
    }
    add_users(traffic, rows);
}

/* The measures of the last row of the evidence, which is complete. */
static int close_row(struct evidence *evidence, struct measures *measures)
{
    if (evidence->traffic_count == 0)
        return 0;
    struct traffic_evidence *last = &evidence->traffic[evidence->traffic_count - 1];
    int status = 0;
    for (size_t m = 0; m < TRAFFIC_MEASURES; m++)
        for (size_t b = 0; b < HISTOGRAM_BUCKETS && status == 0; b++)
            if (measures->histograms[m].buckets[b])
                status =
                    traffic_bins_add(&last->measures[m], b, measures->histograms[m].buckets[b]);
    memset(measures, 0, sizeof *measures);
    return status;
}

static int take_row(struct evidence *evidence, struct measures *measures, const struct rows *rows)
{
    struct traffic_evidence key;
    memset(&key, 0, sizeof key);
    read_key(rows, &key);
    size_t count = evidence->traffic_count;
    if (count == 0 || !is_same(&evidence->traffic[count - 1], &key)) {
        int status = close_row(evidence, measures);
        struct traffic_evidence *added = status == 0 ? evidence_add_traffic(evidence) : NULL;
        if (!added)
            return status ? status : -ENOMEM;
        *added = key;
    }
    add_day(&evidence->traffic[evidence->traffic_count - 1], measures, rows);
    return 0;
}

int collect_traffic(struct collecting *collecting)
{
    struct measures *measures = calloc(1, sizeof *measures);
    if (!measures)
        return -ENOMEM;
    struct rows *rows = database_select(
        collecting->reports,
        "SELECT o.name AS operator, a.name AS area, t.settlement, t.residence, t.kind,"
        " IFNULL(c.name, '') AS class, t.reports, t.answered, t.downstream_octets,"
        " t.upstream_octets, t.accounted_downstream, t.accounted_upstream, t.lines,"
        " t.fast_lines_max, t.tcp_segments, t.tcp_retransmitted, t.external_rtt_us,"
        " t.internal_rtt_us, t.demand_bits_per_s, t.users"
        " FROM traffic_day t JOIN operator o ON o.id = t.operator_id"
        " JOIN area a ON a.id = t.area_id LEFT JOIN traffic_class c ON c.id = t.class_id"
        " WHERE t.day BETWEEN ?1 AND ?2"
        " ORDER BY operator, area, t.settlement, t.residence, t.kind, class, t.day",
        WITH(int_value(collecting->month_first_day), int_value(collecting->last_day)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int taken = take_row(collecting->out, measures, rows);
        if (taken != 0) {
            rows_end(rows);
            status = taken;
        }
    }
    if (status == 0)
        status = close_row(collecting->out, measures);
    free(measures);
    return status;
}
