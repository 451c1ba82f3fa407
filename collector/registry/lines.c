/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exact sets: which lines had traffic on which day. A day is a bit of its month, so a set union is
 * an OR and costs nothing to repeat.
 */
#include "collector/registry/registry_private.h"

#include <errno.h>

/* key_kind is the weakest of the whole cell: an upper bound for each of its lines, so the best ever
 * heard is kept. LINE_KEY_NONE says nothing. */
static int ensure_line(struct registry *registry, struct intake_place *place, uint64_t pseudonym,
                       enum line_key_kind key_kind, int64_t *out_id)
{
    const struct value values[] = {int_value(place->operator_id), u64_value(pseudonym),
                                   int_value(key_kind), int_value(place->day)};
    int status =
        database_get(registry->database,
                     "UPDATE line SET first_day = MIN(first_day, ?4), last_day = MAX(last_day, ?4),"
                     " key_kind = CASE WHEN ?3 = 0 THEN key_kind WHEN key_kind = 0 THEN ?3"
                     " ELSE MIN(key_kind, ?3) END"
                     " WHERE operator_id = ?1 AND pseudonym = ?2 RETURNING id",
                     values, 4, out_id);
    if (status != -ENOENT)
        return status;
    *out_id = 0;
    if (place->opened_lines >= place->caps.lines_max) {
        place->over_cap++;
        return 0;
    }
    place->opened_lines++;
    return database_get(registry->database,
                        "INSERT INTO line (operator_id, pseudonym, key_kind, first_day, last_day)"
                        " VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
                        values, 4, out_id);
}

int lines_take_cell(struct registry *registry, struct intake_place *place,
                    const struct report_cell *cell, int64_t branch_id)
{
    uint32_t bit = 0;
    int64_t month = month_of_day(place->day, &bit);
    int status = 0;
    for (size_t i = 0; i < cell->line_pseudonym_count && status >= 0; i++) {
        int64_t line_id = 0;
        status = ensure_line(registry, place, cell->line_pseudonyms[i], cell->key_kind, &line_id);
        if (status == 0 && line_id != 0)
            status = database_run(
                registry->database,
                "INSERT INTO line_month VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT DO UPDATE SET days = days | ?4",
                WITH(int_value(month), int_value(line_id), int_value(branch_id), int_value(bit)));
    }
    return status < 0 ? status : 0;
}
