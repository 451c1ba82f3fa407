/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the probes send, day by day, and how it comes to the collector: most of it when its interval
 * ends, some of it days later, some of it twice, and nothing from probes that are silent.
 */
#include "tests/city/city_model.h"

#include "common/clock.h"
#include "common/histogram.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAVEL_NS     (2 * CLOCK_NS_PER_S)
#define DAY_NS        (UINT64_C(86400) * CLOCK_NS_PER_S)
#define LINE_OCTETS   UINT64_C(150000000) /* a day, down */
#define SAMPLED_LINES 8                   /* entries in the histograms of a cell */
#define UTILISATION   0.55                /* of an uplink, at the mean */

/* One message that is still on its way. */
struct flight {
    struct city_message message;
    uint64_t number; /* breaks ties */
    uint8_t *bytes;
};

struct probe_life {
    uint64_t sequence, boot;
    uint64_t gap_first, gap_last; /* 0: none to be declared */
    uint64_t boot_ns;
    bool restarts;
};

struct run {
    struct city *city;
    city_sink sink;
    void *ctx;
    struct probe_life *lives;
    struct flight *flights; /* a heap by arrival */
    size_t flight_count, flight_room;
    uint64_t number;
    /* The interval at hand. */
    int64_t day;
    struct city_month month;
    unsigned interval;
    uint64_t start_ns;
};

static bool is_before(const struct flight *a, const struct flight *b)
{
    if (a->message.arrives_ns != b->message.arrives_ns)
        return a->message.arrives_ns < b->message.arrives_ns;
    return a->number < b->number;
}

static void sift_down(struct run *run, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < run->flight_count && is_before(&run->flights[child], &run->flights[least]))
                least = child;
        if (least == at)
            return;
        struct flight swap = run->flights[at];
        run->flights[at] = run->flights[least];
        run->flights[least] = swap;
        at = least;
    }
}

static int put_flight(struct run *run, const struct city_message *message)
{
    if (run->flight_count == run->flight_room) {
        size_t room = run->flight_room ? run->flight_room * 2 : 256;
        struct flight *grown = realloc(run->flights, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        run->flights = grown;
        run->flight_room = room;
    }
    struct flight flight = {
        .message = *message, .number = run->number++, .bytes = malloc(message->length)};
    if (!flight.bytes)
        return -ENOMEM;
    memcpy(flight.bytes, message->payload, message->length);
    flight.message.payload = flight.bytes;
    size_t at = run->flight_count++;
    for (; at > 0 && is_before(&flight, &run->flights[(at - 1) / 2]); at = (at - 1) / 2)
        run->flights[at] = run->flights[(at - 1) / 2];
    run->flights[at] = flight;
    return 0;
}

/* What has arrived by then. */
static int land_flights(struct run *run, uint64_t until_ns)
{
    int status = 0;
    while (status == 0 && run->flight_count && run->flights[0].message.arrives_ns <= until_ns) {
        struct flight flight = run->flights[0];
        run->flights[0] = run->flights[--run->flight_count];
        sift_down(run, 0);
        status = run->sink(run->ctx, &flight.message);
        free(flight.bytes);
    }
    return status;
}

/* On time, or late; and once more, perhaps. */
static int send(struct run *run, size_t probe, struct city_message *message)
{
    const struct city_options *options = &run->city->options;
    uint64_t key = (uint64_t)run->day * 32 + run->interval;
    uint64_t days_max = options->late_days_max ? options->late_days_max : 1;
    uint64_t on_time = message->arrives_ns;
    uint64_t delay = city_hash(run->city, CHOICE_LATE, probe, key * 4 + 1) % (days_max * DAY_NS);
    if (city_chance(run->city, CHOICE_LATE, probe, key * 4) < options->late)
        message->arrives_ns = on_time + delay;
    int status = put_flight(run, message);
    delay = city_hash(run->city, CHOICE_DUPLICATE, probe, key * 4 + 1) % (days_max * DAY_NS);
    if (status == 0 &&
        city_chance(run->city, CHOICE_DUPLICATE, probe, key * 4) < options->duplicated) {
        message->arrives_ns += delay;
        status = put_flight(run, message);
    }
    return status == 0 ? land_flights(run, on_time) : status;
}

static uint64_t *room_for(size_t count)
{
    return malloc((count ? count : 1) * sizeof(uint64_t));
}

/* A line exchanges enough with the cloud in its first traffic of the month, or not in this month.
 */
static bool uses_cloud_first(const struct run *run, size_t line)
{
    static const double shares[CITY_YEARS] = {0.55, 0.66, 0.76, 0.84, 0.91, 0.96};
    double share = city_curve(shares, city_age(run->city, run->month.first_day));
    return city_chance(run->city, CHOICE_CLOUD, line, 0) < share &&
           city_line_last_traffic(run->city, line, run->month.first_day, run->day - 1) == INT64_MIN;
}

static int add_cloud(const struct run *run, struct report_cell *cell, uint64_t lines)
{
    struct report_destination *cloud = report_cell_add_destination(cell);
    if (!cloud)
        return -ENOMEM;
    (void)snprintf(cloud->name, sizeof cloud->name, "cloud-weihai");
    cloud->downstream_octets = cell->downstream_octets / 8;
    cloud->upstream_octets = cell->upstream_octets / 4;
    cloud->lines = lines;
    cloud->tcp_segments = cell->tcp_segments / 8;
    for (uint64_t i = 0; i < SAMPLED_LINES && i < cell->lines_active; i++)
        histogram_add(&cloud->external_rtt_us, 4000 + 700 * i + (uint64_t)(run->day % 7) * 100);
    return 0;
}

static void fill_cell(const struct run *run, const struct city_node *node, struct report_cell *cell)
{
    const struct city *city = run->city;
    (void)snprintf(cell->access_node, sizeof cell->access_node, "%s", node->name);
    (void)snprintf(cell->area, sizeof cell->area, "%s", city_area_keys[node->area]);
    cell->settlement = (enum settlement)node->settlement;
    cell->residence = (enum residence)node->residence;
    cell->technology = (enum access_technology)node->technology;
    cell->key_kind = LINE_KEY_CIRCUIT;
    cell->lines_active = cell->line_pseudonym_count;
    cell->downstream_octets = cell->lines_active * LINE_OCTETS / city->options.intervals;
    cell->upstream_octets = cell->downstream_octets / 6;
    cell->tcp_segments = cell->downstream_octets / 1200;
    cell->tcp_retransmitted = cell->tcp_segments / 400;
    for (uint64_t i = 0; i < SAMPLED_LINES && i < cell->lines_active; i++) {
        uint64_t spread = city_hash(city, CHOICE_LOAD, node->first_line + i, (uint64_t)run->day);
        histogram_add(&cell->peak_bits_per_s, 4000000 + spread % 90000000);
        histogram_add(&cell->demand_bits_per_s, 2000000 + spread % 60000000);
        histogram_add(&cell->external_rtt_us, 9000 + spread % 30000);
        histogram_add(&cell->internal_rtt_us, 1500 + spread % 6000);
    }
}

static int add_cell(const struct run *run, struct report *report, const struct city_node *node)
{
    const struct city *city = run->city;
    uint64_t *seen = room_for(node->line_count);
    if (!seen)
        return -ENOMEM;
    size_t count = 0;
    uint64_t cloud = 0;
    for (size_t line = node->first_line; line < node->first_line + node->line_count; line++) {
        if (!city_line_has_traffic(city, line, &run->month, run->day) ||
            city_hash(city, CHOICE_INTERVAL, line, (uint64_t)run->day) % city->options.intervals !=
                run->interval)
            continue;
        seen[count++] = city_hash(city, CHOICE_LINE_KEY, line, 0);
        cloud += uses_cloud_first(run, line);
    }
    struct report_cell *cell = count ? report_add_cell(report) : NULL;
    if (!cell) {
        free(seen);
        return count ? -ENOMEM : 0;
    }
    cell->line_pseudonyms = seen;
    cell->line_pseudonym_count = count;
    fill_cell(run, node, cell);
    return add_cloud(run, cell, cloud);
}

static struct report_inventory *add_inventory(const struct run *run, struct report *report,
                                              const char *name, unsigned area)
{
    struct report_inventory *inventory = report_add_inventory(report);
    if (!inventory)
        return NULL;
    (void)snprintf(inventory->access_node, sizeof inventory->access_node, "%s", name);
    (void)snprintf(inventory->area, sizeof inventory->area, "%s", city_area_keys[area]);
    inventory->confidence = CONFIDENCE_SEEN;
    inventory->outcome = POLL_COMPLETE;
    inventory->polled_unix_ns = run->start_ns + 60 * CLOCK_NS_PER_S;
    return inventory;
}

static bool lists_lines(const struct run *run)
{
    int64_t last = run->month.first_day + run->month.days - 1;
    return !run->city->options.monthly_lists || run->day > last - CITY_LIST_DAYS;
}

/* Terminals of a fibre node by state; the device has one row each. */
static int add_terminals(const struct run *run, struct report_inventory *inventory,
                         const struct city_node *node)
{
    const struct city *city = run->city;
    static const enum element_state states[2] = {ELEMENT_DOWN, ELEMENT_RUN};
    for (int online = 0; online < 2; online++) {
        uint64_t *keys = room_for(node->line_count);
        size_t count = 0;
        for (size_t line = node->first_line; keys && line < node->first_line + node->line_count;
             line++)
            if (city_line_exists(city, line, run->day) &&
                city_line_is_online(city, line, run->day) == online)
                keys[count++] = city_hash(city, CHOICE_TERMINAL_KEY, line, 0);
        struct report_elements *group =
            keys && count ? report_inventory_add_elements(inventory) : NULL;
        if (!group) {
            free(keys);
            if (!keys || count)
                return -ENOMEM;
            continue;
        }
        group->kind = ELEMENT_TERMINAL;
        group->state = states[online];
        group->model_class = node->residence == RESIDENCE_BUSINESS ? MODEL_BUSINESS : MODEL_SINGLE;
        group->technology = (enum access_technology)node->technology;
        group->pseudonyms = keys;
        group->pseudonym_count = count;
    }
    return 0;
}

static int add_poll(const struct run *run, struct report *report, const struct city_node *node)
{
    const struct city *city = run->city;
    struct report_inventory *inventory = add_inventory(run, report, node->name, node->area);
    struct report_lines *lines = inventory ? report_inventory_add_lines(inventory) : NULL;
    if (!lines)
        return -ENOMEM;
    inventory->settlement = (enum settlement)node->settlement;
    inventory->residence = (enum residence)node->residence;
    lines->technology = (enum access_technology)node->technology;
    lines->capability_known = true;
    bool exact = city->options.line_days >= 15;
    uint64_t provisioned = 0;
    uint64_t online = 0;
    for (size_t line = node->first_line; line < node->first_line + node->line_count; line++) {
        if (!city_line_exists(city, line, run->day))
            continue;
        provisioned++;
        online += exact && city_line_is_online(city, line, run->day);
        lines->capability[city_line_class(city, line, run->day)]++;
    }
    lines->provisioned = optional_u64(provisioned);
    lines->active = optional_u64(exact ? online : provisioned * 4 / 5);
    if (node->kind != NODE_OLT || !lists_lines(run))
        return 0;
    lines->named = optional_u64(provisioned);
    return add_terminals(run, inventory, node);
}

/* Access points of a controller in one state and service. */
static int add_wtps(const struct run *run, struct report_inventory *inventory,
                    const struct city_controller *controller, bool runs, bool is_private)
{
    const struct city *city = run->city;
    uint64_t *keys = room_for(controller->count);
    size_t count = 0;
    for (size_t ap = controller->first; keys && ap < controller->first + controller->count; ap++)
        if (city_ap_exists(city, ap, run->day) && city_ap_runs(city, ap, run->day) == runs &&
            city->access_points[ap].is_private == is_private)
            keys[count++] = city_hash(city, CHOICE_WTP_KEY, ap, 0);
    struct report_elements *group = keys && count ? report_inventory_add_elements(inventory) : NULL;
    if (!group) {
        free(keys);
        return !keys || count ? -ENOMEM : 0;
    }
    group->kind = ELEMENT_WTP;
    group->state = runs ? ELEMENT_RUN : ELEMENT_DOWN;
    group->service = is_private ? WLAN_PRIVATE : WLAN_PUBLIC;
    group->pseudonyms = keys;
    group->pseudonym_count = count;
    return 0;
}

/* Access points of the controller before, for which this one stands by. */
static int add_standby(const struct run *run, struct report_inventory *inventory, size_t index)
{
    const struct city *city = run->city;
    const struct city_controller *other = &city->controllers[index ? index - 1 : 0];
    if (index == 0 || other->operator_index != city->controllers[index].operator_index)
        return 0;
    uint64_t *keys = room_for(other->count);
    size_t count = 0;
    for (size_t ap = other->first; keys && ap < other->first + other->count; ap++)
        if (city->access_points[ap].has_standby && city_ap_exists(city, ap, run->day))
            keys[count++] = city_hash(city, CHOICE_WTP_KEY, ap, 0);
    struct report_elements *group = keys && count ? report_inventory_add_elements(inventory) : NULL;
    if (!group) {
        free(keys);
        return !keys || count ? -ENOMEM : 0;
    }
    group->kind = ELEMENT_WTP;
    group->state = ELEMENT_STANDBY;
    group->service = WLAN_SERVICE_UNKNOWN;
    group->pseudonyms = keys;
    group->pseudonym_count = count;
    return 0;
}

/* Access points are listed on two days of three where terminals are on few: 18 days at least. */
static bool lists_wtps(const struct run *run)
{
    return !run->city->options.monthly_lists || (run->day - run->month.first_day) % 3 != 0;
}

static int add_controller(const struct run *run, struct report *report, size_t index)
{
    const struct city *city = run->city;
    const struct city_controller *controller = &city->controllers[index];
    struct report_inventory *inventory =
        add_inventory(run, report, controller->name, controller->area);
    if (!inventory)
        return -ENOMEM;
    uint64_t configured = 0;
    uint64_t running = 0;
    for (size_t ap = controller->first; ap < controller->first + controller->count; ap++) {
        configured += city_ap_exists(city, ap, run->day);
        running += city_ap_runs(city, ap, run->day);
    }
    inventory->wtp_configured = optional_u64(configured);
    inventory->wtp_run = optional_u64(running);
    inventory->stations_associated = optional_u64(running * 3);
    struct report_network *network = report_inventory_add_network(inventory);
    if (!network)
        return -ENOMEM;
    (void)snprintf(network->ssid, sizeof network->ssid, "city-public");
    network->networks = 1;
    network->stations = optional_u64(running * 2);
    if (!lists_wtps(run))
        return 0;
    int status = 0;
    for (int kind = 0; kind < 4 && status == 0; kind++)
        status = add_wtps(run, inventory, controller, kind % 2 != 0, kind >= 2);
    return status == 0 ? add_standby(run, inventory, index) : status;
}

static uint64_t interval_ms(const struct run *run)
{
    return 86400000 / run->city->options.intervals;
}

static int add_uplinks(const struct run *run, struct report *report, size_t probe)
{
    const struct city *city = run->city;
    char name[REPORT_NAME_BYTES];
    struct report_inventory *inventory = NULL;
    for (size_t i = 0; i < city->uplink_count; i++) {
        if (city->uplinks[i].probe != probe)
            continue;
        if (!inventory) {
            (void)snprintf(name, sizeof name, "%s-core-1",
                           city_operator_keys[city->uplinks[i].operator_index]);
            inventory = add_inventory(run, report, name, 0);
        }
        struct report_interface *uplink =
            inventory ? report_inventory_add_interface(inventory) : NULL;
        if (!uplink)
            return -ENOMEM;
        uint64_t gbit_s = city_uplink_gbit_s(city, i, run->day);
        double load =
            UTILISATION * (0.8 + 0.4 * city_chance(city, CHOICE_LOAD, i,
                                                   (uint64_t)run->day * 32 + run->interval));
        (void)snprintf(uplink->name, sizeof uplink->name, "%s", city->uplinks[i].name);
        uplink->role = (enum interface_role)city->uplinks[i].role;
        uplink->up = true;
        uplink->high_speed_mbit_s = optional_u64(gbit_s * 1000);
        uplink->duration_ms = interval_ms(run);
        uplink->in_octets =
            optional_u64((uint64_t)(load * (double)gbit_s * 1e9 / 8000) * interval_ms(run));
        uplink->out_octets = optional_u64(uplink->in_octets.value / 3);
    }
    return 0;
}

static int add_observation(const struct run *run, struct report *report)
{
    struct report_observation *observation = report_add_observation(report);
    if (!observation)
        return -ENOMEM;
    (void)snprintf(observation->observation_point, sizeof observation->observation_point, "tap");
    uint64_t octets = 1000000;
    for (size_t i = 0; i < report->cell_count; i++)
        octets += report->cells[i].downstream_octets + report->cells[i].upstream_octets;
    observation->octet_delta_count = octets;
    observation->packet_delta_count = observation->outcomes[0] = octets / 900;
    observation->interface_octets = optional_u64(octets + octets / 200);
    observation->sampling_interval = 1;
    observation->visibility = REPORT_VISIBILITY_FULL;
    observation->flows_started = octets / 40000;
    (void)run;
    return 0;
}

/* Traffic in every interval; devices are polled in the last one of a day, uplinks in each. */
static int fill(const struct run *run, struct report *report, size_t probe)
{
    const struct city *city = run->city;
    bool polls = run->interval + 1 == city->options.intervals;
    int status = add_uplinks(run, report, probe);
    for (size_t i = 0; i < city->node_count && status == 0; i++) {
        const struct city_node *node = &city->nodes[i];
        if (!node->probed || node->probe != probe)
            continue;
        status = add_cell(run, report, node);
        if (status == 0 && polls)
            status = add_poll(run, report, node);
    }
    for (size_t i = 0; i < city->controller_count && status == 0 && polls; i++)
        if (city->controllers[i].probed && city->controllers[i].probe == probe)
            status = add_controller(run, report, i);
    return status == 0 ? add_observation(run, report) : status;
}

static int open_report(const struct run *run, size_t index, struct report *report)
{
    const struct city_probe *probe = &run->city->probes[index];
    struct probe_life *life = &run->lives[index];
    (void)snprintf(report->operator_name, sizeof report->operator_name, "%s",
                   city_operator_keys[probe->operator_index]);
    (void)snprintf(report->probe_name, sizeof report->probe_name, "%s", probe->name);
    (void)snprintf(report->agent_version, sizeof report->agent_version, "synthetic");
    memcpy(report->boot_id, &life->boot, sizeof life->boot);
    report->sequence = ++life->sequence;
    report->interval_start_unix_ns = run->start_ns;
    report->interval_start_mono_ns = run->start_ns - life->boot_ns;
    report->interval_ms = report->schedule_ms = interval_ms(run);
    report->wall_trusted = true;
    if (life->gap_first == 0)
        return 0;
    struct report_gap *gap = report_add_gap(report);
    if (!gap)
        return -ENOMEM;
    memcpy(gap->boot_id, report->boot_id, sizeof gap->boot_id);
    gap->first_sequence = life->gap_first;
    gap->last_sequence = life->gap_last;
    life->gap_first = 0;
    return 0;
}

/* A silent interval: lost by the probe, which says so later, or the probe was off. */
static bool is_silent(const struct run *run, size_t index)
{
    struct probe_life *life = &run->lives[index];
    if (!city_probe_is_silent(run->city, index, run->day)) {
        if (life->restarts || life->boot == 0) {
            *life = (struct probe_life){.boot = life->boot + 1, .boot_ns = run->start_ns};
        }
        return false;
    }
    if (life->boot != 0 && city_silence_is_declared(run->city, index, run->day)) {
        life->gap_last = ++life->sequence;
        life->gap_first = life->gap_first ? life->gap_first : life->gap_last;
    } else {
        life->restarts = true;
    }
    return true;
}

static int send_report(struct run *run, size_t index, const struct report *report)
{
    struct city_message message = {.arrives_ns = run->start_ns +
                                                 interval_ms(run) * CLOCK_NS_PER_MS + TRAVEL_NS};
    uint8_t *bytes = NULL;
    int status = report_encode(report, &bytes, &message.length);
    message.payload = bytes;
    if (status == 0)
        status =
            topic_build(report->operator_name, report->probe_name, TOPIC_REPORT, message.topic);
    if (status == 0)
        status = send(run, index, &message);
    free(bytes);
    return status;
}

static int run_probe(struct run *run, size_t index)
{
    if (is_silent(run, index))
        return 0;
    struct report *report = report_new();
    if (!report)
        return -ENOMEM;
    int status = open_report(run, index, report);
    if (status == 0)
        status = fill(run, report, index);
    if (status == 0)
        status = send_report(run, index, report);
    report_free(report);
    return status;
}

static int run_days(struct run *run)
{
    const struct city_options *options = &run->city->options;
    int status = 0;
    for (run->day = options->first_day; run->day <= options->last_day && status == 0; run->day++) {
        run->month = city_month_of(run->day);
        for (run->interval = 0; run->interval < options->intervals && status == 0;
             run->interval++) {
            run->start_ns = clock_city_day_start_ns(run->day) +
                            run->interval * interval_ms(run) * CLOCK_NS_PER_MS;
            for (size_t i = 0; i < run->city->probe_count && status == 0; i++)
                status = run_probe(run, i);
        }
    }
    return status == 0 ? land_flights(run, UINT64_MAX) : status;
}

int city_run(struct city *city, city_sink sink, void *ctx)
{
    struct run run = {.city = city,
                      .sink = sink,
                      .ctx = ctx,
                      .lives = calloc(city->probe_count, sizeof *run.lives)};
    int status = run.lives ? run_days(&run) : -ENOMEM;
    for (size_t i = 0; i < run.flight_count; i++)
        free(run.flights[i].bytes);
    free(run.flights);
    free(run.lives);
    return status;
}
