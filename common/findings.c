/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/findings.h"

#include "common/json_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct findings {
    struct finding *items;
    size_t count, capacity;
};

static const char *const level_names[] = {"OK", "WARN", "FAIL"};

struct findings *findings_new(void)
{
    return calloc(1, sizeof(struct findings));
}

void findings_free(struct findings *findings)
{
    if (!findings)
        return;
    free(findings->items);
    free(findings);
}

struct finding *findings_add(struct findings *findings, enum finding_level level, const char *check,
                             const char *subject)
{
    if (findings->count == findings->capacity) {
        findings->capacity = findings->capacity ? 2 * findings->capacity : 32;
        findings->items = realloc(findings->items, findings->capacity * sizeof *findings->items);
        if (!findings->items)
            abort();
    }
    struct finding *finding = &findings->items[findings->count++];
    *finding = (struct finding){.level = level, .check = check};
    (void)snprintf(finding->subject, sizeof finding->subject, "%s", subject);
    return finding;
}

void findings_say(struct findings *findings, enum finding_level level, const char *check,
                  const char *subject, const char *en, const char *zh)
{
    struct finding *finding = findings_add(findings, level, check, subject);
    (void)snprintf(finding->en, sizeof finding->en, "%s", en);
    (void)snprintf(finding->zh, sizeof finding->zh, "%s", zh);
}

void findings_remedy(struct findings *findings, const char *en, const char *zh)
{
    findings->items[findings->count - 1].remedy_en = en;
    findings->items[findings->count - 1].remedy_zh = zh;
}

enum finding_level findings_worst(const struct findings *findings)
{
    enum finding_level worst = FINDING_OK;
    for (size_t i = 0; i < findings->count; i++)
        worst = findings->items[i].level > worst ? findings->items[i].level : worst;
    return worst;
}

size_t findings_count(const struct findings *findings)
{
    return findings->count;
}

const struct finding *findings_at(const struct findings *findings, size_t i)
{
    return &findings->items[i];
}

void findings_print_table(const struct findings *findings, FILE *out)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        (void)fprintf(out, "%-4s  %-9s %s%s%s\n                %s\n", level_names[finding->level],
                      finding->check, finding->subject, finding->subject[0] ? ": " : "",
                      finding->en, finding->zh);
        if (finding->remedy_en)
            (void)fprintf(out, "                -> %s\n                -> %s\n", finding->remedy_en,
                          finding->remedy_zh);
    }
}

int findings_print_json(const struct findings *findings, FILE *out)
{
    struct json_writer *writer = json_writer_new();
    if (!writer)
        return -ENOMEM;
    json_writer_put_string(writer, "worst", level_names[findings_worst(findings)]);
    json_writer_begin_array(writer, "findings");
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        json_writer_begin_object(writer, NULL);
        json_writer_put_string(writer, "level", level_names[finding->level]);
        json_writer_put_string(writer, "check", finding->check);
        json_writer_put_string(writer, "subject", finding->subject);
        json_writer_put_string(writer, "en", finding->en);
        json_writer_put_string(writer, "zh", finding->zh);
        json_writer_put_string(writer, "remedy_en", finding->remedy_en);
        json_writer_put_string(writer, "remedy_zh", finding->remedy_zh);
        json_writer_end(writer);
    }
    json_writer_end(writer);
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    if (!text)
        return -ENOMEM;
    (void)fprintf(out, "%s\n", text);
    free(text);
    return 0;
}
