/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/census.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    uint64_t pseudonym;
    uint32_t group; /* all that is said of it beside its name */
    bool is_news;
};

struct census {
    struct entry *entries; /* by kind and pseudonym */
    size_t count, news;
    int64_t day;
    bool begun;
    uint64_t fingerprint; /* of the sources told last, and when */
    int64_t fingerprint_day;
    bool fingerprint_told;
};

/* The kind stands highest, so that entries sort by kind first. */
static uint32_t group_of(const struct census_element *element)
{
    return (uint32_t)element->kind << 24 | (uint32_t)element->technology << 16 |
           (uint32_t)element->model_class << 8 | (uint32_t)element->service << 4 |
           (uint32_t)element->state;
}

static enum element_kind kind_of(uint32_t group)
{
    return (enum element_kind)(group >> 24);
}

struct census *census_new(void)
{
    return calloc(1, sizeof(struct census));
}

void census_free(struct census *census)
{
    if (!census)
        return;
    free(census->entries);
    free(census);
}

static int compare_elements(const void *a, const void *b)
{
    const struct census_element *x = a;
    const struct census_element *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->pseudonym > y->pseudonym) - (x->pseudonym < y->pseudonym);
}

static int compare_entry(const struct entry *entry, const struct census_element *element)
{
    if (kind_of(entry->group) != element->kind)
        return kind_of(entry->group) < element->kind ? -1 : 1;
    return (entry->pseudonym > element->pseudonym) - (entry->pseudonym < element->pseudonym);
}

/* One step of merging what is known with what a poll has found; both are sorted. */
struct merge {
    struct census *census;
    const struct census_element *elements;
    size_t count, known, found;
    bool complete, new_day;
    struct entry *out;
    size_t kept;
};

static void keep(struct merge *merge, struct entry entry)
{
    merge->out[merge->kept++] = entry;
}

static void step(struct merge *merge)
{
    const struct entry *known =
        merge->known < merge->census->count ? &merge->census->entries[merge->known] : NULL;
    const struct census_element *found =
        merge->found < merge->count ? &merge->elements[merge->found] : NULL;
    int order = !known ? 1 : !found ? -1 : compare_entry(known, found);
    if (order < 0) {
        if (!merge->complete)
            keep(merge, *known);
        merge->known++;
        return;
    }
    struct entry entry = {found->pseudonym, group_of(found), true};
    if (order == 0) {
        entry.is_news = merge->new_day || known->is_news || known->group != entry.group;
        merge->known++;
    }
    keep(merge, entry);
    merge->found++;
}

int census_take(struct census *census, struct census_element *elements, size_t count, bool complete,
                int64_t day)
{
    struct merge merge = {.census = census,
                          .elements = elements,
                          .count = count < CENSUS_ELEMENTS_MAX ? count : CENSUS_ELEMENTS_MAX,
                          .complete = complete || census->count + count > CENSUS_ELEMENTS_MAX,
                          .new_day = !census->begun || census->day != day};
    merge.out = calloc(census->count + merge.count + 1, sizeof *merge.out);
    if (!merge.out)
        return -ENOMEM;
    if (count)
        qsort(elements, count, sizeof *elements, compare_elements);
    while (merge.known < census->count || merge.found < merge.count)
        step(&merge);
    free(census->entries);
    census->entries = merge.out;
    census->count = merge.kept;
    census->day = day;
    census->begun = true;
    census->news = 0;
    for (size_t i = 0; i < census->count; i++)
        census->news += census->entries[i].is_news;
    return 0;
}

/* The groups of a report that are being filled. */
struct telling {
    struct report_inventory *inventory;
    uint32_t groups[REPORT_ELEMENTS_MAX];
    size_t sizes[REPORT_ELEMENTS_MAX];
    size_t group_count, running;
};

/* The number of a group, new where it is; REPORT_ELEMENTS_MAX when there are too many. */
static size_t find_group(struct telling *telling, uint32_t group)
{
    for (size_t i = 0; i < telling->group_count; i++)
        if (telling->groups[i] == group)
            return i;
    if (telling->group_count == REPORT_ELEMENTS_MAX)
        return REPORT_ELEMENTS_MAX;
    telling->groups[telling->group_count] = group;
    return telling->group_count++;
}

static bool is_running_wtp(uint32_t group)
{
    return kind_of(group) == ELEMENT_WTP && (group & 0xf) == ELEMENT_RUN;
}

/* How large each group becomes. */
static void measure(const struct census *census, size_t budget, struct telling *telling)
{
    for (size_t i = 0; i < census->count && budget > 0; i++) {
        const struct entry *entry = &census->entries[i];
        size_t group =
            entry->is_news ? find_group(telling, entry->group) : (size_t)REPORT_ELEMENTS_MAX;
        if (group == REPORT_ELEMENTS_MAX)
            continue;
        telling->sizes[group]++;
        telling->running += is_running_wtp(entry->group);
        budget--;
    }
}

static int make_groups(struct telling *telling)
{
    struct report_inventory *inventory = telling->inventory;
    if (telling->running > 0) {
        inventory->wtp_pseudonyms = calloc(telling->running, sizeof *inventory->wtp_pseudonyms);
        if (!inventory->wtp_pseudonyms)
            return -ENOMEM;
    }
    for (size_t i = 0; i < telling->group_count; i++) {
        struct report_elements *elements = report_inventory_add_elements(inventory);
        uint64_t *pseudonyms = calloc(telling->sizes[i], sizeof *pseudonyms);
        if (!elements || !pseudonyms) {
            free(pseudonyms);
            return -ENOMEM;
        }
        elements->pseudonyms = pseudonyms;
        elements->kind = kind_of(telling->groups[i]);
        elements->technology = (enum access_technology)(telling->groups[i] >> 16 & 0xff);
        elements->model_class = (enum model_class)(telling->groups[i] >> 8 & 0xff);
        elements->service = (enum wlan_service)(telling->groups[i] >> 4 & 0xf);
        elements->state = (enum element_state)(telling->groups[i] & 0xf);
    }
    return 0;
}

static size_t fill_groups(struct census *census, size_t budget, struct telling *telling)
{
    struct report_inventory *inventory = telling->inventory;
    struct report_elements *first = inventory->elements;
    size_t told = 0;
    for (size_t i = 0; i < census->count && told < budget; i++) {
        struct entry *entry = &census->entries[i];
        size_t group =
            entry->is_news ? find_group(telling, entry->group) : (size_t)REPORT_ELEMENTS_MAX;
        if (group == REPORT_ELEMENTS_MAX)
            continue;
        first[group].pseudonyms[first[group].pseudonym_count++] = entry->pseudonym;
        if (is_running_wtp(entry->group))
            inventory->wtp_pseudonyms[inventory->wtp_pseudonym_count++] = entry->pseudonym;
        entry->is_news = false;
        told++;
    }
    return told;
}

int census_tell(struct census *census, size_t budget, struct report_inventory *inventory)
{
    struct telling telling = {.inventory = inventory};
    budget = budget < INT32_MAX ? budget : INT32_MAX;
    measure(census, budget, &telling);
    if (telling.group_count == 0)
        return 0;
    int status = make_groups(&telling);
    if (status != 0)
        return status;
    size_t told = fill_groups(census, budget, &telling);
    census->news -= told;
    return (int)told;
}

size_t census_pending(const struct census *census)
{
    return census->news;
}

bool census_sources_due(struct census *census, uint64_t fingerprint, int64_t day)
{
    if (census->fingerprint_told && census->fingerprint == fingerprint &&
        census->fingerprint_day == day)
        return false;
    census->fingerprint = fingerprint;
    census->fingerprint_day = day;
    census->fingerprint_told = true;
    return true;
}
