/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/station/station.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct station_list *station_list_new(void)
{
    return calloc(1, sizeof(struct station_list));
}

void station_list_free(struct station_list *list)
{
    if (list)
        explicit_bzero(list, sizeof *list);
    free(list);
}

struct station_network *station_add_network(struct station_list *list)
{
    if (list->network_count == STATION_NETWORKS_MAX) {
        list->outcome = POLL_PARTIAL;
        return NULL;
    }
    struct station_network *network = &list->networks[list->network_count++];
    memset(network, 0, sizeof *network);
    return network;
}

void station_add(struct station_list *list, struct station_network *network, uint64_t mac)
{
    network->stations = optional_u64_add(network->stations, optional_u64(1));
    if (list->mac_count < STATIONS_MAX)
        list->macs[list->mac_count++] = mac;
    else
        list->outcome = POLL_PARTIAL;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t count_distinct(struct station_list *list)
{
    uint64_t count = 0;
    qsort(list->macs, list->mac_count, sizeof list->macs[0], compare);
    for (size_t i = 0; i < list->mac_count; i++)
        count += i == 0 || list->macs[i] != list->macs[i - 1];
    return count;
}

int station_fill(struct station_list *list,
                 bool (*is_public)(const void *ctx, const uint8_t *ssid, size_t length),
                 const void *ctx, struct report_inventory *out)
{
    bool all_known = list->network_count > 0;
    out->outcome =
        list->outcome == POLL_COMPLETE && list->malformed > 0 ? POLL_PARTIAL : list->outcome;
    out->confidence = CONFIDENCE_FROM_MIB;
    for (size_t i = 0; i < list->network_count; i++) {
        const struct station_network *network = &list->networks[i];
        bool named = is_public && is_public(ctx, network->ssid, network->ssid_length);
        if (report_inventory_count_network(out, named ? network->ssid : NULL,
                                           named ? network->ssid_length : 0,
                                           network->stations) != 0)
            return -ENOMEM;
        all_known &= network->stations.known;
    }
    if (all_known && out->outcome == POLL_COMPLETE)
        out->stations_associated = optional_u64(count_distinct(list));
    return 0;
}
