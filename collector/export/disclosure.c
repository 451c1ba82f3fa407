/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/disclosure.h"

#include "collector/export/disclosure_moves.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is gathered of a cell while the parts go by, cluster by cluster and so owner by owner. */
struct tally {
    uint32_t last_cluster;
    uint16_t owner, owners;
    uint64_t of_owner, of_withholding; /* of the present owner; the most of one who withholds */
};

static int compare_parts(const void *a, const void *b)
{
    const struct disclosure_part *one = a;
    const struct disclosure_part *other = b;
    if (one->cluster != other->cluster)
        return one->cluster < other->cluster ? -1 : 1;
    return memcmp(&one->place, &other->place, sizeof one->place);
}

static bool withholds(const struct disclosure_rules *rules, uint16_t owner)
{
    return rules->withholds && owner < rules->owner_count && rules->withholds[owner];
}

static void take_part(const struct disclosure_rules *rules, const struct disclosure_part *part,
                      struct disclosure_cell *cell, struct tally *tally)
{
    uint16_t owner = part->place.at[rules->owner_axis];
    if (cell->count == 0 || tally->last_cluster != part->cluster)
        cell->clusters++;
    if (cell->count == 0 || tally->owner != owner) {
        tally->of_owner = 0;
        tally->owners++;
    }
    tally->owner = owner;
    tally->last_cluster = part->cluster;
    tally->of_owner += part->count;
    cell->count += part->count;
    if (withholds(rules, owner) && tally->of_owner > tally->of_withholding)
        tally->of_withholding = tally->of_owner;
}

static bool is_sensitive(const struct disclosure_rules *rules, const struct disclosure_cell *cell,
                         const struct tally *tally)
{
    uint16_t owner = cell->place.at[rules->owner_axis];
    if (cell->count == 0)
        return false;
    if (owner != DISCLOSURE_ANY)
        return withholds(rules, owner) || cell->count < rules->count_min ||
               cell->clusters < rules->clusters_min;
    return cell->count < rules->count_min || cell->clusters < rules->clusters_min ||
           (tally->of_withholding > 0 && tally->owners <= 2) ||
           (double)tally->of_withholding > rules->dominance_max * (double)cell->count;
}

static int measure(const struct disclosure_rules *rules, const struct moves *moves,
                   const struct disclosure_part *parts, size_t part_count,
                   struct disclosure_cell *cells, size_t cell_count)
{
    struct tally *tallies = calloc(cell_count ? cell_count : 1, sizeof *tallies);
    if (!tallies)
        return -ENOMEM;
    for (size_t i = 0; i < part_count; i++) {
        size_t of[1 << DISCLOSURE_AXES];
        size_t count = parts[i].count > 0 ? moves_cells_of(moves, &parts[i].place, of) : 0;
        for (size_t c = 0; c < count; c++)
            take_part(rules, &parts[i], &cells[of[c]], &tallies[of[c]]);
    }
    for (size_t c = 0; c < cell_count; c++) {
        cells[c].sensitive = is_sensitive(rules, &cells[c], &tallies[c]);
        cells[c].shown = cells[c].count > 0 && (cells[c].kept || !cells[c].sensitive);
    }
    free(tallies);
    return 0;
}

/* Hiding one cell for another makes it one that needs a width itself, until all have theirs. */
static void protect_all(const struct disclosure_rules *rules, struct moves *moves,
                        struct disclosure_cell *cells, size_t cell_count, bool *given_away)
{
    bool again = true;
    while (again) {
        again = false;
        for (size_t c = 0; c < cell_count; c++) {
            bool hidden = cells[c].count > 0 && !cells[c].shown;
            if (!hidden || given_away[c] || cells[c].width >= rules->count_min)
                continue;
            given_away[c] = !moves_protect(moves, c);
            again = true;
        }
    }
}

static struct disclosure_summary summarise(const struct disclosure_cell *cells, size_t cell_count,
                                           const bool *given_away)
{
    struct disclosure_summary summary = {.cells = 0};
    for (size_t c = 0; c < cell_count; c++) {
        bool hidden = cells[c].count > 0 && !cells[c].shown;
        summary.cells += cells[c].count > 0;
        summary.sensitive += hidden && cells[c].sensitive;
        summary.complementary += hidden && !cells[c].sensitive;
        summary.exposed += hidden && given_away[c];
    }
    return summary;
}

static void clear(struct disclosure_cell *cells, size_t cell_count)
{
    for (size_t c = 0; c < cell_count; c++) {
        cells[c].count = cells[c].width = 0;
        cells[c].clusters = 0;
        cells[c].sensitive = cells[c].shown = false;
    }
}

int disclosure_protect(const struct disclosure_rules *rules, struct disclosure_part *parts,
                       size_t part_count, struct disclosure_cell *cells, size_t cell_count,
                       struct disclosure_summary *out_summary)
{
    if (part_count > 0)
        qsort(parts, part_count, sizeof *parts, compare_parts);
    clear(cells, cell_count);
    struct moves *moves = moves_new(rules, parts, part_count, cells, cell_count);
    bool *given_away = calloc(cell_count ? cell_count : 1, sizeof *given_away);
    int status = moves && given_away ? 0 : -ENOMEM;
    if (status == 0)
        status = measure(rules, moves, parts, part_count, cells, cell_count);
    if (status == 0) {
        if (!rules->only_sensitive)
            protect_all(rules, moves, cells, cell_count, given_away);
        *out_summary = summarise(cells, cell_count, given_away);
    }
    free(given_away);
    moves_free(moves);
    return status;
}
