/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/traffic.h"

#include "collector/registry/evidence.h"

#include "common/distinct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUMS_MAX        128 /* in memory; more are stored at once */
#define FAST_BIT_S      UINT64_C(800000000)
#define USERS_PRECISION 12
#define BIN_BYTES       6

struct sum_key {
    int64_t day, operator_id, area_id, settlement, residence, kind, class_id;
};

struct sum {
    struct sum_key key;
    uint64_t reports, answered, downstream, upstream, lines, fast_lines, segments, retransmitted;
    struct optional_u64 accounted_downstream, accounted_upstream;
    struct histogram external, internal, demand;
    struct distinct *users; /* NULL until there are some */
};

struct traffic {
    struct sum *sums[SUMS_MAX];
    size_t count;
};

struct traffic *traffic_new(void)
{
    return calloc(1, sizeof(struct traffic));
}

static void free_sum(struct sum *sum)
{
    if (sum)
        distinct_free(sum->users);
    free(sum);
}

void traffic_forget(struct traffic *traffic)
{
    for (size_t i = 0; traffic && i < traffic->count; i++)
        free_sum(traffic->sums[i]);
    if (traffic)
        traffic->count = 0;
}

void traffic_free(struct traffic *traffic)
{
    traffic_forget(traffic);
    free(traffic);
}

/* --- histograms as blobs --- */

static size_t pack(const struct histogram *histogram, uint8_t *out)
{
    size_t length = 0;
    for (size_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        uint32_t count = histogram->buckets[bucket];
        if (count == 0)
            continue;
        out[length] = (uint8_t)(bucket >> 8);
        out[length + 1] = (uint8_t)bucket;
        for (size_t byte = 0; byte < 4; byte++)
            out[length + 2 + byte] = (uint8_t)(count >> (24 - 8 * byte));
        length += BIN_BYTES;
    }
    return length;
}

void traffic_add_blob(const void *bytes, size_t length, struct histogram *into)
{
    const uint8_t *bin = bytes;
    for (size_t at = 0; at + BIN_BYTES <= length; at += BIN_BYTES, bin += BIN_BYTES) {
        size_t bucket = (size_t)bin[0] << 8 | bin[1];
        uint32_t count = (uint32_t)bin[2] << 24 | (uint32_t)bin[3] << 16 | (uint32_t)bin[4] << 8 |
                         (uint32_t)bin[5];
        if (bucket < HISTOGRAM_BUCKETS)
            histogram_add_bucket(into, bucket, count);
    }
}

/* --- one row --- */

#define KEY_VALUES(key)                                                                            \
    int_value((key)->day), int_value((key)->operator_id), int_value((key)->area_id),               \
        int_value((key)->settlement), int_value((key)->residence), int_value((key)->kind),         \
        int_value((key)->class_id)

static int unite_users(struct sum *sum, const void *bytes, size_t length)
{
    if (length == 0)
        return 0;
    if (!sum->users)
        sum->users = distinct_new(USERS_PRECISION);
    if (!sum->users)
        return -ENOMEM;
    struct distinct *more = distinct_read(bytes, length);
    int status = more ? distinct_merge(sum->users, more) : 0; /* none: nothing that was written */
    distinct_free(more);
    return status == -EINVAL ? 0 : status;
}

static int add_stored(struct sum *sum, const struct rows *rows)
{
    struct histogram *const histograms[] = {&sum->external, &sum->internal, &sum->demand};
    size_t length = 0;
    sum->reports += rows_u64(rows, 0);
    sum->answered += rows_u64(rows, 1);
    sum->downstream += rows_u64(rows, 2);
    sum->upstream += rows_u64(rows, 3);
    sum->accounted_downstream = optional_u64_add(sum->accounted_downstream, rows_optional(rows, 4));
    sum->accounted_upstream = optional_u64_add(sum->accounted_upstream, rows_optional(rows, 5));
    sum->lines += rows_u64(rows, 6);
    if (rows_u64(rows, 7) > sum->fast_lines)
        sum->fast_lines = rows_u64(rows, 7);
    sum->segments += rows_u64(rows, 8);
    sum->retransmitted += rows_u64(rows, 9);
    for (int i = 0; i < 3; i++) {
        const void *bytes = rows_blob(rows, 10 + i, &length);
        traffic_add_blob(bytes, length, histograms[i]);
    }
    const void *users = rows_blob(rows, 13, &length);
    return unite_users(sum, users, length);
}

static int read_stored(struct registry *registry, struct sum *sum)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT reports, answered, downstream_octets, upstream_octets, accounted_downstream,"
        " accounted_upstream, lines, fast_lines_max, tcp_segments, tcp_retransmitted,"
        " external_rtt_us, internal_rtt_us, demand_bits_per_s, users FROM traffic_day"
        " WHERE day = ?1 AND operator_id = ?2 AND area_id = ?3 AND settlement = ?4"
        " AND residence = ?5 AND kind = ?6 AND class_id = ?7",
        WITH(KEY_VALUES(&sum->key)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status;
    status = add_stored(sum, rows);
    rows_end(rows);
    return status;
}

static int write_sum(struct registry *registry, const struct sum *sum)
{
    static const size_t bytes_max = HISTOGRAM_BUCKETS * BIN_BYTES;
    uint8_t *blobs = malloc(3 * bytes_max + DISTINCT_BYTES_MAX);
    if (!blobs)
        return -ENOMEM;
    size_t external = pack(&sum->external, blobs);
    size_t internal = pack(&sum->internal, blobs + bytes_max);
    size_t demand = pack(&sum->demand, blobs + 2 * bytes_max);
    uint8_t *users = blobs + 3 * bytes_max;
    int users_length = sum->users ? distinct_write(sum->users, users, DISTINCT_BYTES_MAX) : 0;
    int status =
        users_length < 0
            ? users_length
            : database_run(
                  registry->database,
                  "INSERT OR REPLACE INTO traffic_day VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                  " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
                  WITH(KEY_VALUES(&sum->key), u64_value(sum->reports), u64_value(sum->answered),
                       u64_value(sum->downstream), u64_value(sum->upstream),
                       optional_value(sum->accounted_downstream),
                       optional_value(sum->accounted_upstream), u64_value(sum->lines),
                       u64_value(sum->fast_lines), u64_value(sum->segments),
                       u64_value(sum->retransmitted), blob_value(blobs, external),
                       blob_value(blobs + bytes_max, internal),
                       blob_value(blobs + 2 * bytes_max, demand),
                       blob_value(users, (size_t)users_length)));
    free(blobs);
    return status < 0 ? status : 0;
}

int traffic_flush(struct registry *registry)
{
    struct traffic *traffic = registry->traffic;
    int status = 0;
    for (size_t i = 0; i < traffic->count && status == 0; i++) {
        status = read_stored(registry, traffic->sums[i]);
        if (status == 0)
            status = write_sum(registry, traffic->sums[i]);
    }
    traffic_forget(traffic);
    return status;
}

/* --- a report's cell --- */

/* The sum of a key, made where it is new; NULL with errno. */
static struct sum *sum_of(struct registry *registry, const struct sum_key *key)
{
    struct traffic *traffic = registry->traffic;
    for (size_t i = 0; i < traffic->count; i++)
        if (memcmp(&traffic->sums[i]->key, key, sizeof *key) == 0)
            return traffic->sums[i];
    int status = traffic->count == SUMS_MAX ? traffic_flush(registry) : 0;
    struct sum *sum = status == 0 ? calloc(1, sizeof *sum) : NULL;
    if (!sum) {
        errno = status ? -status : ENOMEM;
        return NULL;
    }
    sum->key = *key;
    traffic->sums[traffic->count++] = sum;
    return sum;
}

/* Lines whose busiest second lay wholly above the edge. */
static uint64_t fast_lines(const struct histogram *peaks)
{
    uint64_t count = 0;
    for (size_t i = histogram_bucket(FAST_BIT_S) + 1; i < HISTOGRAM_BUCKETS; i++)
        count += peaks->buckets[i];
    return count;
}

static int take_all(struct registry *registry, const struct report_cell *cell, struct sum_key key)
{
    struct sum *sum = sum_of(registry, &key);
    if (!sum)
        return -errno;
    uint64_t fast = fast_lines(&cell->peak_bits_per_s);
    sum->reports++;
    sum->answered += cell->external_rtt_us.count > 0;
    sum->downstream += cell->downstream_octets;
    sum->upstream += cell->upstream_octets;
    sum->accounted_downstream =
        optional_u64_add(sum->accounted_downstream, cell->accounted_downstream_octets);
    sum->accounted_upstream =
        optional_u64_add(sum->accounted_upstream, cell->accounted_upstream_octets);
    sum->fast_lines = fast > sum->fast_lines ? fast : sum->fast_lines;
    sum->segments += cell->tcp_segments;
    sum->retransmitted += cell->tcp_retransmitted;
    histogram_merge(&sum->external, &cell->external_rtt_us);
    histogram_merge(&sum->internal, &cell->internal_rtt_us);
    histogram_merge(&sum->demand, &cell->demand_bits_per_s);
    return 0;
}

static int take_destination(struct registry *registry, struct intake_place *place,
                            const struct report_destination *destination, struct sum_key key)
{
    int status = inventory_ensure_class(registry, place, destination->name, &key.class_id);
    if (status != 0)
        return status;
    if (key.class_id == 0) {
        place->over_cap++;
        return 0;
    }
    struct sum *sum = sum_of(registry, &key);
    if (!sum)
        return -errno;
    sum->reports++;
    sum->answered += destination->external_rtt_us.count > 0;
    sum->downstream += destination->downstream_octets;
    sum->upstream += destination->upstream_octets;
    sum->lines += destination->lines;
    sum->segments += destination->tcp_segments;
    sum->retransmitted += destination->tcp_retransmitted;
    histogram_merge(&sum->external, &destination->external_rtt_us);
    histogram_merge(&sum->internal, &destination->internal_rtt_us);
    return 0;
}

static int take_wlan(struct registry *registry, const struct report_wlan *wlan, struct sum_key key)
{
    struct sum *sum = sum_of(registry, &key);
    if (!sum)
        return -errno;
    sum->reports++;
    sum->downstream += wlan->downstream_octets;
    sum->upstream += wlan->upstream_octets;
    return unite_users(sum, wlan->users, wlan->users_length);
}

int traffic_take_cell(struct registry *registry, struct intake_place *place,
                      const struct report_cell *cell, int64_t area_id)
{
    struct sum_key key = {.day = place->day,
                          .operator_id = place->operator_id,
                          .area_id = area_id,
                          .settlement = (int64_t)cell->settlement,
                          .residence = (int64_t)cell->residence,
                          .kind = TRAFFIC_LINES};
    int status = take_all(registry, cell, key);
    key.kind = TRAFFIC_DESTINATION;
    for (size_t i = 0; i < cell->destination_count && status == 0; i++)
        status = take_destination(registry, place, &cell->destinations[i], key);
    key.settlement = SETTLEMENT_UNKNOWN;
    key.residence = RESIDENCE_UNKNOWN;
    for (size_t i = 0; i < cell->wlan_count && status == 0; i++) {
        key.kind = cell->wlans[i].ssid[0] ? TRAFFIC_PUBLIC_WLAN : TRAFFIC_OTHER_WLAN;
        status = take_wlan(registry, &cell->wlans[i], key);
    }
    return status;
}
