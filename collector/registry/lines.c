/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exact sets: which lines had traffic on which day. A day is a bit of its month, so a set union is
 * an OR and costs nothing to repeat.
 */
#include "collector/registry/registry_private.h"

#include <errno.h>

struct line_row {
    int64_t id, first_day, last_day;
    enum line_key_kind key_kind;
};

static int read_line(struct registry *registry, int64_t operator_id, uint64_t pseudonym,
                     struct line_row *out)
{
    struct rows *rows = database_select(registry->database,
                                        "SELECT id, first_day, last_day, key_kind FROM line"
                                        " WHERE operator_id = ?1 AND pseudonym = ?2",
                                        WITH(int_value(operator_id), u64_value(pseudonym)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    *out = (struct line_row){.id = rows_int(rows, 0),
                             .first_day = rows_int(rows, 1),
                             .last_day = rows_int(rows, 2),
                             .key_kind = (enum line_key_kind)rows_int(rows, 3)};
    rows_end(rows);
    return 0;
}

/* key_kind is the weakest of the whole cell: an upper bound for each of its lines, so the best ever
 * heard is kept. LINE_KEY_NONE says nothing. */
static enum line_key_kind better_kind(enum line_key_kind known, enum line_key_kind told)
{
    if (told == LINE_KEY_NONE || known == LINE_KEY_NONE)
        return told == LINE_KEY_NONE ? known : told;
    return told < known ? told : known;
}

/* Written only where it says something new: a line comes again each day. */
static int see_line(struct registry *registry, const struct line_row *line, int64_t day,
                    enum line_key_kind key_kind)
{
    const struct line_row seen = {.first_day = day < line->first_day ? day : line->first_day,
                                  .last_day = day > line->last_day ? day : line->last_day,
                                  .key_kind = better_kind(line->key_kind, key_kind)};
    if (seen.first_day == line->first_day && seen.last_day == line->last_day &&
        seen.key_kind == line->key_kind)
        return 0;
    int status =
        database_run(registry->database,
                     "UPDATE line SET first_day = ?2, last_day = ?3, key_kind = ?4 WHERE id = ?1",
                     WITH(int_value(line->id), int_value(seen.first_day), int_value(seen.last_day),
                          int_value(seen.key_kind)));
    return status < 0 ? status : 0;
}

static int ensure_line(struct registry *registry, struct intake_place *place, uint64_t pseudonym,
                       enum line_key_kind key_kind, int64_t *out_id)
{
    struct line_row line;
    int status = read_line(registry, place->operator_id, pseudonym, &line);
    if (status == 0) {
        *out_id = line.id;
        return see_line(registry, &line, place->day, key_kind);
    }
    if (status != -ENOENT)
        return status;
    *out_id = 0;
    if (place->opened_lines >= place->caps.lines_max) {
        place->over_cap++;
        return 0;
    }
    place->opened_lines++;
    status = database_run(registry->database,
                          "INSERT INTO line (operator_id, pseudonym, key_kind, first_day, last_day)"
                          " VALUES (?1, ?2, ?3, ?4, ?4)",
                          WITH(int_value(place->operator_id), u64_value(pseudonym),
                               int_value(key_kind), int_value(place->day)));
    *out_id = database_last_id(registry->database);
    return status < 0 ? status : 0;
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
