/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The city as it is built: which nodes, lines, access points and uplinks there are, from when until
 * when, and where probes stand. The shares are invented; they only look like a city's.
 */
#include "tests/city/city_model.h"

#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_FULL       1000000.0
#define LINES_A_NODE     800.0
#define LINES_A_CELL_MIN 3.0 /* fewer make no node of their own */
#define APS_A_CONTROLLER 1200.0
#define NODES_A_PROBE    8
#define OLDEST           (-1000) /* lines of before the epoch */

const char *const city_area_keys[CITY_AREAS] = {"371002", "371003", "371082", "371083",
                                                "371071", "371072", "371073", "371003-nanhai"};
const char *const city_operator_keys[CITY_OPERATORS] = {"cu", "cm", "ct", "gd"};

static const double area_weights[CITY_AREAS] = {0.20, 0.21, 0.24, 0.17, 0.07, 0.06, 0.03, 0.02};
static const double urban_shares[CITY_AREAS] = {0.8, 0.45, 0.5, 0.4, 0.95, 0.95, 0.6, 0.5};
static const double business_share = 0.1;
static const double wlan_shares[CITY_OPERATORS] = {0.35, 0.4, 0.15, 0.1};
/* Access points, in thousands, at the ends of 2015 to 2020. */
static const double wtp_curve[CITY_YEARS] = {40, 53, 66, 73, 80, 88};

struct plant {
    const char *name;
    double share; /* of the city's lines at its peak */
    double operators[CITY_OPERATORS];
    double curve[CITY_YEARS]; /* of its peak, at the year ends */
    enum access_technology urban, rural;
};
static const struct plant plants[NODE_KINDS] = {
    [NODE_OLT] = {"olt",
                  0.87,
                  {0.48, 0.29, 0.13, 0.10},
                  {0.30, 0.44, 0.58, 0.71, 0.85, 1},
                  TECHNOLOGY_GPON,
                  TECHNOLOGY_EPON},
    [NODE_LAN] = {"lan",
                  0.08,
                  {0, 0.8, 0, 0.2},
                  {1, 0.97, 0.92, 0.8, 0.65, 0.5},
                  TECHNOLOGY_ETHERNET,
                  TECHNOLOGY_ETHERNET},
    [NODE_DSLAM] = {"dslam",
                    0.22,
                    {0.85, 0, 0.15, 0},
                    {1, 0.9, 0.78, 0.62, 0.45, 0.28},
                    TECHNOLOGY_VDSL2,
                    TECHNOLOGY_ADSL2},
    [NODE_CMTS] = {"cmts",
                   0.04,
                   {0, 0, 0, 1},
                   {1, 1, 0.95, 0.9, 0.8, 0.75},
                   TECHNOLOGY_DOCSIS,
                   TECHNOLOGY_DOCSIS},
};

struct uplink_plan {
    uint8_t operator_index, role, count;
};
static const struct uplink_plan uplink_plans[] = {
    {0, INTERFACE_ROLE_EGRESS, 4},       {0, INTERFACE_ROLE_CORE_NODE, 2},
    {0, INTERFACE_ROLE_CLOUD_CENTRE, 2}, {1, INTERFACE_ROLE_EGRESS, 3},
    {1, INTERFACE_ROLE_CORE_NODE, 2},    {2, INTERFACE_ROLE_EGRESS, 2},
    {2, INTERFACE_ROLE_CLOUD_CENTRE, 1}, {3, INTERFACE_ROLE_EGRESS, 1},
};

const struct city_options city_defaults = {
    .seed = 1,
    .scale = 0.001,
    .first_day = 16709, /* 2015-10-01 */
    .last_day = 16891,  /* 2016-03-31 */
    .deployment = CITY_CENSUS,
    .probed_share = 1,
    .line_days = 28,
    .intervals = 1,
    .late_days_max = 20,
    .households = 1,
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t city_hash(const struct city *city, enum city_choice choice, uint64_t a, uint64_t b)
{
    uint64_t x = city->options.seed * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)choice;
    x = mix(x + a * UINT64_C(0xd1342543de82ef95));
    return mix(x + b * UINT64_C(0xaf251af3b0f025b5));
}

double city_chance(const struct city *city, enum city_choice choice, uint64_t a, uint64_t b)
{
    return (double)(city_hash(city, choice, a, b) >> 11) / 9007199254740992.0;
}

/* Day since the epoch on which a curve of the peak comes to a level: upwards or downwards. */
static int day_of_level(const double years[static CITY_YEARS], double level)
{
    for (int i = 1; i < CITY_YEARS; i++) {
        double from = years[i - 1];
        double to = years[i];
        bool reached = to > from ? level <= to && level > from : level >= to && level < from;
        if (reached)
            return 365 * i + (int)(365 * (level - from) / (to - from));
    }
    return CITY_FOREVER;
}

/* One subscriber's place at a node: a line, and after its end perhaps the next one. */
static bool fill_slot(struct city *city, size_t node, uint64_t slot, int start, int end)
{
    int at = start;
    for (uint64_t life = 0; at < end; life++) {
        uint64_t which = slot * 64 + life;
        double years = city_chance(city, CHOICE_LIFE, which, node) * 30;
        int stop = at + 40 + (int)(years * 365);
        if (stop > end)
            stop = end;
        uint64_t vacant = city_hash(city, CHOICE_VACANCY, which, node) % 45;
        int begin = at;
        at = stop + 1 + (int)vacant;
        if (stop <= 0)
            continue; /* over before the city begins */
        if (city->line_count == city->line_room) {
            size_t room = city->line_room ? city->line_room * 2 : 4096;
            struct city_line *grown = realloc(city->lines, room * sizeof *grown);
            if (!grown)
                return false;
            city->lines = grown;
            city->line_room = room;
        }
        city->lines[city->line_count++] = (struct city_line){
            .birth = (int16_t)begin, .death = (int16_t)stop, .node = (uint16_t)node};
    }
    return true;
}

static bool fill_node(struct city *city, size_t index, double lines)
{
    struct city_node *node = &city->nodes[index];
    const double *curve = plants[node->kind].curve;
    bool grows = curve[CITY_YEARS - 1] > curve[0];
    size_t slots = (size_t)(lines * (0.6 + 0.8 * city_chance(city, CHOICE_SLOT, index, 0)) + 0.5);
    node->first_line = (uint32_t)city->line_count;
    for (size_t i = 0; i < (slots ? slots : 1); i++) {
        double level = city_chance(city, CHOICE_SLOT, index, i + 1);
        int start = OLDEST;
        int end = CITY_FOREVER;
        if (grows && level > curve[0])
            start = day_of_level(curve, level);
        if (!grows && level > curve[CITY_YEARS - 1])
            end = day_of_level(curve, level);
        if (!fill_slot(city, index, i, start, end))
            return false;
    }
    node->line_count = (uint32_t)(city->line_count - node->first_line);
    return true;
}

static void *add_one(void *array, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0;
    return full ? realloc(array, (count ? count * 2 : 1) * size) : array;
}

/* The nodes of one operator, area, settlement and residence, of one kind. */
static bool build_cell(struct city *city, const struct city_node *like, double lines)
{
    size_t count = (size_t)(lines / LINES_A_NODE + 0.5);
    if (count == 0)
        count = 1;
    const struct plant *plant = &plants[like->kind];
    for (size_t i = 0; i < count; i++) {
        struct city_node *grown = add_one(city->nodes, city->node_count, sizeof *grown);
        if (!grown)
            return false;
        city->nodes = grown;
        struct city_node *node = &grown[city->node_count];
        *node = *like;
        node->technology =
            (uint8_t)(like->settlement == SETTLEMENT_URBAN ? plant->urban : plant->rural);
        (void)snprintf(node->name, sizeof node->name, "%s-%s-%s-%c%c%zu",
                       city_operator_keys[like->operator_index], plant->name,
                       city_area_keys[like->area], like->settlement == SETTLEMENT_URBAN ? 'u' : 'r',
                       like->residence == RESIDENCE_RESIDENTIAL ? 'h' : 'b', i + 1);
        if (!fill_node(city, city->node_count++, lines / (double)count))
            return false;
    }
    return true;
}

static double share_of(const struct city_node *cell)
{
    double urban = urban_shares[cell->area];
    return plants[cell->kind].share * plants[cell->kind].operators[cell->operator_index] *
           area_weights[cell->area] * (cell->settlement == SETTLEMENT_URBAN ? urban : 1 - urban) *
           (cell->residence == RESIDENCE_BUSINESS ? business_share : 1 - business_share);
}

static bool build_nodes(struct city *city)
{
    struct city_node cell = {.line_count = 0};
    for (cell.operator_index = 0; cell.operator_index < CITY_OPERATORS; cell.operator_index++)
        for (cell.area = 0; cell.area < CITY_AREAS; cell.area++)
            for (cell.kind = 0; cell.kind < NODE_KINDS; cell.kind++)
                for (unsigned half = 0; half < 4; half++) {
                    cell.settlement = half < 2 ? SETTLEMENT_URBAN : SETTLEMENT_RURAL;
                    cell.residence = half % 2 ? RESIDENCE_BUSINESS : RESIDENCE_RESIDENTIAL;
                    double lines = share_of(&cell) * LINES_FULL * city->options.scale;
                    if (lines >= LINES_A_CELL_MIN && !build_cell(city, &cell, lines))
                        return false;
                }
    return true;
}

/* Access points come and go with the first of a month. */
static bool fill_controller(struct city *city, size_t index, size_t count)
{
    struct city_controller *controller = &city->controllers[index];
    double peak = wtp_curve[CITY_YEARS - 1];
    double levels[CITY_YEARS];
    for (int i = 0; i < CITY_YEARS; i++)
        levels[i] = wtp_curve[i] / peak;
    controller->first = (uint32_t)city->access_point_count;
    controller->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        struct city_access_point *grown =
            add_one(city->access_points, city->access_point_count, sizeof *grown);
        if (!grown)
            return false;
        city->access_points = grown;
        uint64_t key = city->access_point_count++;
        double level = city_chance(city, CHOICE_AP, key, 0);
        int birth = level > levels[0] ? day_of_level(levels, level) : OLDEST;
        int64_t first = city_month_of(city->epoch_day + (birth < 0 ? 0 : birth)).first_day;
        double kind = city_chance(city, CHOICE_AP, key, 1);
        grown[key] = (struct city_access_point){
            .birth = birth < 0 ? OLDEST : (int16_t)(first - city->epoch_day),
            .death = CITY_FOREVER,
            .controller = (uint16_t)index,
            .is_private = kind < 0.03,
            .flaps = kind >= 0.03 && kind<0.07, .has_standby = kind> 0.95,
        };
    }
    return true;
}

static bool build_controllers(struct city *city)
{
    double all = wtp_curve[CITY_YEARS - 1] * 1000 * city->options.scale;
    for (unsigned o = 0; o < CITY_OPERATORS; o++)
        for (unsigned a = 0; a < CITY_AREAS; a++) {
            double aps = all * wlan_shares[o] * area_weights[a];
            size_t count = (size_t)(aps / APS_A_CONTROLLER + 0.5);
            for (size_t i = 0; i < (count ? count : 1); i++) {
                struct city_controller *grown =
                    add_one(city->controllers, city->controller_count, sizeof *grown);
                if (!grown)
                    return false;
                city->controllers = grown;
                struct city_controller *controller = &grown[city->controller_count];
                *controller =
                    (struct city_controller){.area = (uint8_t)a, .operator_index = (uint8_t)o};
                (void)snprintf(controller->name, sizeof controller->name, "%s-ac-%s-%zu",
                               city_operator_keys[o], city_area_keys[a], i + 1);
                double share = aps / (double)(count ? count : 1);
                if (!fill_controller(city, city->controller_count++, (size_t)(share + 0.5)))
                    return false;
            }
        }
    return true;
}

static bool build_uplinks(struct city *city)
{
    bool small = city->options.scale < 0.1; /* 288 sums a day and uplink are much for a test */
    for (size_t p = 0; p < sizeof uplink_plans / sizeof uplink_plans[0]; p++) {
        const struct uplink_plan *plan = &uplink_plans[p];
        for (unsigned i = 0; i < (small ? 1 : plan->count); i++) {
            struct city_uplink *grown = add_one(city->uplinks, city->uplink_count, sizeof *grown);
            if (!grown)
                return false;
            city->uplinks = grown;
            struct city_uplink *uplink = &grown[city->uplink_count++];
            *uplink =
                (struct city_uplink){.operator_index = plan->operator_index, .role = plan->role};
            (void)snprintf(uplink->name, sizeof uplink->name, "hundredGigE%u/0/%u", plan->role, i);
        }
    }
    return true;
}

/* A node's rank in a draw within its operator and settlement. */
static double draw_of(const struct city *city, size_t node)
{
    const struct city_node *n = &city->nodes[node];
    double chance = city_chance(city, CHOICE_SAMPLE, node, 0);
    if (city->options.deployment != CITY_CONVENIENCE)
        return chance;
    bool easy = n->settlement == SETTLEMENT_URBAN && n->kind == NODE_OLT;
    return chance + (easy ? 0 : 1);
}

static bool is_of_draw(const struct city *city, size_t a, size_t b)
{
    const struct city_node *x = &city->nodes[a];
    const struct city_node *y = &city->nodes[b];
    return city->options.deployment == CITY_CONVENIENCE ||
           (x->operator_index == y->operator_index && x->settlement == y->settlement);
}

/* As many of each draw as the share says, at least two. */
static bool is_drawn(const struct city *city, size_t node)
{
    size_t all = 0;
    size_t before = 0;
    double draw = draw_of(city, node);
    for (size_t i = 0; i < city->node_count; i++) {
        if (!is_of_draw(city, node, i))
            continue;
        all++;
        before += draw_of(city, i) < draw;
    }
    double wanted = city->options.probed_share * (double)all;
    return (double)before < (wanted < 2 ? 2 : wanted);
}

static bool add_probe(struct city *city, unsigned operator_index, const char *kind)
{
    struct city_probe *grown = add_one(city->probes, city->probe_count, sizeof *grown);
    if (!grown)
        return false;
    city->probes = grown;
    struct city_probe *probe = &grown[city->probe_count++];
    *probe = (struct city_probe){.operator_index = (uint8_t)operator_index};
    (void)snprintf(probe->name, sizeof probe->name, "%s-%s-%zu", city_operator_keys[operator_index],
                   kind, city->probe_count);
    return true;
}

/* Probes of an operator: its routers' and first nodes', then the next nodes', then controllers'. */
static bool place_probes_of(struct city *city, unsigned o)
{
    if (!add_probe(city, o, "edge"))
        return false;
    for (size_t i = 0; i < city->uplink_count; i++)
        if (city->uplinks[i].operator_index == o)
            city->uplinks[i].probe = (uint32_t)(city->probe_count - 1);
    size_t taken = 0;
    for (size_t i = 0; i < city->node_count; i++) {
        struct city_node *node = &city->nodes[i];
        node->probed =
            node->probed || (node->operator_index == o &&
                             (city->options.deployment == CITY_CENSUS || is_drawn(city, i)));
        if (node->operator_index != o || !node->probed)
            continue;
        if (taken++ % NODES_A_PROBE == 0 && taken > 1 && !add_probe(city, o, "edge"))
            return false;
        node->probe = (uint32_t)(city->probe_count - 1);
    }
    taken = 0;
    for (size_t i = 0; i < city->controller_count; i++) {
        struct city_controller *controller = &city->controllers[i];
        controller->probed = city->options.deployment == CITY_CENSUS ||
                             city_chance(city, CHOICE_SAMPLE, i, 1) < city->options.probed_share;
        if (controller->operator_index != o)
            continue;
        if (taken++ % NODES_A_PROBE == 0 && !add_probe(city, o, "wlan"))
            return false;
        controller->probe = (uint32_t)(city->probe_count - 1);
    }
    return true;
}

static bool is_possible(const struct city_options *options)
{
    int64_t earliest = clock_days_from_civil(CITY_EPOCH_YEAR, 1, 1);
    return options->scale > 0 && options->scale <= 1 && options->line_days >= 1 &&
           options->line_days <= 28 && options->intervals >= 1 && options->intervals <= 24 &&
           options->first_day >= earliest && options->last_day >= options->first_day &&
           options->last_day <= earliest + 2191 && options->households > 0;
}

struct city *city_new(const struct city_options *options)
{
    struct city *city = is_possible(options) ? calloc(1, sizeof *city) : NULL;
    if (!city)
        return NULL;
    city->options = *options;
    city->epoch_day = clock_days_from_civil(CITY_EPOCH_YEAR, 1, 1);
    bool built = build_nodes(city) && build_controllers(city) && build_uplinks(city);
    for (unsigned o = 0; o < CITY_OPERATORS && built; o++)
        built = place_probes_of(city, o);
    if (built)
        return city;
    city_free(city);
    return NULL;
}

void city_free(struct city *city)
{
    if (!city)
        return;
    free(city->nodes);
    free(city->lines);
    free(city->controllers);
    free(city->access_points);
    free(city->uplinks);
    free(city->probes);
    free(city);
}

void city_read_size(const struct city *city, struct city_size *out_size)
{
    *out_size = (struct city_size){.nodes = city->node_count,
                                   .controllers = city->controller_count,
                                   .probes = city->probe_count,
                                   .lines = city->line_count,
                                   .access_points = city->access_point_count};
    for (size_t i = 0; i < city->node_count; i++)
        out_size->probed_nodes += city->nodes[i].probed;
    for (size_t i = 0; i < city->controller_count; i++)
        out_size->probed_controllers += city->controllers[i].probed;
}
