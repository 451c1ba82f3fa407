/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers in place of names, one for each (operator, access node) wherever it stands, in the order
 * of the names: the order of every table stays, and so do its groups.
 */
#include "collector/archive/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The operator of a name, and the name, which is written over. */
struct name_place {
    const char *operator_name;
    char *name;
};

static int compare_places(const void *a, const void *b)
{
    const struct name_place *x = a;
    const struct name_place *y = b;
    int order = strcmp(x->operator_name, y->operator_name);
    return order ? order : strcmp(x->name, y->name);
}

static size_t find_places(struct inputs *inputs, struct name_place *places)
{
    struct evidence *evidence = inputs->evidence;
    struct imported *imported = &inputs->imported;
    size_t count = 0;
    for (size_t i = 0; i < imported->venue_count; i++)
        if (imported->venues[i].access_node[0])
            places[count++] = (struct name_place){imported->venues[i].operator_name,
                                                  imported->venues[i].access_node};
    for (size_t i = 0; i < evidence->node_count; i++)
        places[count++] =
            (struct name_place){evidence->nodes[i].operator_name, evidence->nodes[i].access_node};
    for (size_t i = 0; i < evidence->controller_count; i++)
        places[count++] = (struct name_place){evidence->controllers[i].operator_name,
                                              evidence->controllers[i].access_node};
    for (size_t i = 0; i < evidence->interface_count; i++)
        places[count++] = (struct name_place){evidence->interfaces[i].operator_name,
                                              evidence->interfaces[i].access_node};
    return count;
}

static size_t find_access_points(struct inputs *inputs, struct name_place *places)
{
    struct imported *imported = &inputs->imported;
    size_t count = 0;
    for (size_t i = 0; i < imported->venue_count; i++)
        if (imported->venues[i].access_point[0])
            places[count++] = (struct name_place){imported->venues[i].operator_name,
                                                  imported->venues[i].access_point};
    return count;
}

/* The name before is needed to tell whether the next one is the same. format: of one number. */
static void number_places(struct name_place *places, size_t count, const char *format, size_t size)
{
    char before[REPORT_NAME_BYTES] = "";
    const char *operator_before = "";
    unsigned long number = 0;
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; i < count; i++) {
        bool same = number > 0 && strcmp(places[i].operator_name, operator_before) == 0 &&
                    strcmp(places[i].name, before) == 0;
        (void)snprintf(before, sizeof before, "%s", places[i].name);
        operator_before = places[i].operator_name;
        number += !same;
        (void)snprintf(places[i].name, size, format, number);
    }
}

/* Interfaces stand sorted: those of a node one behind the other. */
static void number_interfaces(struct evidence *evidence)
{
    unsigned long number = 0;
    for (size_t i = 0; i < evidence->interface_count; i++) {
        struct interface_evidence *interface = &evidence->interfaces[i];
        bool same = i > 0 && strcmp(interface[-1].access_node, interface->access_node) == 0;
        number = same ? number + 1 : 1;
        (void)snprintf(interface->name, sizeof interface->name, "interface-%05lu", number);
    }
}

int archive_hide_names(struct inputs *inputs)
{
    const struct evidence *evidence = inputs->evidence;
    size_t count = evidence->node_count + evidence->controller_count + evidence->interface_count +
                   inputs->imported.venue_count;
    struct name_place *places = calloc(count ? count : 1, sizeof *places);
    if (!places)
        return -ENOMEM;
    count = find_places(inputs, places);
    number_places(places, count, "node-%07lu", REPORT_NAME_BYTES);
    number_interfaces(inputs->evidence);
    count = find_access_points(inputs, places);
    number_places(places, count, "ap-%07lu", PSEUDONYM_BYTES);
    free(places);
    return 0;
}
