/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/cell.h"

#include "common/clock.h"
#include "common/topic.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATE_MAX    1024
#define SERIAL_DAY_0     (-25569) /* a spreadsheet's day 0, 1899-12-30, in days since 1970 */
#define SERIAL_MIN       20000    /* 1954 */
#define SERIAL_MAX       80000    /* 2119 */
#define KBIT_S_PER_MBIT  1000.0
#define RATE_MBIT_S_MAX  1e9
#define DIGITS_OF_COUNT  15
#define PSEUDONYM_DIGITS 16

struct cell {
    const struct cell_reader *reader;
    const struct cell_rule *rule;
    const char *text;
    char *fault;
};

static int fail(const struct cell *cell, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int fail(const struct cell *cell, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(cell->fault, CELL_FAULT_BYTES, format, args);
    va_end(args);
    return -EINVAL;
}

const char *cell_hint(const char *word, const char *const *candidates, size_t count, char *buffer,
                      size_t size)
{
    const char *nearest = conf_nearest(word, candidates, count);
    buffer[0] = '\0';
    if (nearest)
        (void)snprintf(buffer, size, "; did you mean '%s'?", nearest);
    return buffer;
}

/* Texts. */

static int store_text(const struct cell *cell, void *out)
{
    if (strlen(cell->text) >= cell->rule->size)
        return fail(cell, "longer than %zu bytes", cell->rule->size - 1);
    for (const char *c = cell->text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return fail(cell, "a line break or control character in the text");
    (void)snprintf(out, cell->rule->size, "%s", cell->text);
    return 0;
}

static int store_name(const struct cell *cell, void *out)
{
    if (topic_check_name(cell->text) != 0)
        return fail(cell, "'%.60s' is no identifier (small letters, digits, '.', '-')", cell->text);
    return store_text(cell, out);
}

static int store_word(const struct cell *cell, void *out)
{
    int id = 0;
    if (conf_name_id(cell->rule->names, cell->text, &id) != 0)
        return fail(cell, "'%.60s' is unknown; %s", cell->text, cell->rule->help);
    return store_text(cell, out);
}

static int store_digits(const struct cell *cell, void *out)
{
    const size_t wanted = 12;
    if (strspn(cell->text, "0123456789") != wanted || cell->text[wanted] != '\0')
        return fail(cell,
                    "'%.60s' is no code of %zu digits (a spreadsheet shortens long numbers: "
                    "format the column as text)",
                    cell->text, wanted);
    return store_text(cell, out);
}

static int store_pseudonym(const struct cell *cell, void *out)
{
    char *small = out;
    if (strspn(cell->text, "0123456789abcdefABCDEF") != PSEUDONYM_DIGITS ||
        cell->text[PSEUDONYM_DIGITS] != '\0')
        return fail(cell, "no pseudonym of %d hex digits; addresses are not imported",
                    PSEUDONYM_DIGITS); /* what it is, is not repeated */
    for (size_t i = 0; i < PSEUDONYM_DIGITS; i++)
        small[i] = (char)(cell->text[i] >= 'A' && cell->text[i] <= 'F' ? cell->text[i] + ('a' - 'A')
                                                                       : cell->text[i]);
    small[PSEUDONYM_DIGITS] = '\0';
    return 0;
}

static int store_enum(const struct cell *cell, void *out)
{
    if (conf_name_id(cell->rule->names, cell->text, out) == 0)
        return 0;
    return fail(cell, "'%.60s' is unknown; %s", cell->text, cell->rule->help);
}

/* Numbers. */

/* What spreadsheets make of numbers, or "". */
static const char *number_hint(const char *text)
{
    if (text[0] == '-')
        return " (it is negative)";
    if (strpbrk(text, ",'") || strstr(text, "，") || strstr(text, "\u00a0") ||
        (strchr(text, ' ') && strspn(text, "0123456789 .") == strlen(text)))
        return " (thousands separators)";
    if (strchr(text, '%') || strstr(text, "％"))
        return " (a percent sign)";
    if (strstr(text, "万") || strstr(text, "亿"))
        return " (write 万 and 亿 out in digits)";
    if (strchr(text, 'E'))
        return " (a spreadsheet's short form, which has lost digits)";
    return "";
}

static int store_number(const struct cell *cell, void *out)
{
    char *end = NULL;
    errno = 0;
    double value = strtod(cell->text, &end);
    bool plain = strspn(cell->text, "0123456789.e+-") == strlen(cell->text);
    if (!plain || *end || errno == ERANGE || !isfinite(value) || value < 0)
        return fail(cell,
                    "'%.60s' is no number from 0 up; write 1234.5, without separators or unit%s",
                    cell->text, number_hint(cell->text));
    *(double *)out = value;
    return 0;
}

static int store_rate(const struct cell *cell, void *out)
{
    double mbit_s = 0;
    if (store_number(cell, &mbit_s) != 0)
        return -EINVAL;
    if (mbit_s > RATE_MBIT_S_MAX)
        return fail(cell, "'%.60s' Mbit/s is no rate of a line", cell->text);
    *(struct optional_u64 *)out = optional_u64((uint64_t)(mbit_s * KBIT_S_PER_MBIT + 0.5));
    return 0;
}

static int store_count(const struct cell *cell, void *out)
{
    size_t digits = strspn(cell->text, "0123456789");
    if (digits == 0 || digits > DIGITS_OF_COUNT || cell->text[digits])
        return fail(cell, "'%.60s' is no whole number; write 1234, or leave it empty%s", cell->text,
                    number_hint(cell->text));
    *(struct optional_u64 *)out = optional_u64(strtoull(cell->text, NULL, 10));
    return 0;
}

/* Days. */

static int fail_date(const struct cell *cell)
{
    char date[CLOCK_DATE_BYTES];
    char hint[80] = "";
    size_t digits = strspn(cell->text, "0123456789");
    long serial = digits == 5 && !cell->text[digits] ? strtol(cell->text, NULL, 10) : 0;
    if (serial >= SERIAL_MIN && serial <= SERIAL_MAX) {
        clock_format_date(serial + SERIAL_DAY_0, date);
        (void)snprintf(hint, sizeof hint, " (a spreadsheet's day number, for %s?)", date);
    } else if (digits > 0 && (strpbrk(cell->text, "/.") || strstr(cell->text, "年"))) {
        (void)snprintf(hint, sizeof hint, " (a spreadsheet's form; format the column as text)");
    } else if (digits == 4 && strlen(cell->text) > 10) {
        (void)snprintf(hint, sizeof hint, " (the day alone, without a time)");
    }
    return fail(cell, "'%.60s' is no date of the calendar; write 2017-12-31%s", cell->text, hint);
}

static int store_date(const struct cell *cell, void *out)
{
    int64_t day = 0;
    if (clock_parse_date(cell->text, &day) != 0)
        return fail_date(cell);
    if (day > cell->reader->today)
        return fail(cell, "%.60s lies in the future", cell->text);
    *(int64_t *)out = day;
    return 0;
}

static int store_any_day(const struct cell *cell, void *out)
{
    int64_t day = 0;
    if (clock_parse_date(cell->text, &day) != 0)
        return fail_date(cell);
    *(struct optional_u64 *)out = optional_u64(day > 0 ? (uint64_t)day : 0);
    return 0;
}

int cell_period_last_day(const char *period, int64_t *out_day)
{
    char day[CLOCK_DATE_BYTES];
    int64_t first = 0;
    size_t length = strlen(period);
    if (length != 4 && length != 7)
        return -EINVAL;
    (void)snprintf(day, sizeof day, "%s%s", period, length == 4 ? "-01-01" : "-01");
    if (clock_parse_date(day, &first) != 0)
        return -EINVAL;
    int year = 0;
    int month = 0;
    int of_month = 0;
    clock_civil_from_days(first, &year, &month, &of_month);
    bool to_next_year = length == 4 || month == 12;
    *out_day =
        clock_days_from_civil(year + (to_next_year ? 1 : 0), to_next_year ? 1 : month + 1, 1) - 1;
    return 0;
}

static int store_period(const struct cell *cell, void *out)
{
    int64_t day = 0;
    if (cell_period_last_day(cell->text, &day) != 0)
        return fail(cell, "'%.60s' is no period; write 2017, or 2017-11", cell->text);
    return store_text(cell, out);
}

/* Keys of the plan. */

struct candidate {
    const char *key, *label;
};

static struct candidate candidate_at(const struct plan *plan, enum cell_kind kind, size_t i)
{
    if (kind == CELL_AREA) {
        const struct plan_area *area = plan_area_at(plan, i);
        return area ? (struct candidate){area->key, area->label_zh}
                    : (struct candidate){NULL, NULL};
    }
    if (kind == CELL_OPERATOR) {
        const struct plan_operator *operator_ = plan_operator_at(plan, i);
        return operator_ ? (struct candidate){operator_->key, operator_->label_zh}
                         : (struct candidate){NULL, NULL};
    }
    const struct plan_indicator *indicator = plan_indicator_at(plan, i);
    return indicator ? (struct candidate){indicator->id, indicator->label_zh}
                     : (struct candidate){NULL, NULL};
}

static int fail_key(const struct cell *cell)
{
    const char *keys[CANDIDATE_MAX];
    char hint[100];
    size_t count = 0;
    struct candidate candidate;
    while (count < CANDIDATE_MAX &&
           (candidate = candidate_at(cell->reader->plan, cell->rule->kind, count)).key) {
        if (strcmp(candidate.label, cell->text) == 0)
            return fail(cell, "'%.60s' is a name; write its key '%s'", cell->text, candidate.key);
        keys[count++] = candidate.key;
    }
    return fail(cell, "'%.60s' is not in the plan's files%s", cell->text,
                cell_hint(cell->text, keys, count, hint, sizeof hint));
}

static int store_area(const struct cell *cell, void *out)
{
    const struct cell_reader *reader = cell->reader;
    const struct plan_area *area =
        reader->reference_known ? plan_find_area_on(reader->plan, cell->text, reader->reference_day)
                                : plan_find_area(reader->plan, cell->text);
    if (!area)
        return fail_key(cell);
    (void)snprintf(out, cell->rule->size, "%s", area->key);
    return 0;
}

static int store_operator(const struct cell *cell, void *out)
{
    return plan_find_operator(cell->reader->plan, cell->text) ? store_text(cell, out)
                                                              : fail_key(cell);
}

static int store_indicator(const struct cell *cell, void *out)
{
    return plan_find_indicator(cell->reader->plan, cell->text) ? store_text(cell, out)
                                                               : fail_key(cell);
}

/* Back to text. */

static void print_text(const void *value, const struct cell_rule *rule, char *out)
{
    (void)rule;
    (void)snprintf(out, CELL_PRINT_BYTES, "%s", (const char *)value);
}

static void print_number(const void *value, const struct cell_rule *rule, char *out)
{
    (void)rule;
    (void)snprintf(out, CELL_PRINT_BYTES, "%.15g", *(const double *)value);
}

static void print_count(const void *value, const struct cell_rule *rule, char *out)
{
    const struct optional_u64 *count = value;
    (void)rule;
    out[0] = '\0'; /* unknown */
    if (count->known)
        (void)snprintf(out, CELL_PRINT_BYTES, "%llu", (unsigned long long)count->value);
}

static void print_rate(const void *value, const struct cell_rule *rule, char *out)
{
    const struct optional_u64 *rate = value;
    (void)rule;
    out[0] = '\0'; /* unknown */
    if (rate->known)
        (void)snprintf(out, CELL_PRINT_BYTES, "%.15g", (double)rate->value / KBIT_S_PER_MBIT);
}

static void print_date(const void *value, const struct cell_rule *rule, char *out)
{
    (void)rule;
    clock_format_date(*(const int64_t *)value, out);
}

static void print_any_day(const void *value, const struct cell_rule *rule, char *out)
{
    const struct optional_u64 *day = value;
    (void)rule;
    out[0] = '\0';
    if (day->known)
        clock_format_date((int64_t)day->value, out);
}

static void print_enum(const void *value, const struct cell_rule *rule, char *out)
{
    int id = 0;
    memcpy(&id, value, sizeof id);
    (void)snprintf(out, CELL_PRINT_BYTES, "%s", conf_id_name(rule->names, id));
}

struct cell_way {
    int (*store)(const struct cell *cell, void *out);
    void (*print)(const void *value, const struct cell_rule *rule, char *out);
};

static const struct cell_way ways[] = {
    [CELL_TEXT] = {store_text, print_text},
    [CELL_NAME] = {store_name, print_text},
    [CELL_WORD] = {store_word, print_text},
    [CELL_NUMBER] = {store_number, print_number},
    [CELL_COUNT] = {store_count, print_count},
    [CELL_RATE] = {store_rate, print_rate},
    [CELL_DATE] = {store_date, print_date},
    [CELL_ANY_DAY] = {store_any_day, print_any_day},
    [CELL_PERIOD] = {store_period, print_text},
    [CELL_DIGITS] = {store_digits, print_text},
    [CELL_PSEUDONYM] = {store_pseudonym, print_text},
    [CELL_ENUM] = {store_enum, print_enum},
    [CELL_AREA] = {store_area, print_text},
    [CELL_OPERATOR] = {store_operator, print_text},
    [CELL_INDICATOR] = {store_indicator, print_text},
};

int cell_store(const struct cell_reader *reader, const struct cell_rule *rule, const char *text,
               union import_row *row, char out_fault[static CELL_FAULT_BYTES])
{
    const struct cell cell = {reader, rule, text, out_fault};
    return ways[rule->kind].store(&cell, (char *)row + rule->offset);
}

void cell_print(const struct cell_rule *rule, const union import_row *row,
                char out[static CELL_PRINT_BYTES])
{
    ways[rule->kind].print((const char *)row + rule->offset, rule, out);
}
