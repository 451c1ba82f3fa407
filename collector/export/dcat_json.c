/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/metadata.h"
#include "collector/export/table.h"

#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>

static void put_words(struct json_writer *json, const char *key, const char *en, const char *zh)
{
    json_writer_begin_object(json, key);
    json_writer_put_string(json, "zh", zh);
    json_writer_put_string(json, "en", en);
    json_writer_end(json);
}

static void put_prefixes(struct json_writer *json)
{
    static const char *const prefixes[][2] = {
        {"dcat", "http://www.w3.org/ns/dcat#"}, {"dct", "http://purl.org/dc/terms/"},
        {"foaf", "http://xmlns.com/foaf/0.1/"}, {"skos", "http://www.w3.org/2004/02/skos/core#"},
        {"spdx", "http://spdx.org/rdf/terms#"}, {"xsd", "http://www.w3.org/2001/XMLSchema#"},
    };
    static const char *const texts[] = {"dct:title", "dct:description", "dcat:keyword",
                                        "skos:prefLabel"};
    json_writer_begin_object(json, "@context");
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        json_writer_put_string(json, prefixes[i][0], prefixes[i][1]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_writer_begin_object(json, texts[i]);
        json_writer_put_string(json, "@id", texts[i]);
        json_writer_put_string(json, "@container", "@language");
        json_writer_end(json);
    }
    json_writer_end(json);
}

/* An object of one key: a reference, or a typed literal. */
static void put_reference(struct json_writer *json, const char *key, const char *id)
{
    json_writer_begin_object(json, key);
    json_writer_put_string(json, "@id", id);
    json_writer_end(json);
}

static void put_typed(struct json_writer *json, const char *key, const char *type,
                      const char *value)
{
    json_writer_begin_object(json, key);
    json_writer_put_string(json, "@type", type);
    json_writer_put_string(json, "@value", value);
    json_writer_end(json);
}

static void put_checksum(struct json_writer *json, const struct export_file *written)
{
    char bytes[24];
    (void)snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)written->bytes);
    put_typed(json, "dcat:byteSize", "xsd:nonNegativeInteger", bytes);
    json_writer_begin_object(json, "spdx:checksum");
    json_writer_put_string(json, "@type", "spdx:Checksum");
    put_reference(json, "spdx:algorithm", "spdx:checksumAlgorithm_sha256");
    put_typed(json, "spdx:checksumValue", "xsd:hexBinary", written->sha256);
    json_writer_end(json);
}

static void put_distribution(struct json_writer *json, const struct export_source *source,
                             const struct bundle_file *file)
{
    const struct export_file *written = metadata_written(source, file->name);
    char media_type[128];
    (void)snprintf(media_type, sizeof media_type, "https://www.iana.org/assignments/media-types/%s",
                   file->media_type);
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "@type", "dcat:Distribution");
    put_words(json, "dct:title", file->table ? file->table->title_en : file->title_en,
              file->table ? file->table->title_zh : file->title_zh);
    put_reference(json, "dcat:accessURL", file->name);
    put_reference(json, "dcat:downloadURL", file->name);
    put_reference(json, "dcat:mediaType", media_type);
    put_reference(json, "dct:license", METADATA_LICENCE_URL);
    if (file->table)
        put_reference(json, "dct:conformsTo", "https://www.w3.org/TR/tabular-data-model/");
    if (written)
        put_checksum(json, written);
    json_writer_end(json);
}

static void put_period(struct json_writer *json, int year, int64_t last_day)
{
    char first[CLOCK_DATE_BYTES];
    char last[CLOCK_DATE_BYTES];
    clock_format_date(clock_days_from_civil(year, 1, 1), first);
    clock_format_date(last_day, last);
    json_writer_begin_object(json, "dct:temporal");
    json_writer_put_string(json, "@type", "dct:PeriodOfTime");
    put_typed(json, "dcat:startDate", "xsd:date", first);
    put_typed(json, "dcat:endDate", "xsd:date", last);
    json_writer_end(json);
}

static void put_place(struct json_writer *json, const struct plan_area *city)
{
    json_writer_begin_object(json, "dct:spatial");
    json_writer_put_string(json, "@type", "dct:Location");
    json_writer_put_string(json, "dct:identifier", city->gb2260[0] ? city->gb2260 : city->key);
    put_words(json, "skos:prefLabel", city->label_en, city->label_zh);
    json_writer_end(json);
}

static void put_heading(struct json_writer *json, const struct export_source *source)
{
    const struct plan *plan = source->plan;
    const struct plan_area *city = plan_area_at(plan, 0);
    char title_en[256];
    char title_zh[256];
    char identifier[128];
    (void)snprintf(identifier, sizeof identifier, "%s-%d", plan_id(plan), source->year);
    (void)snprintf(title_en, sizeof title_en, "%s: verdicts on the broadband plan, %d",
                   city->label_en, source->year);
    (void)snprintf(title_zh, sizeof title_zh, "%s宽带规划指标完成情况（%d年）", city->label_zh,
                   source->year);
    json_writer_put_string(json, "@id", "");
    json_writer_put_string(json, "@type", "dcat:Dataset");
    json_writer_put_string(json, "dct:identifier", identifier);
    put_words(json, "dct:title", title_en, title_zh);
    put_words(
        json, "dct:description",
        "Targets, figures with their evidence, denominators, lines by area, operator and "
        "technology, completeness and revisions.",
        "规划目标、各项指标数值及其依据、分母、分区域分运营商分技术的线路数、数据完整情况与修订"
        "记录。");
    put_words(json, "dcat:keyword", "broadband", "宽带");
    json_writer_put_string(json, "dct:source", plan_document(plan));
}

int dcat_json(FILE *out, const struct export_source *source)
{
    struct json_writer *json = json_writer_new();
    char time[CLOCK_TIME_BYTES];
    if (!json)
        return -ENOMEM;
    clock_format_city_time(source->inputs->computed_ns, time);
    put_prefixes(json);
    put_heading(json, source);
    put_typed(json, "dct:issued", "xsd:dateTime", time);
    put_reference(json, "dct:license", METADATA_LICENCE_URL);
    put_reference(json, "dct:accrualPeriodicity", "http://purl.org/cld/freq/annual");
    put_reference(json, "dct:accessRights",
                  source->full ? "http://publications.europa.eu/resource/authority/access-right/"
                                 "RESTRICTED"
                               : "http://publications.europa.eu/resource/authority/access-right/"
                                 "PUBLIC");
    put_period(json, source->year, source->inputs->window.last_day);
    put_place(json, plan_area_at(source->plan, 0));
    json_writer_begin_array(json, "dcat:distribution");
    for (size_t i = 0; i < bundle_file_count; i++)
        if (bundle_files[i].write != dcat_json)
            put_distribution(json, source, &bundle_files[i]);
    json_writer_end(json);
    return metadata_end(json, out);
}
