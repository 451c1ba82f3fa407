/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/subagent/objects.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum field_kind {
    FIELD_TEXT,
    FIELD_TEXT_OR_NONE, /* "" has no instance */
    FIELD_BOOT_ID,
    FIELD_DATE, /* nanoseconds since 1970; 0 has no instance */
    FIELD_TICKS,
    FIELD_ENUM,
    FIELD_GAUGE,
    FIELD_OPTIONAL_GAUGE,
    FIELD_COUNTER,
    FIELD_OPTIONAL_COUNTER,
};

/* The place in its table is the object's last arc. */
struct field {
    enum field_kind kind;
    size_t offset;
};

#define PROBE(member)  offsetof(struct probe_status, member)
#define SOURCE(member) offsetof(struct status_source, member)
#define DEVICE(member) offsetof(struct status_device, member)
#define COUNT(table)   (sizeof(table) / sizeof((table)[0]))

static const struct field probe_fields[] = {
    {FIELD_TEXT, PROBE(probe_name)},    {FIELD_TEXT, PROBE(operator_name)},
    {FIELD_TEXT, PROBE(version)},       {FIELD_BOOT_ID, PROBE(boot_id)},
    {FIELD_DATE, PROBE(start_unix_ns)}, {FIELD_TICKS, PROBE(up_ms)},
    {FIELD_GAUGE, PROBE(interval_ms)},
};

/* From column 2 on: the first is the index. */
static const struct field source_fields[] = {
    {FIELD_TEXT, SOURCE(name)},
    {FIELD_COUNTER, SOURCE(packets)},
    {FIELD_COUNTER, SOURCE(octets)},
    {FIELD_COUNTER, SOURCE(dropped)},
    {FIELD_COUNTER, SOURCE(outcomes[0])},
    {FIELD_COUNTER, SOURCE(outcomes[1])},
    {FIELD_COUNTER, SOURCE(outcomes[2])},
    {FIELD_COUNTER, SOURCE(outcomes[3])},
    {FIELD_COUNTER, SOURCE(outcomes[4])},
    {FIELD_OPTIONAL_COUNTER, SOURCE(interface_octets)},
    {FIELD_COUNTER, SOURCE(scaled_packets)},
    {FIELD_COUNTER, SOURCE(scaled_octets)},
    {FIELD_OPTIONAL_GAUGE, SOURCE(coverage)},
    {FIELD_ENUM, SOURCE(sampling)},
    {FIELD_GAUGE, SOURCE(sampling_interval)},
    {FIELD_COUNTER, SOURCE(sampling_changes)},
    {FIELD_ENUM, SOURCE(visibility)},
    {FIELD_GAUGE, SOURCE(flows_active)},
    {FIELD_COUNTER, SOURCE(flows_started)},
    {FIELD_COUNTER, SOURCE(flows_ended[0])},
    {FIELD_COUNTER, SOURCE(flows_ended[1])},
    {FIELD_COUNTER, SOURCE(flows_ended[2])},
    {FIELD_COUNTER, SOURCE(flows_ended[3])},
    {FIELD_COUNTER, SOURCE(flows_ended[4])},
    {FIELD_COUNTER, SOURCE(not_stored_octets)},
    {FIELD_COUNTER, SOURCE(failed_intervals)},
};

static const struct field outbox_fields[] = {
    {FIELD_GAUGE, PROBE(spool_records)},
    {FIELD_GAUGE, PROBE(spool_memory_kib)},
    {FIELD_GAUGE, PROBE(spool_disk_kib)},
    {FIELD_COUNTER, PROBE(spool_dropped)},
    {FIELD_COUNTER, PROBE(gaps)},
    {FIELD_COUNTER, PROBE(reports_made)},
    {FIELD_COUNTER, PROBE(reports_sent)},
    {FIELD_COUNTER, PROBE(reports_resent)},
    {FIELD_COUNTER, PROBE(reports_accepted)},
    {FIELD_COUNTER, PROBE(reports_refused)},
    {FIELD_COUNTER, PROBE(reports_receipted)},
    {FIELD_ENUM, PROBE(broker_state)},
    {FIELD_COUNTER, PROBE(broker_connections)},
    {FIELD_TEXT, PROBE(broker_remedy)},
};

static const struct field polling_fields[] = {
    {FIELD_COUNTER, PROBE(polls)},
    {FIELD_COUNTER, PROBE(poll_requests)},
    {FIELD_COUNTER, PROBE(poll_varbinds)},
    {FIELD_COUNTER, PROBE(poll_timeouts)},
    {FIELD_GAUGE, PROBE(poll_lateness_p99_ms)},
};

static const struct field device_fields[] = {
    {FIELD_TEXT, DEVICE(name)},
    {FIELD_ENUM, DEVICE(state)},
    {FIELD_TEXT_OR_NONE, DEVICE(profile)},
    {FIELD_DATE, DEVICE(last_poll_unix_ns)},
    {FIELD_GAUGE, DEVICE(lateness_ms)},
    {FIELD_GAUGE, DEVICE(duration_ms)},
    {FIELD_GAUGE, DEVICE(varbinds)},
    {FIELD_GAUGE, DEVICE(requests)},
    {FIELD_GAUGE, DEVICE(timeouts)},
    {FIELD_COUNTER, DEVICE(polls)},
    {FIELD_COUNTER, DEVICE(partial)},
    {FIELD_COUNTER, DEVICE(failed)},
    {FIELD_COUNTER, DEVICE(missed)},
    {FIELD_GAUGE, DEVICE(failures_in_row)},
};

struct objects {
    struct object *objects;
    size_t count, capacity;
};

struct objects *objects_new(void)
{
    return calloc(1, sizeof(struct objects));
}

void objects_free(struct objects *objects)
{
    if (!objects)
        return;
    free(objects->objects);
    free(objects);
}

size_t objects_count(const struct objects *objects)
{
    return objects->count;
}

/* DateAndTime (RFC 2579) in UTC. */
static void write_date(uint64_t unix_ns, uint8_t out[static OBJECT_DATE_BYTES])
{
    time_t seconds = (time_t)(unix_ns / 1000000000U);
    struct tm t;
    memset(out, 0, OBJECT_DATE_BYTES);
    if (!gmtime_r(&seconds, &t))
        return;
    unsigned year = (unsigned)t.tm_year + 1900;
    const uint8_t date[] = {(uint8_t)(year >> 8),
                            (uint8_t)year,
                            (uint8_t)(t.tm_mon + 1),
                            (uint8_t)t.tm_mday,
                            (uint8_t)t.tm_hour,
                            (uint8_t)t.tm_min,
                            (uint8_t)t.tm_sec,
                            (uint8_t)(unix_ns / 100000000U % 10),
                            '+'};
    memcpy(out, date, sizeof date);
}

static uint64_t number_at(const void *base, size_t offset)
{
    uint64_t number = 0;
    memcpy(&number, (const char *)base + offset, sizeof number);
    return number;
}

static uint64_t at_most(uint64_t number, uint64_t max)
{
    return number < max ? number : max;
}

/* Fills type and value. False where there is no instance. */
static bool read_field(const struct field *field, const void *base, struct object *out)
{
    const uint8_t *place = (const uint8_t *)base + field->offset;
    struct optional_u64 optional;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_TEXT_OR_NONE:
        out->type = OBJECT_OCTETS;
        out->bytes = place;
        out->length = strnlen((const char *)place, STATUS_NAME_BYTES);
        return field->kind == FIELD_TEXT || out->length > 0;
    case FIELD_BOOT_ID:
        out->type = OBJECT_OCTETS;
        out->bytes = place;
        out->length = STATUS_BOOT_BYTES;
        return true;
    case FIELD_DATE:
        out->type = OBJECT_OCTETS;
        out->length = OBJECT_DATE_BYTES;
        write_date(number_at(base, field->offset), out->date);
        return number_at(base, field->offset) != 0;
    case FIELD_TICKS:
        out->type = OBJECT_TICKS;
        out->number = (uint32_t)(number_at(base, field->offset) / 10);
        return true;
    case FIELD_ENUM:
        out->type = OBJECT_INTEGER;
        out->number = number_at(base, field->offset);
        return true;
    case FIELD_GAUGE:
        out->type = OBJECT_UNSIGNED;
        out->number = at_most(number_at(base, field->offset), UINT32_MAX);
        return true;
    case FIELD_COUNTER:
        out->type = OBJECT_COUNTER64;
        out->number = number_at(base, field->offset);
        return true;
    case FIELD_OPTIONAL_GAUGE:
    case FIELD_OPTIONAL_COUNTER:
        memcpy(&optional, place, sizeof optional);
        out->type = field->kind == FIELD_OPTIONAL_GAUGE ? OBJECT_UNSIGNED : OBJECT_COUNTER64;
        out->number =
            at_most(optional.value, out->type == OBJECT_UNSIGNED ? UINT32_MAX : UINT64_MAX);
        return optional.known;
    }
    return false;
}

static void add(struct objects *objects, const struct field *field, const void *base,
                const uint32_t *arcs, size_t arc_count)
{
    struct object *object = &objects->objects[objects->count];
    *object = (struct object){.arc_count = arc_count};
    memcpy(object->arcs, arcs, arc_count * sizeof arcs[0]);
    objects->count += read_field(field, base, object);
}

static void add_scalars(struct objects *objects, const struct field *fields, size_t count,
                        const void *base, uint32_t group)
{
    for (size_t i = 0; i < count; i++)
        add(objects, &fields[i], base, (const uint32_t[]){group, (uint32_t)i + 1, 0}, 3);
}

/* Columns of rows that lie behind each other in memory, numbered from 1. */
struct rows {
    const void *first;
    size_t count, size;
};

static void add_table(struct objects *objects, const struct field *fields, size_t count,
                      const struct rows *rows, uint32_t group, uint32_t table)
{
    for (size_t c = 0; c < count; c++)
        for (size_t r = 0; r < rows->count; r++)
            add(objects, &fields[c], (const char *)rows->first + r * rows->size,
                (const uint32_t[]){group, table, 1, (uint32_t)c + 2, (uint32_t)r + 1}, 5);
}

int objects_fill(struct objects *objects, const struct probe_status *status)
{
    size_t needed = COUNT(probe_fields) + COUNT(outbox_fields) + COUNT(polling_fields) +
                    COUNT(source_fields) * (size_t)status->source_count +
                    COUNT(device_fields) * (size_t)status->device_count;
    objects->count = 0;
    if (needed > objects->capacity) {
        struct object *larger = realloc(objects->objects, needed * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        objects->objects = larger;
        objects->capacity = needed;
    }
    const struct rows sources = {status->sources, (size_t)status->source_count,
                                 sizeof status->sources[0]};
    const struct rows devices = {status->devices, (size_t)status->device_count,
                                 sizeof status->devices[0]};
    add_scalars(objects, probe_fields, COUNT(probe_fields), status, 1);
    add_table(objects, source_fields, COUNT(source_fields), &sources, 2, 1);
    add_scalars(objects, outbox_fields, COUNT(outbox_fields), status, 3);
    add_scalars(objects, polling_fields, COUNT(polling_fields), status, 4);
    add_table(objects, device_fields, COUNT(device_fields), &devices, 4, 6);
    for (size_t i = 0; i < objects->count; i++) /* they do not move any more */
        if (objects->objects[i].type == OBJECT_OCTETS && !objects->objects[i].bytes)
            objects->objects[i].bytes = objects->objects[i].date;
    return 0;
}

static int compare(const struct object *object, const uint32_t *arcs, size_t count)
{
    for (size_t i = 0; i < object->arc_count && i < count; i++)
        if (object->arcs[i] != arcs[i])
            return object->arcs[i] < arcs[i] ? -1 : 1;
    return object->arc_count < count ? -1 : object->arc_count > count;
}

/* The first that is not below a name. */
static size_t lower_bound(const struct objects *objects, const uint32_t *arcs, size_t count)
{
    size_t first = 0;
    size_t end = objects->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (compare(&objects->objects[middle], arcs, count) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

const struct object *objects_find(const struct objects *objects, const uint32_t *arcs, size_t count)
{
    size_t i = lower_bound(objects, arcs, count);
    bool same = i < objects->count && compare(&objects->objects[i], arcs, count) == 0;
    return same ? &objects->objects[i] : NULL;
}

const struct object *objects_after(const struct objects *objects, const uint32_t *arcs,
                                   size_t count)
{
    size_t i = lower_bound(objects, arcs, count);
    if (i < objects->count && compare(&objects->objects[i], arcs, count) == 0)
        i++;
    return i < objects->count ? &objects->objects[i] : NULL;
}
