/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/senders.h"

#include "collector/registry/known.h"
#include "collector/registry/registry_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX        50000 /* of each kind; about 15 MB */
#define BOOTS_A_DAY_MAX 1000  /* that one probe may begin: a crash loop begins one a minute */
#define DAY_NS          (UINT64_C(86400) * 1000000000)

struct senders {
    struct probe_row *probes;
    struct boot_row *boots;
    size_t probe_count, boot_count;
};

struct senders *senders_new(void)
{
    return calloc(1, sizeof(struct senders));
}

static void drop_rows(struct senders *senders)
{
    free(senders->probes);
    free(senders->boots);
    *senders = (struct senders){.probes = NULL};
}

void senders_free(struct senders *senders)
{
    if (!senders)
        return;
    drop_rows(senders);
    free(senders);
}

void senders_forget(struct registry *registry)
{
    drop_rows(registry->senders);
    known_forget(registry->known);
}

void senders_tidy(struct registry *registry)
{
    if (registry->senders->probe_count >= ROWS_MAX || registry->senders->boot_count >= ROWS_MAX ||
        known_is_full(registry->known))
        senders_forget(registry);
}

struct probe_row *senders_probe(struct registry *registry, size_t index)
{
    return &registry->senders->probes[index];
}

struct boot_row *senders_boot(struct registry *registry, size_t index)
{
    return &registry->senders->boots[index];
}

/* The id of an operator's name, made when absent. */
int senders_ensure_operator(struct registry *registry, const char *name, int64_t *out_id)
{
    const struct known_key key = known_key(KNOWN_OPERATOR, NULL, 0, name, strlen(name));
    if (known_find(registry->known, &key, out_id))
        return 0;
    int status = database_get(registry->database, "SELECT id FROM operator WHERE name = ?1",
                              WITH(text_value(name)), out_id);
    if (status == -ENOENT)
        status =
            database_get(registry->database, "INSERT INTO operator (name) VALUES (?1) RETURNING id",
                         WITH(text_value(name)), out_id);
    if (status == 0)
        (void)known_put(registry->known, &key, *out_id); /* else it is looked up again */
    return status;
}

static int read_probe(struct registry *registry, int64_t operator_id, const char *name,
                      struct probe_row *out)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT id, opened_series, opened_lines, over_cap, interval_ms, configuration_hash,"
        " first_start_ns, last_start_ns, last_arrived_ns, wall_trusted, agent_version FROM probe"
        " WHERE operator_id = ?1 AND name = ?2",
        WITH(int_value(operator_id), text_value(name)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    *out = (struct probe_row){.id = rows_int(rows, 0),
                              .operator_id = operator_id,
                              .opened_series = rows_u64(rows, 1),
                              .opened_lines = rows_u64(rows, 2),
                              .over_cap = rows_u64(rows, 3),
                              .schedule_ms = rows_u64(rows, 4),
                              .configuration_hash = rows_u64(rows, 5),
                              .first_start_ns = rows_u64(rows, 6),
                              .last_start_ns = rows_u64(rows, 7),
                              .last_arrived_ns = rows_u64(rows, 8),
                              .wall_trusted = rows_int(rows, 9) != 0};
    rows_text(rows, 10, out->agent_version, sizeof out->agent_version);
    rows_end(rows);
    return 0;
}

static int make_probe(struct registry *registry, int64_t operator_id, const char *name,
                      uint64_t arrived_ns)
{
    int status =
        database_run(registry->database,
                     "INSERT INTO probe (operator_id, name, first_start_ns, last_start_ns,"
                     " last_arrived_ns) VALUES (?1, ?2, ?3, 0, ?3)",
                     WITH(int_value(operator_id), text_value(name), u64_value(arrived_ns)));
    return status < 0 ? status : 0;
}

int senders_ensure_probe(struct registry *registry, int64_t operator_id, const char *name,
                         uint64_t arrived_ns, size_t *out_index)
{
    struct senders *senders = registry->senders;
    const struct known_key key = known_key(KNOWN_PROBE, &operator_id, 1, name, strlen(name));
    int64_t index = (int64_t)senders->probe_count;
    struct probe_row row;
    if (known_find(registry->known, &key, &index)) {
        *out_index = (size_t)index;
        return 0;
    }
    int status = read_probe(registry, operator_id, name, &row);
    if (status == -ENOENT) {
        status = make_probe(registry, operator_id, name, arrived_ns);
        if (status == 0)
            status = read_probe(registry, operator_id, name, &row);
    }
    if (status != 0)
        return status;
    struct probe_row *grown = array_grow(senders->probes, senders->probe_count, sizeof *grown);
    if (grown)
        senders->probes = grown;
    if (!grown || !known_put(registry->known, &key, index))
        return -ENOMEM;
    senders->probes[senders->probe_count++] = row;
    *out_index = (size_t)index;
    return 0;
}

static int read_boot(struct registry *registry, int64_t probe_id, const uint8_t *boot_id,
                     struct boot_row *out)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT id, contiguous, anchor_ns, anchor_trusted, last_arrived_ns,"
        " (SELECT IFNULL(MAX(sequence), 0) FROM report WHERE boot_id = boot.id),"
        " EXISTS (SELECT 1 FROM gap WHERE boot_id = boot.id AND last_sequence > contiguous)"
        " FROM boot WHERE probe_id = ?1 AND boot_id = ?2",
        WITH(int_value(probe_id), blob_value(boot_id, REPORT_BOOT_ID_BYTES)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    *out = (struct boot_row){.id = rows_int(rows, 0),
                             .contiguous = rows_int(rows, 1),
                             .anchor_known = !rows_is_null(rows, 2),
                             .anchor_ns = rows_int(rows, 2),
                             .anchor_trusted = rows_int(rows, 3) != 0,
                             .last_arrived_ns = rows_u64(rows, 4),
                             .highest = rows_int(rows, 5),
                             .has_gaps = rows_int(rows, 6) != 0};
    rows_end(rows);
    return 0;
}

static int make_boot(struct registry *registry, int64_t probe_id, const uint8_t *boot_id,
                     uint64_t arrived_ns)
{
    int status =
        database_run(registry->database,
                     "INSERT INTO boot (probe_id, boot_id, last_arrived_ns) VALUES (?1, ?2, ?3)",
                     WITH(int_value(probe_id), blob_value(boot_id, REPORT_BOOT_ID_BYTES),
                          u64_value(arrived_ns)));
    return status < 0 ? status : 0;
}

/* Counts a new boot in. Counted since the probe was looked up, at the longest a day. */
static bool may_begin(struct probe_row *probe, uint64_t arrived_ns)
{
    if (probe->boots_day != arrived_ns / DAY_NS) {
        probe->boots_day = arrived_ns / DAY_NS;
        probe->boots_begun = 0;
    }
    if (probe->boots_begun >= BOOTS_A_DAY_MAX)
        return false;
    probe->boots_begun++;
    return true;
}

static int add_boot(struct registry *registry, struct probe_row *probe, const uint8_t *boot_id,
                    uint64_t arrived_ns, const struct known_key *key)
{
    struct senders *senders = registry->senders;
    struct boot_row row;
    int status = read_boot(registry, probe->id, boot_id, &row);
    if (status == -ENOENT && !may_begin(probe, arrived_ns))
        return -EDQUOT;
    if (status == -ENOENT) {
        status = make_boot(registry, probe->id, boot_id, arrived_ns);
        if (status == 0)
            status = read_boot(registry, probe->id, boot_id, &row);
    }
    if (status != 0)
        return status;
    struct boot_row *grown = array_grow(senders->boots, senders->boot_count, sizeof *grown);
    if (grown)
        senders->boots = grown;
    if (!grown || !known_put(registry->known, key, (int64_t)senders->boot_count))
        return -ENOMEM;
    senders->boots[senders->boot_count++] = row;
    return 0;
}

int senders_ensure_boot(struct registry *registry, size_t probe_index,
                        const uint8_t boot_id[static REPORT_BOOT_ID_BYTES], uint64_t arrived_ns,
                        size_t *out_index)
{
    struct probe_row *probe = senders_probe(registry, probe_index);
    const struct known_key key =
        known_key(KNOWN_BOOT, &probe->id, 1, boot_id, REPORT_BOOT_ID_BYTES);
    int64_t index = (int64_t)registry->senders->boot_count;
    if (!known_find(registry->known, &key, &index)) {
        int status = add_boot(registry, probe, boot_id, arrived_ns, &key);
        if (status != 0)
            return status;
    }
    struct boot_row *boot = &registry->senders->boots[index];
    boot->last_arrived_ns = arrived_ns;
    boot->changed = true;
    *out_index = (size_t)index;
    return 0;
}

int senders_write_day(struct registry *registry, struct probe_row *probe)
{
    const struct probe_day *day = &probe->day;
    if (day->reports == 0)
        return 0;
    int status = database_run(
        registry->database,
        "INSERT INTO probe_day VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE"
        " SET interval_ms = MAX(interval_ms, ?3), arrived = arrived + ?4, untrusted = untrusted + "
        "?5,"
        " captured_octets = captured_octets + ?6,"
        " interface_octets = CASE WHEN ?7 IS NULL THEN interface_octets"
        " ELSE IFNULL(interface_octets, 0) + ?7 END,"
        " dropped_packets = dropped_packets + ?8, packets = packets + ?9",
        WITH(int_value(probe->id), int_value(day->day), u64_value(day->schedule_ms),
             u64_value(day->arrived), u64_value(day->untrusted), u64_value(day->captured_octets),
             optional_value(day->interface_octets), u64_value(day->dropped_packets),
             u64_value(day->packets)));
    probe->day = (struct probe_day){.reports = 0};
    return status < 0 ? status : 0;
}

static int write_probe(struct registry *registry, struct probe_row *probe)
{
    int status = senders_write_day(registry, probe);
    if (status == 0)
        status = database_run(
            registry->database,
            "UPDATE probe SET agent_version = ?2, configuration_hash = ?3, interval_ms = ?4,"
            " wall_trusted = ?5, first_start_ns = ?6, last_start_ns = ?7, last_arrived_ns = ?8,"
            " reports = reports + ?9, opened_series = ?10, opened_lines = ?11, over_cap = ?12"
            " WHERE id = ?1",
            WITH(int_value(probe->id), text_value(probe->agent_version),
                 u64_value(probe->configuration_hash), u64_value(probe->schedule_ms),
                 int_value(probe->wall_trusted), u64_value(probe->first_start_ns),
                 u64_value(probe->last_start_ns), u64_value(probe->last_arrived_ns),
                 u64_value(probe->new_reports), u64_value(probe->opened_series),
                 u64_value(probe->opened_lines), u64_value(probe->over_cap)));
    probe->new_reports = 0;
    probe->changed = false;
    return status < 0 ? status : 0;
}

static int write_boot(struct registry *registry, struct boot_row *boot)
{
    int status = database_run(
        registry->database,
        "UPDATE boot SET contiguous = ?2, last_arrived_ns = ?3, anchor_ns = ?4, anchor_trusted = ?5"
        " WHERE id = ?1",
        WITH(int_value(boot->id), int_value(boot->contiguous), u64_value(boot->last_arrived_ns),
             boot->anchor_known ? int_value(boot->anchor_ns) : (struct value){.type = VALUE_NULL},
             int_value(boot->anchor_trusted)));
    boot->changed = false;
    return status < 0 ? status : 0;
}

int senders_write(struct registry *registry)
{
    struct senders *senders = registry->senders;
    int status = 0;
    for (size_t i = 0; i < senders->probe_count && status == 0; i++)
        if (senders->probes[i].changed)
            status = write_probe(registry, &senders->probes[i]);
    for (size_t i = 0; i < senders->boot_count && status == 0; i++)
        if (senders->boots[i].changed)
            status = write_boot(registry, &senders->boots[i]);
    return status;
}
