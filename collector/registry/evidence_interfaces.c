/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Interfaces with a role in the month that holds the instant: capacity, and the 95th percentile of
 * the 5-minute means, from the means themselves (never from averages of averages).
 */
#include "collector/registry/evidence_private.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A mean is known when at least half of its 5 minutes was seen (indicators.md 3.7). */
#define KNOWN_MS    150000
#define SLOTS_MONTH (31 * 288)

struct means {
    double values[SLOTS_MONTH];
    size_t count;
};

static int compare_means(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nearest rank: the smallest value that at least 95 % of the values do not exceed. */
static struct optional_double percentile_95(struct means *means)
{
    if (means->count == 0)
        return (struct optional_double){.known = false};
    qsort(means->values, means->count, sizeof means->values[0], compare_means);
    size_t rank = (means->count * 95 + 99) / 100;
    return optional_double(means->values[rank - 1]);
}

static void add_mean(struct means *means, uint64_t octets, uint64_t ms)
{
    if (ms >= KNOWN_MS && means->count < SLOTS_MONTH)
        means->values[means->count++] = (double)octets * 8000.0 / (double)ms;
}

struct both_ways {
    struct means in, out;
};

/* A mean of which one direction is unknown says nothing of a level that the other stays under. */
static void count_levels(struct interface_evidence *interface, const struct rows *rows)
{
    double most = 0;
    for (int way = 0; way < 2; way++) {
        uint64_t ms = rows_u64(rows, 2 * way + 1);
        double mean = ms >= KNOWN_MS ? (double)rows_u64(rows, 2 * way) * 8000.0 / (double)ms : 0;
        most = mean > most ? mean : most;
    }
    if (!interface->high_speed_mbit_s.known || interface->high_speed_mbit_s.value == 0)
        return;
    for (size_t level = 0; level < INTERFACE_LEVELS; level++)
        interface->samples_above[level] += most > (double)interface->high_speed_mbit_s.value * 1e4 *
                                                      (double)interface_levels_percent[level];
}

static int read_means(struct collecting *collecting, int64_t interface_id, struct both_ways *means,
                      struct interface_evidence *interface)
{
    uint64_t from = clock_city_day_start_ns(collecting->month_first_day) / REGISTRY_SLOT_NS;
    uint64_t to = clock_city_day_start_ns(collecting->last_day + 1) / REGISTRY_SLOT_NS;
    struct rows *rows =
        database_select(collecting->reports,
                        "SELECT in_octets, in_ms, out_octets, out_ms FROM interface_slot"
                        " WHERE interface_id = ?1 AND slot >= ?2 AND slot < ?3",
                        WITH(int_value(interface_id), u64_value(from), u64_value(to)));
    int status = rows ? 1 : -errno;
    means->in.count = 0;
    means->out.count = 0;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        add_mean(&means->in, rows_u64(rows, 0), rows_u64(rows, 1));
        add_mean(&means->out, rows_u64(rows, 2), rows_u64(rows, 3));
        count_levels(interface, rows);
    }
    interface->samples = means->in.count > means->out.count ? means->in.count : means->out.count;
    return status;
}

/* Rows come youngest first for each interface; an older one fills only what is unknown. */
static int take_day(struct evidence *evidence, const struct rows *rows, int64_t *last_id,
                    int64_t **ids)
{
    int64_t id = rows_int(rows, 0);
    struct optional_u64 speed = rows_optional(rows, 7);
    if (evidence->interface_count && *last_id == id) {
        struct interface_evidence *known = &evidence->interfaces[evidence->interface_count - 1];
        if (!known->high_speed_mbit_s.known)
            known->high_speed_mbit_s = speed;
        return 0;
    }
    int64_t *grown_ids = array_grow(*ids, evidence->interface_count, sizeof **ids);
    if (grown_ids)
        *ids = grown_ids;
    struct interface_evidence *grown =
        array_grow(evidence->interfaces, evidence->interface_count, sizeof *grown);
    if (grown)
        evidence->interfaces = grown;
    if (!grown_ids || !grown)
        return -ENOMEM;
    *last_id = (*ids)[evidence->interface_count] = id;
    struct interface_evidence *interface = &grown[evidence->interface_count++];
    *interface = (struct interface_evidence){.role = (enum interface_role)rows_int(rows, 5),
                                             .up = rows_int(rows, 6) != 0,
                                             .high_speed_mbit_s = speed};
    rows_text(rows, 1, interface->operator_name, sizeof interface->operator_name);
    rows_text(rows, 2, interface->access_node, sizeof interface->access_node);
    rows_text(rows, 3, interface->name, sizeof interface->name);
    rows_text(rows, 4, interface->area, sizeof interface->area);
    return 0;
}

static int collect_days(struct collecting *collecting, int64_t **ids)
{
    struct rows *rows = database_select(
        collecting->reports,
        "SELECT i.id, o.name, n.name, i.name, a.name, d.role, d.up, d.high_speed_mbit_s"
        " FROM operator o JOIN access_node n ON n.operator_id = o.id"
        " JOIN interface i ON i.node_id = n.id"
        " JOIN interface_day d ON d.interface_id = i.id AND d.day BETWEEN ?1 AND ?2"
        " JOIN area a ON a.id = d.area_id WHERE d.role <> 0"
        " ORDER BY o.name, n.name, i.name, d.day DESC",
        WITH(int_value(collecting->month_first_day), int_value(collecting->last_day)));
    int64_t last_id = 0;
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int taken = take_day(collecting->out, rows, &last_id, ids);
        if (taken != 0) {
            rows_end(rows);
            status = taken;
        }
    }
    return status;
}

int collect_interfaces(struct collecting *collecting)
{
    int64_t *ids = NULL;
    struct both_ways *means = malloc(sizeof *means);
    int status = means ? collect_days(collecting, &ids) : -ENOMEM;
    for (size_t i = 0; i < collecting->out->interface_count && status == 0; i++) {
        struct interface_evidence *interface = &collecting->out->interfaces[i];
        status = read_means(collecting, ids[i], means, interface);
        interface->p95_in_bit_s = percentile_95(&means->in);
        interface->p95_out_bit_s = percentile_95(&means->out);
    }
    free(means);
    free(ids);
    return status;
}
