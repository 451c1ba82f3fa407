/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Building and freeing reports. The bytes are made in report_encode.c and read in report_decode.c,
 * both by the table of report_schema.c.
 */
#include "common/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct report *report_new(void)
{
    return calloc(1, sizeof(struct report));
}

static void free_cell(struct report_cell *cell)
{
    for (size_t i = 0; i < cell->wlan_count; i++)
        free(cell->wlans[i].users);
    free(cell->line_pseudonyms);
    free(cell->devices);
    free(cell->destinations);
    free(cell->wlans);
}

static void free_inventory(struct report_inventory *inventory)
{
    for (size_t i = 0; i < inventory->element_count; i++)
        free(inventory->elements[i].pseudonyms);
    free(inventory->elements);
    free(inventory->networks);
    free(inventory->sources);
    free(inventory->wtp_pseudonyms);
    free(inventory->lines);
    free(inventory->interfaces);
}

void report_free(struct report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->cell_count; i++)
        free_cell(&report->cells[i]);
    for (size_t i = 0; i < report->inventory_count; i++)
        free_inventory(&report->inventories[i]);
    free(report->observations);
    free(report->cells);
    free(report->inventories);
    free(report->gaps);
    free(report);
}

/* One zeroed element more. Returns the array, perhaps moved, or NULL with errno set. */
static void *grow(void *array, size_t count, size_t limit, size_t element_size)
{
    if (count >= limit) {
        errno = ENOSPC;
        return NULL;
    }
    char *grown = realloc(array, (count + 1) * element_size);
    if (grown)
        memset(grown + count * element_size, 0, element_size);
    return grown;
}

struct report_observation *report_add_observation(struct report *report)
{
    struct report_observation *grown = grow(report->observations, report->observation_count,
                                            REPORT_OBSERVATIONS_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    report->observations = grown;
    return &grown[report->observation_count++];
}

struct report_cell *report_add_cell(struct report *report)
{
    struct report_cell *grown =
        grow(report->cells, report->cell_count, REPORT_CELLS_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    report->cells = grown;
    return &grown[report->cell_count++];
}

struct report_destination *report_cell_add_destination(struct report_cell *cell)
{
    struct report_destination *grown =
        grow(cell->destinations, cell->destination_count, REPORT_DESTINATIONS_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    cell->destinations = grown;
    return &grown[cell->destination_count++];
}

struct report_wlan *report_cell_add_wlan(struct report_cell *cell)
{
    struct report_wlan *grown =
        grow(cell->wlans, cell->wlan_count, REPORT_WLANS_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    cell->wlans = grown;
    return &grown[cell->wlan_count++];
}

struct report_inventory *report_add_inventory(struct report *report)
{
    struct report_inventory *grown =
        grow(report->inventories, report->inventory_count, REPORT_INVENTORIES_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    report->inventories = grown;
    return &grown[report->inventory_count++];
}

struct report_lines *report_inventory_add_lines(struct report_inventory *inventory)
{
    struct report_lines *grown =
        grow(inventory->lines, inventory->line_count, REPORT_LINES_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    inventory->lines = grown;
    return &grown[inventory->line_count++];
}

struct report_interface *report_inventory_add_interface(struct report_inventory *inventory)
{
    struct report_interface *grown = grow(inventory->interfaces, inventory->interface_count,
                                          REPORT_INTERFACES_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    inventory->interfaces = grown;
    return &grown[inventory->interface_count++];
}

struct report_elements *report_inventory_add_elements(struct report_inventory *inventory)
{
    struct report_elements *grown =
        grow(inventory->elements, inventory->element_count, REPORT_ELEMENTS_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    inventory->elements = grown;
    return &grown[inventory->element_count++];
}

struct report_network *report_inventory_add_network(struct report_inventory *inventory)
{
    struct report_network *grown =
        grow(inventory->networks, inventory->network_count, REPORT_NETWORKS_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    inventory->networks = grown;
    return &grown[inventory->network_count++];
}

int report_inventory_count_network(struct report_inventory *inventory, const uint8_t *ssid,
                                   size_t length, struct optional_u64 stations)
{
    char name[REPORT_NAME_BYTES] = "";
    if (ssid && length < sizeof name)
        memcpy(name, ssid, length);
    size_t i = 0;
    while (i < inventory->network_count && strcmp(inventory->networks[i].ssid, name) != 0)
        i++;
    bool fits = i < inventory->network_count || name[0] == '\0' || i + 1 < REPORT_NETWORKS_MAX;
    if (!fits) /* the last row is that of all others */
        return report_inventory_count_network(inventory, NULL, 0, stations);
    struct report_network *network = i < inventory->network_count
                                         ? &inventory->networks[i]
                                         : report_inventory_add_network(inventory);
    if (!network)
        return -ENOMEM;
    memcpy(network->ssid, name, sizeof network->ssid);
    network->stations = network->networks++ == 0 ? stations
                        : network->stations.known && stations.known
                            ? optional_u64_add(network->stations, stations)
                            : (struct optional_u64){0};
    return 0;
}

struct report_source *report_inventory_add_source(struct report_inventory *inventory)
{
    struct report_source *grown =
        grow(inventory->sources, inventory->source_count, REPORT_SOURCES_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    inventory->sources = grown;
    return &grown[inventory->source_count++];
}

struct report_gap *report_add_gap(struct report *report)
{
    struct report_gap *grown =
        grow(report->gaps, report->gap_count, REPORT_GAPS_MAX, sizeof *grown);
    if (!grown)
        return NULL;
    report->gaps = grown;
    return &grown[report->gap_count++];
}

/* a * b, or INT64_MAX where that is less. */
static uint64_t product(uint64_t a, uint64_t b)
{
    return a > 0 && b > INT64_MAX / a ? INT64_MAX : a * b;
}

static uint64_t scaled(struct optional_u64 estimate, uint64_t count, uint64_t interval)
{
    if (!estimate.known)
        return product(count, interval ? interval : 1);
    return estimate.value < INT64_MAX ? estimate.value : INT64_MAX;
}

uint64_t report_scaled_packets(const struct report_observation *observation)
{
    return scaled(observation->scaled_packets, observation->packet_delta_count,
                  observation->sampling_interval);
}

uint64_t report_scaled_octets(const struct report_observation *observation)
{
    return scaled(observation->scaled_octets, observation->octet_delta_count,
                  observation->sampling_interval);
}

const char *report_fault_name(enum report_fault fault)
{
    static const char *const names[REPORT_FAULTS] = {
        [REPORT_OK] = "ok",
        [REPORT_TOO_LARGE] = "too_large",
        [REPORT_NOT_CBOR] = "not_cbor",
        [REPORT_NOT_CANONICAL] = "not_canonical",
        [REPORT_WRONG_VERSION] = "wrong_version",
        [REPORT_WRONG_TYPE] = "wrong_type",
        [REPORT_OUT_OF_BOUNDS] = "out_of_bounds",
        [REPORT_NO_MEMORY] = "no_memory",
    };
    return fault < REPORT_FAULTS ? names[fault] : "?";
}
