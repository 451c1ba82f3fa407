/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/roll.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "# lastmile roll 1: kind, name, serial, hash, from, until, revoked\n"

enum field { KIND, NAME, SERIAL, HASH, FROM, UNTIL, REVOKED, FIELDS };

static const char *const kind_names[ROLL_KINDS] = {"broker", "collector", "probe"};

const char *roll_kind_name(enum roll_kind kind)
{
    return kind < ROLL_KINDS ? kind_names[kind] : "?";
}

const char *roll_state_name(enum roll_state state)
{
    static const char *const names[] = {"valid", "superseded", "expired", "revoked"};
    return names[state];
}

void roll_fini(struct roll *roll)
{
    free(roll->entries);
    *roll = (struct roll){.entries = NULL};
}

int roll_add(struct roll *roll, const struct roll_entry *entry)
{
    bool full = (roll->count & (roll->count - 1)) == 0; /* at each power of two */
    size_t room = roll->count ? 2 * roll->count : 1;
    if (full) {
        struct roll_entry *grown = realloc(roll->entries, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        roll->entries = grown;
    }
    roll->entries[roll->count++] = *entry;
    return 0;
}

/* A field into its place; "-" is empty. False when it is too long. */
static bool take_text(const char *field, size_t length, char *out, size_t size)
{
    if (length == 1 && field[0] == '-')
        length = 0;
    if (length >= size)
        return false;
    memcpy(out, field, length);
    out[length] = '\0';
    return true;
}

static bool take_time(const char *field, size_t length, int64_t *out)
{
    char digits[21];
    if (!take_text(field, length, digits, sizeof digits) ||
        strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 18)
        return false;
    *out = digits[0] ? strtoll(digits, NULL, 10) : 0;
    return true;
}

static bool take_kind(const char *field, size_t length, enum roll_kind *out)
{
    for (size_t k = 0; k < ROLL_KINDS; k++) {
        if (strlen(kind_names[k]) == length && memcmp(kind_names[k], field, length) == 0) {
            *out = (enum roll_kind)k;
            return true;
        }
    }
    return false;
}

static bool parse_line(const char *line, size_t length, struct roll_entry *entry)
{
    const char *fields[FIELDS];
    size_t lengths[FIELDS];
    const char *end = line + length;
    for (size_t f = 0; f < FIELDS; f++) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        if ((tab != NULL) != (f + 1 < FIELDS))
            return false;
        fields[f] = line;
        lengths[f] = (size_t)((tab ? tab : end) - line);
        line = tab ? tab + 1 : end;
    }
    *entry = (struct roll_entry){.kind = ROLL_PROBE};
    return take_kind(fields[KIND], lengths[KIND], &entry->kind) &&
           take_text(fields[NAME], lengths[NAME], entry->name, sizeof entry->name) &&
           take_text(fields[SERIAL], lengths[SERIAL], entry->serial, sizeof entry->serial) &&
           take_text(fields[HASH], lengths[HASH], entry->hash, sizeof entry->hash) &&
           take_time(fields[FROM], lengths[FROM], &entry->from_s) &&
           take_time(fields[UNTIL], lengths[UNTIL], &entry->until_s) &&
           take_time(fields[REVOKED], lengths[REVOKED], &entry->revoked_s) && entry->name[0];
}

int roll_parse(const char *text, struct roll *out_roll, size_t *out_line)
{
    struct roll roll = {.entries = NULL};
    int status = 0;
    for (*out_line = 1; *text && status == 0; ++*out_line) {
        size_t length = strcspn(text, "\n");
        struct roll_entry entry;
        if (length > 0 && text[0] != '#')
            status = parse_line(text, length, &entry) ? roll_add(&roll, &entry) : -EPROTO;
        text += length + (text[length] == '\n');
        if (status != 0)
            break;
    }
    if (status != 0)
        roll_fini(&roll);
    else
        *out_roll = roll;
    return status;
}

static const char *or_dash(const char *text)
{
    return text[0] ? text : "-";
}

int roll_format(const struct roll *roll, char **out_text)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    (void)fputs(HEAD, out);
    for (size_t i = 0; i < roll->count; i++) {
        const struct roll_entry *entry = &roll->entries[i];
        (void)fprintf(out, "%s\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
                      roll_kind_name(entry->kind), entry->name, or_dash(entry->serial),
                      or_dash(entry->hash), entry->from_s, entry->until_s, entry->revoked_s);
    }
    if (fclose(out) != 0) {
        free(text);
        return -ENOMEM;
    }
    *out_text = text;
    return 0;
}

static bool is_of(const struct roll_entry *entry, enum roll_kind kind, const char *name)
{
    return entry->kind == kind && strcmp(entry->name, name) == 0;
}

enum roll_state roll_state_of(const struct roll *roll, size_t index, int64_t now_s)
{
    const struct roll_entry *entry = &roll->entries[index];
    if (entry->revoked_s != 0)
        return ROLL_REVOKED;
    if (entry->until_s != 0 && entry->until_s <= now_s)
        return ROLL_EXPIRED;
    for (size_t i = index + 1; i < roll->count; i++) {
        const struct roll_entry *younger = &roll->entries[i];
        /* a broker has one certificate, whatever its hosts were called before */
        bool same = is_of(younger, entry->kind, entry->name) ||
                    (entry->kind == ROLL_BROKER && younger->kind == ROLL_BROKER);
        if (same && younger->revoked_s == 0)
            return ROLL_SUPERSEDED;
    }
    return ROLL_VALID;
}

struct roll_entry *roll_find(struct roll *roll, enum roll_kind kind, const char *name)
{
    for (size_t i = roll->count; i > 0; i--)
        if (is_of(&roll->entries[i - 1], kind, name) && roll->entries[i - 1].revoked_s == 0)
            return &roll->entries[i - 1];
    return NULL;
}

size_t roll_revoke(struct roll *roll, enum roll_kind kind, const char *name, int64_t now_s)
{
    size_t revoked = 0;
    for (size_t i = 0; i < roll->count; i++) {
        struct roll_entry *entry = &roll->entries[i];
        if (is_of(entry, kind, name) && entry->revoked_s == 0) {
            entry->revoked_s = now_s;
            revoked++;
        }
    }
    return revoked;
}
