/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exact sets: which lines had traffic on which day.
 */
#include "collector/registry/day_sets.h"
#include "collector/registry/registry_private.h"

#include <errno.h>
#include <stdlib.h>

/* 0 in *out_id where the probe's cap is reached. */
static int ensure_line(struct registry *registry, struct intake_place *place, uint64_t pseudonym,
                       struct id_supply *supply, int64_t *out_id)
{
    int status = database_get(registry->database,
                              "SELECT id FROM line WHERE operator_id = ?1 AND pseudonym = ?2",
                              WITH(int_value(place->operator_id), u64_value(pseudonym)), out_id);
    if (status != -ENOENT)
        return status;
    *out_id = 0;
    if (place->opened_lines >= place->caps.lines_max) {
        place->over_cap++;
        return 0;
    }
    place->opened_lines++;
    status = id_supply_take(registry->database, supply, out_id);
    if (status == 0)
        status = database_run(
            registry->database, "INSERT INTO line (id, operator_id, pseudonym) VALUES (?1, ?2, ?3)",
            WITH(int_value(*out_id), int_value(place->operator_id), u64_value(pseudonym)));
    return status < 0 ? status : 0;
}

static int name_lines(struct registry *registry, struct intake_place *place,
                      const struct report_cell *cell, int64_t branch_id, struct day_mark *marks,
                      size_t *out_count)
{
    uint32_t bit = 0;
    (void)month_of_day(place->day, &bit);
    struct id_supply supply = {.family = DAYS_OF_LINES, .place = branch_id};
    int status = 0;
    *out_count = 0;
    for (size_t i = 0; i < cell->line_pseudonym_count && status == 0; i++) {
        int64_t id = 0;
        status = ensure_line(registry, place, cell->line_pseudonyms[i], &supply, &id);
        if (id != 0)
            marks[(*out_count)++] = (struct day_mark){.id = id, .days = bit};
    }
    return status == 0 ? id_supply_put_back(registry->database, &supply) : status;
}

int lines_take_cell(struct registry *registry, struct intake_place *place,
                    const struct report_cell *cell, int64_t branch_id)
{
    uint32_t bit = 0;
    size_t count = 0;
    if (cell->line_pseudonym_count == 0)
        return 0;
    struct day_mark *marks = malloc(cell->line_pseudonym_count * sizeof *marks);
    if (!marks)
        return -ENOMEM;
    int status = name_lines(registry, place, cell, branch_id, marks, &count);
    if (status == 0)
        status = day_sets_add(registry->database, DAYS_OF_LINES, month_of_day(place->day, &bit),
                              branch_id, marks, count);
    if (status == 0)
        status = line_facts_add(registry->database, marks, count, cell->key_kind);
    free(marks);
    return status;
}
